"""``%carbon compare-to``: the last cell, or the session, in everyday terms: all there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from green_notebook.account import total_co2e
from green_notebook.actions._lines import Parser, Table
from green_notebook.equivalences import (
    Comparator,
    comparators,
    own_comparators,
    people,
)
from green_notebook.errors import GreenNotebookError
from green_notebook.model import Quantity, Report, total
from green_notebook.model.summary import counted
from green_notebook.show._units import number, shown

if TYPE_CHECKING:
    from green_notebook.session import Session

HELP = "the last cell (or --session) in everyday terms: cars, homes, kettles, flights, your own"
J_PER_KWH = 3.6e6


def run(session: Session, argv: list[str]) -> Table:
    """``[--session] [--file FILE.toml]``: every comparison that the table and the file have."""
    parser = Parser("compare-to", HELP)
    parser.add_argument("--session", action="store_true", help="all cells so far")
    parser.add_argument("--file", default="", metavar="FILE.toml", help="comparisons of your own")
    options = parser.parse_args(argv)
    reports = list(session.reports)
    if not reports:
        raise GreenNotebookError("nothing was measured yet: begin a cell with %%carbon")
    own = own_comparators(options.file or session.settings.comparisons)
    return table(session.counted if options.session else reports[-1:], own)


def table(reports: Sequence[Report], own: Sequence[Comparator] = ()) -> Table:
    """All comparisons of the reports' sum, one line each, with what one of it costs."""
    top = counted(reports)
    amounts = {
        "energy": total((("machine", one.energy.kernel) for one in top), "J"),
        "co2e": total_co2e(top),
        **_water(top),
    }
    last = top[-1]
    home = people(last.place)
    listed = [
        (
            one.equivalence(amounts[one.dimension]).text,
            _each(one, last),
            f"{one.source} ({one.year})",
        )
        for one in (*own, *comparators())
        if one.dimension in amounts
        and (not one.phrase.where or one.phrase.where & home or not home)
    ]
    what = f"{shown(amounts['energy']).amount}, {shown(amounts['co2e']).amount} CO2e are as much as"
    grid = number(last.intensity.quantity.value)
    return Table(
        what,
        ("as much as", "each", "source"),
        tuple(listed),
        (
            f"Energy is compared with energy, on any grid; grams are those of {last.place.zone} ({grid} g/kWh, {last.intensity.boundary}).",
        ),
    )


def _water(reports: Sequence[Report]) -> dict[str, Quantity]:
    known = [one.footprint.water for one in reports if one.footprint.water is not None]
    return {"water": total((("water", one) for one in known), "L")} if known else {}


def _each(one: Comparator, report: Report) -> str:
    """What one of it takes: its own figure, and for energy its grams on the report's grid."""
    each = f"{number(one.factor.value, one.factor.unit)}"
    if one.dimension == "co2e":
        return f"{each} CO2e"
    if one.dimension == "water":
        return each
    grams = one.factor.value / J_PER_KWH * report.intensity.quantity.value
    return f"{each}, here {number(grams, 'g')} CO2e"

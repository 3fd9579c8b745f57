"""A page over many reports: totals that count nothing twice and mix no boundaries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from green_notebook.model.energy import Equivalence
from green_notebook.model.quantity import Quantity
from green_notebook.model.report import Report


@dataclass(frozen=True, slots=True)
class Summary:
    """``reports`` are the outermost, oldest first; ``co2e`` has one total for each boundary.

    ``components`` are the kernel's joules by component, the largest first; ``elsewhere`` what the
    same energy would have emitted in other places (zone, g CO2e), and ``places`` their names;
    ``sources`` name the data.
    """

    title: str
    reports: tuple[Report, ...]
    energy: Quantity
    co2e: tuple[tuple[str, Quantity], ...]
    duration_s: float
    components: tuple[tuple[str, Quantity], ...] = ()
    equivalences: tuple[Equivalence, ...] = ()
    elsewhere: tuple[tuple[str, Quantity], ...] = ()
    sources: tuple[str, ...] = ()
    places: tuple[tuple[str, str], ...] = ()


def counted(reports: Iterable[Report], wholes: Mapping[str, Report] | None = None) -> list[Report]:
    """The reports that a total adds up: the outermost, so that nothing counts twice.

    ``wholes`` has, by the id of each report that was measured side by side with others, the report
    of all these together: it stands once for them.
    """
    listed = list(reports)
    known = {one.id for one in listed}
    outer: list[Report] = []
    stood: set[str] = set()
    for one in listed:
        whole = (wholes or {}).get(one.id)
        if one.parent_id in known or (whole is not None and whole.id in stood):
            continue
        outer.append(whole or one)
        if whole is not None:
            stood.add(whole.id)
    return outer

"""``%carbon whatif``: the same work in other zones, on other hardware, at other hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from green_notebook.actions import _words
from green_notebook.actions._charts import Chart
from green_notebook.actions._figures import scenario_figure
from green_notebook.actions._lines import Parser, Table
from green_notebook.errors import GreenNotebookError
from green_notebook.grids import grid
from green_notebook.model import Basis, Quantity, Report, product, total
from green_notebook.model.summary import counted
from green_notebook.scenarios import Case, Scenario, at_power, chip, elsewhere, on_chip
from green_notebook.show._units import duration, number, shown
from green_notebook.windows import OWN_ERROR, apart, windows

if TYPE_CHECKING:
    from green_notebook.session import Session

HELP = "the last cell (or --session) elsewhere: %carbon whatif SE us-west-2 --hardware H100 --hours"


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Cases side by side; the first is the one at hand. ``figure()`` is a plotly chart."""

    scenarios: tuple[Scenario, ...]
    notes: tuple[str, ...] = ()

    def figure(self) -> Any:
        """CO2e of each case with its interval."""
        return scenario_figure(self.scenarios, "The same work, elsewhere or otherwise (operation)")

    def _table(self) -> Table:
        rows = tuple(
            (one.label, shown(one.co2e).text("CO2e"), _change(one), one.boundary)
            for one in self.scenarios
        )
        return Table(
            "The same work", ("case", "CO2e (95 %)", "against here", "boundary"), rows, self.notes
        )

    def __str__(self) -> str:
        return str(self._table())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self._table()._repr_html_()


def run(session: Session, argv: list[str], now: datetime | None = None) -> WhatIf | Chart:
    """``[ZONE...] [--hardware A,B] [--from GPU] [--power W --speed X] [--hours] [--session] [--chart]``."""
    options = _parsed(argv)
    reports = list(session.reports)
    if not reports:
        raise GreenNotebookError("nothing was measured yet: begin a cell with %%carbon")
    picked = session.counted if options.session else reports[-1:]
    case, gpu_j, notes = _case(picked)
    asked = bool(options.hardware or options.power or options.hours)
    found = [case.here()]
    if options.zones or not asked:
        found += elsewhere(case, _split(options.zones))
    if options.hardware:
        found += _hardware(session, picked, case, gpu_j, options)
        notes += (
            "hardware: by peak power and peak throughput, a factor of 2 left open either way",
        )
    if options.power:
        found.append(at_power(case, _words.watts(options.power), _speed(options.speed)))
    if options.hours:
        found += _hours(session, case, now or datetime.now(timezone.utc))
    if any(one.ratio is None for one in found):
        notes += tuple(dict.fromkeys(one.why for one in found if one.why))
    notes += ("zones: yearly means; what both cases share, as the energy, cancels in the ratio",)
    made = WhatIf(tuple(found), tuple(notes))
    return Chart("whatif", made.figure()) if options.chart else made


def _parsed(argv: list[str]) -> Any:
    parser = Parser("whatif", HELP)
    parser.add_argument("zones", nargs="*", help="zones or cloud regions")
    parser.add_argument("--zones", "--zone", dest="more", default="", metavar="A,B")
    parser.add_argument("--hardware", default="", metavar="GPU,GPU", help="A100,H100")
    parser.add_argument("--from", dest="now", default="", metavar="GPU", help="the GPU at hand")
    parser.add_argument("--power", default="", metavar="W", help="30W: a machine of your own")
    parser.add_argument("--speed", default="1", metavar="X", help="0.5: half as fast")
    parser.add_argument("--hours", action="store_true", help="the coming hours, by a forecast")
    parser.add_argument("--session", action="store_true", help="all cells so far")
    parser.add_argument("--chart", action="store_true", help="as a plotly figure")
    options = parser.parse_args(argv)
    options.zones = [*options.zones, *([options.more] if options.more else [])]
    return options


def _split(words: Sequence[str]) -> list[str]:
    return [one.strip() for word in words for one in word.split(",") if one.strip()]


def _case(reports: Sequence[Report]) -> tuple[Case, Quantity, tuple[str, ...]]:
    """The reports as one case, its GPU energy, and what has to be said."""
    last = reports[-1]
    top = counted(reports)
    here = [one for one in top if one.place.zone == last.place.zone]
    notes: tuple[str, ...] = ()
    if len(here) < len(top):
        notes = (
            f"{len(top) - len(here)} cells of other zones than {last.place.zone} are left out",
        )
    if last.intensity.year is None:
        notes += ("here as a yearly mean: the report's own value is of its very hour",)
    gpus = [
        ("gpu", part.kernel)
        for one in here
        for part in one.energy.components
        if part.component.startswith("gpu")
    ]
    case = Case(
        total((("machine", one.energy.kernel) for one in here), "J"),
        last.place,
        last.pue,
        datetime.fromisoformat(last.started_at),
        sum(one.duration_s for one in here),
    )
    return case, total(gpus, "J"), notes


def _hardware(
    session: Session, reports: Sequence[Report], case: Case, gpu_j: Quantity, options: Any
) -> list[Scenario]:
    if gpu_j.value <= 0:
        raise GreenNotebookError(
            "no GPU worked in it, so its table cannot answer: give --power 30W --speed 0.5 instead"
        )
    now = options.now or _gpu_name(session, reports)
    if not now:
        raise GreenNotebookError("which GPU worked is not known: name it with --from A100")
    return [on_chip(case, gpu_j, chip(now), chip(then)) for then in _split([options.hardware])]


def _gpu_name(session: Session, reports: Sequence[Report]) -> str:
    """The name of the GPU that worked, where the session knows it."""
    labels: dict[str, str] = getattr(getattr(session, "assembler", None), "labels", {})
    used = (
        part.sensor
        for part in reports[-1].energy.components
        if part.component.startswith("gpu") and part.kernel.value > 0
    )
    return next((labels[sensor] for sensor in used if labels.get(sensor)), "")


def _speed(text: str) -> float:
    try:
        speed = float(text.removesuffix("x"))
    except ValueError:
        speed = 0.0
    if not 1e-6 < speed < 1e6:
        raise GreenNotebookError(f"a speed is a number above 0 such as 0.5, not {text!r}")
    return speed


def _hours(session: Session, case: Case, now: datetime) -> list[Scenario]:
    """Now and the greenest hours of the coming day, where the chosen service has a forecast."""
    live: Any = grid(session.settings.grid, session.settings)
    if not hasattr(live, "forecast"):
        raise GreenNotebookError(
            "--hours needs a forecast: choose a service, such as "
            '%config GreenNotebook.grid = "energy-charts"'
        )
    end = now + timedelta(hours=24)
    points = live.forecast(case.place.zone, now, end)
    ranked = windows(points, case.duration_s, now, end)
    start = next((one for one in ranked if one.start == now), None)
    if start is None:
        raise GreenNotebookError(f"the forecast is too short for {duration(case.duration_s)}")
    found = []
    for one in dict.fromkeys([start, *apart(ranked, 3)]):
        g = Quantity.within(one.g, "g/kWh", Basis.MODELLED, systematic=OWN_ERROR * one.g)
        co2e = product(case.energy, case.pue, g, unit="g").scaled(1 / 3.6e6)
        ratio = one.g / start.g if start.g else 1.0
        doubt = 0.0 if one is start else OWN_ERROR * ratio * 2**0.5
        found.append(
            Scenario(
                "now, by the forecast" if one is start else f"at {one.start.astimezone():%a %H:%M}",
                "hour",
                co2e,
                Quantity.within(ratio, "1", Basis.MODELLED, systematic=doubt),
                live.provider.boundary,
                why="" if one is start else f"{number(one.g)} g/kWh",
            )
        )
    return found


def _change(one: Scenario) -> str:
    if one.kind == "here":
        return ""
    if one.ratio is None:
        return "not comparable"
    low, value, high = (
        f"{100 * (x - 1):+.0f}" for x in (one.ratio.low, one.ratio.value, one.ratio.high)
    )
    time = f", {duration(one.duration_s)}" if one.kind == "hardware" and one.duration_s else ""
    return f"{value} % ({low} to {high}){time}"

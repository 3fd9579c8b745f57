"""``%carbon when 3h --power 250W --before tomorrow 9:00``: the greenest time, from a forecast only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Any

from green_notebook.account import pue_of
from green_notebook.actions import _words
from green_notebook.actions._charts import Chart
from green_notebook.actions._figures import forecast_figure
from green_notebook.actions._lines import Parser, Table
from green_notebook.errors import GreenNotebookError
from green_notebook.grids import grid, resolve
from green_notebook.grids._points import Point
from green_notebook.model import Report
from green_notebook.place import locate, time_zone
from green_notebook.scenarios import provider_for
from green_notebook.show._units import duration, number
from green_notebook.windows import Saving, Window, apart, saving, windows

if TYPE_CHECKING:
    from green_notebook.session import Session

HELP = "the greenest time for some work: %carbon when 3h --power 250W --before tomorrow 9:00"
HORIZON = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class When:
    """The greenest windows (best first) of a forecast, against starting now.

    ``savings`` belongs to ``best``; None where no power is known. ``figure()`` is a plotly chart.
    """

    best: tuple[Window, ...]
    now: Window | None
    savings: Saving | None
    points: tuple[Point, ...]
    zone: str
    source: str
    boundary: str
    lives: tzinfo | None = None

    def figure(self) -> Any:
        """The forecast with the best window marked."""
        return forecast_figure(self.points, self.best[0], self.lives, self.boundary)

    @property
    def summary(self) -> str:
        """One line: when, how green, and what it saves."""
        best = self.best[0]
        at = self._clock(best.start)
        mean = f"{best.g:.0f} g/kWh ({self.boundary})"
        if self.now is None:
            return f"{at}: {mean}, the greenest of the forecast for {self.zone}"
        if best.start <= self.now.start or best.g >= self.now.g:
            return f"now: {mean}; no later time in the forecast for {self.zone} is greener"
        less = 100 * (1 - best.g / self.now.g) if self.now.g else 0.0
        text = f"{at}: {mean}, {less:.0f} % less than now ({self.now.g:.0f} g/kWh)"
        return text + self._saved()

    def _saved(self) -> str:
        if self.savings is None:
            return ""
        one = self.savings
        low = number(abs(one.low), "g")
        sign = "-" if one.low < 0 else ""
        doubt = "" if one.certain else "; within the forecast's error"
        return f": saves about {number(one.g, 'g')} CO2e ({sign}{low} to {number(one.high, 'g')}){doubt}"

    def _clock(self, at: datetime) -> str:
        return f"{at.astimezone(self.lives):%a %d %b %H:%M}"

    def _table(self) -> Table:
        rows = tuple(
            (self._clock(one.start), self._clock(one.end), f"{one.g:.0f} g/kWh")
            for one in self.best
        )
        if self.now is not None and all(one.start != self.now.start for one in self.best):
            rows += (("now", self._clock(self.now.end), f"{self.now.g:.0f} g/kWh"),)
        note = f"forecast: {self.source}, {self.boundary}"
        return Table(self.summary, ("start", "end", "mean"), rows, (note,))

    def __str__(self) -> str:
        return str(self._table())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self._table()._repr_html_()


def run(session: Session, argv: list[str], now: datetime | None = None) -> When | Chart:
    """``DURATION [--power W] [--before TIME] [--zone ZONE] [--chart]``.

    Asks the chosen service for its forecast now. Raises GreenNotebookError where there is none.
    """
    options = _parsed(argv)
    length_s = _words.seconds(" ".join(options.duration))
    start = now or datetime.now(timezone.utc)
    lives = _lives(session)
    before = start + HORIZON
    if options.before:
        before = _words.moment(" ".join(options.before), start, lives)
    if start + timedelta(seconds=length_s) > before:
        raise GreenNotebookError(
            f"{duration(length_s)} do not end before {before.astimezone(lives):%a %d %b %H:%M}"
        )
    place = locate(session.settings, session.host, options.zone)
    zone = options.zone or place.zone
    live = _forecaster(session, zone)
    points = live.forecast(zone, start, before)
    ranked = windows(points, length_s, start, before)
    if not ranked:
        last = max(one.end for one in points).astimezone(lives)
        raise GreenNotebookError(
            f"the forecast of {live.name} reaches to {last:%a %d %b %H:%M}: too short for "
            f"{duration(length_s)}"
        )
    best = apart(ranked, 3)
    at_once = next((one for one in ranked if one.start == start), None)
    power_w = _power(options.power, list(session.reports))
    saved = None
    if power_w is not None and at_once is not None:
        pue = pue_of(place, session.settings.checked_pue())
        saved = saving(at_once, best[0], power_w * length_s, pue)
    origin = (live.provider.source, live.provider.boundary, lives)
    made = When(tuple(best), at_once, saved, tuple(points), resolve(zone).name, *origin)
    return Chart("when", made.figure()) if options.chart else made


def _parsed(argv: list[str]) -> Any:
    parser = Parser("when", HELP)
    parser.add_argument("duration", nargs="+", help="3h, 90min, 2h30m")
    parser.add_argument("--power", nargs="+", metavar="W", help="250W; else the last cell's")
    parser.add_argument("--before", nargs="+", metavar="TIME", help="when it must have ended")
    parser.add_argument("--zone", metavar="ZONE")
    parser.add_argument("--chart", action="store_true", help="the forecast as a chart")
    return parser.parse_args(argv)


def _forecaster(session: Session, zone: str) -> Any:
    chosen = session.settings.grid
    live = grid(chosen, session.settings)
    if not hasattr(live, "forecast"):
        code = resolve(zone).code
        near = provider_for(code)
        cure = (
            f'%config GreenNotebook.grid = "{near}" has one for {code}'
            if near
            else 'choose one, such as %config GreenNotebook.grid = "electricity-maps" (with a key)'
        )
        raise GreenNotebookError(
            f"a yearly mean has no hours, and a forecast is never invented: {cure}"
        )
    return live


def _power(words: list[str] | None, reports: list[Report]) -> float | None:
    """Watts: as said, else the mean of the last cell."""
    if words:
        return _words.watts(" ".join(words))
    last = reports[-1] if reports else None
    if last is None or last.duration_s <= 0 or last.energy.kernel.value <= 0:
        return None
    return last.energy.kernel.value / last.duration_s


def _lives(session: Session) -> tzinfo | None:
    """The time zone that people here read clocks in; None: the system's."""
    name = time_zone(session.host)
    if name is None:
        return None
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None

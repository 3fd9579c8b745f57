"""``%carbon dashboard``: the session's cells, power and idle share in one widget that follows."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from green_notebook.actions._lines import Parser
from green_notebook.chronicle import POINTS, Chronicle
from green_notebook.equivalences import equivalences
from green_notebook.model import Equivalence, Report, total
from green_notebook.show._rows import same_boundary
from green_notebook.show.dashboard import (
    Idle,
    Timeline,
    session_state,
)

if TYPE_CHECKING:
    from green_notebook.session import Session

HELP = "the whole session in one widget that follows live; open it beside the notebook"
PERIOD_S = 1.0


class Dashboard:
    """The widget, fed by the sampler's thread once a second while it is shown."""

    def __init__(self, session: Session, widget: Any) -> None:
        self._session = session
        self._widget = widget
        self._told_s = 0.0
        self._shown: tuple[int, int] = (-1, -1)
        widget.state = state(session)
        session.sampler.listeners.append(self.tick)
        session.chronicle.followers.add(self)
        session.on_final(self._final)

    def _final(self, _report: Report) -> None:
        self._shown = (-1, -1)

    def tick(self, now_s: float) -> float:
        """Send the state where a second has passed and something is new; the next look's wait."""
        session = self._session
        now = (len(session.ledger), len(session.chronicle.power))
        if now_s - self._told_s < PERIOD_S or now == self._shown:
            return PERIOD_S
        self._told_s, self._shown = now_s, now
        with suppress(Exception):
            self._widget.state = state(session)
        return PERIOD_S

    def close(self) -> None:
        """Stop following."""
        self._session.chronicle.followers.discard(self)
        with suppress(ValueError):
            self._session.sampler.listeners.remove(self.tick)
        with suppress(Exception):
            self._widget.close()


def state(session: Session) -> dict[str, Any]:
    """What the dashboard shows now."""
    chronicle = session.chronicle
    timeline = idle = None
    if chronicle.began_at is not None:
        timeline = Timeline(chronicle.began_at.isoformat(), _power(chronicle))
    if chronicle.idle is not None:
        idle = Idle(chronicle.idle, chronicle.idle_s, because=_held(session))
    summed = session.counted
    span = session.outermost()
    running = None if span is None else session.progress(span)
    return session_state(session.reports, timeline, idle, running, _compared(summed), summed)


def _power(chronicle: Chronicle) -> tuple[tuple[float, float | None], ...]:
    """The record, from the session's begin on: its first point stands at the end of its time."""
    power = tuple(list(chronicle.power))  # noqa: C414 - a tuple of a ring is not made in one go
    return ((0.0, power[0][1]), *power) if 0 < len(power) < POINTS else power


def _compared(reports: list[Report]) -> tuple[Equivalence, ...]:
    outer = same_boundary(reports)
    if not outer:
        return ()
    last = outer[-1]
    energy = total(((one.session_id, one.energy.kernel) for one in outer), "J")
    co2e = total(((one.session_id, one.footprint.co2e) for one in outer), "g")
    return equivalences(energy, co2e, last.place, last.intensity, 3)


def _held(session: Session) -> str:
    """What the kernel held while it idled, where a GPU of this kernel shows it."""
    used = any(
        one.component.startswith("gpu") and one.kernel.value > 0
        for report in session.reports[-5:]
        for one in report.energy.components
    )
    return "after work on the GPU" if used else ""


def run(session: Session, argv: list[str]) -> Any:
    """The dashboard widget; a second one replaces the first."""
    Parser("dashboard", HELP).parse_args(argv)
    from green_notebook.show.widget import DashboardWidget

    before = _SHOWN.pop(session.id, None)
    if before is not None:
        before.close()
    session.sampler.open()
    session.sampler.start()
    widget = DashboardWidget()
    _SHOWN[session.id] = Dashboard(session, widget)
    return widget


_SHOWN: dict[str, Dashboard] = {}

"""``%carbon calibrate``: what the wall takes beyond the chips, learned from an external meter.

A third of the time idle, a third with half of the processors at work, a third with all; the line
through what chips and wall took is kept for this machine, and used whenever the meter is not there.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from green_notebook.actions._lines import Parser
from green_notebook.errors import GreenNotebookError
from green_notebook.model import SensorSpec
from green_notebook.selection import WHOLE, Choice, choose
from green_notebook.sensors._calibration import Calibration, fitted, keep
from green_notebook.usage import Usage

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from green_notebook.session import Session

HELP = "learn from a plug or node meter what the wall takes beyond the chips"
OPTIONS = ("--seconds",)

# Meters that stand outside the machine; a battery or a board's own rails do not see the wall.
METERS = ("plug:", "node-meter:")
LEAST_S, MOST_S = 30.0, 3600.0
# A meter needs so long to follow a step: it is asked once a second, and averages.
SETTLE_S = 4.0
WINDOW_S = 2.0
CURE = "set plug or node_meter, such as %config GreenNotebook.plug = 'shelly://192.0.2.7'"

Wait = Callable[[float], None]
Work = Callable[[int], "AbstractContextManager[None]"]


def run(session: Session, argv: list[str]) -> str:
    """Calibrate; raises GreenNotebookError with one line where that cannot be done."""
    parser = Parser("calibrate", HELP)
    parser.add_argument("--seconds", type=float, default=60.0)
    seconds = parser.parse_args(argv).seconds
    if not LEAST_S <= seconds <= MOST_S:
        raise GreenNotebookError(
            f"%carbon calibrate takes {LEAST_S:.0f} to {MOST_S:.0f} seconds, not {seconds:g}"
        )
    return Bench(session).calibrated(seconds)


@contextmanager
def hashing(threads: int) -> Iterator[None]:
    """So many processors at work: hashing lets go of the interpreter, so threads do."""
    stop = threading.Event()
    block = bytes(1 << 20)

    def work() -> None:
        while not stop.is_set():
            hashlib.sha256(block).digest()

    workers = [
        threading.Thread(target=work, name="green_notebook-calibrate", daemon=True)
        for _ in range(threads)
    ]
    try:
        for one in workers:
            one.start()
        yield
    finally:
        stop.set()
        for one in workers:
            if one.ident is not None:
                one.join()


class Bench:
    """One calibration; ``wait`` and ``work`` are the clock and the load."""

    def __init__(self, session: Session, wait: Wait = time.sleep, work: Work = hashing) -> None:
        self._session = session
        self._sampler = session.sampler
        self._wait = wait
        self._work = work

    def calibrated(self, seconds: float) -> str:
        """Measure, fit and keep; what came of it in one line."""
        self._session.reopen()
        self._sampler.open()
        self._sampler.open_slow()
        self._sampler.start()
        meter = self._meter()
        chips = self._chips()
        line = fitted(self._points(meter, chips, seconds), max(meter.gain_error))
        line = self._named(line, meter)
        keep(self._session.host, line)
        _, error_w = line.rest_w(line.most_w)
        return (
            f"the wall takes {line.base_w:.1f} W + {line.factor:.2f} x the chips "
            f"(+-{error_w:.1f} W at {line.most_w:.0f} W of chips); "
            f"kept for this machine, and used when {line.meter} is not there"
        )

    def _named(self, line: Calibration, meter: SensorSpec) -> Calibration:
        day = self._session.clock.wall().date().isoformat()
        name = meter.label.partition(":")[0]
        return Calibration(
            line.base_w, line.factor, line.spread_w, line.gain_error, line.most_w, name, day
        )

    def _meter(self) -> SensorSpec:
        specs = (one.spec for one in self._sampler.choice.sensors)
        meter = next((one for one in specs if one.id.startswith(METERS)), None)
        if meter is None:
            named = ("Metering plug", "Node meter")
            told = next(
                (
                    one.reason
                    for one in self._sampler.status()
                    if one.kind in named and not one.reason.startswith("no ")
                ),
                "none is set",
            )
            raise GreenNotebookError(f"calibrating needs an external meter: {told} ({CURE})")
        return meter

    def _chips(self) -> Choice:
        """What would be used without the meter: the rest's model is told of just these."""
        without = choose(one for one in self._sampler.found if not one.spec.id.startswith(METERS))
        specs = [one.spec for one in without.sensors] + [one.spec for one in without.models]
        if not specs or any(one.component == WHOLE for one in specs):
            raise GreenNotebookError(
                "no part of this machine is measured beside the whole, so there is nothing to calibrate"
            )
        return without

    def _points(
        self, meter: SensorSpec, chips: Choice, seconds: float
    ) -> list[tuple[float, float]]:
        """(chips W, wall W) of windows at three levels of load."""
        threads = self._sampler.usage.threads
        points: list[tuple[float, float]] = []
        self._sampler.hold(self)
        try:
            for level in (0, max(1, threads // 2), threads):
                with self._work(level):
                    self._wait(SETTLE_S)
                    for _ in range(int((seconds / 3 - SETTLE_S) / WINDOW_S)):
                        points += self._window(meter, chips)
        finally:
            self._sampler.release(self)
        return points

    def _window(self, meter: SensorSpec, chips: Choice) -> list[tuple[float, float]]:
        start = self._sampler.mark()
        self._wait(WINDOW_S)
        end = self._sampler.mark()
        took_s = end.at_s - start.at_s
        wall_j = self._joules(meter, start, end)
        parts = [self._joules(one.spec, start, end) for one in chips.sensors]
        if took_s <= 0 or wall_j is None or None in parts:
            return []
        chips_j = sum(one for one in parts if one is not None)
        load = self._sampler.usage.load(start, end)
        for model in chips.models:
            if model.spec.component != "rest":
                chips_j += model.estimate(load, chips_j).machine.value
        return [(chips_j / took_s, wall_j / took_s)]

    def _joules(self, spec: SensorSpec, start: Usage, end: Usage) -> float | None:
        trace = self._sampler.traces.get(spec.id)
        if trace is None:
            return None
        measured = self._sampler.energy(trace, start.at_s, end.at_s).quantity
        return None if measured is None else measured.value

"""One open sensor: how it is read, where its readings go, and when it is read next.

The cell's thread reads at a span's edges and the sampler's in between. Both only append to rings;
the plan is told of readings, and asked, by the sampler's thread alone, so there is no lock.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from green_notebook.clock import Clock
from green_notebook.model import Reading, Trace
from green_notebook.pace import Pace, resting_s
from green_notebook.sensors import PowerBeside, PowerBuffered, Sensor
from green_notebook.traces import Measured, Rhythm, energy_between, watch_plan

# A reading that is due this soon is taken now: a thread cannot wait for less.
SOON_S = 0.00005
# The power beside a counter is refreshed no faster; readings that enclose a step need it once.
POWER_EVERY_S = 0.04
# After an edge readings are this close; a gap of several periods means that no thread could run.
NEAR_S = 0.1
STARVED = 3.0
# So long after an edge a counter whose rhythm is known is read as the others are, and its plan asked
# once in so long only: that costs as much as the reading.
EDGE_OVER_S = 0.3
CALM_S, CALM_LEAST_S = 1.4, 0.3
SURE_S = 0.004
# So long after an edge a counter of fine steps loses nothing by rarer readings: it is read only so
# often. One of coarse steps is read as before: the first step of a short cell right after is shared
# out by what the steps before it were. So is power: what no reading saw of it is lost.
LONG_S = 2.0
LONG_PERIOD_S = 0.8
# A reading so old is renewed for those who look at the totals.
OLD_S = 0.15
# A reading from its three parts, without a call that runs Python.
_reading = partial(tuple.__new__, Reading)


class Channel:
    """A sensor, its trace and its plan of readings."""

    def __init__(self, sensor: Sensor, trace: Trace, clock: Clock) -> None:
        self.sensor = sensor
        self.trace = trace
        self._monotonic = clock.monotonic
        self._read = sensor.read
        self._read_power = None
        # Power beside power is the same value twice.
        if trace.spec.kind == "energy" and isinstance(sensor, PowerBeside):
            self._read_power = sensor.read_power
        self._samples = sensor.power_samples if isinstance(sensor, PowerBuffered) else None
        self._plan = watch_plan(trace.spec)
        # Whether the instants of its readings are settled by what they show.
        self.foretells = self._plan is not None
        self._told: deque[Reading] = deque(maxlen=64)
        self._edges: deque[float] = deque(maxlen=8)
        self._edge_s = clock.monotonic()
        self._calm_until_s = 0.0
        self._read_s = clock.monotonic()
        self._power_s = -math.inf
        self.due_s = self.background_s = -math.inf
        self._expected_s = math.inf
        # Whether the next reading is worth nothing when it comes a millisecond late.
        self.exact = False

    def take(self) -> None:
        """One reading; a failed one is kept as a gap."""
        reading = self._reading(self._read)
        at_s = reading.at_s
        if at_s - self._read_s > STARVED * self._expected_s:
            self._backfill(self._read_s, at_s)
        self.trace.readings.append(reading)
        if self.foretells:
            self._told.append(reading)
        self._read_s = at_s
        # The power beside comes second: an edge's counter is read as near to the edge as can be.
        if self._read_power is not None and at_s - self._power_s > POWER_EVERY_S:
            self._power_s = at_s
            self.trace.power.append(self._reading(self._read_power))

    def glance(self) -> None:
        """One reading of the value alone, with as little code as can be: each line costs, once cold."""
        begun_s = self._monotonic()
        if begun_s - self._read_s > STARVED * self._expected_s:
            self.take()
            return
        try:
            value = self._read()
        except Exception:  # noqa: BLE001 - whatever the driver says, it is a gap
            value = None
        ended_s = self._monotonic()
        self._read_s = at_s = (begun_s + ended_s) / 2
        reading = _reading((at_s, value, ended_s - begun_s))
        self.trace.readings.append(reading)
        self._told.append(reading)

    def _backfill(self, after_s: float, before_s: float) -> None:
        """Power that the driver kept while a cell held the interpreter and nobody could read."""
        if self._samples is None:
            return
        ring = self.trace.readings if self.trace.spec.kind == "power" else self.trace.power
        with suppress(Exception):
            for at_s, watts in self._samples(after_s):
                if after_s < at_s < before_s:
                    ring.append(Reading(at_s, watts))

    def renew(self, now_s: float) -> None:
        """Somebody looks at the totals: read a counter that is read rarely."""
        if not self.foretells and now_s - self._read_s > OLD_S:
            self.take()

    def edge(self, at_s: float) -> None:
        """A span begins or ends now: the counter's next steps matter."""
        if self.foretells:
            self._edges.append(at_s)
        else:
            self._edge_s = at_s
        self._expected_s = NEAR_S

    def plan(self, now_s: float, pace: Pace | None) -> None:
        """Settle when to read next (``due_s``): at the pace's instants or before; None: at rest."""
        self.due_s = self.background_s = self._background(now_s, pace)
        self._expected_s = max(self.due_s - self._read_s, NEAR_S)
        self.exact = False
        plan, calm = self._plan, now_s < self._calm_until_s and not self._edges
        if plan is None or calm:
            return
        # Of readings in a calm time the last ones tell whether the steps come as foretold.
        while self._calm_until_s > 0 and len(self._told) > 2:
            self._told.popleft()
        while self._told:
            plan.saw(self._told.popleft())
        while self._edges:
            self._edge_s = self._edges.popleft()
            plan.mark(self._edge_s)
        self.due_s = plan.next_s(now_s, self.background_s)
        self.exact = self.due_s != self.background_s
        self._calm_until_s = now_s + self._calm_s(now_s) if self._calm(now_s) else 0.0

    def _background(self, now_s: float, pace: Pace | None) -> float:
        """When it is read at the latest."""
        if pace is None:
            return resting_s(self._read_s)
        fine = self._plan is None and self.trace.spec.kind == "energy"
        rare = fine and now_s - self._edge_s > LONG_S
        return pace.next_s(self._read_s, round(LONG_PERIOD_S / pace.period_s) if rare else 1)

    def _calm(self, now_s: float) -> bool:
        """Whether the plan of a counter wants nothing but the background's readings for now."""
        if self.due_s != self.background_s or now_s - self._edge_s < EDGE_OVER_S:
            return False
        return self.error_at(now_s + CALM_LEAST_S) < SURE_S

    def _calm_s(self, now_s: float) -> float:
        """For how long the steps are foretold well enough to be told which is which."""
        calm_s = CALM_S
        while calm_s > CALM_LEAST_S and self.error_at(now_s + calm_s) > SURE_S:
            calm_s /= 2
        return calm_s

    @property
    def calm_until_s(self) -> float:
        """Until when (s) it foretells its steps and wants the pace's readings alone."""
        return -math.inf if self._edges else self._calm_until_s

    @property
    def steps(self) -> Rhythm | None:
        """When the counter steps, where that is known."""
        rhythm = self._plan.rhythm if self._plan and self.trace.spec.kind == "energy" else None
        return rhythm if rhythm and rhythm.known else None

    def error_at(self, at_s: float) -> float:
        """How well (s) the counter's step about then is foretold."""
        return self._plan.error_at(at_s) if self._plan and self.steps else math.inf

    def energy(self, start_s: float, end_s: float) -> Measured:
        """The energy (J) between two instants, by what was learned of the counter's steps."""
        rhythm = None if self._plan is None else self._plan.rhythm
        return energy_between(self.trace, start_s, end_s, rhythm)

    def _reading(self, read: Callable[[], float]) -> Reading:
        monotonic = self._monotonic
        begun_s = monotonic()
        value: float | None
        try:
            value = read()
        except Exception:  # noqa: BLE001 - whatever the driver says, it is a gap
            value = None
        ended_s = monotonic()
        return _reading(((begun_s + ended_s) / 2, value, ended_s - begun_s))

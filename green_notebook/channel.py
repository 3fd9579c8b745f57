"""One open sensor: how it is read, where its readings go, and when it is read next.

The cell's thread reads at a span's edges and the sampler's in between. Both only append to rings;
the plan is told of readings, and asked, by the sampler's thread alone, so there is no lock.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from green_notebook.clock import Clock
from green_notebook.model import Reading, Trace
from green_notebook.sensors import PowerBeside, PowerBuffered, Sensor
from green_notebook.traces import Measured, energy_between, watch_plan

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
CALM_S = 0.7
# Long after an edge and within a span, a counter is read in every second instant of the grid only: it
# loses nothing meanwhile, and what is shared out by time at the span's end is little beside so long
# a span. Power is read as before: what no reading saw of it is lost. Between cells all are, since a
# short cell's first step is shared out by what came before; one right after a long span lacks that.
LONG_S = 5.0
LONG_PERIOD_S = 0.18


def next_background(read_s: float, period_s: float) -> float:
    """When all sensors are read next: an instant of one grid, at most 1.5 periods away."""
    return period_s * math.ceil((read_s + period_s / 2) / period_s)


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
        self._edge_s = -math.inf
        self._calm_until_s = 0.0
        self._read_s = clock.monotonic()
        self._power_s = -math.inf
        self.due_s = self.background_s = -math.inf
        self._expected_s = math.inf

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

    def _backfill(self, after_s: float, before_s: float) -> None:
        """Power that the driver kept while a cell held the interpreter and nobody could read."""
        if self._samples is None:
            return
        ring = self.trace.readings if self.trace.spec.kind == "power" else self.trace.power
        with suppress(Exception):
            for at_s, watts in self._samples(after_s):
                if after_s < at_s < before_s:
                    ring.append(Reading(at_s, watts))

    def edge(self, at_s: float) -> None:
        """A span begins or ends now: the counter's next steps matter."""
        if self.foretells:
            self._edges.append(at_s)
        else:
            self._edge_s = at_s
        self._expected_s = NEAR_S

    def plan(self, now_s: float, period_s: float, *, busy: bool = False) -> None:
        """Settle when to read next (``due_s``), some ``period_s`` after the last time or before."""
        if busy and self._patient(now_s):
            period_s = max(period_s, LONG_PERIOD_S)
        self._expected_s = period_s
        # All sensors share these instants, so that one wake serves them all.
        self.due_s = self.background_s = next_background(self._read_s, period_s)
        plan = self._plan
        if plan is None or (now_s < self._calm_until_s and not self._edges):
            return
        # Of readings in a calm time two in a row tell whether the steps come as foretold.
        while self._calm_until_s > 0 and len(self._told) > 2:
            self._told.popleft()
        while self._told:
            plan.saw(self._told.popleft())
        while self._edges:
            self._edge_s = self._edges.popleft()
            plan.mark(self._edge_s)
        self.due_s = plan.next_s(now_s, self.background_s)
        self._calm_until_s = now_s + CALM_S if self._calm(now_s) else 0.0

    def _patient(self, now_s: float) -> bool:
        """Whether this is a counter whose readings nobody needs soon."""
        if self.trace.spec.kind != "energy" or now_s - self._edge_s < LONG_S:
            return False
        return not self._edges and (self._plan is None or now_s < self._calm_until_s + CALM_S)

    def _calm(self, now_s: float) -> bool:
        """Whether the plan of a counter wants nothing but the background's readings for now."""
        if self.due_s != self.background_s or now_s - self._edge_s < EDGE_OVER_S:
            return False
        rhythm = None if self._plan is None else self._plan.rhythm
        return self.trace.spec.kind == "energy" and rhythm is not None and rhythm.known

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
        return Reading((begun_s + ended_s) / 2, value, ended_s - begun_s)

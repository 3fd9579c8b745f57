"""A device of known energy and a sampler in simulated time: no clock, no thread, no sleep.

The waveform has an exact integral, so the truth of every span is known. The device shows it as
real ones do: a counter that steps, a power value that is a mean over the last part of each
refresh, quantised, with a gain of its own. The sampler reads 10 times a second, at the marks, and
when the watch asks; each read takes a moment, and a busy cell can make the thread late.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from green_notebook.channel import POWER_EVERY_S
from green_notebook.model import Reading, SensorSpec, Trace
from green_notebook.pace import PERIOD_S, Pace
from green_notebook.traces import Measured, Plan, energy_between, watch_plan


class Waveform:
    """Power over time (W), from a list of (start, watts); the last lasts for ever."""

    def __init__(self, pieces: list[tuple[float, float]]) -> None:
        self.starts = [at for at, _ in pieces]
        self.watts = [watts for _, watts in pieces]
        self.sums = [0.0]
        for index in range(1, len(pieces)):
            lasted = self.starts[index] - self.starts[index - 1]
            self.sums.append(self.sums[-1] + lasted * self.watts[index - 1])

    def energy(self, at_s: float) -> float:
        index = max(0, bisect_right(self.starts, at_s) - 1)
        return self.sums[index] + (at_s - self.starts[index]) * self.watts[index]

    def power(self, at_s: float) -> float:
        return self.watts[max(0, bisect_right(self.starts, at_s) - 1)]


def square(
    low: float = 80.0,
    high: float = 350.0,
    period_s: float = 0.35,
    duration_s: float = 60.0,
    duty: float = 0.5,
) -> Waveform:
    pieces = []
    for index in range(int(duration_s / period_s) + 2):
        pieces += [(index * period_s, high), ((index + duty) * period_s, low)]
    return Waveform(pieces)


def constant(watts: float = 200.0) -> Waveform:
    return Waveform([(0.0, watts)])


def telegraph(rng: random.Random, duration_s: float, mean_s: float = 0.2) -> Waveform:
    """Random levels, each for a random time."""
    pieces, at_s = [], 0.0
    while at_s < duration_s:
        pieces.append((at_s, rng.uniform(60.0, 360.0)))
        at_s += rng.expovariate(1 / mean_s) + 0.005
    return Waveform(pieces)


def sine(duration_s: float, period_s: float = 0.9, cut_s: float = 0.002) -> Waveform:
    return Waveform(
        [
            (i * cut_s, 210 + 130 * math.sin(2 * math.pi * i * cut_s / period_s))
            for i in range(int(duration_s / cut_s) + 2)
        ]
    )


def training(rng: random.Random, duration_s: float) -> Waveform:
    """Steps of a training loop: a forward, a backward and a data gap, each a little different."""
    pieces, at_s = [], 0.0
    while at_s < duration_s:
        for watts, lasts in ((310.0, 0.09), (345.0, 0.14), (120.0, 0.04)):
            pieces.append((at_s, watts + rng.gauss(0, 4)))
            at_s += lasts * rng.uniform(0.9, 1.1)
    return Waveform(pieces)


@dataclass
class Device:
    """What the sensor of a device with this waveform says at a time."""

    wave: Waveform
    step_s: float = 0.1
    phase_s: float = 0.0
    jitter_s: float = 0.0
    gain: float = 1.0
    resolution_j: float = 0.001
    wrap_j: float | None = None
    refresh_s: float = 0.1
    window_s: float = 0.025
    power_phase_s: float = 0.0
    seed: int = 0
    # The counter shows the energy up to so long before its step.
    late_s: float = 0.0

    def _step_at(self, number: int) -> float:
        jitter = self.jitter_s
        if jitter:
            # The golden ratio spreads the jitter evenly without a generator per step.
            jitter *= 2 * ((number * 0.6180339887 + self.seed * 0.377) % 1.0) - 1
        return self.phase_s + number * self.step_s + jitter

    def last_step(self, at_s: float) -> float:
        number = math.floor((at_s - self.phase_s) / self.step_s) + 1
        while self._step_at(number) > at_s:
            number -= 1
        return self._step_at(number)

    def counter(self, at_s: float) -> float:
        joules = self.wave.energy(self.last_step(at_s) - self.late_s) * self.gain + 1000.0
        joules = math.floor(joules / self.resolution_j) * self.resolution_j
        return joules if self.wrap_j is None else joules % self.wrap_j

    def power(self, at_s: float) -> float:
        number = math.floor((at_s - self.power_phase_s) / self.refresh_s)
        end_s = self.power_phase_s + number * self.refresh_s
        if self.window_s == 0:
            return round(self.wave.power(end_s) * self.gain, 3)
        mean = (self.wave.energy(end_s) - self.wave.energy(end_s - self.window_s)) / self.window_s
        return round(mean * self.gain, 3)


@dataclass
class Late:
    """How late the sampler's thread wakes: a little always, often more while a cell holds on."""

    rng: random.Random
    usual_s: float = 0.0001
    cell_s: float = 0.0
    cell_part: float = 0.0

    def __call__(self, in_cell: bool) -> float:
        late = self.rng.expovariate(1 / self.usual_s)
        if in_cell and self.rng.random() < self.cell_part:
            late += self.rng.uniform(0, self.cell_s)
        return late


@dataclass
class Run:
    """A trace in the making, and the reads it took."""

    device: Device
    spec: SensorSpec
    late: Late
    beside: bool = True
    read_s: float = 0.00002
    background_s: float = PERIOD_S
    fault: Callable[[float, float], float | None] | None = None
    pace: Pace = field(default_factory=Pace)
    trace: Trace = field(init=False)
    watch: Plan | None = field(init=False)
    now_s: float = 0.0
    reads: int = 0
    _next_background_s: float = 0.0
    _power_s: float = -1.0

    def __post_init__(self) -> None:
        self.trace = Trace(self.spec)
        self.watch = watch_plan(self.spec)
        self.pace.period_s = self.background_s

    def read(self, at_s: float) -> None:
        """One reading of counter or power at this time."""
        middle_s = at_s + self.read_s / 2
        energy = self.spec.kind == "energy"
        value: float | None
        value = self.device.counter(middle_s) if energy else self.device.power(middle_s)
        if self.fault is not None:
            value = self.fault(middle_s, value)
        reading = Reading(middle_s, value, self.read_s)
        self.trace.readings.append(reading)
        if energy and self.beside and middle_s - self._power_s > POWER_EVERY_S:
            self._power_s = middle_s
            self.trace.power.append(
                Reading(middle_s + self.read_s, self.device.power(middle_s), self.read_s)
            )
        if self.watch is not None:
            self.watch.saw(reading)
        self.reads += 1

    def until(self, end_s: float, *, in_cell: bool) -> None:
        """Let the sampler's thread run until a time."""
        while True:
            due_s = self._next_background_s
            if self.watch is not None:
                due_s = self.watch.next_s(self.now_s, due_s)
            wake_s = max(due_s, self.now_s) + self.late(in_cell)
            if wake_s >= end_s:
                self.now_s = end_s
                return
            if wake_s >= self._next_background_s:
                self._next_background_s = self.pace.next_s(wake_s)
            self.now_s = wake_s
            self.read(wake_s)
            self.now_s += 2 * self.read_s

    def mark(self) -> float:
        """The cell's thread reads at an edge and tells when that was."""
        self.read(self.now_s)
        if self.watch is not None:
            self.watch.mark(self.now_s)
        at_s = self.now_s + self.read_s / 2
        self.now_s += 2 * self.read_s
        return at_s

    def spans(
        self, durations: Iterator[tuple[float, float]], warm_s: float = 2.0
    ) -> Iterator[tuple[Measured, float]]:
        """Each ``(pause, duration)`` as a measured span beside its true joules."""
        self.until(warm_s, in_cell=False)
        for pause_s, duration_s in durations:
            self.until(self.now_s + pause_s, in_cell=False)
            start_s = self.mark()
            self.until(self.now_s + duration_s, in_cell=True)
            end_s = self.mark()
            rhythm = self.watch.rhythm if self.watch else None
            first = energy_between(self.trace, start_s, end_s, rhythm)
            if not first.settled and first.refine_until_s is not None:
                assert first.refine_until_s <= end_s + 0.1501
                self.until(max(first.refine_until_s, self.now_s), in_cell=False)
            truth_j = self.device.wave.energy(end_s) - self.device.wave.energy(start_s)
            rhythm = self.watch.rhythm if self.watch else None
            yield energy_between(self.trace, start_s, end_s, rhythm), truth_j


def plain_difference(trace: Trace, start_s: float, end_s: float) -> float:
    """What the peers do: the counter's difference between the two edges."""
    values = {one.at_s: one.value for one in trace.readings if one.value is not None}
    before = max(at for at in values if at <= start_s + 1e-9)
    after = max(at for at in values if at <= end_s + 1e-9)
    return values[after] - values[before]

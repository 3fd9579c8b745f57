"""The real sampler on simulated devices, in simulated time: no thread, no sleep.

What its thread does, ``round`` after ``round``, is done here, and time goes on by the wait that each
gives and by how late a thread wakes. Reads take time. The devices' loads have an exact integral, so
the truth of every span is known. Tests use it, and benchmarks/accuracy.py and coverage.py.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median

from simulated_meter import Device, Late, Waveform

from green_notebook.chores import MOMENT_S
from green_notebook.host import Host
from green_notebook.model import SensorSpec
from green_notebook.sampler import Sampler
from green_notebook.testing import FakeClock
from green_notebook.traces import REFINE_S, Measured
from green_notebook.usage import Usage

READ_S = 0.00003
# From an edge's mark to the next cell's first, and from a cell's end until its report is settled.
BETWEEN_S = 0.002
SETTLED_S = 0.17
# A host without any file: what is not simulated is not there.
NO_HOST = Path(__file__).parent / "no-host"


class Meter:
    """A device on the sampler's clock: a counter or a power value, as ``spec`` says, nothing beside."""

    def __init__(
        self, clock: FakeClock, device: Device, spec: SensorSpec, read_s: float = READ_S
    ) -> None:
        self.clock = clock
        self.device = device
        self.spec = spec
        self.read_s = read_s
        self.begun_s = clock.now_s

    def counter_at(self, at_s: float) -> float:
        """What the counter (J) shows at an instant, in no time and read by nobody."""
        return self.device.counter(at_s - self.begun_s)

    def power_at(self, at_s: float) -> float:
        """What the power value (W) shows at an instant, in no time and read by nobody."""
        return self.device.power(at_s - self.begun_s)

    def read(self) -> float:
        self.clock.now_s += 2 / 3 * self.read_s
        at = self.counter_at if self.spec.kind == "energy" else self.power_at
        value = at(self.clock.now_s)
        self.clock.now_s += self.read_s / 3
        return value

    def close(self) -> None:
        """There is nothing to close."""

    def truth_j(self, start_s: float, end_s: float) -> float:
        energy = self.device.wave.energy
        return energy(end_s - self.begun_s) - energy(start_s - self.begun_s)


class Counter(Meter):
    """A GPU's energy counter with a power value beside."""

    def read_power(self) -> float:
        self.clock.now_s += 2 / 3 * self.read_s
        return self.power_at(self.clock.now_s)


def gpu_spec(device: Device, index: int) -> SensorSpec:
    """The card with this counter and power, as its driver and its table tell of it."""
    return SensorSpec(
        f"nvml:{index}",
        f"gpu:{index}",
        "energy",
        step_s=device.step_s if device.step_s < 0.05 else 0.1,
        window_s=device.window_s,
        max_power_w=500.0,
        resolution_j=device.resolution_j,
        covers=(f"gpu:{index}",),
    )


@dataclass(repr=False)
class Figures:
    """How far measured spans were from the truth."""

    errors: list[float] = field(default_factory=list)
    held: list[bool] = field(default_factory=list)

    @property
    def median(self) -> float:
        return median(self.errors)

    @property
    def nearly_all(self) -> float:
        """The error that 49 of 50 spans do not exceed."""
        return sorted(self.errors)[math.ceil(0.98 * len(self.errors)) - 1]

    @property
    def worst(self) -> float:
        return max(self.errors)

    @property
    def held_part(self) -> float:
        return mean(self.held)

    def __repr__(self) -> str:
        """In percent, for whoever looks why a test failed."""
        return (
            f"median {100 * self.median:.3f} % worst {100 * self.worst:.2f} % "
            f"held {100 * self.held_part:.1f} % of {len(self.held)}"
        )


class Simulation:
    """Spans one after another, and how often the thread woke meanwhile. Close it where there are many."""

    def __init__(
        self, clock: FakeClock, meters: Sequence[Meter], late: Late, root: Path = NO_HOST
    ) -> None:
        self.clock = clock
        self.meters = meters
        self.sampler = Sampler(Host(root, {}), clock, found=list(meters))
        self.sampler.open()
        self.sampler.open_slow()
        self.late = late
        self.rounds = 0
        # When the thread asked to be woken.
        self._due_s = clock.now_s

    def run(self, seconds: float, *, in_cell: bool = False) -> None:
        """Let the sampler's thread run for a time; it may be held off while ``in_cell``."""
        until_s = self.clock.now_s + seconds
        while True:
            wake_s = max(self._due_s, self.clock.now_s) + self.late(in_cell)
            if wake_s >= until_s:
                self.clock.now_s = max(self.clock.now_s, until_s)
                return
            self.clock.now_s = wake_s
            wait_s = self.sampler.round()
            self._due_s = self.clock.now_s + wait_s
            self.rounds += 1

    def span(self, seconds: float) -> tuple[float, float]:
        """The edges of a span of this length; each wakes the thread."""
        begun = Usage(0.0, 0.0, 0.0, 0.0, {}, 0.0, None, 0.0)
        self.sampler.hold(self)
        self.sampler.begun(begun)
        self._due_s = self.clock.now_s
        self.run(seconds, in_cell=True)
        end_s = self.sampler.mark().at_s
        self._due_s = self.clock.now_s
        self.sampler.release(self)
        return begun.at_s, end_s

    def told(self, meter: Meter, edges: tuple[float, float]) -> Measured:
        """What the sampler tells of a span now."""
        return self.sampler.energy(self.sampler.traces[meter.spec.id], *edges)

    def settled(self, meter: Meter, edges: tuple[float, float]) -> tuple[Measured, Measured]:
        """What is told of a span that has just ended, and then when it is settled.

        As `settling.py` does: when the step after its end is foretold, else when it must have come.
        """
        first = final = self.told(meter, edges)
        foretold_s = first.refine_until_s
        if not first.settled and foretold_s is not None:
            self.sampler.settle(foretold_s)
            self._due_s = self.clock.now_s
        for until_s in (foretold_s or edges[1], edges[1] + REFINE_S):
            if not final.settled:
                self.run(until_s + MOMENT_S - self.clock.now_s)
                final = self.told(meter, edges)
        return first, final

    def close(self) -> None:
        """Give back the files that the sampler reads."""
        self.sampler.close()
        self.sampler.usage.close()

    def add(self, figures: Figures, edges: tuple[float, float]) -> None:
        """What the sampler tells of a span beside the truth, of each counter."""
        for one in self.meters:
            quantity = self.told(one, edges).quantity
            assert quantity is not None
            assert quantity.low is not None
            assert quantity.high is not None
            truth_j = one.truth_j(*edges)
            figures.errors.append(abs(quantity.value / truth_j - 1))
            figures.held.append(quantity.low <= truth_j <= quantity.high)


@dataclass
class Setting:
    """So many counters of like make, each with a phase of its own; a load for all of them."""

    wave: Waveform
    gpus: int = 1
    step_s: float = 0.1
    jitter_s: float = 0.0
    late_s: float = 0.0003

    def simulation(self, root: Path, rng: random.Random) -> Simulation:
        devices = [
            Device(
                self.wave,
                step_s=self.step_s,
                phase_s=rng.random() * self.step_s,
                power_phase_s=rng.random() * 0.1,
                jitter_s=self.jitter_s,
                seed=index,
            )
            for index in range(self.gpus)
        ]
        clock = FakeClock()
        counters = [Counter(clock, one, gpu_spec(one, index)) for index, one in enumerate(devices)]
        return Simulation(clock, counters, Late(rng, self.late_s), root)


@dataclass
class Outcome:
    """Of short spans, and of the long ones before them; ``woken`` is wakes a second in the long."""

    short: Figures = field(default_factory=Figures)
    long: Figures = field(default_factory=Figures)
    woken: list[float] = field(default_factory=list)


def after_long_spans(
    root: Path, setting: Setting, short_s: float, count: int, seeds: tuple[int, ...] = (1,)
) -> Outcome:
    """Short spans right after long ones of 6 to 7 s, in one session for each seed.

    Wakes are not counted in a session's first span, in which the counters' steps are searched.
    """
    found = Outcome()
    for seed in seeds:
        rng = random.Random(seed)
        one = setting.simulation(root, rng)
        one.run(2.0)
        for number in range(count):
            seconds, before = rng.uniform(6.0, 7.0), one.rounds
            edges = one.span(seconds)
            if number:
                found.woken.append((one.rounds - before) / seconds)
            one.clock.now_s += BETWEEN_S
            then = one.span(short_s)
            one.run(SETTLED_S)
            one.add(found.long, edges)
            one.add(found.short, then)
    return found


def first_spans(
    root: Path, setting: Setting, short_s: float, count: int, after_s: float = 2.0
) -> Figures:
    """The first span that a session has, so long after it was opened, of as many sessions."""
    rng, found = random.Random(1), Figures()
    for _ in range(count):
        one = setting.simulation(root, rng)
        one.run(after_s)
        edges = one.span(short_s)
        one.run(SETTLED_S)
        one.add(found, edges)
    return found

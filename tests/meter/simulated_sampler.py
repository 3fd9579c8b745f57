"""The real sampler on simulated counters, in simulated time: no thread, no sleep.

What its thread does, ``round`` after ``round``, is done here, and time goes on by the wait that each
gives and by how late a thread wakes. Reads take time. The devices' loads have an exact integral, so
the truth of every span is known.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median

from simulated_meter import Device, Late, Waveform

from green_notebook.host import Host
from green_notebook.model import SensorSpec
from green_notebook.sampler import Sampler
from green_notebook.testing import FakeClock
from green_notebook.usage import Usage

READ_S = 0.00003
# From an edge's mark to the next cell's first, and from a cell's end until its report is settled.
BETWEEN_S = 0.002
SETTLED_S = 0.17


class Counter:
    """A GPU's energy counter with a power value beside, on the sampler's clock."""

    def __init__(self, clock: FakeClock, device: Device, index: int) -> None:
        self.device = device
        self.clock = clock
        self.begun_s = clock.now_s
        self.spec = SensorSpec(
            f"nvml:{index}",
            f"gpu:{index}",
            "energy",
            step_s=device.step_s if device.step_s < 0.05 else 0.1,
            window_s=device.window_s,
            max_power_w=500.0,
            resolution_j=device.resolution_j,
            covers=(f"gpu:{index}",),
        )

    def read(self) -> float:
        self.clock.now_s += 2 / 3 * READ_S
        joules = self.device.counter(self.clock.now_s - self.begun_s)
        self.clock.now_s += READ_S / 3
        return joules

    def read_power(self) -> float:
        self.clock.now_s += 2 / 3 * READ_S
        return self.device.power(self.clock.now_s - self.begun_s)

    def close(self) -> None:
        """There is nothing to close."""

    def truth_j(self, start_s: float, end_s: float) -> float:
        energy = self.device.wave.energy
        return energy(end_s - self.begun_s) - energy(start_s - self.begun_s)


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
    """Spans one after another, and how often the thread woke meanwhile."""

    def __init__(
        self, root: Path, devices: list[Device], rng: random.Random, late_s: float = 0.0003
    ) -> None:
        self.clock = FakeClock()
        self.counters = [Counter(self.clock, one, index) for index, one in enumerate(devices)]
        self.sampler = Sampler(Host(root, {}), self.clock, found=list(self.counters))
        self.sampler.open()
        self.sampler.open_slow()
        self.late = Late(rng, late_s)
        self.rounds = 0

    def run(self, seconds: float) -> None:
        """Let the sampler's thread run for a time."""
        until_s = self.clock.now_s + seconds
        while True:
            wait_s = self.sampler.round()
            self.rounds += 1
            wake_s = self.clock.now_s + wait_s + self.late(False)
            if wake_s >= until_s:
                self.clock.now_s = max(self.clock.now_s, until_s)
                return
            self.clock.now_s = wake_s

    def span(self, seconds: float) -> tuple[float, float]:
        """The edges of a span of this length."""
        begun = Usage(0.0, 0.0, 0.0, 0.0, {}, 0.0, None, 0.0)
        self.sampler.hold(self)
        self.sampler.begun(begun)
        self.run(seconds)
        end_s = self.sampler.mark().at_s
        self.sampler.release(self)
        return begun.at_s, end_s

    def add(self, figures: Figures, edges: tuple[float, float]) -> None:
        """What the sampler tells of a span beside the truth, of each counter."""
        for one in self.counters:
            quantity = self.sampler.energy(self.sampler.traces[one.spec.id], *edges).quantity
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
        return Simulation(root, devices, rng, self.late_s)


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


def first_spans(root: Path, setting: Setting, short_s: float, count: int) -> Figures:
    """The first span that a session has, 2 s after it was opened, of as many sessions."""
    rng, found = random.Random(1), Figures()
    for _ in range(count):
        one = setting.simulation(root, rng)
        one.run(2.0)
        edges = one.span(short_s)
        one.run(SETTLED_S)
        one.add(found, edges)
    return found

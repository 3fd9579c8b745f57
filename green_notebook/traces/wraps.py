"""From a counter's raw readings to joules that only grow: wraps counted, faults found.

Between two readings the counter may have wrapped n times; the energy is ``b - a + n x wrap``. The
part cannot draw more than its largest power, so only some n are possible: one is the answer,
several are a gap, and none is a fault (a reset, or a value that cannot be). The largest power is
taken as a bound, never as an estimate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from green_notebook.model import Reading, SensorSpec
from green_notebook.traces.rhythm import Rhythm

# Above every single package, memory channel or accelerator on sale (the largest accelerator
# modules are specified at 1400 W, 2025); taken where a sensor does not state its part's limit.
DEFAULT_MAX_POWER_W = 1500.0
# Short peaks above the stated limit are real; a jump is called implausible only beyond this.
PEAK_MARGIN = 1.25
# A reading nearer than this to a foretold step may show either side of it, beside its error.
NEAR_STEP_S = 0.0005
# Steps so near to one another are numbered surely only where each is seen: one more may have come.
QUICK_STEP_S = 0.06
# A counter with steps this fine shows what there is.
FINE_S = 0.005
UNKNOWN = "wraps-unknown"
# What is found harmless at a glance stays so far from every bound: rounding is no matter then.
GLANCE = 0.999
# How many readings ahead may show that one reading was bad and the counter was not.
LOOK_AHEAD = 3


class Point(NamedTuple):
    """The counter at one instant: joules since the first point, wraps and bad values removed."""

    # A tuple, since each reading makes one: a frozen dataclass takes three times as long.

    at_s: float
    joules: float
    took_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Fault:
    """A time of which the counter tells nothing, and why.

    Where the steps are known whose energy is missing, ``lost_s`` is how far they may be apart,
    ``likely_s`` how far they probably are, and what was read up to ``told_s`` is still true; else
    all of the time is missing.
    """

    start_s: float
    end_s: float
    code: str
    text: str
    lost_s: float | None = None
    told_s: float | None = None
    likely_s: float | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """Points, oldest first; across a fault ``joules`` stands still."""

    points: tuple[Point, ...]
    faults: tuple[Fault, ...]
    failed: tuple[float, ...]
    spurious: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """How old a counter's value may be when it is read: a step at most, or by its rhythm."""

    step_s: float
    rhythm: Rhythm | None = None

    def shown_s(self, reading: Reading, side: int) -> float | None:
        """The step that a reading shows: the last (``side`` 1) or the first (-1) that is possible."""
        if self.rhythm is None or not self.rhythm.known:
            return None
        off_s = self.rhythm.error_at(reading.at_s) + NEAR_STEP_S + reading.took_s / 2
        return self.rhythm.before(reading.at_s + side * off_s)

    def apart(self, first: Reading, then: Reading) -> tuple[float, float | None]:
        """The longest time (s) that the counter may have gained in, and the steps it is between."""
        # What a reading shows may be a step old, so a step more than the time between may appear.
        whole_s = then.at_s - first.at_s + self.step_s + first.took_s + then.took_s
        begun_s, ended_s = self.shown_s(first, -1), self.shown_s(then, 1)
        if self.rhythm is None or begun_s is None or ended_s is None:
            return whole_s, None
        steps_s = max(ended_s - begun_s, self.rhythm.period_s)
        if self.rhythm.period_s < QUICK_STEP_S:
            return min(whole_s, steps_s + self.rhythm.period_s), steps_s
        return min(whole_s, steps_s + 2 * self.rhythm.error_at(then.at_s)), steps_s

    def likely(self, first: Reading, then: Reading) -> float | None:
        """How far (s) the steps that two readings show are apart: amid what is possible."""
        begun = [self.shown_s(first, side) for side in (-1, 1)]
        ended = [self.shown_s(then, side) for side in (-1, 1)]
        known = [one for one in (*begun, *ended) if one is not None]
        if len(known) < len(begun) + len(ended):
            return None
        return max(0.0, (known[2] + known[3] - known[0] - known[1]) / 2)


class Glance(NamedTuple):
    """Gains so small, in so short a time, that nothing but themselves can explain them.

    Two readings may always be ``sure_j`` apart, and ``sure_w`` times the time between them and
    ``more_s``; within ``widest_s`` of both reads and between them no wrap can hide.
    """

    sure_j: float
    sure_w: float
    more_s: float
    widest_s: float

    @classmethod
    def of(cls, spec: SensorSpec, steps: Steps) -> Glance:
        """For one sensor and what is known of its steps: never more than `Steps.apart` allows."""
        most_w = spec.max_power_w or DEFAULT_MAX_POWER_W
        sure_w = GLANCE * PEAK_MARGIN * most_w
        widest_s = math.inf
        if spec.wrap_j is not None:
            widest_s = (GLANCE * spec.wrap_j - 2 * spec.resolution_j) / most_w - steps.step_s
        if steps.rhythm is None or not steps.rhythm.known:
            return cls(0.0, sure_w, steps.step_s, widest_s)
        # The steps that two readings show are one apart, or at most one less than the readings.
        period_s = steps.rhythm.period_s
        return cls(sure_w * period_s, sure_w, -period_s, widest_s)


def count(
    spec: SensorSpec, readings: Sequence[Reading], step_s: float, rhythm: Rhythm | None = None
) -> Counted:
    """Unwrap readings that are in order of time; failed and impossible ones are left out.

    ``step_s`` is how old the counter's value may be when it is read; ``rhythm`` is what is known
    of when it stepped.
    """
    good, failed = _told(spec, readings)
    if not good:
        return Counted((), (), failed, ())
    steps = Steps(step_s, rhythm)
    sure_j, sure_w, more_s, widest_s = Glance.of(spec, steps)
    faults: list[Fault] = []
    spurious: list[float] = []
    # The first reading of the value shown now: what comes next was gained since then.
    held = last = good[0]
    held_s, held_j, held_took_s = held
    points = [Point(held_s, 0.0, held_took_s)]
    joules = 0.0
    for index in range(1, len(good)):
        now = good[index]
        at_s, value, took_s = now
        apart_s, grown_j = at_s - held_s, value - held_j  # type: ignore[operator]
        # Nearly all pairs are harmless at a glance; the others are looked at closely.
        if (
            grown_j < 0.0
            or (grown_j > sure_j and grown_j > sure_w * (apart_s + more_s))
            or apart_s + held_took_s + took_s >= widest_s
        ):
            step = _step(spec, (held, last, now), good[index + 1 : index + 1 + LOOK_AHEAD], steps)
            if step is None:
                if not _at_once(last, now):
                    spurious.append(at_s)
                continue
            if isinstance(step, Fault):
                faults.append(step)
                step = 0.0
            grown_j = step
        joules += grown_j
        points.append(Point(at_s, joules, took_s))
        last = now
        if value != held_j:
            held, held_s, held_j, held_took_s = now, at_s, value, took_s
    return Counted(tuple(points), tuple(faults), failed, tuple(spurious))


def _told(spec: SensorSpec, readings: Sequence[Reading]) -> tuple[list[Reading], tuple[float, ...]]:
    """The readings whose value a counter can show, and when the others were taken."""
    most_j = math.inf if spec.wrap_j is None else spec.wrap_j + spec.resolution_j
    good: list[Reading] = []
    failed: list[float] = []
    for one in readings:
        value = one.value
        if value is not None and 0 <= value <= most_j and value < math.inf:
            good.append(one)
        else:
            failed.append(one.at_s)
    return good, tuple(failed)


def _step(
    spec: SensorSpec,
    shown: tuple[Reading, Reading, Reading],
    ahead: Sequence[Reading],
    steps: Steps,
) -> float | Fault | None:
    """What the counter gained up to a reading that needs a close look; None: leave it out.

    ``shown`` are the first reading of the value before, the last one, and this one.
    """
    held, last, now = shown
    step = increment(spec, held, now, steps)
    if isinstance(step, Fault) and step.code == UNKNOWN and steps.step_s <= FINE_S:
        # The value is a millisecond old: what came next was gained since it was read last.
        step = increment(spec, last, now, steps)
    if isinstance(step, Fault) and (_at_once(last, now) or _returns(steps, spec, held, now, ahead)):
        return None
    return step


def _at_once(first: Reading, then: Reading) -> bool:
    """Whether two readings were taken at once, by two threads: which value came first is open."""
    return then.at_s - then.took_s / 2 < first.at_s + first.took_s / 2


def increment(spec: SensorSpec, first: Reading, then: Reading, steps: Steps) -> float | Fault:
    """The joules between two good readings, or why nothing can be said."""
    assert first.value is not None
    assert then.value is not None
    apart_s = then.at_s - first.at_s
    grown_j = then.value - first.value
    lasted_s, lost_s = steps.apart(first, then)
    most_w = spec.max_power_w or DEFAULT_MAX_POWER_W
    limit_j = most_w * lasted_s + 2 * spec.resolution_j
    wraps = _wraps(spec.wrap_j, grown_j, limit_j)
    if len(wraps) == 1:
        return grown_j + wraps[0] * (spec.wrap_j or 0.0)
    if len(wraps) > 1:
        text = f"the counter was not read for {apart_s:.3g} s and may have wrapped more than once"
        return Fault(first.at_s, then.at_s, UNKNOWN, text)
    # A short peak may go beyond the stated limit, by little and for no wrap.
    peak_j = limit_j * PEAK_MARGIN
    if 0 <= grown_j <= peak_j:
        return grown_j
    if spec.wrap_j is not None and 0 <= grown_j + spec.wrap_j <= peak_j:
        return grown_j + spec.wrap_j
    code, text = "counter-jump", "the energy counter jumped by more than the part can draw"
    if grown_j < 0:
        code, text = "counter-reset", "the energy counter fell back without a wrap: it was reset"
    begun_s = steps.shown_s(first, -1)
    if lost_s is None or begun_s is None:
        return Fault(first.at_s, then.at_s, code, text)
    likely_s = steps.likely(first, then)
    return Fault(min(begun_s, first.at_s), then.at_s, code, text, lost_s, then.at_s, likely_s)


def _wraps(wrap_j: float | None, grown_j: float, limit_j: float) -> range:
    """Every number of wraps that bounded power allows."""
    if wrap_j is None:
        return range(1 if 0 <= grown_j <= limit_j else 0)
    fewest = 0 if grown_j >= 0 else 1
    return range(fewest, math.floor((limit_j - grown_j) / wrap_j) + 1)


def _returns(
    steps: Steps, spec: SensorSpec, last: Reading, bad: Reading, ahead: Sequence[Reading]
) -> bool:
    """Whether a later reading goes on from ``last`` and not from ``bad``."""
    return any(
        not isinstance(increment(spec, last, one, steps), Fault)
        and isinstance(increment(spec, bad, one, steps), Fault)
        for one in ahead
    )

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

from green_notebook.model import Reading, SensorSpec

# Above every single package, memory channel or accelerator on sale (the largest accelerator
# modules are specified at 1400 W, 2025); taken where a sensor does not state its part's limit.
DEFAULT_MAX_POWER_W = 1500.0
# Short peaks above the stated limit are real; a jump is called implausible only beyond this.
PEAK_MARGIN = 1.25
# How many readings ahead may show that one reading was bad and the counter was not.
LOOK_AHEAD = 3


@dataclass(frozen=True, slots=True)
class Point:
    """The counter at one instant: joules since the first point, wraps and bad values removed."""

    at_s: float
    joules: float
    took_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Fault:
    """A time of which the counter tells nothing, and why."""

    start_s: float
    end_s: float
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Counted:
    """Points, oldest first; across a fault ``joules`` stands still."""

    points: tuple[Point, ...]
    faults: tuple[Fault, ...]
    failed: tuple[float, ...]
    spurious: tuple[float, ...]


def count(spec: SensorSpec, readings: Sequence[Reading], step_s: float) -> Counted:
    """Unwrap readings that are in order of time; failed and impossible ones are left out.

    ``step_s`` is how old the counter's value may be when it is read.
    """
    good: list[Reading] = []
    bad: list[float] = []
    for one in readings:
        if _sane(spec, one.value):
            good.append(one)
        else:
            bad.append(one.at_s)
    failed = tuple(bad)
    if not good:
        return Counted((), (), failed, ())
    points = [Point(good[0].at_s, 0.0, good[0].took_s)]
    faults: list[Fault] = []
    spurious: list[float] = []
    # The first reading of the value shown now: what comes next was gained since then.
    held, joules, index = good[0], 0.0, 1
    while index < len(good):
        now = good[index]
        index += 1
        step = increment(spec, held, now, step_s)
        if isinstance(step, Fault):
            if _returns(step_s, spec, held, now, good[index : index + LOOK_AHEAD]):
                spurious.append(now.at_s)
                continue
            faults.append(step)
            step = 0.0
        joules += step
        points.append(Point(now.at_s, joules, now.took_s))
        if now.value != held.value:
            held = now
    return Counted(tuple(points), tuple(faults), failed, tuple(spurious))


def increment(spec: SensorSpec, first: Reading, then: Reading, step_s: float) -> float | Fault:
    """The joules between two good readings, or why nothing can be said."""
    assert first.value is not None
    assert then.value is not None
    apart_s = then.at_s - first.at_s
    grown_j = then.value - first.value
    # What a reading shows may be a step old, so a step more than the time between may appear.
    lasted_s = apart_s + step_s + first.took_s + then.took_s
    limit_j = (spec.max_power_w or DEFAULT_MAX_POWER_W) * lasted_s + 2 * spec.resolution_j
    wraps = _wraps(spec.wrap_j, grown_j, limit_j)
    if len(wraps) == 1:
        return grown_j + wraps[0] * (spec.wrap_j or 0.0)
    if len(wraps) > 1:
        text = f"the counter was not read for {apart_s:.3g} s and may have wrapped more than once"
        return Fault(first.at_s, then.at_s, "wraps-unknown", text)
    # A short peak may go beyond the stated limit, by little and for no wrap.
    peak_j = limit_j * PEAK_MARGIN + (spec.max_power_w or 0.0) * step_s
    if 0 <= grown_j <= peak_j:
        return grown_j
    if spec.wrap_j is not None and 0 <= grown_j + spec.wrap_j <= peak_j:
        return grown_j + spec.wrap_j
    if grown_j < 0:
        text = "the energy counter fell back without a wrap: it was reset"
        return Fault(first.at_s, then.at_s, "counter-reset", text)
    text = "the energy counter jumped by more than the part can draw"
    return Fault(first.at_s, then.at_s, "counter-jump", text)


def _sane(spec: SensorSpec, value: float | None) -> bool:
    """Whether a counter can show this value at all."""
    if value is None or not 0 <= value < math.inf:
        return False
    return spec.wrap_j is None or value <= spec.wrap_j + spec.resolution_j


def _wraps(wrap_j: float | None, grown_j: float, limit_j: float) -> range:
    """Every number of wraps that bounded power allows."""
    if wrap_j is None:
        return range(1 if 0 <= grown_j <= limit_j else 0)
    fewest = 0 if grown_j >= 0 else 1
    return range(fewest, math.floor((limit_j - grown_j) / wrap_j) + 1)


def _returns(
    step_s: float, spec: SensorSpec, last: Reading, bad: Reading, ahead: Sequence[Reading]
) -> bool:
    """Whether a later reading goes on from ``last`` and not from ``bad``."""
    return any(
        not isinstance(increment(spec, last, one, step_s), Fault)
        and isinstance(increment(spec, bad, one, step_s), Fault)
        for one in ahead
    )

"""The instants at which a counter's joules are the true ones."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from operator import attrgetter

from green_notebook.model import SensorSpec
from green_notebook.traces.faults import Bridged
from green_notebook.traces.rhythm import LOST, Rhythm
from green_notebook.traces.shape import Knot
from green_notebook.traces.steps import FINE_STEP_S
from green_notebook.traces.stretches import Stretch
from green_notebook.traces.wraps import Point

# Knots of a fine counter stand so many steps apart, so that the power between them is known.
APART_STEPS = 8
# Fine counters are not quite steady either.
UNSTEADY = 1.2
LEAST_STEP = 0.5
# No instant of a step is known better than this.
FINEST_S = 0.0001

_at = attrgetter("at_s")


def knots_of(
    spec: SensorSpec, bridged: Bridged, rhythm: Rhythm, edges: tuple[float, ...] = ()
) -> list[Knot]:
    """The knots of points in order of time."""
    if spec.step_s <= FINE_STEP_S:
        return _fine(spec, bridged.points, edges)
    return _coarse(bridged.stretches, rhythm)


def _fine(spec: SensorSpec, points: Sequence[Point], edges: tuple[float, ...]) -> list[Knot]:
    """Each reading is half a step old, give or take half a step."""
    half_s = spec.step_s / 2
    apart_s = APART_STEPS * spec.step_s
    nearest = [_nearest(points, edge_s) for edge_s in edges if points]
    kept_s = [points[index].at_s for index in nearest]
    knots: list[Knot] = []
    last_s = -math.inf
    for index, (read_s, joules, took_s) in enumerate(points):
        at_s = read_s - half_s
        if index in nearest:
            if at_s <= last_s:
                continue
        elif at_s - last_s < apart_s or _crowded(read_s, kept_s, apart_s):
            continue
        knots.append(Knot(at_s, joules, UNSTEADY * half_s + took_s / 2))
        last_s = at_s
    return knots


def _crowded(at_s: float, kept_s: Sequence[float], apart_s: float) -> bool:
    """Whether an instant is so near to one that is kept."""
    for kept in kept_s:  # noqa: SIM110 - a generator takes three times as long
        if abs(at_s - kept) < apart_s:
            return True
    return False


def _nearest(points: Sequence[Point], at_s: float) -> int:
    """The index of the point that is nearest to an instant, the earlier of two."""
    after = bisect_left(points, at_s, key=_at)
    if after == len(points) or (
        after > 0 and at_s - points[after - 1].at_s <= points[after].at_s - at_s
    ):
        # Of several at one instant, the first.
        return bisect_left(points, points[after - 1].at_s, key=_at)
    return after


def _coarse(stretches: Sequence[Stretch], rhythm: Rhythm) -> list[Knot]:
    """A new value appeared between two readings, at a step."""
    known, last = rhythm.known, len(stretches) - 1
    numbers = _numbers(stretches, rhythm) if known else [None] * len(stretches)
    # `Rhythm.error_at`, put together here: there are hundreds of steps.
    origin_s, period_s, middle = rhythm.origin_s, rhythm.period_s, rhythm.middle
    least_s, each_s = rhythm.error_s, rhythm.period_error_s
    near_s = LEAST_STEP * period_s
    knots: list[Knot] = []
    absent_s, knot_s, error_s = -math.inf, -math.inf, 0.0
    for index, ((at_s, joules, took_s), before, _) in enumerate(stretches):
        number = numbers[index]
        # Somewhere between the last reading of the value before and the first of this one.
        high_s = at_s + took_s / 2
        low_s = max(high_s - period_s, absent_s)
        absent_s = before.at_s - before.took_s / 2
        if number is not None:
            foretold_s = origin_s + number * period_s
            off_s = least_s + each_s * abs((foretold_s - origin_s) / period_s - middle)
            first_s, last_s = max(low_s, foretold_s - off_s), min(high_s, foretold_s + off_s)
            if first_s <= last_s:
                low_s, high_s = first_s, last_s
        elif known and 0 < index < last and rhythm.error_at(at_s) < LOST * period_s:
            # One of two steps, and its neighbours are surer: the stretch goes on across it.
            continue
        step_s, half_s = (low_s + high_s) / 2, max((high_s - low_s) / 2, FINEST_S)
        if step_s - knot_s < near_s:
            # Two steps are never so near: the place of one of them is a guess.
            if half_s >= error_s or len(knots) == 1:
                continue
            knots.pop()
        knots.append(Knot(step_s, joules, half_s))
        knot_s, error_s = step_s, half_s
    return knots


def _numbers(stretches: Sequence[Stretch], rhythm: Rhythm) -> list[int | None]:
    """The number of the step that brought each value; None where that is open.

    It is the last step at any of the value's readings. A reading within the error of a foretold
    step leaves two numbers open; the next value, or the one before, may exclude one of them.
    """
    origin_s, period_s, middle = rhythm.origin_s, rhythm.period_s, rhythm.middle
    least_s, each_s = rhythm.error_s, rhythm.period_error_s
    leasts: list[int] = []
    mosts: list[int] = []
    for (at_s, _, took_s), last, _ in stretches:
        first_s, last_s = at_s + took_s / 2, last.at_s - last.took_s / 2
        error_s = least_s + each_s * abs((first_s - origin_s) / period_s - middle)
        leasts.append(math.floor((last_s - error_s - origin_s) / period_s))
        mosts.append(math.floor((first_s + error_s - origin_s) / period_s))
    # A reset between two steps gives one of them two values: that must not move all the others.
    for index in range(len(mosts) - 2, -1, -1):
        if leasts[index] <= mosts[index + 1] - 1 < mosts[index]:
            mosts[index] = mosts[index + 1] - 1
    for index in range(1, len(leasts)):
        if leasts[index] < leasts[index - 1] + 1 <= mosts[index]:
            leasts[index] = leasts[index - 1] + 1
    return [least if least == most else None for least, most in zip(leasts, mosts, strict=True)]

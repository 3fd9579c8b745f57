"""The instants at which a counter's joules are the true ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from green_notebook.model import SensorSpec
from green_notebook.traces.rhythm import Rhythm
from green_notebook.traces.shape import Knot
from green_notebook.traces.steps import FINE_STEP_S
from green_notebook.traces.wraps import Point

# Knots of a fine counter stand so many steps apart, so that the power between them is known.
APART_STEPS = 8
# Fine counters are not quite steady either.
UNSTEADY = 1.2
LEAST_STEP = 0.5
# No instant of a step is known better than this.
FINEST_S = 0.0001


def knots_of(
    spec: SensorSpec, points: Sequence[Point], rhythm: Rhythm, edges: tuple[float, ...] = ()
) -> list[Knot]:
    """The knots of points in order of time."""
    if spec.step_s <= FINE_STEP_S:
        return _fine(spec, points, edges)
    return _coarse(points, rhythm)


def _fine(spec: SensorSpec, points: Sequence[Point], edges: tuple[float, ...]) -> list[Knot]:
    """Each reading is half a step old, give or take half a step."""
    half_s = spec.step_s / 2
    apart_s = APART_STEPS * spec.step_s
    nearest = {id(min(points, key=lambda one: abs(one.at_s - edge))) for edge in edges if points}
    kept_s = [one.at_s for one in points if id(one) in nearest]
    knots: list[Knot] = []
    for one in points:
        crowded = any(abs(one.at_s - at_s) < apart_s for at_s in kept_s)
        if id(one) in nearest or (
            not crowded and (not knots or one.at_s - half_s - knots[-1].at_s >= apart_s)
        ):
            at_s = one.at_s - half_s
            if not knots or at_s > knots[-1].at_s:
                knots.append(Knot(at_s, one.joules, UNSTEADY * half_s + one.took_s / 2))
    return knots


@dataclass(frozen=True, slots=True)
class Run:
    """A value of the counter: last seen absent, first seen, last seen, first seen gone."""

    absent_s: float
    first_s: float
    last_s: float
    gone_s: float
    joules: float


def _coarse(points: Sequence[Point], rhythm: Rhythm) -> list[Knot]:
    """A new value appeared between two readings, at a step."""
    runs = _runs(points)
    numbers = _numbers(runs, rhythm) if rhythm.known else [None] * len(runs)
    knots: list[Knot] = []
    for index, (run, number) in enumerate(zip(runs, numbers, strict=True)):
        if number is None and rhythm.known and 0 < index < len(runs) - 1:
            # One of two steps, and its neighbours are surer: the stretch goes on across it.
            continue
        knot = _step(run, number, rhythm)
        if knots and knot.at_s - knots[-1].at_s < LEAST_STEP * rhythm.period_s:
            # Two steps are never so near: the place of one of them is a guess.
            if knot.error_s >= knots[-1].error_s or len(knots) == 1:
                continue
            knots.pop()
        knots.append(knot)
    return knots


def _runs(points: Sequence[Point]) -> list[Run]:
    runs: list[Run] = []
    begun = 0
    for index in range(1, len(points) + 1):
        if index < len(points) and points[index].joules == points[begun].joules:
            continue
        first, last = points[begun], points[index - 1]
        before = points[begun - 1] if begun else None
        then = points[index] if index < len(points) else None
        runs.append(
            Run(
                -math.inf if before is None else before.at_s - before.took_s / 2,
                first.at_s + first.took_s / 2,
                last.at_s - last.took_s / 2,
                math.inf if then is None else then.at_s + then.took_s / 2,
                first.joules,
            )
        )
        begun = index
    return runs


def _numbers(runs: Sequence[Run], rhythm: Rhythm) -> list[int | None]:
    """The number of the step that brought each run's value; None where that is open.

    It is the last step at any of the run's readings. A reading within the error of a foretold step
    leaves two numbers open; the next run, or the one before, may exclude one of them.
    """
    ranges: list[list[int]] = []
    for run in runs:
        error_s = rhythm.error_at(run.first_s)
        least = math.floor((run.last_s - error_s - rhythm.origin_s) / rhythm.period_s)
        most = math.floor((run.first_s + error_s - rhythm.origin_s) / rhythm.period_s)
        ranges.append([least, most])
    # A reset between two steps gives one of them two values: that must not move all the others.
    for index in range(len(ranges) - 2, -1, -1):
        most = min(ranges[index][1], ranges[index + 1][1] - 1)
        if most >= ranges[index][0]:
            ranges[index][1] = most
    for index in range(1, len(ranges)):
        least = max(ranges[index][0], ranges[index - 1][0] + 1)
        if least <= ranges[index][1]:
            ranges[index][0] = least
    return [least if least == most else None for least, most in ranges]


def _step(run: Run, number: int | None, rhythm: Rhythm) -> Knot:
    """The step that brought a run's value, as near as readings and rhythm tell."""
    low_s = max(run.first_s - rhythm.period_s, run.absent_s)
    high_s = run.first_s
    if number is not None:
        foretold_s = rhythm.origin_s + number * rhythm.period_s
        error_s = rhythm.error_at(foretold_s)
        near_s = (max(low_s, foretold_s - error_s), min(high_s, foretold_s + error_s))
        if near_s[0] <= near_s[1]:
            low_s, high_s = near_s
    return Knot((low_s + high_s) / 2, run.joules, max((high_s - low_s) / 2, FINEST_S))

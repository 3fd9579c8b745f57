"""The joules of a span from power readings: each is a mean over a window that ended some time ago.

A sensor refreshes its value every ``step_s`` and averages over the last ``window_s`` before that.
So a reading tells of the time around ``at - step / 2 - window / 2``, on average. Readings are moved
there, joined by straight lines and integrated; means over long windows are unfolded first.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from green_notebook.model import Note, Reading, SensorSpec, Trace
from green_notebook.traces.averages import LONG_WINDOW_S, unfolded
from green_notebook.traces.beats import beat_of
from green_notebook.traces.measured import REFINE_S, Measured
from green_notebook.traces.refresh import located
from green_notebook.traces.rhythm import Rhythm
from green_notebook.traces.ring import window
from green_notebook.traces.texture import texture
from green_notebook.traces.told import COVERAGE, figure, sorted_out, unread
from green_notebook.traces.watch import SLOW_REFRESH_S
from green_notebook.traces.windows import Part, Windows, windows_between

# So much of the past is looked at: it tells how much the power varies.
HISTORY_S = 6.0
# Readings further apart than this leave a gap.
GAP_S = 0.6
UNSEEN = 0.45
# Windows that see at most so much of the time may miss a load that is in step with them; a beat that
# told of it is remembered for so long.
HALF = 0.5
BEAT_S = 20.0
# A switch seen between two readings lies anywhere between them, 1 / sqrt(12) of their distance,
# and there may have been three.
SWITCH = 0.35
# Across a longer gap than the usual one neighbours tell nothing of what lies between.
WIDE_S = 0.18
# Readings at uneven distances weigh unevenly, and their scatter is known from few.
UNEVEN = 1.1
# What no reading shows is taken as so much of the range.
UNSHOWN = 0.05
# A value was refreshed at any time within a refresh before it was read: so much of one.
AGE = 0.25
# Within less than a window the power may differ from its mean by more than readings alone do.
INSIDE = 1.2
# When a mean was refreshed is known to so much of a refresh; where it is foretold, what straight
# lines between refreshes miss is left.
BLUR = 0.3
BETWEEN = 0.25
MOST_HIDDEN = 0.5
# Within a bin of an unfolded mean nothing is known; less where the mean of a rest begins it.
FOLDED = 0.25
RESTED = 0.12
# Where readings are too far apart to unfold, as after a rest: a load of a third of the window moves
# its mean by a twentieth of its own range, and few have more than half as much again as their mean.
SMOOTHED = 25.0
BOUND = 1.5
# Means that move by no more than this part of the most that the part draws are those of a rest.
STILL = 0.01

_time = attrgetter("at_s")


class Sample(NamedTuple):
    """The power (W) about an instant."""

    # A tuple, since there are hundreds a span: a frozen dataclass takes three times as long to make.

    at_s: float
    watts: float


def power_between(
    trace: Trace, start_s: float, end_s: float, rhythm: Rhythm | None = None
) -> Measured:
    """The energy of a span from power readings; ``rhythm`` tells when they were refreshed."""
    spec = trace.spec
    # Where windows miss most of the time, a beat of long ago still tells.
    in_part = spec.step_s >= SLOW_REFRESH_S and spec.window_s <= HALF * spec.step_s
    near = window(trace.readings, start_s - (BEAT_S if in_part else HISTORY_S), end_s + 1.0)
    good, notes = sorted_out(near, spec, (start_s, end_s))
    since_s = start_s - HISTORY_S
    samples = [Sample(at_s, w) for at_s, w, _ in good if at_s >= since_s and w is not None]
    lag_s = spec.step_s / 2 + min(spec.window_s, LONG_WINDOW_S) / 2
    refine_s = end_s + min(REFINE_S, lag_s + spec.step_s)
    last_s = trace.readings[-1].at_s if trace.readings else -math.inf
    settled = last_s >= refine_s - 0.001 or spec.step_s <= 0.001
    quantity = None
    if samples:
        part = _part(spec, samples, (start_s, end_s), rhythm)
        if in_part:
            part = _beaten(spec, part, good, end_s - start_s)
        if part.hidden_s > 0:
            notes.append(unread(part.hidden_s))
        if part.hidden_s <= MOST_HIDDEN * (end_s - start_s) or _enclosed(samples, start_s, end_s):
            quantity = figure(spec, part.joules, part.sigma_j, end_s - start_s)
    elif not notes:
        notes.append(Note("sensor-lost", "the sensor could not be read"))
    return Measured(quantity, tuple(notes), settled, None if settled else refine_s)


def _part(
    spec: SensorSpec, samples: Sequence[Sample], span: tuple[float, float], rhythm: Rhythm | None
) -> Part:
    """The joules of a span, by what is known of the sensor's windows."""
    found = located([(one.at_s, one.watts) for one in samples], rhythm)
    if found is None or rhythm is None:
        if spec.window_s < LONG_WINDOW_S:
            return _sampled(spec, samples, *span)
        moved = [Sample(one.at_s - spec.step_s / 2, one.watts) for one in samples]
        return _averaged(spec, moved, span, BLUR * spec.step_s)
    windows = Windows(found[0], rhythm, found[1], spec)
    if spec.window_s < LONG_WINDOW_S:
        return windows_between(windows, *span)
    moved = [Sample(windows.at(number), watts) for number, watts in windows.values]
    return _averaged(spec, moved, span, found[1] + BETWEEN * spec.step_s)


def _beaten(spec: SensorSpec, part: Part, good: Iterable[Reading], lasts_s: float) -> Part:
    """What a load in step with the windows may have drawn besides, where a beat tells of one."""
    seen = spec.window_s / spec.step_s
    found = beat_of([(at_s, w) for at_s, w, _ in good if w is not None], spec.step_s, seen)
    if found is None or lasts_s <= 0:
        return part
    off_w = (1 - seen) * found.off_w(part.joules / lasts_s) / COVERAGE
    # Windows that have met every place of the load's period miss nothing more.
    beaten_j = off_w * min(lasts_s, found.lasts_s)
    return Part(part.joules, math.hypot(part.sigma_j, beaten_j), part.hidden_s)


def _enclosed(samples: Sequence[Sample], start_s: float, end_s: float) -> bool:
    """Whether there is a reading near both edges, though few between."""
    return samples[0].at_s <= start_s + GAP_S and samples[-1].at_s >= end_s - GAP_S


def _sampled(spec: SensorSpec, samples: Sequence[Sample], start_s: float, end_s: float) -> Part:
    """Short windows: straight lines between the instants the readings are about."""
    lag_s = spec.step_s / 2 + spec.window_s / 2
    return lines([Sample(one.at_s - lag_s, one.watts) for one in samples], spec, start_s, end_s)


def lines(samples: Sequence[Sample], spec: SensorSpec, start_s: float, end_s: float) -> Part:
    """The integral of straight lines through samples, the first and last held beyond."""
    listed = [
        Sample(min(start_s, samples[0].at_s) - 1e-9, samples[0].watts),
        *samples,
        Sample(max(end_s, samples[-1].at_s) + 1e-9, samples[-1].watts),
    ]
    near = [(one.at_s, one.watts) for one in samples if start_s - 3.0 <= one.at_s <= end_s + 1.0]
    near = near or [(one.at_s, one.watts) for one in samples]
    known = texture(near, spec.step_s, min(spec.window_s, spec.step_s))
    # When a value was refreshed is not known: each edge may lie by that beside.
    variance = (AGE * spec.step_s * known.spread_w) ** 2
    variance += (known.alike_w * (end_s - start_s)) ** 2
    age_s = 0.0
    if spec.step_s >= SLOW_REFRESH_S:
        age_s = AGE * spec.step_s
        variance += (INSIDE * known.lone_w * min(end_s - start_s, spec.window_s)) ** 2
    joules = hidden_s = 0.0
    for first, then in pairwise(listed):
        low_s, high_s = max(first.at_s, start_s), min(then.at_s, end_s)
        if high_s <= low_s:
            continue
        apart_s, lasts_s = then.at_s - first.at_s, high_s - low_s
        slope = (then.watts - first.watts) / apart_s
        joules += lasts_s * (first.watts + slope * ((low_s + high_s) / 2 - first.at_s))
        if apart_s > GAP_S + spec.window_s:
            hidden_s += lasts_s
            most_w = spec.max_power_w or 2 * max(watts for _, watts in near)
            variance += (lasts_s * max(most_w - first.watts, first.watts) / COVERAGE) ** 2
            continue
        # A value may be read twice or passed over: no stretch is seen in full.
        blind_s = lasts_s * (1 - min(spec.window_s, (1 - UNSEEN) * apart_s) / apart_s)
        step_w = abs(then.watts - first.watts)
        lone_w = known.lone_w if apart_s < WIDE_S else max(known.lone_w, known.spread_w / 2)
        powers_w = (SWITCH * step_w, UNEVEN * lone_w, UNSHOWN * known.spread_w)
        variance += (blind_s * math.hypot(*powers_w)) ** 2
        variance += (min(age_s, AGE * lasts_s) * step_w) ** 2
    return Part(joules, math.sqrt(variance), hidden_s)


def _averaged(
    spec: SensorSpec, moved: Sequence[Sample], span: tuple[float, float], blur_s: float
) -> Part:
    """Long windows: whole ones summed from the end back, the rest of the span unfolded.

    ``moved`` are values when they were refreshed, to within ``blur_s``.
    """
    start_s, end_s = span
    window_s = spec.window_s
    whole = int((end_s - start_s) / window_s + 1e-9)
    rest_s = max(0.0, end_s - start_s - whole * window_s)
    means = [_mean_at(moved, end_s - number * window_s) for number in range(whole)]
    joules = window_s * math.fsum(means)
    near = [one.watts for one in moved if start_s - 3.0 <= one.at_s <= end_s + 1.0]
    near = near or [one.watts for one in moved]
    spread_w = max(near) - min(near)
    # When the value was refreshed is not known; how fast it moves tells what that costs.
    steps_w = [
        abs(then.watts - first.watts) * window_s / (then.at_s - first.at_s)
        for first, then in pairwise(moved)
        if then.at_s - first.at_s > spec.step_s / 2
    ]
    blur_w = blur_s / window_s * max(steps_w, default=0.0)
    variance = whole * (window_s * blur_w) ** 2
    hidden_s = _unread(moved, start_s, end_s)
    if rest_s > 1e-9:
        until_s = start_s + rest_s
        bins, rested = unfolded([(one.at_s, one.watts) for one in moved], window_s, until_s)
        part = lines([Sample(at_s, watts) for at_s, watts in bins], spec, start_s, until_s)
        powers = [watts for _, watts in bins]
        range_w = max(max(powers) - min(powers), spread_w)
        hidden_w = _smoothed(moved, spec, start_s, until_s)
        if hidden_w:
            range_w, rested = max(range_w, hidden_w), False
        # A whole window's sum is known, so what remains of one is as sure as its complement.
        open_s = min(rest_s, max(window_s - rest_s, 0.0))
        joules += max(0.0, part.joules)
        inside_w = (RESTED if rested else FOLDED) * range_w
        variance += inside_w**2 * open_s * min(open_s, 0.15) * (1 + 0.06 / max(open_s, 0.01)) ** 2
        variance += (window_s * blur_w * min(1.0, rest_s / window_s)) ** 2
    if hidden_s:
        variance += ((spec.max_power_w or 2 * max(near)) * hidden_s / 4) ** 2
    return Part(joules, math.sqrt(variance), hidden_s)


def _smoothed(samples: Sequence[Sample], spec: SensorSpec, start_s: float, until_s: float) -> float:
    """The range (W) of a load that long means may hide where they are too far apart to unfold.

    None at rest, nor where readings are close since a window before the span.
    """
    pairs = pairwise(one.at_s for one in samples)
    wide = any(
        then - first > WIDE_S
        for first, then in pairs
        if then > start_s - spec.window_s and first < until_s
    )
    before = [one.watts for one in samples if one.at_s <= start_s]
    if not wide or not before:
        return 0.0
    spread_w, level_w = max(before) - min(before), math.fsum(before) / len(before)
    if spread_w <= STILL * (spec.max_power_w or level_w):
        return 0.0
    return min(SMOOTHED * spread_w, BOUND * level_w)


def _mean_at(samples: Sequence[Sample], at_s: float) -> float:
    """The value that the sensor showed then, between two readings on a straight line."""
    index = bisect_right(samples, at_s, key=_time)
    if index == 0:
        return samples[0].watts
    first = samples[index - 1]
    if index == len(samples):
        return first.watts
    after = samples[index]
    part = (at_s - first.at_s) / (after.at_s - first.at_s)
    return first.watts + part * (after.watts - first.watts)


def _unread(samples: Sequence[Sample], start_s: float, end_s: float) -> float:
    """How much of the span lies in gaps between readings."""
    edges = [start_s, *(one.at_s for one in samples if start_s < one.at_s < end_s), end_s]
    return math.fsum(then - first for first, then in pairwise(edges) if then - first > GAP_S)

"""The joules of a span from a meter that answers about once a second or more rarely.

Plugs, management controllers and batteries. What they tell is a sample: the power of about one
moment, or a mean over a time that nobody states. What lies between two samples shows in how much
they differ (GUM 4.2): of values that have nothing to do with one another the squared difference is
twice their variance, and each gap adds ``gap^2 difference^2 / 2``. An energy counter that is asked
is a knot at the instant of its answer: between two of them the energy is known, and only what lies
between an edge and its knots is shared out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from green_notebook.model import Note, Reading, SensorSpec, Trace
from green_notebook.traces.measured import REFINE_S, Measured
from green_notebook.traces.told import COVERAGE, figure, sorted_out, unread
from green_notebook.traces.wraps import PEAK_MARGIN

# Values that move more rarely than this, and do not tell the mean of the time between.
SLOW_STEP_S = 0.5
# So many refreshes of the past, and at least so long, tell how much the power varies.
HISTORY_STEPS = 4
HISTORY_S = 12.0
# Good readings further apart leave a gap that is said.
GAP_S = 3.0
GAP_STEPS = 1.5
# One sample alone may be off by a fifth; with each that agrees it is so much less (our choice).
ALONE = 0.2
# Half of a gap's ignorance is its own difference, half that of all gaps around.
OWN = 0.5
# When a value was refreshed, and over what time it is a mean, is not known: 0.29 of a step (1 /
# sqrt(12)) for the first, and about as much for the second.
AGE = 0.4
# Loads that switch faster than a meter's own mean still move it by so much (our choice).
RIPPLE = 0.02
# An edge between two knots: how the energy lay there is not known.
INSIDE = 0.45
# A counter's answer tells of up to so much before (s).
ANSWER_S = 0.1
# A peak that nobody saw is taken as at most so many times the highest power seen.
PEAK = 3.0
# A span that holds no reading.
NEVER = (math.inf, -math.inf)


@dataclass(slots=True)
class Found:
    """Joules, their variance, and for how long nobody knows the power."""

    joules: float = 0.0
    variance: float = 0.0
    hidden_s: float = 0.0


def is_slow(spec: SensorSpec) -> bool:
    """Whether a sensor's readings are samples of a slow meter."""
    return spec.step_s >= SLOW_STEP_S and spec.window_s < spec.step_s


def slow_between(trace: Trace, start_s: float, end_s: float) -> Measured:
    """The energy (J) of a span from a slow meter's readings."""
    spec = trace.spec
    since_s = start_s - max(HISTORY_S, HISTORY_STEPS * spec.step_s)
    until_s = end_s + spec.step_s + 1.0
    good, notes = _near(trace.readings, spec, (since_s, start_s, end_s, until_s))
    if not good:
        notes = notes or [Note("sensor-lost", "the sensor could not be read")]
        return Measured(None, tuple(notes))
    counts = spec.kind == "energy"
    if counts:
        power, _ = _near(trace.power, spec, (since_s, start_s, end_s, until_s))
        found, told = _counted(spec, good, power, start_s, end_s)
        notes += told
    else:
        found = _sampled(spec, good, _range(trace), start_s, end_s)
    if found.hidden_s > 0:
        notes.append(unread(found.hidden_s))
    known = found.hidden_s <= 0.5 * (end_s - start_s)
    # The answer to the question at the span's end comes a moment later.
    settled = not counts or good[-1].at_s >= end_s
    sigma_j = math.sqrt(found.variance)
    quantity = figure(spec, found.joules, sigma_j, end_s - start_s) if known else None
    return Measured(quantity, tuple(notes), settled, None if settled else end_s + REFINE_S)


def _range(trace: Trace) -> float:
    """How far the power (W) went in all that is kept."""
    good, _ = sorted_out(list(trace.readings), trace.spec, NEVER)
    told = [watts for _, watts, _ in good if watts is not None]
    return max(told) - min(told) if told else 0.0


def _near(
    readings: Iterable[Reading], spec: SensorSpec, times: tuple[float, float, float, float]
) -> tuple[list[Reading], list[Note]]:
    """The good readings of a time, each once and in order, and notes on others in the span."""
    since_s, start_s, end_s, until_s = times
    listed = [one for one in list(readings) if since_s <= one.at_s <= until_s]
    good, notes = sorted_out(listed, spec, (start_s, end_s))
    once = {one.at_s: one for one in good}
    return [once[at_s] for at_s in sorted(once)], notes


def _sampled(
    spec: SensorSpec, good: Sequence[Reading], seen_w: float, start_s: float, end_s: float
) -> Found:
    """Samples of the power, joined by straight lines; the first and the last are held."""
    lag_s = spec.step_s / 2
    points = [(one.at_s - lag_s, one.value or 0.0) for one in good]
    apart = _thinned(points, spec.step_s)
    level_w = math.fsum(watts for _, watts in apart) / len(apart)
    usual2 = _usual(apart) + 2 * (ALONE * level_w / len(apart)) ** 2
    found = Found()
    # A value that was read in vain for a while is not held for ever.
    gap_s = max(GAP_S, GAP_STEPS * spec.step_s)
    most_w = max(watts for _, watts in points) * PEAK
    most_w = min(most_w, spec.max_power_w or most_w)
    listed = [(-math.inf, points[0][1]), *points, (math.inf, points[-1][1])]
    for (first_s, first_w), (then_s, then_w) in pairwise(listed):
        low_s, high_s = max(first_s, start_s), min(then_s, end_s)
        if high_s <= low_s:
            continue
        lasts_s = high_s - low_s
        found.joules += lasts_s * _line(first_s, first_w, then_s, then_w, (low_s + high_s) / 2)
        ends = math.isinf(first_s) or math.isinf(then_s)
        if lasts_s > gap_s + (lag_s if ends else 0.0):
            found.hidden_s += lasts_s
            found.variance += (lasts_s * max(most_w - first_w, first_w) / COVERAGE) ** 2
    # The lines' own errors, by pieces of a refresh: readings in between repeat the same value.
    count = max(1, round((end_s - start_s) / spec.step_s))
    piece_s = (end_s - start_s) / count
    for index in range(count):
        before, after = (start_s + (index + one) * piece_s for one in (-0.5, 1.5))
        own2 = (_shown(apart, after) - _shown(apart, before)) ** 2
        found.variance += piece_s**2 * (OWN * own2 + (1 - OWN) * usual2) / 2
    edge_s = AGE * min(spec.step_s, end_s - start_s)
    found.variance += 2 * edge_s**2 * usual2
    found.variance += count * (RIPPLE * level_w * piece_s) ** 2
    # What the power did since the last answer nobody knows: as far as it was seen to go before.
    tail_s = min(max(0.0, end_s - points[-1][0]), end_s - start_s)
    found.variance += (tail_s * seen_w / 2) ** 2
    return found


def _thinned(points: Sequence[tuple[float, float]], step_s: float) -> list[tuple[float, float]]:
    """Points at least nearly a refresh apart, the newest kept."""
    kept = [points[-1]]
    for one in reversed(points):
        if kept[-1][0] - one[0] >= 0.8 * step_s:
            kept.append(one)
    return kept[::-1]


def _usual(points: Sequence[tuple[float, float]]) -> float:
    """The mean square of how far neighbours differ (W^2)."""
    steps = [(then - first) ** 2 for (_, first), (_, then) in pairwise(points)]
    return math.fsum(steps) / len(steps) if steps else 0.0


def _line(first_s: float, first_w: float, then_s: float, then_w: float, at_s: float) -> float:
    if math.isinf(first_s) or math.isinf(then_s):
        return then_w if math.isinf(first_s) else first_w
    return first_w + (then_w - first_w) * (at_s - first_s) / (then_s - first_s)


def _shown(points: Sequence[tuple[float, float]], at_s: float) -> float:
    """The value nearest to a time."""
    return min(points, key=lambda one: abs(one[0] - at_s))[1]


def _counted(
    spec: SensorSpec,
    good: Sequence[Reading],
    power: Sequence[Reading],
    start_s: float,
    end_s: float,
) -> tuple[Found, list[Note]]:
    """A counter's knots: what lies between them is known, what an edge cuts is shared evenly."""
    notes: list[Note] = []
    most_w = PEAK_MARGIN * (spec.max_power_w or math.inf)
    pieces: list[tuple[float, float, float]] = []
    for first, then in pairwise(good):
        apart_s = then.at_s - first.at_s
        joules = (then.value or 0.0) - (first.value or 0.0)
        if 0 <= joules <= most_w * apart_s + 2 * spec.resolution_j:
            pieces.append((first.at_s, then.at_s, joules / apart_s))
    told = [one.value or 0.0 for one in power] or [watts for _, _, watts in pieces]
    if not told:
        return Found(hidden_s=end_s - start_s), notes
    means = [watts for first_s, then_s, watts in pieces if then_s - first_s > SLOW_STEP_S]
    spread_w = max(told + means) - min(told + means)
    level_w = math.fsum(told) / len(told)
    unsure_w = spread_w / 2 + ALONE * level_w / len(told)
    found = Found(variance=spec.resolution_j**2 / 6 + 2 * (ANSWER_S * 0.29 * spread_w) ** 2)
    known_s = 0.0
    for first_s, then_s, watts in pieces:
        inside_s = min(then_s, end_s) - max(first_s, start_s)
        if inside_s <= 0:
            continue
        known_s += inside_s
        found.joules += watts * inside_s
        cut_s = min(inside_s, then_s - first_s - inside_s)
        found.variance += (INSIDE * spread_w * cut_s) ** 2
    left_s = end_s - start_s - known_s
    if left_s > 1e-9:
        # Before the first answer, after the last, or over a counter that was set back.
        near_w = _told_last(power, end_s, level_w)
        found.joules += near_w * left_s
        found.variance += (unsure_w * left_s) ** 2
        if left_s > GAP_S:
            found.hidden_s = left_s
            found.variance += (near_w * PEAK * left_s / COVERAGE) ** 2
    if any((then.value or 0.0) < (first.value or 0.0) for first, then in pairwise(good)):
        notes.append(Note("counter-reset", "the meter's counter was set back"))
    return found, notes


def _told_last(power: Sequence[Reading], at_s: float, other_w: float) -> float:
    """The power told last before a time."""
    return next((one.value or 0.0 for one in reversed(power) if one.at_s <= at_s), other_w)

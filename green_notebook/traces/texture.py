"""How restless a load is between its power readings: what none of them saw, as far as they tell.

Three kinds of ignorance are told apart. A load that switches now and then is known but for the
instants of its switches. One that switches between any two readings is known as a mean of random
samples is: the scatter of readings that stand alone, above both their neighbours or below, over the
root of their number (GUM 4.2). And where the sensor's windows come in step with the load, all of
them miss the same part: that does not shrink with their number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from green_notebook.traces.watch import SLOW_REFRESH_S

# A load that repeats every k windows is met at k places of its period. Its two switches each lie
# anywhere between two places: sqrt(2 / 12) of the range over k.
TWO_SWITCHES = 0.41
MOST_PLACES = 12
# Readings repeat where they differ so much less from those k windows later than from others.
REPEATS = 0.25
# Two windows in a row that differ enclose a switch, half of whose place they saw: a tenth, and
# more since few are read in a row.
SEEN_HALF = 0.12
FEWEST = 5
# A load repeats after so many refreshes where readings that far apart differ so much less.
DIPS = 0.5
# Twice the time shows the same as well; only a much nearer likeness counts.
DEEPER = 0.6
COVERAGE = 1.96
MOST = 80


@dataclass(frozen=True, slots=True)
class Texture:
    """The range of the readings (W), the scatter of those alone, and the error of all alike."""

    spread_w: float
    lone_w: float = 0.0
    alike_w: float = 0.0
    # The root mean square of how much readings in a row differ.
    change_w: float = 0.0
    # For so many refreshes what is missed stays the same.
    beat: float = math.inf
    # After how many refreshes the load shows the same again; 0 where it does not.
    repeats: int = 0


def texture(samples: Sequence[tuple[float, float]], refresh_s: float, window_s: float) -> Texture:
    """What samples (s, W) in order of time tell of a sensor's unseen times."""
    powers = [watts for _, watts in samples[-MOST:]]
    spread_w = max(powers) - min(powers)
    if len(powers) < FEWEST or spread_w == 0.0:
        return Texture(spread_w, spread_w / 2)
    lone_w = _lone(powers)
    if refresh_s >= SLOW_REFRESH_S:
        unseen = max(0.0, 1 - window_s / refresh_s)
        alike_w = unseen * _repeated(powers, spread_w)
    else:
        alike_w = _in_a_row(samples[-MOST:], refresh_s)
    return Texture(spread_w, lone_w, alike_w)


def sequence_texture(values: Sequence[tuple[int, float]], part: float) -> Texture:
    """What values of numbered refreshes tell, each a mean over ``part`` of its refresh."""
    values = values[-MOST:]
    powers = [watts for _, watts in values]
    low, high = min(powers), max(powers)
    spread_w = high - low
    if len(powers) < FEWEST or spread_w == 0.0:
        return Texture(spread_w, spread_w / 2, 0.0, spread_w)
    changes = [
        (then - first) ** 2
        for (number, first), (after, then) in pairwise(values)
        if after == number + 1
    ]
    change_w = math.sqrt(sum(changes) / len(changes)) if changes else spread_w
    missed, lasts, repeats = (
        _beat(values, (low + high) / 2, part) if part < 1 else (0.0, math.inf, 0)
    )
    return Texture(spread_w, _lone(powers), missed * spread_w, change_w, lasts, repeats)


def _beat(
    values: Sequence[tuple[int, float]], middle_w: float, part: float
) -> tuple[float, float, int]:
    """What windows in step with a load miss, as a part of its range, and for how many refreshes.

    A load that is met at k places of its period, in m turns, is met each ``refresh / m`` of it.
    Each of its two switches may be half of what lies between two windows from where it is taken.
    """
    first = values[0][0]
    shown: list[float | None] = [None] * (values[-1][0] - first + 1)
    for number, watts in values:
        shown[number - first] = watts
    found = _repeats(shown)
    if found is None:
        return 0.0, math.inf, 0
    apart, off = found
    ups = sum(
        one is not None and then is not None and one < middle_w <= then
        for one, then in pairwise(shown)
    )
    turns = max(1, round(ups * apart / len(shown)))
    missed = max(0.0, 1 - part * turns) / apart / COVERAGE
    # The places move on by so much that all between two windows were met after this time.
    return missed, 2 / off if off > 0 else math.inf, apart


def _repeats(shown: Sequence[float | None]) -> tuple[int, float] | None:
    """After how many refreshes a load shows the same again, and how far it then is from the same.

    None where it does not; the distance is a part of that between any two values.
    """
    offs: list[float] = []
    for apart in range(1, MOST_PLACES + 1):
        pairs = [
            abs(then - one)
            for one, then in zip(shown, shown[apart:], strict=False)
            if one is not None and then is not None
        ]
        if len(pairs) < FEWEST:
            break
        offs.append(sum(pairs) / len(pairs))
    most_w, found = offs[0] if offs else 0.0, None
    for index in range(1, len(offs)):
        if offs[index] < DIPS * most_w and (found is None or offs[index] < DEEPER * found[1]):
            found = index + 1, offs[index]
        most_w = max(most_w, offs[index])
    return None if found is None else (found[0], found[1] / most_w)


def _lone(powers: Sequence[float]) -> float:
    """The root mean square of how far readings stand out of both their neighbours."""
    total = 0.0
    for index in range(1, len(powers) - 1):
        power = powers[index]
        before, after = power - powers[index - 1], power - powers[index + 1]
        if before * after > 0:
            total += min(before * before, after * after)
    return math.sqrt(total / (len(powers) - 2))


def _repeated(powers: Sequence[float], spread_w: float) -> float:
    """The error (W) of windows that come at few places of a load's period."""
    count = len(powers)
    offs: list[float] = []
    for apart in range(1, min(MOST_PLACES + 1, count // 2) + 1):
        # One refresh in ten is read twice, so the like reading may be one further.
        total = 0.0
        for index in range(count - apart - 1):
            first = powers[index]
            off = abs(powers[index + apart] - first)
            if off:
                off = min(off, abs(powers[index + apart + 1] - first))
            total += off
        offs.append(total / (count - apart - 1))
    worst_w = 0.0
    for apart in range(2, len(offs)):
        other = (offs[apart - 2] + offs[apart]) / 2
        alike = (other - offs[apart - 1]) / other if other > 0 else 0.0
        if alike > REPEATS:
            worst_w = max(worst_w, TWO_SWITCHES * spread_w / apart * alike)
    return worst_w


def _in_a_row(samples: Sequence[tuple[float, float]], refresh_s: float) -> float:
    """The error (W) of windows of half the time, from those that were read one after another."""
    near = [
        abs(watts - before)
        for (at_s, before), (then_s, watts) in pairwise(samples)
        if then_s - at_s < 1.7 * refresh_s
    ]
    if len(near) < FEWEST:
        near = [abs(watts - before) for (_, before), (_, watts) in pairwise(samples)]
    return SEEN_HALF * sum(near) / len(near)

"""Which power windows hold the switch of a load that moves between two levels.

A window between two others at different levels, itself at neither, saw the switch: then the power
was at one level from the window before, and is at the other up to the window after. Straight lines
would put the switch half of a gap away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from green_notebook.traces.levels import LEAST_RANGE, LEAST_SEEN, SAME_LEVEL

# A load moves between two levels where so many of its windows are at one.
AT_LEVELS = 0.7
# What is further from a level than so many times its own scatter, and than a rounding, holds a part
# of the other level.
NOISE = 6.0
ROUNDING = 0.001

# By the number of a window with a switch: the power (W) before it and that after.
Turns = Mapping[int, tuple[float, float]]


def turns_of(values: Sequence[tuple[int, float]]) -> Turns:
    """The windows that hold a switch, of numbered values (W); none where there are not two levels."""
    bounds = _levels(sorted(watts for _, watts in values))
    if bounds is None:
        return {}
    low_w, high_w = bounds
    found: dict[int, tuple[float, float]] = {}
    for index in range(1, len(values) - 1):
        (before, first_w), (number, watts), (after, then_w) = values[index - 1 : index + 2]
        if after - before != 2 or not low_w < watts < high_w:
            continue
        if min(first_w, then_w) <= low_w and max(first_w, then_w) >= high_w:
            found[number] = first_w, then_w
    return found


def _levels(powers: Sequence[float]) -> tuple[float, float] | None:
    """The most (W) of the lower level and the least of the higher one, from ascending powers."""
    least_w, most_w = powers[0], powers[-1]
    if most_w - least_w < LEAST_RANGE * most_w:
        return None
    same_w = SAME_LEVEL * (most_w - least_w)
    lows = [one for one in powers if one <= least_w + same_w]
    highs = [one for one in powers if one >= most_w - same_w]
    if min(len(lows), len(highs)) < LEAST_SEEN:
        return None
    if len(lows) + len(highs) < AT_LEVELS * len(powers):
        return None
    low_w, high_w = lows[len(lows) // 2], highs[len(highs) // 2]
    return low_w + _scatter(lows, low_w), high_w - _scatter(highs, high_w)


def _scatter(level: Sequence[float], middle_w: float) -> float:
    """How far (W) from its middle a value is still of a level."""
    off_w = sorted(abs(one - middle_w) for one in level)[len(level) // 2]
    return NOISE * off_w + ROUNDING * abs(middle_w)

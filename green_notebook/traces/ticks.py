"""What enclosed steps leave open: the periods and origins that go with all of them.

A tick is a step's number and the two instants that it lies between.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Tick = tuple[int, float, float]


def bounds(ticks: Sequence[Tick], period_s: float) -> tuple[float, float]:
    """The latest lower and the earliest upper bound (s) of the origin for a period."""
    below_s = max(low - number * period_s for number, low, _ in ticks)
    above_s = min(high - number * period_s for number, _, high in ticks)
    return below_s, above_s


def periods(ticks: Sequence[Tick], jitter_s: float = 0.0) -> tuple[float, float]:
    """The least and the largest period (s) that no two steps exclude."""
    least_s, most_s = -math.inf, math.inf
    for index, (number, low_s, high_s) in enumerate(ticks):
        for other, other_low_s, other_high_s in ticks[index + 1 :]:
            apart = other - number
            if apart > 0:
                most_s = min(most_s, (other_high_s - low_s + 2 * jitter_s) / apart)
                least_s = max(least_s, (other_low_s - high_s - 2 * jitter_s) / apart)
    return least_s, most_s


def most_room(ticks: Sequence[Tick], low_s: float, high_s: float) -> float:
    """The most room (s, here negative) that a period leaves; it is concave in the period."""
    for _ in range(20):
        third_s = (high_s - low_s) / 3
        if _room(ticks, low_s + third_s) < _room(ticks, high_s - third_s):
            low_s += third_s
        else:
            high_s -= third_s
    return min(0.0, _room(ticks, (low_s + high_s) / 2))


def _room(ticks: Sequence[Tick], period_s: float) -> float:
    """How far apart the bounds of the origin are for a period; negative where they cross."""
    below_s, above_s = bounds(ticks, period_s)
    return above_s - below_s

"""The instants at which all sensors are read, so that one wake of the thread serves them all.

Where counters' steps are foretold, the instants keep clear of them and show each step once: then no
reading is doubtful for being too near to a step, none needs an instant of its own, and none is
missed. Else they are a little closer than the slowest usual step.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from itertools import pairwise

from green_notebook.traces import Rhythm

# A little faster than a counter that steps each 100 ms, so that each of its steps is seen.
PERIOD_S = 0.09
# Between cells a reading a second is enough for wraps and for the idle baseline.
RESTING_PERIOD_S = 1.0
# Steps are followed where a whole number of them takes about as long as the period.
SHORTEST_S, LONGEST_S = 0.08, 0.11
# Counters are followed together where their periods differ by no more than this part, and looked at
# again after so long.
DRIFT = 0.001
AGAIN_S = 3.0
# The free time between steps is used in this part: in its middle, yet not always at one instant, since
# a load in step with the counter would show the same power each time.
USED = 0.4
# The instants stay while they are off the best ones by no more than this part of the free time, and
# their period by this part.
OFF, PERIOD_OFF = 0.1, 1e-4
GOLDEN = (math.sqrt(5) - 1) / 2


class Pace:
    """A grid of instants; the sampler's thread moves it."""

    def __init__(self) -> None:
        self.period_s = PERIOD_S
        self._origin_s = 0.0
        self._free_s = 0.0
        self._followed: Sequence[Rhythm] = ()
        self._followed_s = -math.inf

    def next_s(self, read_s: float, every: int = 1) -> float:
        """The next instant, half a period to one and a half after ``read_s``, or each ``every``-th."""
        number = every * math.ceil((read_s - self._origin_s) / (every * self.period_s) + 0.5)
        at_s = self._origin_s + number * self.period_s
        return at_s + USED * self._free_s * (number * GOLDEN % 1.0 - 0.5)

    def follow(self, rhythms: Sequence[Rhythm], now_s: float) -> bool:
        """Keep clear of these counters' steps where that is possible; whether the grid moved."""
        if now_s - self._followed_s < AGAIN_S and _same(rhythms, self._followed):
            return False
        self._followed, self._followed_s = rhythms, now_s
        before = self.period_s, self._origin_s
        period_s, middle_s, free_s = _clear_of(rhythms, now_s)
        if not free_s:
            self.period_s, self._origin_s = PERIOD_S, 0.0
        elif not self._is_near(period_s, middle_s, free_s):
            self.period_s, self._origin_s = period_s, middle_s
        self._free_s = free_s
        return before != (self.period_s, self._origin_s)

    def _is_near(self, period_s: float, middle_s: float, free_s: float) -> bool:
        off_s = (middle_s - self._origin_s) % self.period_s
        off_s = min(off_s, self.period_s - off_s)
        return off_s <= OFF * free_s and abs(period_s / self.period_s - 1) <= PERIOD_OFF


def _same(some: Sequence[Rhythm], others: Sequence[Rhythm]) -> bool:
    return len(some) == len(others) and all(map(operator.is_, some, others))


def _clear_of(rhythms: Sequence[Rhythm], now_s: float) -> tuple[float, float, float]:
    """A period, an instant in the middle of the longest time without a step, and how long that is.

    No time is free where the steps' periods do not go together.
    """
    period_s = rhythms[0].period_s if rhythms else math.inf
    period_s *= max(1, int(LONGEST_S / period_s))
    if not SHORTEST_S <= period_s <= LONGEST_S:
        return PERIOD_S, 0.0, 0.0
    steps: list[float] = []
    for one in rhythms:
        times = round(period_s / one.period_s)
        if not times or abs(times * one.period_s / period_s - 1) > DRIFT:
            return PERIOD_S, 0.0, 0.0
        since_s = now_s - one.before(now_s)
        steps += [(number * one.period_s - since_s) % period_s for number in range(times)]
    steps.sort()
    around = pairwise([*steps, steps[0] + period_s])
    free_s, last_s = max((later - before, before) for before, later in around)
    return period_s, now_s + last_s + free_s / 2, free_s


def resting_s(read_s: float) -> float:
    """The next instant of a session at rest, half a second to one and a half after ``read_s``."""
    return RESTING_PERIOD_S * math.ceil(read_s / RESTING_PERIOD_S + 0.5)

"""The instants at which all sensors are read, so that one wake of the thread serves them all.

A wake costs most, and warm again at once it costs little. So where one counter's steps are foretold,
it is read just before every second of them and again just after: that shows every step, for half
the wakes, and keeps the phase sharp. Several counters step at different times: the instants then keep
clear of all steps and see each once, and nothing has to be read at an instant of its own for being
too near to one. Else they are a little closer than the slowest usual step.
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
# A thread wakes so much late, rarely more than the second; pairs are for steps known so well.
WAKE_S = 0.0002
LATE_S = 0.0015
PAIR_ERROR_S = 0.003
# One reading of each pair in turn comes so near to the step, in parts of its error: that sharpens it.
NEARER = 0.5
# The pairs stay while a step is amid one by as much.
PAIR_OFF_S = 0.0002


class Pace:
    """A grid of instants; the sampler's thread moves it.

    Where there are ``pairs``, a second reading is due after each, behind a step.
    """

    def __init__(self) -> None:
        self.period_s = PERIOD_S
        self._around_s = 0.0
        self._origin_s = 0.0
        self._free_s = 0.0
        self._followed: Sequence[Rhythm] = ()
        self._followed_s = -math.inf

    def next_s(self, read_s: float, every: int = 1) -> float:
        """The next instant, half a period to one and a half after ``read_s``, or each ``every``-th."""
        number = every * math.ceil((read_s - self._origin_s) / (every * self.period_s) + 0.5)
        at_s = self._origin_s + number * self.period_s
        if self._around_s:
            early = 1.0 if number % 2 else NEARER
            return at_s - early * self._around_s - LATE_S
        return at_s + USED * self._free_s * (number * GOLDEN % 1.0 - 0.5)

    def close_s(self, read_s: float) -> float:
        """The next instant for a counter whose next steps matter: it sees each of them."""
        if not self._around_s:
            return self.next_s(read_s)
        step_s = self.period_s / 2
        return self._origin_s + step_s * (math.ceil((read_s - self._origin_s) / step_s) + 0.5)

    @property
    def pairs(self) -> bool:
        """Whether a second reading is due after each."""
        return self._around_s > 0

    def second_s(self, first_s: float) -> float:
        """When the second reading after a first one is due."""
        number = round(2 * (first_s - self._origin_s) / self.period_s) / 2
        late = NEARER if number % 2 else 1.0
        return self._origin_s + number * self.period_s + late * self._around_s + WAKE_S

    def follow(self, rhythms: Sequence[Rhythm], now_s: float, error_s: float = math.inf) -> bool:
        """Go by these counters' steps; whether the grid moved.

        One counter alone is read in pairs where its next steps are known to ``error_s``, well enough.
        """
        if now_s - self._followed_s < AGAIN_S and _same(rhythms, self._followed):
            return False
        self._followed, self._followed_s = rhythms, now_s
        before = self.period_s, self._origin_s
        if len(rhythms) == 1 and self._pair(rhythms[0], now_s, error_s):
            return before != (self.period_s, self._origin_s)
        period_s, middle_s, free_s = _clear_of(rhythms, now_s)
        if not free_s:
            self.period_s, self._origin_s = PERIOD_S, 0.0
        elif self.pairs or not self._is_near(period_s, middle_s, free_s):
            self.period_s, self._origin_s = period_s, middle_s
        self._free_s, self._around_s = free_s, 0.0
        return before != (self.period_s, self._origin_s)

    def _pair(self, rhythm: Rhythm, now_s: float, error_s: float) -> bool:
        """Whether a counter's steps can be read in pairs."""
        if error_s > PAIR_ERROR_S or not SHORTEST_S <= rhythm.period_s <= LONGEST_S:
            return False
        period_s, step_s = 2 * rhythm.period_s, rhythm.before(now_s)
        # Of two steps the one that went before stays it.
        off_s = (step_s - self._origin_s) % period_s
        if period_s / 4 < off_s < 3 * period_s / 4:
            step_s, off_s = step_s - rhythm.period_s, (off_s + rhythm.period_s) % period_s
        stays = min(off_s, period_s - off_s) < PAIR_OFF_S
        if not (self.pairs and stays and abs(period_s / self.period_s - 1) < PERIOD_OFF):
            self.period_s, self._origin_s = period_s, step_s
        self._around_s, self._free_s = error_s, 0.0
        return True

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

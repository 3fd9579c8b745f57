"""How a stretch of known energy was spread over its time.

Between two knots the counter gives the mean power p alone. If p lies between the levels before (L)
and after (R), the load most likely switched once: it was at L for ``x = (p - R) / (L - R)`` of the
stretch (the energy is kept). Where p is the highest or lowest around, the even share is kept.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from green_notebook.traces.levels import SAME_LEVEL, two_levels

# Powers of so many stretches on either side tell the levels the load moves between.
NEIGHBOURS = 20
# Longer than the longest step: steps in between were not seen.
LONG_S = 0.15
# A power reading tells of a time at most this long before it (a refresh and its window).
TOLD_OF_S = 0.13
# Readings may have met the same part of a load again and again: then the other side of the mean,
# which none showed, is so many times as far, and further where all readings were alike; else
# readings came near to either side.
UNSEEN_SIDE = 3.0
ALIKE = 3.0
SEEN_SIDES = 1.6
# A stretch alone above its neighbours may have been further above itself, for a part of its time.
LONE = 1.3
# The range of a load is what so many readings show that are within this part of its ends.
PLATEAU = 3
NEAR_END = 0.05
UNBOUNDED_W = 1e9
# Power readings over windows so short show what a step's mean hides.
SHARP_S = 0.05
BLUNT = 0.25


@dataclass(frozen=True, slots=True)
class Knot:
    """An instant at which the joules so far are known.

    ``error_s`` is the half-width of the instant, ``sigma_j`` the standard deviation of joules.
    """

    at_s: float
    joules: float
    error_s: float = 0.0
    sigma_j: float = 0.0


@dataclass(frozen=True, slots=True)
class At:
    """Joules up to an instant, and the standard deviation of that.

    ``alike_j`` is a further one, of a load in step with the counter: at both edges of a span it
    comes from the same unknown shape, and adds up.
    """

    joules: float
    sigma_j: float
    alike_j: float = 0.0
    # Whether the load moved between two levels there.
    levels: bool = False


class Curve:
    """Cumulative energy through at least two knots, oldest first."""

    def __init__(
        self,
        knots: Sequence[Knot],
        told: Sequence[tuple[float, float]] = (),
        window_s: float = 0.0,
    ) -> None:
        self.knots = knots
        self.told = told
        # Means over as long as a step show no more of what lies within it than the counter does.
        self.sharp = window_s <= SHARP_S
        self.times = [one.at_s for one in knots]
        self.powers = [
            (knots[index + 1].joules - knots[index].joules)
            / (knots[index + 1].at_s - knots[index].at_s)
            for index in range(len(knots) - 1)
        ]

    def index(self, at_s: float) -> int:
        """Which stretch holds an instant."""
        return min(max(bisect_right(self.times, at_s) - 1, 0), len(self.powers) - 1)

    def around(self, index: int) -> list[float]:
        """The powers (W) of a stretch and its neighbours."""
        return self.powers[max(0, index - NEIGHBOURS) : index + NEIGHBOURS + 1]

    def power(self, at_s: float) -> float:
        """The mean power (W) of the stretch that holds an instant."""
        return self.powers[self.index(at_s)]

    def most_w(self, at_s: float) -> float:
        """The largest power (W) that is likely about an instant."""
        index = self.index(at_s)
        beside = range(max(0, index - 1), min(index + 2, len(self.powers)))
        likely_w = max(self.powers[other] + self._within(other)[1] for other in beside)
        return max(likely_w, *self.around(index), *self.told_around(index))

    def told_around(self, index: int) -> list[float]:
        """The power readings (W) of the same time."""
        first_s = self.times[max(0, index - NEIGHBOURS)]
        last_s = self.times[min(len(self.times) - 1, index + NEIGHBOURS + 1)]
        return [watts for at_s, watts in self.told if first_s <= at_s <= last_s]

    def at(self, at_s: float) -> At:
        """The energy up to an instant between the first knot and the last."""
        index = self.index(at_s)
        knot, then = self.knots[index], self.knots[index + 1]
        lasts_s = then.at_s - knot.at_s
        part = min(max((at_s - knot.at_s) / lasts_s, 0.0), 1.0)
        shaped = self._shaped(index, part, lasts_s)
        # A knot that is really elsewhere moves the power at its side of the edge.
        contrast_w = max(self.powers[max(0, index - 1) : index + 2])
        near_s = knot.error_s * (1 - part) + then.error_s * part
        near_j = knot.sigma_j * (1 - part) + then.sigma_j * part
        sigma_j = math.hypot(shaped.sigma_j, near_j, contrast_w * near_s / math.sqrt(3))
        return At(knot.joules + shaped.joules, sigma_j, shaped.alike_j, shaped.levels)

    def _shaped(self, index: int, part: float, lasts_s: float) -> At:
        """The joules in the first ``part`` of a stretch."""
        power = self.powers[index]
        around = self.around(index)
        told = self.told_around(index)
        spread_w = max(*around, *told) - min(*around, *told) if told else max(around) - min(around)
        room_s = part * (1 - part) * lasts_s
        first = max(0, index - NEIGHBOURS)
        times = self.times[first : first + len(around) + 1]
        lasting_s = [then - before for before, then in pairwise(times)]
        levels = two_levels(around, told, lasting_s)
        if levels is not None:
            sigma_j = SAME_LEVEL / 4 * room_s * spread_w
            own = min(index, NEIGHBOURS)
            falls = levels.falls(own)
            if levels.states[own] in (-1, 1):
                # A sliver at the other level lies at one of its ends.
                level_w = levels.high_w if levels.states[own] > 0 else levels.low_w
                off_j = abs(power - level_w) * lasts_s / math.sqrt(3)
                return At(power * part * lasts_s, math.hypot(sigma_j, off_j), levels=True)
            if falls is not None and levels.states[own] == 0:
                ends = (levels.high_w, levels.low_w) if falls else (levels.low_w, levels.high_w)
                return At(_switched(power, part, lasts_s, *ends), sigma_j, levels=True)
        before = self.powers[index - 1] if index > 0 else power
        after = self.powers[index + 1] if index + 1 < len(self.powers) else power
        loose_j = self._loose(part, lasts_s, spread_w, max(around) - min(around))
        alike_j = self._unresolved(index, part, lasts_s)
        most_j = math.inf
        if self.sharp and lasts_s < LONG_S:
            most_j = self._most(power, around, told, part) * lasts_s / math.sqrt(3)
        alike_j = min(alike_j, most_j)
        loose_j = min(max(0.0, loose_j - alike_j), most_j)
        even_j = power * part * lasts_s
        # Rounding alone puts no power between two others.
        if (before - power) * (after - power) >= -1e-9 * spread_w**2:
            local_w = max(abs(before - power), abs(after - power))
            return At(even_j, min(most_j, loose_j + 0.35 * room_s * local_w), alike_j)
        switched_j = _switched(power, part, lasts_s, before, after)
        off_j = abs(switched_j - even_j)
        return At(switched_j, min(most_j, loose_j + 0.35 * off_j), alike_j)

    @staticmethod
    def _most(power: float, around: Sequence[float], told: Sequence[float], part: float) -> float:
        """The most (W) by which an even share can be off where lowest and highest are known."""
        if not told:
            return UNBOUNDED_W
        low_w, high_w = min(*around, *told), max(*around, *told)
        margin_w = NEAR_END * (high_w - low_w)
        # A level is where means over a step and over a short window agree.
        below_w, above_w = power, UNBOUNDED_W
        lows = sum(watts <= low_w + margin_w for watts in told)
        highs = sum(watts >= high_w - margin_w for watts in told)
        if lows >= PLATEAU and min(around) <= low_w + margin_w:
            below_w = power - low_w + margin_w
        if highs >= PLATEAU and max(around) >= high_w - margin_w:
            above_w = high_w - power + margin_w
        rest = 1 - part
        return max(min(part * above_w, rest * below_w), min(part * below_w, rest * above_w))

    def _unresolved(self, index: int, part: float, lasts_s: float) -> float:
        """The standard deviation (J) from power that moved within stretches, as far as is known.

        A power within ``below`` and ``above`` of its mean gives the first part at most
        ``min(part x above, (1 - part) x below)`` more than an even share; anything up to that is
        as likely.
        """
        below_w, above_w = self._within(index)
        rest = 1 - part
        more = min(part * above_w, rest * below_w)
        less = min(part * below_w, rest * above_w)
        return lasts_s * max(more, less) / math.sqrt(3)

    def _within(self, index: int) -> tuple[float, float]:
        """How far (W) the power went below and above the mean of a stretch or of its like."""
        below_w = above_w = 0.0
        near: list[float] = []
        first_s, last_s = (
            self.times[max(0, index - 1)],
            self.times[min(index + 2, len(self.times) - 1)],
        )
        for at_s, watts in self.told:
            if first_s <= at_s <= last_s + TOLD_OF_S:
                near.append(watts)
                means = self.powers[self.index(at_s - TOLD_OF_S) : self.index(at_s) + 1]
                below_w = max(below_w, min(means) - watts)
                above_w = max(above_w, watts - max(means))
        around = self.told_around(index)
        if len(around) >= PLATEAU:
            # Readings that never came as high as this mean missed what was above it.
            below_w = max(below_w, self.powers[index] - max(around))
            above_w = max(above_w, min(around) - self.powers[index])
        for other in (index - 1, index, index + 1):
            if 0 < other < len(self.powers) - 1:
                lone_w = LONE * _lone(*self.powers[other - 1 : other + 2])
                below_w, above_w = max(below_w, -lone_w), max(above_w, lone_w)
        seen = min(below_w, above_w) > max(below_w, above_w) / 4
        most_w = (SEEN_SIDES if seen else UNSEEN_SIDE) * max(below_w, above_w)
        if near and max(near) - min(near) < 0.1 * max(below_w, above_w):
            most_w *= ALIKE
        return min(self.powers[index], most_w), most_w

    def _loose(self, part: float, lasts_s: float, spread_w: float, means_w: float) -> float:
        """The standard deviation (J) where no model of the load is known to hold."""
        # Power readings that vary more than the stretches do tell of switches within these.
        within = 0.3 if spread_w > 1.4 * means_w else 0.18 if self.sharp else BLUNT
        room_j = within * part * (1 - part) * lasts_s * spread_w
        if lasts_s < LONG_S:
            return room_j
        # A long stretch holds many switches: their sum wanders with the root of time.
        reach_s = min(part, 1 - part) * lasts_s
        return max(room_j, 0.5 * spread_w * reach_s / math.sqrt(1 + reach_s / 0.05))


def _lone(before: float, power: float, after: float) -> float:
    """How far (W) a stretch stands above both its neighbours, or below; 0 where it does not."""
    low, high = min(before, after), max(before, after)
    if power - high > SAME_LEVEL * (power - low):
        return power - low
    if low - power > SAME_LEVEL * (high - power):
        return power - high
    return 0.0


def _switched(power: float, part: float, lasts_s: float, before: float, after: float) -> float:
    """The joules in the first ``part`` where the power switched once, the mean kept."""
    switch = (power - after) / (before - after)
    return lasts_s * (before * min(part, switch) + after * max(0.0, part - switch))

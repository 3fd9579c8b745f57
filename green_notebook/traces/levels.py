"""Whether a load moved between two levels, and which way each stretch switched.

Loads that start and stop (a training step and its data, a loop of short kernels) move between two
levels. Then each stretch between knots is at one of them or holds one switch, and switches
alternate: between two stretches at a level stands an odd number of switched ones exactly if the
levels differ. A single run of stretches that breaks this rule shows that it is another kind of
load, and nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low

# Powers within this part of the range are at one level.
SAME_LEVEL = 0.03
# Less than this part of the highest power is no switching worth a model.
LEAST_RANGE = 0.04
# Each level was seen so often, and so many runs between them kept the rule.
LEAST_SEEN = 3
LEAST_RUNS = 5
# A load that stays at its levels for whole stretches does not switch in three that follow.
LONGEST_RUN = 2
# A load that is not in step with the counter switches at that many places of a stretch.
LEAST_PLACES = 3


# A stretch so much longer than most holds steps that nobody saw: any number of switches.
LONGER = 1.5
OPEN = 2


@dataclass(frozen=True, slots=True)
class TwoLevels:
    """A load that switches between ``low_w`` and ``high_w``."""

    low_w: float
    high_w: float
    states: tuple[int, ...]

    def falls(self, index: int) -> bool | None:
        """Whether the switch in a stretch goes down, counted from the nearest one at a level."""
        states = self.states
        for way in (-1, 1):
            other, switches = index + way, 0
            while 0 <= other < len(states) and states[other] == 0:
                other, switches = other + way, switches + 1
            if 0 <= other < len(states) and states[other] != OPEN:
                # Before the stretch, an odd number of switches turns the level over.
                high = (states[other] > 0) != (switches % 2 == 1)
                return high if way < 0 else not high
        return None


def two_levels(
    powers: Sequence[float], told: Sequence[float] = (), lasts_s: Sequence[float] = ()
) -> TwoLevels | None:
    """The two levels of these mean powers (W), or None where there are not two.

    ``lasts_s`` is how long each stretch lasts, where they differ. ``told`` are power readings of the same time: one beyond both levels shows that there are more.
    """
    low, high = min(powers), max(powers)
    if high - low < LEAST_RANGE * high:
        return None
    same = SAME_LEVEL * (high - low)
    if told and (min(told) < low - 2 * same or max(told) > high + 2 * same):
        return None
    lows = [one for one in powers if one <= low + same]
    highs = [one for one in powers if one >= high - same]
    if min(len(lows), len(highs)) < LEAST_SEEN:
        return None
    states = tuple(-1 if one <= low + same else 1 if one >= high - same else 0 for one in powers)
    if lasts_s:
        usual_s = LONGER * median_low(lasts_s)
        pairs = zip(states, lasts_s, strict=True)
        states = tuple(one or (OPEN if long_s > usual_s else 0) for one, long_s in pairs)
    shown = any(abs(one - low) < 2 * same for one in told) and any(
        abs(one - high) < 2 * same for one in told
    )
    if not (_alternate(states) and (shown or _free(powers, states, same))):
        return None
    return TwoLevels(sum(lows) / len(lows), sum(highs) / len(highs), states)


def _free(powers: Sequence[float], states: Sequence[int], same: float) -> bool:
    """Whether switches came at several places of a stretch.

    A load in step with the counter shows the same few means again and again, which need not be
    levels at all.
    """
    switched = sorted(one for one, state in zip(powers, states, strict=True) if state == 0)
    places = 1 + sum(then - first > same for first, then in pairwise(switched))
    return places >= LEAST_PLACES


def _alternate(states: Sequence[int]) -> bool:
    """Whether switches take turns wherever stretches at a level enclose some."""
    known = [index for index, state in enumerate(states) if state]
    open_ends = [OPEN in (states[first], states[then]) for first, then in pairwise(known)]
    runs = [
        pair
        for pair, is_open in zip(pairwise(known), open_ends, strict=True)
        if pair[1] - pair[0] > 1 and not is_open
    ]
    return len(runs) >= LEAST_RUNS and all(
        then - first - 1 <= LONGEST_RUN
        and (states[first] != states[then]) == ((then - first - 1) % 2 == 1)
        for first, then in runs
    )

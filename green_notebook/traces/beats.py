"""Loads in step with a sensor whose windows see a part of the time: the beat betrays them.

A load whose period is nearly that of the refresh (or a half, a third of it) is met at one place of
its period: readings stay as if it were constant. But two clocks are never quite alike: the windows
move on through the period, and each switch of the load passes slowly through a window. A load that
switches now and then jumps between two windows, three times of four. One that really rises and
falls slowly looks like a beat: the interval then holds both, since no reading tells which it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

# So many changes in a row, alike to within a factor of this, are a switch that passes by.
FEWEST = 6
ALIKE = 2.0
# Less than this part of the power is what heat and clocks do.
LEAST_SWING = 0.1
# Where readings came so often past the middle of their range, and never by so much of it at once,
# no switch was met as such.
CROSSINGS = 4
JUMP = 0.9
# Nor by nearly all of the change at once, the refreshes before and after being steady, which are
# among so many readings.
STEADY = 0.05
FEW = 5
# Readings up to so many refreshes apart are of two that follow one another.
NEXT = 1.5
# The power may differ from the levels by so much of their difference and still be of the same load.
MARGIN = 0.1


class Beat(NamedTuple):
    """The levels (W) that windows show in turn, and how long it takes them to meet all."""

    low_w: float
    high_w: float
    lasts_s: float

    def off_w(self, watts: float) -> float:
        """How far the mean of a load may be from what the windows show; 0 for another load."""
        margin_w = MARGIN * (self.high_w - self.low_w)
        if not self.low_w - margin_w <= watts <= self.high_w + margin_w:
            return 0.0
        return max(self.high_w - watts, watts - self.low_w)


def beat_of(readings: Sequence[tuple[float, float]], refresh_s: float, seen: float) -> Beat | None:
    """The beat in readings (s, W) of windows that see a part of each refresh; None without one."""
    powers = [watts for _, watts in readings]
    if not powers or max(powers) - min(powers) < LEAST_SWING * max(powers):
        return None
    return _crept(readings, refresh_s) or _swept(powers, refresh_s / seen if seen else math.inf)


def _crept(readings: Sequence[tuple[float, float]], refresh_s: float) -> Beat | None:
    """A load that came past its middle often, and never in a jump."""
    powers = [watts for _, watts in readings]
    low_w, high_w = min(powers), max(powers)
    middle_w, jump_w = (low_w + high_w) / 2, JUMP * (high_w - low_w)
    crossings = 0
    for index in range(1, len(readings)):
        (first_s, first_w), (then_s, then_w) = readings[index - 1], readings[index]
        if (first_w < middle_w) is (then_w < middle_w) or then_s - first_s > NEXT * refresh_s:
            continue
        if abs(then_w - first_w) > jump_w or _at_once(readings, index, refresh_s):
            return None
        crossings += 1
    if crossings < CROSSINGS:
        return None
    return Beat(low_w, high_w, 2 * (readings[-1][0] - readings[0][0]) / crossings)


def _at_once(readings: Sequence[tuple[float, float]], index: int, refresh_s: float) -> bool:
    """Whether the refreshes before a change and after it were steady: a switch met as such."""
    (first_s, first_w), (then_s, then_w) = readings[index - 1], readings[index]
    steady_w = STEADY * abs(then_w - first_w)
    # So far apart readings are of two refreshes.
    earlier = reversed(readings[max(0, index - 1 - FEW) : index - 1])
    before = next((w for at_s, w in earlier if at_s < first_s - refresh_s), None)
    later = readings[index + 1 : index + 1 + FEW]
    after = next((w for at_s, w in later if at_s > then_s + refresh_s), None)
    if before is None or after is None:
        return False
    return abs(before - first_w) <= steady_w and abs(after - then_w) <= steady_w


def _swept(powers: Sequence[float], slowness_s: float) -> Beat | None:
    """The largest swing in changes that were all alike; each takes the windows so much further."""
    best: Beat | None = None
    for run in _runs(powers):
        low_w, high_w = min(run[0], run[-1]), max(run[0], run[-1])
        if high_w - low_w < LEAST_SWING * high_w:
            continue
        if best is None or high_w - low_w > best.high_w - best.low_w:
            best = Beat(low_w, high_w, slowness_s * (len(run) - 1))
    return best


def _runs(powers: Sequence[float]) -> Iterator[list[float]]:
    """Stretches of readings that change by nearly the same each time; one read twice counts once."""
    run: list[float] = []
    change_w = 0.0
    for watts in powers:
        step_w = watts - run[-1] if run else 0.0
        if step_w == 0.0 and run:
            continue
        # Also never where the signs differ.
        if change_w and 1 / ALIKE <= step_w / change_w <= ALIKE:
            run.append(watts)
            continue
        if len(run) > FEWEST:
            yield run
        run, change_w = [*run[-1:], watts], step_w
    if len(run) > FEWEST:
        yield run

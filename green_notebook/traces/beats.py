"""Loads in step with a sensor whose windows see a part of the time: the beat betrays them.

A load whose period is nearly that of the refresh (or a half, a third of it) is met at one place of
its period: readings stay as if it were constant. But two clocks are never quite alike: the windows
move on through the period, and a switch of the load passes through a window in steps of equal size,
one each refresh. No load that switches at will looks like that. One that really grows by so much
each refresh does: the interval then holds both, since no reading tells which it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

# So many changes in a row, alike to within a factor of this, are a switch that passes by.
FEWEST = 6
ALIKE = 2.0
# Less than this part of the power is what heat and clocks do.
LEAST_SWEEP = 0.1
# The power may differ from the sweep's ends by so much of it and still be of the same load.
MARGIN = 0.1


class Sweep(NamedTuple):
    """A switch that passed through the windows: the levels (W) beside it, in so many refreshes."""

    low_w: float
    high_w: float
    refreshes: int

    def off_w(self, watts: float) -> float:
        """How far the mean of a load may be from what the windows show; 0 for another load."""
        margin_w = MARGIN * (self.high_w - self.low_w)
        if not self.low_w - margin_w <= watts <= self.high_w + margin_w:
            return 0.0
        return max(self.high_w - watts, watts - self.low_w)


def swept(powers: Iterable[float]) -> Sweep | None:
    """The largest sweep in successive readings (W), None where there is none."""
    best: Sweep | None = None
    for run in _runs(powers):
        low_w, high_w = min(run[0], run[-1]), max(run[0], run[-1])
        if high_w - low_w < LEAST_SWEEP * high_w:
            continue
        if best is None or high_w - low_w > best.high_w - best.low_w:
            best = Sweep(low_w, high_w, len(run) - 1)
    return best


def _runs(powers: Iterable[float]) -> Iterator[list[float]]:
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

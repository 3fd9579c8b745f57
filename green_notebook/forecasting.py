"""What a run will have cost when it ends, from the steps done so far.

The steps are put into blocks of equal length. The blocks of a warm-up (compilation, caches, the
first reading of the data) count once and say nothing of what is to come; the rest goes on at the
rate of the later blocks, along their trend as far as it is certain. The interval (90 %) holds the
scatter of the blocks, the doubt in the trend, and that a run may change its ways later on: the
less is done, the wider.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

# Blocks: enough to see a trend, few enough that a step's noise averages out.
BLOCKS = 24
MIN_STEPS = 4
# Two-sided 90 % of the normal distribution.
Z90 = 1.645
# A trend is believed where it is this many times its own error...
TREND_SURE = 3.0
# ... and extrapolated at most so far as this change of the rate.
TREND_LIMIT = 1.0
# Training runs change their rate over the run by some tens of per cent (growing sequences, larger
# batches, validation): the half-width of a run just begun (docs/method/repeating.md).
UNSEEN = 0.30


@dataclass(frozen=True, slots=True)
class Range:
    """A forecast of a total: 90 % interval around ``value``."""

    low: float
    value: float
    high: float


@dataclass(slots=True)
class RunForecaster:
    """Collects a growing total by steps; memory stays bounded over any number of them."""

    _steps: list[int] = field(default_factory=lambda: [0])
    _totals: list[float] = field(default_factory=lambda: [0.0])
    _stride: int = 1

    def add(self, step: int, so_far: float) -> None:
        """``so_far`` is the total after ``step`` steps; both only grow."""
        if step < self._steps[-1] + self._stride and len(self._steps) > 1:
            return
        if step <= self._steps[-1]:
            return
        self._steps.append(step)
        self._totals.append(max(so_far, self._totals[-1]))
        if len(self._steps) > 40 * BLOCKS:
            # Every second point goes: the ends of blocks stay as sharp as they need to be.
            self._steps = self._steps[::2]
            self._totals = self._totals[::2]
            self._stride = max(1, (self._steps[-1] - self._steps[0]) // len(self._steps))

    @property
    def done(self) -> int:
        """The steps done."""
        return self._steps[-1]

    def forecast(self, steps: int) -> Range | None:
        """The total after all ``steps``; None while too few are done to tell."""
        done = self._steps[-1]
        so_far = self._totals[-1]
        if done >= steps:
            return Range(so_far, so_far, so_far)
        if done < MIN_STEPS or len(self._steps) < MIN_STEPS or so_far <= 0:
            return None
        rates, size = self._rates()
        later = rates[warm_up(rates) :]
        return _extrapolate(later, size, so_far, done, steps)

    def _rates(self) -> tuple[list[float], float]:
        """The mean amount per step of each block, and a block's steps."""
        done = self._steps[-1]
        blocks = min(BLOCKS, len(self._steps) - 1)
        rates = []
        size = done / blocks
        begin = 0.0
        for block in range(1, blocks + 1):
            end = self._at(block * size)
            rates.append((end - begin) / size)
            begin = end
        return rates, size

    def _at(self, step: float) -> float:
        """The total after ``step`` steps, by straight lines between the points."""
        from bisect import bisect_left

        index = bisect_left(self._steps, step)
        if index == 0:
            return self._totals[0]
        if index >= len(self._steps):
            return self._totals[-1]
        left, right = self._steps[index - 1], self._steps[index]
        part = (step - left) / (right - left)
        return self._totals[index - 1] + part * (self._totals[index] - self._totals[index - 1])


def warm_up(rates: Sequence[float]) -> int:
    """How many of the first blocks are a warm-up: at most two thirds of them.

    They stand out by more than a quarter from the median of the later half, and by more than its
    scatter explains.
    """
    if len(rates) < MIN_STEPS:
        return 0
    later = sorted(rates[len(rates) // 2 :])
    middle = later[len(later) // 2]
    spread = sorted(abs(one - middle) for one in later)[len(later) // 2]
    limit = max(0.25 * middle, 4.4 * spread)  # 4.4 median deviations are 3 standard deviations
    count = 0
    for index in range(len(rates) * 2 // 3):
        if abs(rates[index] - middle) > limit:
            count = index + 1
        elif index - count >= 2:
            break
    return count


def _extrapolate(
    rates: Sequence[float], size: float, so_far: float, done: int, steps: int
) -> Range:
    n = len(rates)
    mean = math.fsum(rates) / n
    left = steps - done
    slope, slope_error, noise = _trend(rates, mean)
    # From the middle of the blocks seen to the middle of what is left, in blocks.
    ahead = n / 2 + left / size / 2
    shift = 0.0
    if abs(slope) > TREND_SURE * slope_error > 0:
        # As far as it is certain: the part of the slope beyond its own doubt.
        sure = math.copysign(abs(slope) - slope_error, slope)
        shift = max(-TREND_LIMIT / 2 * mean, min(TREND_LIMIT * mean, sure * ahead))
    rate = max(0.0, mean + shift)
    rest = rate * left
    trend_half = min(Z90 * slope_error * ahead, 0.5 * mean) if n >= MIN_STEPS else 0.3 * mean
    unseen = UNSEEN * (left / steps) * max(rate, mean)
    half = left * math.hypot(Z90 * noise / math.sqrt(n), 0.5 * trend_half, unseen, 0.5 * abs(shift))
    return Range(so_far + max(0.0, rest - half), so_far + rest, so_far + rest + half)


def _trend(rates: Sequence[float], mean: float) -> tuple[float, float, float]:
    """Slope per block, its standard error and the scatter about the line (least squares)."""
    n = len(rates)
    if n < 3:
        return 0.0, 0.0, 0.2 * mean
    middle = (n - 1) / 2
    sxx = math.fsum((index - middle) ** 2 for index in range(n))
    slope = math.fsum((index - middle) * (rate - mean) for index, rate in enumerate(rates)) / sxx
    residual = math.fsum(
        (rate - mean - slope * (index - middle)) ** 2 for index, rate in enumerate(rates)
    )
    noise = math.sqrt(residual / (n - 2))
    return slope, noise / math.sqrt(sxx), noise

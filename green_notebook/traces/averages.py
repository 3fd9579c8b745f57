"""Running means unfolded: what the power was, from a sensor that shows the mean of the last second.

With S the energy so far and w the window, the sensor shows ``M(t) = (S(t) - S(t - w)) / w``. On a
grid of h = w / n this is ``p[k] = p[k - n] + n (M[k] - M[k - 1])``: every n-th bin forms a chain
that is known but for its first value. That is set so that the chain's mean is the mean of all
readings in the time: among all powers that explain the readings, the one nearest to these.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

# Means over windows at least as long as this are unfolded.
LONG_WINDOW_S = 0.5
BINS = 10
# Errors add up along a chain, so it is only so many windows long.
WINDOWS = 4
# A part is at rest where its mean stayed so near (of the range) to the lowest for a whole window.
REST = 0.01


class Unfolded(NamedTuple):
    """The power (s, W) about the middle of bins; whether a known rest was the start of it."""

    bins: list[tuple[float, float]]
    rested: bool = False


def unfolded(readings: Sequence[tuple[float, float]], window_s: float, until_s: float) -> Unfolded:
    """The power (W) about the middle of bins of a tenth of the window, up to a time."""
    bin_s = window_s / BINS
    first_s = max(readings[0][0], until_s - (WINDOWS + 1) * window_s)
    last_s = min(readings[-1][0], until_s + window_s)
    count = int((last_s - first_s) / bin_s + 1e-9)
    if count <= BINS:
        bins = [(at_s, watts) for at_s, watts in readings if at_s >= first_s]
        return Unfolded(bins or list(readings))
    times = [last_s - number * bin_s for number in range(count, -1, -1)]
    shown = _at_times(readings, times)
    # Changes since the chain's first bin; the first window's bins are the unknowns.
    changes = [0.0] * count
    for index in range(BINS, count):
        changes[index] = changes[index - BINS] + BINS * (shown[index + 1] - shown[index])
    rest = _rest(shown, min(watts for _, watts in readings))
    powers = [0.0] * count
    for chain in range(BINS):
        members = range(chain, count, BINS)
        if rest is None:
            # The mean of a window is shown half a window later.
            target = sum(shown[min(count, one + 1 + BINS // 2)] for one in members) / len(members)
            first = target - sum(changes[one] for one in members) / len(members)
        else:
            known = rest - BINS + (chain - rest) % BINS
            first = shown[rest] - changes[known]
        for one in members:
            powers[one] = max(0.0, first + changes[one])
    bins = [(times[index] + bin_s / 2, powers[index]) for index in range(count)]
    return Unfolded(bins, rest is not None)


def _rest(shown: Sequence[float], least_w: float) -> int | None:
    """The last grid point at which the window held nothing but rest: None where there is none."""
    same_w = REST * (max(shown) - least_w)
    for index in range(len(shown) - 1, BINS - 1, -1):
        if all(watts <= least_w + same_w for watts in shown[index - BINS : index + 1]):
            return index
    return None


def _at_times(readings: Sequence[tuple[float, float]], times: Sequence[float]) -> list[float]:
    """Straight lines through the readings, at ascending times."""
    values: list[float] = []
    index = 0
    for at_s in times:
        while index + 1 < len(readings) and readings[index + 1][0] < at_s:
            index += 1
        first_s, first_w = readings[index]
        if index + 1 == len(readings) or at_s <= first_s:
            values.append(first_w)
            continue
        then_s, then_w = readings[index + 1]
        part = (at_s - first_s) / (then_s - first_s) if then_s > first_s else 1.0
        values.append(first_w + part * (then_w - first_w))
    return values

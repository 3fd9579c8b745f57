"""The greenest time for some work: windows over a forecast, and what they save."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from green_notebook.grids._points import Point, weighted
from green_notebook.model import Quantity

# Two hours' forecasts of one service share its fuel factors (about 10 %); what of a forecast's 20 %
# remains is their own: sqrt(0.2**2 - 0.1**2).
OWN_ERROR = 0.17


@dataclass(frozen=True, slots=True)
class Window:
    """A time for the work: from ``start``, at a mean of ``g`` gCO2e/kWh."""

    start: datetime
    end: datetime
    g: float


@dataclass(frozen=True, slots=True)
class Saving:
    """Grams saved by waiting, and their 95 % interval; below zero where waiting may cost."""

    g: float
    low: float
    high: float

    @property
    def certain(self) -> bool:
        """Whether waiting saves with 95 % confidence."""
        return self.low > 0


def windows(
    points: Sequence[Point], duration_s: float, earliest: datetime, latest_end: datetime
) -> list[Window]:
    """Every window that begins or ends with a point, the greenest first, the earlier of equals.

    Only where points cover all of it: nothing is invented.
    """
    length = timedelta(seconds=duration_s)
    starts = {earliest}
    for one in points:
        starts |= {one.start, one.end - length}
    found = []
    for start in sorted(starts):
        if start < earliest or start + length > latest_end:
            continue
        mean = weighted(points, start, duration_s)
        if mean is not None and mean.covered > 0.999:
            found.append(Window(start, start + length, mean.g))
    return sorted(found, key=lambda one: (one.g, one.start))


def apart(ranked: Sequence[Window], count: int) -> list[Window]:
    """The best of the ranked windows that do not overlap."""
    chosen: list[Window] = []
    for one in ranked:
        if all(one.end <= other.start or one.start >= other.end for other in chosen):
            chosen.append(one)
        if len(chosen) == count:
            break
    return chosen


def saving(now: Window, later: Window, energy_j: float, pue: Quantity) -> Saving:
    """What ``later`` saves against ``now`` for so much energy (J) at the computer."""
    kwh = energy_j / 3.6e6
    difference = now.g - later.g
    half = OWN_ERROR * math.hypot(now.g, later.g) if now.start != later.start else 0.0
    low, high = kwh * (difference - half), kwh * (difference + half)
    return Saving(
        kwh * difference * pue.value,
        low * (pue.low if low > 0 else pue.high),
        high * (pue.high if high > 0 else pue.low),
    )

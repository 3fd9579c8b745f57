"""When to read a counter that wraps soon: so often that bounded power always fixes the wraps.

Between two readings dt apart a part of at most P gains at most ``P (dt + step)``; where that is less
than the counter's range, there is one number of wraps. Real ranges are 65 to 262 kJ: a reading in a
minute would do, and there is no plan at all. A range of some joules needs a reading in milliseconds.
"""

from __future__ import annotations

import math

from green_notebook.model import Reading, SensorSpec
from green_notebook.traces.wraps import DEFAULT_MAX_POWER_W

# A thread that comes as late again still meets the bound.
OF_THE_TIME = 0.4
# More often than this costs too much; the counters themselves move each millisecond.
SHORTEST_S = 0.002
# The longest that the background waits while a span is measured; it sees to slower wraps itself.
BACKGROUND_S = 1.2
# The background of a session at rest, where nothing is measured.
RESTING_S = 0.5


class Often:
    """A reading at least each ``period_s`` while something is measured."""

    def __init__(self, period_s: float) -> None:
        self.rhythm = None
        self.period_s = period_s
        self._read_s: float | None = None

    def saw(self, reading: Reading) -> None:
        """The wait begins anew with each reading."""
        self._read_s = reading.at_s

    def mark(self, at_s: float) -> None:
        """Edges are read by themselves."""

    def error_at(self, at_s: float) -> float:
        """Nothing is foretold."""
        return math.inf

    def next_s(self, now_s: float, background_s: float) -> float:
        """When to read next."""
        if self._read_s is None or background_s - self._read_s > RESTING_S:
            return background_s
        return min(background_s, self._read_s + self.period_s)


def often(spec: SensorSpec) -> Often | None:
    """The plan for a counter by its range; None where the background's readings do."""
    if spec.wrap_j is None:
        return None
    period_s = OF_THE_TIME * spec.wrap_j / (spec.max_power_w or DEFAULT_MAX_POWER_W)
    return Often(max(SHORTEST_S, period_s)) if period_s < BACKGROUND_S else None

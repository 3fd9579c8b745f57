"""When a power value is refreshed, and which values were read: exact windows instead of likely ones.

A value that varies shows its refreshes as a counter shows its steps, but not each of them: two
windows in a row may hold the same power. So refreshes are numbered by the period that is known of
the card, none is missed where a value stays, and nothing is searched while no value moves.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from green_notebook.model import Reading, SensorSpec
from green_notebook.traces.rhythm import Rhythm
from green_notebook.traces.steps import TIGHT_S, StepClock
from green_notebook.traces.watch import RETRY_S, SEARCH_EVERY_S, Watch

# A card's true period is this near to the one in its table.
NEAR_PERIOD = 0.05
# A value that has not moved for so long is a load at rest: no reading looks for its refreshes.
VARIED_S = 1.5
# A rhythm that was lost so often is not the one that the table says.
MOST_LOST = 4
# Readings beyond the background's are saved up and spent: so many in all, and so many a second with
# the background's; when none are left, none are taken until there are enough for a new look.
MOST_SAVED = 150.0
READS_PER_S = 12.6
ENOUGH = 30.0
# Readings are so far, as a part of a refresh, from the next and the last.
OFF_STEP = 0.08
# Refreshes known worse than this part of their period tell no more than the usual lag does.
MOST_ERROR = 0.12


class RefreshClock(StepClock):
    """Learns when a value is refreshed from those refreshes that changed it."""

    # Its first ones are numbered by the table's period, which may be off by two in a hundred.
    calmer = 0.9
    lost = math.inf

    def __init__(self, nominal_s: float) -> None:
        super().__init__(nominal_s)
        self._lost = 0

    @property
    def foreign(self) -> bool:
        """Whether the value changes at other times than the card's table says."""
        return self._lost >= MOST_LOST

    def _search(self, below_s: float, above_s: float) -> None:
        """One refresh is enough to foretell the next ones roughly."""
        if above_s - below_s > 1.5 * TIGHT_S:
            return
        self.period_s = self.nominal_s
        self._ticks.clear()
        self._ticks.append((0, below_s, above_s))
        self._last = 0
        self._fit_period()
        self._fit_origin()
        self._publish()

    def _stranger(self) -> None:
        super()._stranger()
        self._lost += not self.known

    def _periods(self, jitter_s: float) -> tuple[float, float]:
        least_s, most_s = super()._periods(jitter_s)
        return (
            max(least_s, (1 - NEAR_PERIOD) * self.nominal_s),
            min(most_s, (1 + NEAR_PERIOD) * self.nominal_s),
        )


class RefreshWatch(Watch):
    """The plan for a power value that is refreshed more slowly than it is read."""

    # A window of 25 ms or more need not be known to better than this.
    rough_s = 0.003
    steady_s = 0.002

    def __init__(self, spec: SensorSpec) -> None:
        super().__init__(spec)
        self.clock: RefreshClock = RefreshClock(spec.step_s)
        self._shown: float | None = None
        self._varied_s = -math.inf
        self._saved = MOST_SAVED
        self._saving = False

    def saw(self, reading: Reading) -> None:
        """Take a reading, whoever took it."""
        since_s = min(max(reading.at_s - self._read_s, 0.0), MOST_SAVED)
        self._saved = min(self._saved + READS_PER_S * since_s, MOST_SAVED) - 1
        self._saving = self._saved < (ENOUGH if self._saving else 0.0)
        if reading.value is not None:
            if self._shown is not None and reading.value != self._shown:
                self._varied_s = reading.at_s
            self._shown = reading.value
        super().saw(reading)
        if self.clock.known:
            # A value that stays was refreshed all the same.
            step_s = self.clock.before(reading.at_s - self._around(reading.at_s) / 2)
            self._seen_s = max(self._seen_s, step_s)

    def next_s(self, now_s: float, background_s: float) -> float:
        """When to read next: about a refresh only while values move."""
        still = now_s - self._varied_s > VARIED_S
        if not self.clock.known and (still or self._saving or self.clock.foreign):
            self._search_s = None
            return background_s
        if self._saving:
            return self._off_step(background_s)
        if still:
            self._enclose_s = max(self._enclose_s, now_s + RETRY_S)
        return super().next_s(now_s, background_s)

    def _reading_for(self, step_s: float) -> float:
        """While a refresh is foretold roughly, readings are as dense as in a search."""
        around_s = self._around(step_s)
        next_s = self._read_s + SEARCH_EVERY_S
        if around_s > TIGHT_S and step_s - around_s < next_s < step_s + around_s:
            self._begun_s = step_s
            return next_s
        return super()._reading_for(step_s)

    def _off_step(self, background_s: float) -> float:
        """The background's reading, well off the instants at which the value changes."""
        around_s = max(2 * self._around(background_s), OFF_STEP * self.clock.period_s)
        step_s = self.clock.before(background_s + around_s)
        return step_s + around_s if abs(background_s - step_s) < around_s else background_s

    def _miss(self, step_s: float) -> None:
        self._missed_s = step_s


def located(
    readings: Iterable[tuple[float, float]], rhythm: Rhythm | None
) -> tuple[list[tuple[int, float]], float] | None:
    """The number of the refresh that each value (s, W) is from, once each, and their error (s).

    None where the rhythm does not tell. A reading so near to a refresh that it may show either of
    two is left out.
    """
    listed = list(readings)
    if rhythm is None or not rhythm.known or not listed:
        return None
    error_s = max(rhythm.error_at(listed[0][0]), rhythm.error_at(listed[-1][0]))
    period_s, origin_s = rhythm.period_s, rhythm.origin_s
    if error_s > MOST_ERROR * period_s:
        return None
    least, each = rhythm.error_s / period_s, rhythm.period_error_s / period_s
    found: list[tuple[int, float]] = []
    last = None
    for at_s, watts in listed:
        steps = (at_s - origin_s) / period_s
        number = math.floor(steps)
        margin = least + each * abs(steps - rhythm.middle)
        if number != last and margin <= steps - number <= 1 - margin:
            found.append((number, watts))
            last = number
    return (found, error_s) if found else None

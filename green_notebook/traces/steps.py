"""When a counter steps: its period and phase, learned from readings that enclose its steps.

A reading with the old value and the next with a new one enclose a step. Every step number k gives
``below < origin + k x period <= above``. The period is the middle of those that no two steps
exclude, the origin the middle of the room left then. For a steady counter both shrink with each
step seen; where the room is negative, its size is the counter's jitter. No shape is assumed.
"""

from __future__ import annotations

import math
from collections import deque

from green_notebook.traces.rhythm import LOST, Rhythm
from green_notebook.traces.ticks import Tick, bounds, most_room, periods

# Steps finer than this need no watching: an edge's reading is already that near.
FINE_STEP_S = 0.005
# Energy counters of GPUs move every 20-100 ms (Yang et al. 2023, arXiv 2312.02741), whatever is
# stated of them.
LONGEST_STEP_S = 0.1
# A pair of readings this near to one another locates a step; wider ones tell too little.
TIGHT_S = 0.006
# Of so many enclosed steps those are kept that lie far apart, which tell the period, and the latest.
KEPT = 14
LATEST = 4
KEPT_S = 30.0
REFIT_EVERY = 5
# The clock's own instants, and those of reads and marks, are no better.
ERROR_FLOOR_S = 0.0001
# The room is what these steps leave; others may jitter more, and the period is not exact either.
SAFETY = 1.4
# Readings less than this part of a period apart enclose one step at most.
ONE_STEP = 0.95
# Where the step before is known by number, the next one is, too.
NEXT_STEP = 1.4
# A read that took longer than this part of a period may show either of two steps.
SLOW_READ = 0.3
# A step this part of a period from where one was foretold, and well beyond the error, is strange.
STRANGE = 0.12
NEVER = -(10**12)
MOST_STRANGERS = 3
# Steps seen apart are numbered by the stated period where all lie this near to its multiples.
NOMINAL_OFF = 0.15


class StepClock:
    """Learns from each reading in turn; ``before`` and ``error_s`` tell what it knows."""

    # A step that came otherwise than foretold counts for so much with each one seen after it.
    calmer = 0.97
    # One that is foretold worse than this part of a period is not numbered.
    lost = LOST

    def __init__(self, nominal_s: float) -> None:
        self.nominal_s = nominal_s
        self.rhythm = Rhythm(nominal_s)
        self.period_s = nominal_s
        self.error_s = math.inf
        self._period_error_s = 0.0
        self._middle = 0.0
        self.origin_s = 0.0
        # Of the step seen last: how well ticks and all possible periods tell when it was.
        self._ahead_of = 0
        self._ahead_error_s = math.inf
        self.changed_s = -math.inf
        # By how much steps came otherwise than foretold.
        self.jitter_s = ERROR_FLOOR_S
        self._ticks: list[Tick] = []
        self._value: float | None = None
        self._read_s = -math.inf
        self._took_s = 0.0
        self._dense_s = math.inf
        self._dense: list[tuple[float, float]] = []
        self._seen: deque[tuple[float, float]] = deque(maxlen=8)
        self._strangers = 0
        self._unfitted = 0
        # The number of the step seen last, where it is known which that was.
        self._last = NEVER

    @property
    def known(self) -> bool:
        """Whether period and phase are known."""
        return math.isfinite(self.error_s)

    def error_at(self, at_s: float) -> float:
        """The half-width of a foretold step about then."""
        # As the published `Rhythm` tells it, put together here: it is asked at every reading.
        steps = (at_s - self.origin_s) / self.period_s
        amid_s = self.error_s + self._period_error_s * abs(steps - self._middle)
        ahead_s = self._ahead_error_s + self._period_error_s * abs(steps - self._ahead_of)
        return min(amid_s, ahead_s)

    def before(self, at_s: float) -> float:
        """The last step at or before a time, as foretold."""
        steps = math.floor((at_s - self.origin_s) / self.period_s + 1e-9)
        return self.origin_s + steps * self.period_s

    def _publish(self) -> None:
        """Tell other threads, in one piece, what is known now."""
        self._ahead()
        self._middle = (self._ticks[0][0] + self._ticks[-1][0]) / 2 if self._ticks else 0.0
        self.rhythm = Rhythm(
            self.period_s, self.origin_s, self.error_s, self._period_error_s, self._middle
        )

    def _ahead(self) -> None:
        """How well the last step is known, and with it the next ones: better than amid all ticks.

        For each period the bounds are those of `bounds`; both grow with the period, so that the
        longest one gives the latest instant and the shortest the earliest.
        """
        self._ahead_error_s = math.inf
        if not self._ticks or not self.known:
            return
        number = self._ticks[-1][0]
        longest_s = self.period_s + self._period_error_s
        shortest_s = self.period_s - self._period_error_s
        latest_s = min(high + (number - k) * longest_s for k, _, high in self._ticks)
        earliest_s = max(low + (number - k) * shortest_s for k, low, _ in self._ticks)
        self._ahead_of = number
        last_s = self.origin_s + number * self.period_s
        # Where steps jitter the bounds cross: nothing is told by them.
        if earliest_s <= latest_s:
            off_s = max(latest_s - last_s, last_s - earliest_s)
            self._ahead_error_s = max(SAFETY * off_s, self.jitter_s)

    def saw(self, at_s: float, value: float | None, took_s: float = 0.0) -> bool:
        """Take a reading; True where the counter moved since the one before."""
        if at_s <= self._read_s:
            return False
        if value is None:
            self._value, self._dense_s = None, math.inf
            return False
        last_value, last_s, last_took_s = self._value, self._read_s, self._took_s
        moved = last_value is not None and value != last_value
        if moved and at_s - took_s / 2 < last_s + last_took_s / 2:
            # Two threads read at once: which of two values came first is open.
            return False
        self._value, self._read_s, self._took_s = value, at_s, took_s
        if last_value is None or at_s - last_s > TIGHT_S:
            # What came before is not connected: steps in between may have been missed.
            self._dense_s, self._dense = at_s, []
        if not moved:
            return False
        self.changed_s = at_s
        below_s, above_s = last_s - last_took_s / 2, at_s + took_s / 2
        longest_s = self.period_s * (ONE_STEP if self._last == NEVER else NEXT_STEP)
        if above_s - below_s < longest_s and took_s < SLOW_READ * self.period_s:
            self._enclosed(below_s, above_s)
        else:
            self._last = NEVER
        return True

    def _enclosed(self, below_s: float, above_s: float) -> None:
        if not self.known:
            self._search(below_s, above_s)
            return
        if self.error_at(above_s) > self.lost * self.period_s:
            # Which step this is is open: a wrong number would spoil all that follows.
            self._last = NEVER
            return
        # The last step foretold before the later reading, or the one after it, whichever is
        # nearer; never one that was seen already.
        fewest = math.floor((above_s - self.origin_s) / self.period_s)
        number = max(fewest, self._last + 1)
        off_s = self._off(number, below_s, above_s)
        if off_s > 0 and fewest > self._last:
            later_off_s = self._off(number + 1, below_s, above_s)
            if later_off_s < off_s:
                number, off_s = number + 1, later_off_s
        self._last = number
        if off_s > STRANGE * self.period_s and off_s > 4 * self.error_at(above_s):
            self._stranger()
            return
        self._strangers = 0
        unforeseen_s = off_s if off_s > self.error_at(above_s) else 0.0
        self.jitter_s = max(self.calmer * self.jitter_s, unforeseen_s, ERROR_FLOOR_S)
        if above_s - below_s > 1.5 * TIGHT_S and off_s == 0.0:
            # As expected, and too wide to sharpen anything.
            return
        self._take(number, below_s, above_s)

    def _off(self, number: int, below_s: float, above_s: float) -> float:
        """How far a step lies outside two instants; 0 for one between them."""
        expected_s = self.origin_s + number * self.period_s
        return max(below_s - expected_s, expected_s - above_s, 0.0)

    def _search(self, below_s: float, above_s: float) -> None:
        """Steps in one dense run of readings follow one another; others are whole periods apart."""
        if above_s - below_s > 1.5 * TIGHT_S:
            return
        self._dense.append((below_s, above_s))
        self._seen.append((below_s, above_s))
        if len(self._dense) >= 3:
            self._begin([(number, *pair) for number, pair in enumerate(self._dense)])
        elif len(self._seen) >= 4:
            first_s = sum(self._seen[0]) / 2
            numbered = [
                (round((sum(pair) / 2 - first_s) / self.nominal_s), *pair) for pair in self._seen
            ]
            off_s = [
                abs((low + high) / 2 - first_s - number * self.nominal_s)
                for number, low, high in numbered
            ]
            if max(off_s) < NOMINAL_OFF * self.nominal_s and numbered[-1][0] > 1:
                self._begin(numbered)

    def _begin(self, enclosed: list[Tick]) -> None:
        """Period and phase from numbered steps."""
        _, below_s, above_s = enclosed[0]
        apart, last_below_s, last_above_s = enclosed[-1]
        self.period_s = (last_below_s + last_above_s - below_s - above_s) / 2 / apart
        self.origin_s = (below_s + above_s) / 2
        self._ticks.clear()
        self._ticks.extend(enclosed)
        self._seen.clear()
        self._last = apart
        self._fit_period()
        self._fit_origin()
        self._publish()

    def _stranger(self) -> None:
        # Perhaps it is the numbering that is off: the next one is numbered by the time alone.
        self._last = NEVER
        self._strangers += 1
        if self._strangers >= MOST_STRANGERS:
            # The counter's rhythm changed (a driver's clocks, a suspend): learn it anew.
            self.error_s, self._strangers, self._last = math.inf, 0, NEVER
            self._dense = []
            self._publish()

    def _take(self, number: int, below_s: float, above_s: float) -> None:
        # Numbers count from a near origin, so that a small error of the period stays small.
        if number > 4 * KEPT:
            self.origin_s += number * self.period_s
            self._last -= number
            self._ticks = [(k - number, low, high) for k, low, high in self._ticks]
            number = 0
        self._ticks.append((number, below_s, above_s))
        self._thin(above_s)
        self._unfitted += 1
        if self._unfitted >= REFIT_EVERY or len(self._ticks) < KEPT:
            self._unfitted = 0
            self._fit_period()
        if self._fit_origin() < 0 and self._unfitted:
            # No room left: the period is off, or the counter jitters.
            self._unfitted = 0
            self._fit_period()
            self._fit_origin()
        self._publish()

    def _thin(self, now_s: float) -> None:
        """Drop the steps that are too old, else the one whose neighbours are nearest."""
        ticks = self._ticks
        while len(ticks) > LATEST + 2 and now_s - ticks[0][1] > KEPT_S:
            del ticks[0]
        if len(ticks) > KEPT:
            inner = range(1, len(ticks) - LATEST)
            del ticks[min(inner, key=lambda one: ticks[one + 1][0] - ticks[one - 1][0])]

    def _fit_period(self) -> None:
        """The middle of all periods that some origin goes with, jitter allowed for."""
        least_s, most_s = self._periods(0.0)
        if least_s > most_s:
            # Steps contradict one another: they jitter by as much as the best period leaves over.
            jitter_s = -most_room(self._ticks, most_s, least_s) / 2
            least_s, most_s = self._periods(SAFETY * jitter_s)
        if math.isfinite(least_s + most_s):
            self.period_s = (least_s + most_s) / 2
            self._period_error_s = abs(most_s - least_s) / 2

    def _periods(self, jitter_s: float) -> tuple[float, float]:
        """The least and the largest period that no two steps exclude."""
        return periods(self._ticks, jitter_s)

    def _fit_origin(self) -> float:
        """Put the origin amid its bounds; the room they leave."""
        below_s, above_s = bounds(self._ticks, self.period_s)
        self.origin_s = (below_s + above_s) / 2
        room_s = above_s - below_s
        self.error_s = max(SAFETY * abs(room_s) / 2, self.jitter_s)
        return room_s

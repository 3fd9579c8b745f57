"""When to read a coarse counter next, so that its steps are seen for few reads.

A counter that steps every 20-100 ms is searched once, by reading every 4 ms until three steps
were seen. Then steps are foretold, and only those after a span's edge, and one now and then that
keeps the phase, are read just before and just after. In between the background's readings do: each
shows the last step's value, and the rhythm tells when that was.
"""

from __future__ import annotations

import math
import random
from typing import Protocol

from green_notebook.model import Reading, SensorSpec
from green_notebook.traces.measured import REFINE_S
from green_notebook.traces.rhythm import LOST, Rhythm
from green_notebook.traces.steps import TIGHT_S, StepClock

SEARCH_EVERY_S = 0.004
# Long enough for three steps of the slowest counter known; then it rests, longer each time.
SEARCH_S = 0.45
REST_S = 5.0
LONGEST_REST_S = 300.0
# Between spans and within long ones a step is enclosed so often, to keep the phase; more rarely
# where it is then still foretold as well as this. A counter that jitters never is.
ENCLOSE_EVERY_S = 0.8
ENCLOSE_RARELY_S = 4.0
STEADY_S = 0.0005
# Long after an edge the phase matters less, as it does for a long span: a step is then enclosed
# once in this part of the time since, and may be known worse by so much of that time.
OF_THE_TIME = 0.5
LONGEST_ENCLOSE_S = 8.0
ROUGHER = 1e-4
ROUGHEST_S = 0.0025
# A thread that came late for one tries again after this.
RETRY_S = 0.3
ROUGH_S = 0.0005
# The background of a session at rest is at least so slow.
RESTING_S = 0.5
# Steps foretold worse than this are searched anew, as where it is open which is the next (LOST):
# readings that far before and after one tell nothing new of it.
LOST_S = 0.01
# A thread wakes about so much after the time it asked for.
WAKE_S = 0.0002
SHARP_S = 0.0005
USUAL_WAIT_S = 0.09
# Values refreshed faster than the background reads are seen in part; the part must not repeat.
SLOW_REFRESH_S = 0.06
MOST_MISSES = 4
# So many readings of such values follow the one before after a refresh; finer ones hide nothing.
IN_A_ROW = 0.25
NEXT_REFRESH = 1.1
FINE_REFRESH_S = 0.01


class Plan(Protocol):
    """When to read one sensor: tell it each reading, ask it for the next."""

    @property
    def rhythm(self) -> Rhythm | None:
        """What was learned of a counter's steps; any thread may ask."""

    def saw(self, reading: Reading) -> None:
        """Take a reading, whoever took it."""

    def mark(self, at_s: float) -> None:
        """A span begins or ends now."""

    def error_at(self, at_s: float) -> float:
        """The half-width (s) of the step that is foretold about then."""

    def next_s(self, now_s: float, background_s: float) -> float:
        """When to read next; ``background_s`` is when a reading is due in any case."""


class Scatter:
    """Short power windows, seen 10 times a second: never in step with a load that repeats."""

    def __init__(self, refresh_s: float = 0.0) -> None:
        self.rhythm = None
        self._refresh_s = refresh_s
        self._read_s: float | None = None
        self._random = random.Random(1)  # noqa: S311 - nothing is to be kept secret
        self._part = 0.0

    def saw(self, reading: Reading) -> None:
        """The wait after each reading is another."""
        # A sequence that is spread evenly keeps three waits in step with a load of 0.27 s.
        self._read_s = reading.at_s
        self._part = self._random.random()

    def mark(self, at_s: float) -> None:
        """Edges are read by themselves."""

    def error_at(self, at_s: float) -> float:
        """Nothing is foretold."""
        return math.inf

    def next_s(self, now_s: float, background_s: float) -> float:
        """Half to one and a half of the usual wait, in time with nothing; or the next refresh.

        Two refreshes in a row tell how fast the load is, and so what the windows miss.
        """
        if self._read_s is None:
            return background_s
        usual_s = min(background_s - self._read_s, USUAL_WAIT_S)
        if self._refresh_s < FINE_REFRESH_S:
            return self._read_s + (0.5 + self._part) * usual_s
        if self._part < IN_A_ROW:
            return self._read_s + NEXT_REFRESH * self._refresh_s
        # The others wait longer, so that there are no more readings than before.
        part = (self._part - IN_A_ROW) / (1 - IN_A_ROW)
        return self._read_s + (0.5 + part) * usual_s / (1 - IN_A_ROW / 2)


class Watch:
    """One counter's plan of readings: tell it each one, ask it for the next."""

    # Known worse than the first, every step is enclosed; known as well as the second, few are.
    rough_s = ROUGH_S
    steady_s = STEADY_S

    def __init__(self, spec: SensorSpec) -> None:
        self.clock: StepClock = StepClock(spec.step_s)
        self._read_s = -math.inf
        self._wanted_s = -math.inf
        # Whether it may be known worse in the middle of a long span: not where each value counts.
        self._patient = spec.kind == "energy"
        self._search_s: float | None = None
        self._rest_until_s = -math.inf
        self._rest_s = REST_S
        self._begun_s = -math.inf
        self._seen_s = -math.inf
        self._unsure_s: float | None = None
        self._enclose_s = -math.inf
        self._misses = 0
        self._missed_s = -math.inf

    @property
    def rhythm(self) -> Rhythm:
        """What was learned of the counter's steps; any thread may ask."""
        return self.clock.rhythm

    def saw(self, reading: Reading) -> None:
        """Take a reading, whoever took it."""
        before_s, self._read_s = self._read_s, reading.at_s
        if self.clock.saw(reading.at_s, reading.value, reading.took_s):
            self._misses = 0
            if reading.at_s - before_s <= TIGHT_S and self.clock.error_at(
                reading.at_s
            ) < self._rough(reading.at_s):
                self._enclose_s = self._again_s(reading.at_s)
            self._changed(before_s, reading.at_s)
        elif self._unsure_s is not None and reading.at_s > self._unsure_s:
            self._seen_s, self._unsure_s = self._unsure_s, None

    def _again_s(self, at_s: float) -> float:
        """When a step is to be enclosed again after one was."""
        wait_s = ENCLOSE_RARELY_S
        while wait_s > ENCLOSE_EVERY_S and self.clock.error_at(at_s + wait_s) > self.steady_s:
            wait_s /= 2
        since_s = min(OF_THE_TIME * self._since_edge_s(at_s), LONGEST_ENCLOSE_S)
        return at_s + max(wait_s, ENCLOSE_EVERY_S, since_s)

    def _since_edge_s(self, at_s: float) -> float:
        """How long ago a span began or ended; nothing, where the phase is to be kept all the same."""
        edge_s = self._wanted_s - REFINE_S
        return max(0.0, at_s - edge_s) if self._patient and math.isfinite(edge_s) else 0.0

    def _rough(self, at_s: float) -> float:
        """How well (s) the phase is to be known: no better than the steps keep it."""
        rough_s = max(self.rough_s, min(ROUGHER * self._since_edge_s(at_s), ROUGHEST_S))
        return max(rough_s, 2 * self.clock.jitter_s)

    def _changed(self, before_s: float, at_s: float) -> None:
        """Settle which step brought a new value: one is sure where no other can have."""
        if not self.clock.known:
            return
        around_s = self._around(at_s)
        step_s = self.clock.before(at_s + around_s)
        sure = at_s >= step_s + around_s or before_s >= step_s - self.clock.period_s + around_s
        self._unsure_s = None if sure else step_s + around_s / 2
        self._seen_s = step_s if sure else step_s - self.clock.period_s

    def mark(self, at_s: float) -> None:
        """A span begins or ends now: the steps in the 150 ms after it are wanted."""
        self._wanted_s = at_s + REFINE_S
        self._lose(at_s)
        if not self.clock.known and self._search_s is None:
            self._search_s = at_s

    def _lose(self, at_s: float) -> None:
        """Begin anew where it is open which step is the next: a wrong number spoils all that follow."""
        clock = self.clock
        if (
            self._patient
            and clock.known
            and clock.error_at(at_s) > min(LOST * clock.period_s, LOST_S)
        ):
            self.clock, self._misses, self._enclose_s = StepClock(clock.nominal_s), 0, -math.inf

    def error_at(self, at_s: float) -> float:
        """The half-width (s) of the step that is foretold about then."""
        return self.clock.error_at(at_s)

    def next_s(self, now_s: float, background_s: float) -> float:
        """When to read next; ``background_s`` is when a reading is due in any case.

        A background reading moves by up to half a step, to be just after one.
        """
        if not self.clock.known:
            return min(self._search(now_s, background_s), background_s)
        self._search_s, self._rest_s = None, REST_S
        if background_s - self._read_s < RESTING_S:
            self._lose(now_s)
        return self._foretold(now_s, background_s)

    def _search(self, now_s: float, background_s: float) -> float:
        if self._search_s is None:
            if now_s < self._rest_until_s:
                return background_s
            self._search_s = now_s
        if now_s - self._search_s > SEARCH_S:
            self._search_s = None
            self._rest_until_s = now_s + self._rest_s
            self._rest_s = min(2 * self._rest_s, LONGEST_REST_S)
            return background_s
        return self._read_s + SEARCH_EVERY_S

    def _foretold(self, now_s: float, background_s: float) -> float:
        clock = self.clock
        step_s = clock.before(now_s)
        if self._watched(step_s) and not self._seen(step_s):
            if now_s - step_s < clock.period_s / 4:
                return self._reading_for(step_s)
            self._miss(step_s)
        step_s += clock.period_s
        if self._seen(step_s):
            step_s += clock.period_s
        if self._watched(step_s):
            return self._reading_for(step_s)
        if background_s - self._read_s > RESTING_S:
            # Between cells the phase is kept with the rare readings that there are.
            ahead = math.ceil((background_s - step_s) / clock.period_s)
            return self._reading_for(step_s + max(0, ahead) * clock.period_s)
        if step_s >= self._enclose_s:
            rough = clock.error_at(step_s) > self._rough(step_s)
            self._enclose_s = step_s + (clock.period_s / 2 if rough else RETRY_S)
            return self._reading_for(step_s)
        return self._off_step(background_s)

    def _watched(self, step_s: float) -> bool:
        # A step that was begun to be enclosed is seen through.
        return step_s <= self._wanted_s or abs(step_s - self._begun_s) < self.clock.period_s / 4

    def _off_step(self, background_s: float) -> float:
        """The background's reading, moved where it could show either of two steps."""
        around_s = 2 * self._around(background_s)
        step_s = self.clock.before(background_s + around_s)
        return step_s + around_s if abs(background_s - step_s) < around_s else background_s

    def _around(self, step_s: float) -> float:
        """The half-width in which a step is looked for."""
        return min(self.clock.error_at(step_s) + WAKE_S, self.clock.period_s / 3)

    def _seen(self, step_s: float) -> bool:
        return max(self._seen_s, self._missed_s) >= step_s - self.clock.period_s / 4

    def _reading_for(self, step_s: float) -> float:
        """The next reading for a step: before it, amid what is possible while that is wide, after."""
        around_s = self._around(step_s)
        self._begun_s = step_s
        if self._read_s < step_s - around_s - 2 * WAKE_S:
            return step_s - around_s - 2 * WAKE_S
        if around_s > SHARP_S + WAKE_S and self._read_s < step_s - WAKE_S:
            return step_s
        if self._read_s < step_s + around_s - WAKE_S / 2:
            return step_s + around_s
        return self._read_s + min(2 * around_s, TIGHT_S)

    def _miss(self, step_s: float) -> None:
        """A foretold step did not come: after several the counter's rhythm is learned anew."""
        self._missed_s = step_s
        if self._read_s < step_s + self._around(step_s):
            # Nobody looked in time: the thread came late.
            return
        self._misses += 1
        if self._misses >= MOST_MISSES:
            self._misses = 0
            self.clock = StepClock(self.clock.nominal_s)
            self._rest_until_s = self._read_s + self._rest_s

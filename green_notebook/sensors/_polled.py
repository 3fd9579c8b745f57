"""A meter that takes its time to answer, asked about once a second in a thread of its own.

Neither a span's edge nor the sampler waits for a network or a slow controller: they get what it
answered, each answer at its own instant. A device whose energy counter moves between any two
questions is read as a counter, and asked at a span's edges too; of others the power is a sample.
"""

from __future__ import annotations

import math
import os
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from green_notebook.errors import Unavailable
from green_notebook.model import Reading, SensorSpec

PERIOD_S = 1.0
STALE_S = 5.0
# So long discovery waits for the first answer: in the sampler's thread, once, as for a GPU's driver.
FIRST_S = 2.0
# What a request may take before it is given up; reaching a device takes less than FIRST_S, so that
# the reason is known by then.
CONNECT_S = 1.5
TIMEOUT_S = 4.0
# A meter that claims more measures something else, or nonsense (W).
_MAX_W = 100_000.0

# The first questions of a device that counts come this soon: they tell whether it counts all along.
PROBES = 4
PROBE_S = 0.2
# Questions at edges come no sooner after one another.
LEAST_S = 0.1


class Answer(NamedTuple):
    """What a meter answered at one instant: power (W) and, where it counts, energy (J)."""

    at_s: float
    took_s: float
    watts: float | None
    joules: float | None = None


Ask = Callable[[], "float | tuple[float, float | None]"]


class Polled:
    """The answers of ``ask``: the power (W), or power and counter (W, J).

    Start it, read it, close it once.
    """

    def __init__(self, ask: Ask, now: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._now = now
        self._pid = os.getpid()
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._asked = threading.Event()
        self._latest: Answer | None = None
        self._problem: Exception | None = None
        self._thread: threading.Thread | None = None
        self._random = random.Random(1)  # noqa: S311 - nothing is to be kept secret
        self.answers: deque[Answer] = deque(maxlen=256)
        self.counts = False

    def start(self, wait_s: float = FIRST_S) -> None:
        """Start the thread and wait for the first answer; raises Unavailable where that is none.

        A slow controller may need longer: until it answers, readings are gaps.
        """
        self._thread = threading.Thread(target=self._run, name="green-notebook-meter", daemon=True)
        self._thread.start()
        self._asked.wait(wait_s)
        if self._latest is None and self._problem is not None:
            self.close()
            raise _unavailable(self._problem)

    def poll(self) -> None:
        """Ask once; a failure is kept for whoever reads."""
        begun_s = self._now()
        try:
            told = self._ask()
            watts, joules = told if isinstance(told, tuple) else (told, None)
            watts = _plausible(watts)
            ended_s = self._now()
            self._latest = Answer((begun_s + ended_s) / 2, ended_s - begun_s, watts, joules)
            self._problem = None
            self.answers.append(self._latest)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a gap
            self._problem = error
            self.answers.append(Answer(self._now(), 0.0, None))

    def _run(self) -> None:
        self._probe()
        self._asked.set()
        while not self._stop.is_set():
            # In time with nothing, so that a load that repeats does not hide.
            self._wake.wait(PERIOD_S * (1 if self.counts else 0.7 + 0.6 * self._random.random()))
            if self._wake.is_set() and not self._stop.wait(LEAST_S - self._age_s()):
                self._wake.clear()
            if not self._stop.is_set():
                self.poll()

    def _probe(self) -> None:
        """The first questions tell whether its counter moves all along."""
        for number in range(PROBES):
            self.poll()
            told = [one.joules for one in self.answers if one.joules is not None]
            if len(told) <= number or any(not first < then for first, then in pairwise(told)):
                return
            if number < PROBES - 1 and self._stop.wait(PROBE_S):
                return
        self.counts = True

    def _age_s(self) -> float:
        return max(0.0, self._now() - self.answers[-1].at_s) if self.answers else LEAST_S

    def edge(self) -> None:
        """A span begins or ends: a counter is asked now, by the thread."""
        if self.counts and self._pid == os.getpid():
            self._wake.set()

    def read(self) -> float:
        """The latest power (W); raises OSError where it is older than ``STALE_S``."""
        return self.latest().watts or 0.0

    def latest(self) -> Answer:
        """The latest answer; raises OSError where it is older than ``STALE_S``."""
        latest = self._latest
        if self._pid != os.getpid():
            raise OSError("the meter is asked by the parent process")
        if self._stop.is_set() or latest is None or self._now() - latest.at_s > STALE_S:
            raise OSError(f"the meter does not answer: {self._problem or 'no reason given'}")
        return latest

    def close(self) -> None:
        """End the thread; more than once does no harm, and in a forked child nothing happens."""
        self._stop.set()
        self._wake.set()
        thread, self._thread = self._thread, None
        if thread is not None and self._pid == os.getpid() and thread.is_alive():
            thread.join(timeout=0.5)  # one that waits for an answer ends by itself


def _plausible(watts: float) -> float:
    if not math.isfinite(watts) or not 0 <= watts <= _MAX_W:
        raise Unavailable(f"it tells {watts:g} W")
    return watts


def _unavailable(problem: Exception) -> Unavailable:
    if isinstance(problem, Unavailable):
        return problem
    return Unavailable(f"it does not answer: {problem}")


class PolledSensor:
    """A sensor that is asked in the background: its power, or its counter where that moves."""

    def __init__(
        self,
        ask: Ask,
        spec: SensorSpec,
        release: Callable[[], None],
        resolution_j: float = 0.0,
    ) -> None:
        self.spec = spec
        self._polled = Polled(ask)
        self._release: Callable[[], None] | None = release
        try:
            self._polled.start()
        except BaseException:
            self.close()
            raise
        # A slow device may turn out to count later: what was said of it stands.
        self._counts = self._polled.counts
        if self._counts:
            self.spec = replace(spec, kind="energy", resolution_j=resolution_j)

    def read(self) -> float:
        """The latest power (W) or counter (J); raises OSError where there is none."""
        latest = self._polled.latest()
        return (latest.joules if self._counts else latest.watts) or 0.0

    def answers(self, after_s: float) -> list[tuple[Reading, Reading | None]]:
        """What it answered later than ``after_s``, each at its own instant, and the power beside."""
        found: list[tuple[Reading, Reading | None]] = []
        for one in tuple(self._polled.answers):
            if one.at_s > after_s:
                power = Reading(one.at_s, one.watts, one.took_s)
                counter = Reading(one.at_s, one.joules, one.took_s)
                found.append((counter, power) if self._counts else (power, None))
        return found

    def edge(self) -> None:
        """A span begins or ends now; waits for nothing."""
        self._polled.edge()

    def close(self) -> None:
        """End the thread and let the connection go."""
        self._polled.close()
        release, self._release = self._release, None
        if release is not None:
            release()

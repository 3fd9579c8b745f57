"""A meter that takes its time to answer, asked once a second in a thread of its own.

Neither a span's edge nor the sampler waits for a network or a slow controller: they get the latest
value, and where that is older than a few seconds, an error, which is a gap.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable

from green_notebook.errors import Unavailable
from green_notebook.model import SensorSpec

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

Ask = Callable[[], float]


class Polled:
    """The latest power (W) of ``ask``, with its age. Start it, read it, close it once."""

    def __init__(self, ask: Ask, now: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._now = now
        self._pid = os.getpid()
        self._stop = threading.Event()
        self._asked = threading.Event()
        self._latest: tuple[float, float] | None = None
        self._problem: Exception | None = None
        self._thread: threading.Thread | None = None

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
            watts = _plausible(self._ask())
            self._latest = ((begun_s + self._now()) / 2, watts)
            self._problem = None
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a gap
            self._problem = error
        self._asked.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            self.poll()
            self._stop.wait(PERIOD_S)

    def read(self) -> float:
        """The latest power (W); raises OSError where it is older than ``STALE_S``."""
        latest = self._latest
        if self._pid != os.getpid():
            raise OSError("the meter is asked by the parent process")
        if self._stop.is_set() or latest is None or self._now() - latest[0] > STALE_S:
            raise OSError(f"the meter does not answer: {self._problem or 'no reason given'}")
        return latest[1]

    def close(self) -> None:
        """End the thread; more than once does no harm, and in a forked child nothing happens."""
        self._stop.set()
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
    """A sensor whose power is asked in the background."""

    def __init__(self, ask: Ask, spec: SensorSpec, release: Callable[[], None]) -> None:
        self.spec = spec
        self._polled = Polled(ask)
        self._release: Callable[[], None] | None = release
        try:
            self._polled.start()
        except BaseException:
            self.close()
            raise

    def read(self) -> float:
        """The latest power (W); raises OSError where there is none."""
        return self._polled.read()

    def close(self) -> None:
        """End the thread and let the connection go."""
        self._polled.close()
        release, self._release = self._release, None
        if release is not None:
            release()

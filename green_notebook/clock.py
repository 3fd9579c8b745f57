"""The clocks, in one place so that tests put their own in."""

from __future__ import annotations

import time
from datetime import datetime


class Clock:
    """The machine's clocks."""

    def monotonic(self) -> float:
        """Seconds that only grow; the time of spans and readings."""
        return time.monotonic()

    def wall(self) -> datetime:
        """The date and time with its zone, for people and for the grid."""
        return datetime.now().astimezone()

    def process_cpu_s(self) -> float:
        """CPU seconds of this process, all its threads, unquantised."""
        return time.process_time()

    def thread_cpu_s(self) -> float:
        """CPU seconds of the calling thread."""
        return time.thread_time()

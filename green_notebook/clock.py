"""The clocks, in one place so that tests put their own in."""

from __future__ import annotations

import time
from datetime import datetime


class Clock:
    """The machine's clocks.

    ``monotonic`` gives seconds that only grow, the time of spans and readings;
    ``process_cpu_s`` the CPU seconds of this process, all its threads, unquantised;
    ``thread_cpu_s`` those of the calling thread; ``epoch_s`` the seconds since 1970. They are the
    C functions themselves: each reading asks twice.
    """

    monotonic = staticmethod(time.monotonic)
    process_cpu_s = staticmethod(time.process_time)
    thread_cpu_s = staticmethod(time.thread_time)
    epoch_s = staticmethod(time.time)

    def date(self, epoch_s: float) -> datetime:
        """An instant as a date with this machine's zone, for people and for the grid."""
        return datetime.fromtimestamp(epoch_s).astimezone()

    def wall(self) -> datetime:
        """The date and time now."""
        return self.date(self.epoch_s())

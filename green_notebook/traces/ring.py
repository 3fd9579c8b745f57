"""A time's readings out of a bounded ring."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from operator import attrgetter

from green_notebook.model import Reading

# A reading may stand this far out of order: two threads append, and a read may take long.
OUT_OF_ORDER_S = 0.5
# So many of the newest readings are looked at first.
NEWEST = 128

_at = attrgetter("at_s")


def window(ring: deque[Reading], start_s: float, end_s: float, before: int = 0) -> list[Reading]:
    """The readings of a time in order, and so many before it."""
    listed = _newest(ring, start_s - OUT_OF_ORDER_S, before)
    # Two threads append: a reading may come after a later one.
    listed.sort(key=_at)
    first = bisect_left(listed, start_s, key=_at)
    last = bisect_right(listed, end_s, key=_at)
    return listed[max(0, first - before) : last]


def _newest(ring: deque[Reading], start_s: float, before: int) -> list[Reading]:
    """The readings since a time, and some more: to sort and compare thousands costs more than all else."""
    # In one go: another thread may append between any two steps, and whoever is amid a ring then fails.
    listed = list(ring)
    many = NEWEST
    while many < len(listed) and listed[-many].at_s >= start_s:
        many *= 2
    return listed[-(many + before) :]

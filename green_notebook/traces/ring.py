"""A time's readings out of a bounded ring."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from operator import attrgetter

from green_notebook.model import Reading

_at = attrgetter("at_s")


def window(ring: Iterable[Reading], start_s: float, end_s: float, before: int = 0) -> list[Reading]:
    """The readings of a time in order, and so many before it."""
    listed = list(ring)
    first = bisect_left(listed, start_s, key=_at)
    last = bisect_right(listed, end_s, key=_at)
    # Two threads append: a reading may come after a later one by microseconds.
    return sorted(listed[max(0, first - before) : last], key=_at)

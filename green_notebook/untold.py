"""Spans that are over and whose report nobody has asked for yet.

A block's end only takes its last readings: what they come to is told when somebody looks, else by
the sampler's thread as soon as the counters' next steps have come, and then once instead of twice.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from green_notebook.spans import OpenSpan

# A loop of short blocks pays for them as it goes: the readings that they rest on do not stay.
MOST = 64


class Untold:
    """Keeps ended spans in order; ``tell`` makes one's report, in whichever thread wants it."""

    def __init__(self, tell: Callable[[OpenSpan], object]) -> None:
        self._tell = tell
        self._spans: deque[OpenSpan] = deque()
        # Held while reports are made. Who waits for it has asked for them; no span's edge does.
        self._lock = threading.RLock()
        # Who is taken off the list and has no report yet: it is waited for too.
        self._making = 0
        # Faults of ours, one line each: of blocks that nobody asks about, nobody else would hear.
        self.problems: list[str] = []

    def add(self, span: OpenSpan) -> None:
        """``span`` is over."""
        self._spans.append(span)
        if len(self._spans) > MOST:
            self.tell()

    def tell(self, before_s: float | None = None) -> None:
        """Make the reports of all, oldest first; of those alone that ended before ``before_s``."""
        if not self._spans and (not self._making or before_s is not None):
            return
        with self._lock:
            self._making += 1
            try:
                while self._spans and _ended(self._spans[0], before_s):
                    span = self._spans.popleft()
                    self._try(span)
            finally:
                self._making -= 1

    def _try(self, span: OpenSpan) -> None:
        """Make one report; one that cannot be made costs no other."""
        try:
            self._tell(span)
        except Exception as error:  # noqa: BLE001 - ours; who asks for this report is told too
            of = f" of {span.name!r}" if span.name else ""
            line = f"a report{of} could not be made, and no total has it: {error!r}"
            if line not in self.problems:
                self.problems.append(line)


def _ended(span: OpenSpan, before_s: float | None) -> bool:
    return before_s is None or span.end is None or span.end.at_s <= before_s

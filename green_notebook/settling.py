"""Reports that a counter step after their span's end will sharpen: refined once, then final."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from green_notebook.accountant import Accountant, Sum
from green_notebook.aftermath import still_drawing
from green_notebook.assemble import Assembler
from green_notebook.clock import Clock
from green_notebook.hints import OF_THE_MACHINE
from green_notebook.ledger import Ledger
from green_notebook.model import Note, Report
from green_notebook.spans import OpenSpan

# The counter step after a span's end comes at most this late (NVML: 100 ms and some).
REFINE_S = 0.15
# A report is made in a few milliseconds; nobody waits longer for the thread that makes it.
MAKING_S = 1.0


@dataclass(slots=True)
class _Waiting:
    """A span whose report is provisional; ``making`` is held by the one thread that finishes it."""

    span: OpenSpan
    done: threading.Event = field(default_factory=threading.Event)
    making: threading.Lock = field(default_factory=threading.Lock)


@dataclass(slots=True)
class Settler:
    """Keeps the spans that are not settled; the sampler's thread and `finalise` settle them."""

    accountant: Accountant
    assembler: Assembler
    ledger: Ledger
    clock: Clock
    listeners: list[Callable[[Report], None]] = field(default_factory=list)
    # When the latest span began: what a card draws since then may be that one's.
    begun_s: float = -math.inf
    _waiting: dict[str, _Waiting] = field(default_factory=dict)

    def add(self, span: OpenSpan, until_s: float | None) -> None:
        """Wait for the counter step after the end of ``span``, foretold for ``until_s``."""
        self._waiting[span.id] = _Waiting(span)
        if until_s is not None:
            self.accountant.sampler.settle(until_s)

    def finalise(self, report_id: str, timeout_s: float = REFINE_S) -> Report | None:
        """The final report: waits at most ``timeout_s`` for the step."""
        waiting = self._waiting.get(report_id)
        if waiting is not None:
            waiting.done.wait(timeout_s)
            self._settle(waiting, force=True)
        return self.ledger.get(report_id)

    def tick(self) -> None:
        """Settle what can be settled now."""
        for waiting in list(self._waiting.values()):
            self._settle(waiting)

    def flush(self) -> None:
        """Settle everything with what is known."""
        for waiting in list(self._waiting.values()):
            self._settle(waiting, force=True)

    def clear(self) -> None:
        """Forget everything."""
        self._waiting.clear()
        self.listeners.clear()

    def _settle(self, waiting: _Waiting, *, force: bool = False) -> None:
        # Two threads may come here at once. Who must have the report waits for the other.
        if not waiting.making.acquire(timeout=MAKING_S if force else 0):
            return
        try:
            report = None if waiting.done.is_set() else self._final(waiting.span, force=force)
            if report is None:
                return
            self._waiting.pop(report.id, None)
            waiting.done.set()
        finally:
            waiting.making.release()
        self.announce(report)

    def _final(self, span: OpenSpan, *, force: bool) -> Report | None:
        """The final report, kept; None while a step may still sharpen it."""
        before = self.ledger.get(span.id)
        try:
            summed, final = self.settled(span, force=force)
            if not final:
                return None
            report = self.assembler.final(span, summed, before, OF_THE_MACHINE)
        except Exception as error:  # noqa: BLE001 - a fault of ours: what was shown stands
            self._waiting.pop(span.id, None)
            if before is None:
                return None
            report = _as_shown(before, error)
        self.ledger.append(report)
        return report

    def settled(self, span: OpenSpan, *, force: bool = False) -> tuple[Sum, bool]:
        """What a span that is over took, and whether nothing more will be learned of it."""
        end = span.end or span.start
        summed = self.accountant.sum(span, end)
        if not (summed.settled or force or self.late(span)):
            return summed, False
        return self._with_late_work(span, end.at_s, summed), True

    def late(self, span: OpenSpan) -> bool:
        """Whether the step after the end of ``span`` must have come."""
        return span.end is not None and self.clock.monotonic() - span.end.at_s > REFINE_S

    def announce(self, report: Report) -> None:
        """Tell those who wait for final reports."""
        for listener in tuple(self.listeners):
            with suppress(Exception):
                listener(report)

    def _with_late_work(self, span: OpenSpan, end_s: float, summed: Sum) -> Sum:
        """With a note where no framework could be asked and the counter shows the card at work."""
        if span.late is not None or self.begun_s >= end_s:
            return summed
        told = still_drawing(self.accountant.sampler, self.accountant.baseline, span)
        return replace(summed, notes=(*summed.notes, told)) if told else summed


def _as_shown(before: Report, error: Exception) -> Report:
    """The provisional report as the final one, since nothing will sharpen it any more."""
    text = (
        f"a fault of green_notebook ({type(error).__name__}) kept this figure from being sharpened "
        "by what was read after the end: it stands as it was first shown"
    )
    return replace(before, state="final", notes=(*before.notes, Note("not-refined", text)))

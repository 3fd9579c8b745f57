"""Spans from their begin to their final report."""

from __future__ import annotations

import os
from contextlib import suppress

from green_notebook.accountant import Accountant
from green_notebook.asleep import slept
from green_notebook.assemble import Assembler
from green_notebook.feed import Feed
from green_notebook.hints import Hints
from green_notebook.ledger import Ledger
from green_notebook.model import Budget, Note, Report, Status
from green_notebook.pending import EARLY, LATE, running
from green_notebook.settling import REFINE_S, Settler
from green_notebook.spans import BESIDE, CellInfo, OpenSpan, Stacks
from green_notebook.together import Together
from green_notebook.untold import Untold
from green_notebook.waiting import synchronise

# Names of spans to come that are kept ready.
IDS = 64


class Recorder:
    """Opens and ends spans. Reports are made when somebody looks, else by the sampler's thread."""

    def __init__(self, accountant: Accountant, assembler: Assembler, hints: Hints) -> None:
        self._sampler = accountant.sampler
        self._clock = self._sampler.clock
        self._assembler = assembler
        self._hints = hints
        self._ledger = Ledger()
        self._stacks = Stacks()
        self.feed = Feed(accountant, assembler)
        self.together = Together(accountant, assembler)
        self.settler = Settler(accountant, assembler, self._ledger, self._clock)
        self.settler.listeners.append(self.together.refine)
        self._untold = Untold(self._tell)
        # Made many at once: to make one takes a tenth of what a span costs.
        self._ids: list[str] = []

    @property
    def ledger(self) -> Ledger:
        """The reports of all spans that are over."""
        self._untold.tell()
        return self._ledger

    @property
    def problems(self) -> list[str]:
        """Faults of ours that cost a report, one line each."""
        return self._untold.problems

    @property
    def spans(self) -> list[OpenSpan]:
        """Every open span."""
        return self._stacks.all()

    def innermost(self) -> OpenSpan | None:
        """The open span that the calling thread is in."""
        return self._stacks.top()

    def begin(
        self,
        name: str | None,
        *,
        zone: str | None,
        pue: float | None,
        cell: CellInfo | None,
        sync: bool,
        budget: Budget | None,
    ) -> OpenSpan:
        """Open a span in the calling thread."""
        parent = self._stacks.top()
        span_id = self._new_id()
        self._sampler.hold(span_id)
        early = running()
        started_s = self._clock.epoch_s()
        span = OpenSpan(
            span_id,
            name,
            self._sampler.begin(),
            started_s,
            self._clock.date,
            parent.id if parent else None,
            cell,
            zone,
            pue,
            sync,
            budget,
        )
        if early:
            span.notes["early"] = EARLY
        try:
            self._stacks.push(span)
            if BESIDE in span.notes:
                self.together.begun(self._stacks.all())
            # Last, so that as little as can be of our own work is in the figure.
            self._sampler.begun(span.start)
        except BaseException:
            # Ctrl-C, while a driver is read: nobody will ever end this span.
            self._remove(span)
            raise
        self.settler.begun_s = span.start.at_s
        return span

    def stop(self, span: OpenSpan, status: Status) -> None:
        """Take a span's last readings; its report is made when somebody asks for it."""
        if span.end is not None:
            return
        try:
            problem = synchronise() if span.sync else None
            if problem:
                span.notes["sync"] = Note("gpu-sync", f"waiting for the GPU failed: {problem}")
            span.end = self._sampler.mark(span.start)
            span.ended_s = self._clock.epoch_s()
            span.late = None if span.sync else running()
            if span.late:
                span.notes["late"] = LATE
            span.status = status
        finally:
            # Left open it would hold the sampler, and be the next spans' parent, for ever.
            self._remove(span)
        self._untold.add(span)

    def discard(self, span: OpenSpan) -> None:
        """Drop a span that came to nothing, such as one whose cell never ran."""
        self._remove(span)

    def report(self, span: OpenSpan) -> Report:
        """The report of a span that is over, as far as it is known now."""
        return self.ledger.get(span.id) or self._tell(span)

    def finalise(self, report_id: str, timeout_s: float) -> Report | None:
        """The final report: waits at most ``timeout_s`` for the counter step after the end."""
        self._untold.tell()
        return self.settler.finalise(report_id, timeout_s)

    def tick(self, now_s: float) -> None:
        """From the sampler's thread: make and refine the reports that can be."""
        self._untold.tell(now_s - REFINE_S)
        self.settler.tick()

    def close(self) -> None:
        """End what is still open, and make every report final with what is known."""
        for span in reversed(self.spans):
            # One that fails must not keep the sampler's thread and its files.
            with suppress(Exception):
                self.stop(span, "ok")
        self._untold.tell()
        self.settler.flush()

    def forget(self) -> None:
        """After a fork: whatever lock the parent's thread held stays behind."""
        self.settler.clear()
        self._untold = Untold(self._tell)

    def _new_id(self) -> str:
        while True:
            try:
                return self._ids.pop()
            except IndexError:  # the first time, or another thread took the last one
                pass
            numbers = os.urandom(8 * IDS).hex()
            self._ids += [numbers[at : at + 16] for at in range(0, len(numbers), 16)]

    def _remove(self, span: OpenSpan) -> None:
        if self._stacks.remove(span):
            self._sampler.release(span.id)
            if BESIDE in span.notes:
                self.together.ended(span, self._stacks.all())
        self.feed.drop(span)

    def _tell(self, span: OpenSpan) -> Report:
        """Make the report of a span that is over."""
        if span.end is not None:
            ended_at, lasted_s = span.date(span.ended_s), span.end.at_s - span.start.at_s
            if told := slept(span.started_at, ended_at, lasted_s):
                span.notes["slept"] = told
        summed, final = self.settler.settled(span)
        report = self._assembler.report(span, summed, final=final)
        self.together.told(span.id)
        report = self._hints.added_to(report, self._ledger, self.together.wholes)
        self._ledger.append(report)
        if not final:
            self.settler.add(span, summed.refine_until_s)
        elif self.settler.late(span):
            self.settler.announce(report)
        return report

"""One kernel's running instance: the wiring of all layers."""

from __future__ import annotations

import math
import os
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from green_notebook.accountant import Accountant
from green_notebook.adviser import Adviser
from green_notebook.asleep import slept
from green_notebook.assemble import Assembler
from green_notebook.baseline import Baseline
from green_notebook.chronicle import Chronicle
from green_notebook.clock import Clock
from green_notebook.diagnosis import Doctor
from green_notebook.feed import Feed, Subscriber
from green_notebook.grids import resolve
from green_notebook.hints import Hints
from green_notebook.host import Host
from green_notebook.ledger import Ledger
from green_notebook.model import Budget, Note, Progress, Report, Status
from green_notebook.model.summary import counted
from green_notebook.pending import EARLY, LATE, running
from green_notebook.sampler import Sampler
from green_notebook.settings import GreenNotebook
from green_notebook.settling import REFINE_S, Settler
from green_notebook.spans import CellInfo, OpenSpan, Stacks
from green_notebook.together import BESIDE, Together
from green_notebook.untold import Untold
from green_notebook.waiting import synchronise

if TYPE_CHECKING:
    from green_notebook.advice import AdviceMemory

# The settings that sensors are opened with.
OPTIONS = ("disabled_sensors", "plug", "node_meter")

# Those who look at the totals do so five times a second: of two ticks of the sampler, at one.
LOOK_S = 0.17


class Session:
    """Measures spans and keeps their reports. `kernel_session.current()` gives the kernel's own."""

    def __init__(
        self,
        settings: GreenNotebook | None = None,
        *,
        host: Host | None = None,
        clock: Clock | None = None,
        sampler: Sampler | None = None,
    ) -> None:
        self.settings = settings or GreenNotebook()
        self.host = host or Host.here()
        self.clock = clock or Clock()
        self.id = secrets.token_hex(8)
        self.sampler = sampler or Sampler(
            self.host, self.clock, {name: getattr(self.settings, name) for name in OPTIONS}
        )
        self.baseline = Baseline(self.host)
        self._ledger = Ledger()
        self.accountant = Accountant(self.sampler, self.baseline)
        self.assembler = Assembler(self.settings, self.host, self.id, secrets.token_bytes(16))
        self.assembler.labels = self.sampler.labels
        self.feed = Feed(self.accountant, self.assembler)
        self.chronicle = Chronicle(self.accountant, self.clock)
        self.settler = Settler(self.accountant, self.assembler, self._ledger, self.clock)
        self.together = Together(self.accountant, self.assembler)
        self.settler.listeners.append(self.together.refine)
        self.hints = Hints(self.settings, self.clock, self.together.wholes)
        self.untold = Untold(self._tell)
        self.adviser = Adviser(self.settings, self.host, self.sampler)
        self.pid = os.getpid()
        self._stacks = Stacks()
        self._closed = False
        self._was_busy = False
        self._looked_s = -math.inf
        self.sampler.listeners.append(self._tick)

    # Spans

    def begin(
        self,
        name: str | None = None,
        *,
        zone: str | None = None,
        pue: float | None = None,
        cell: CellInfo | None = None,
        budget: Budget | None = None,
        sync: bool | None = None,
        thread: bool = True,
    ) -> OpenSpan:
        """Start measuring; raises GreenNotebookError for a wrong option, before anything began."""
        if zone:
            resolve(zone)  # as it was said: a cloud region tells more than its zone
        if pue is not None:
            self.settings.checked_pue(pue)
        parent = self._stacks.top()
        self.sampler.open()
        if thread:
            self.sampler.start()
        self.sampler.busy += 1
        early = running()
        started_at = self.clock.wall()
        span = OpenSpan(
            os.urandom(8).hex(),
            name,
            self.sampler.mark(),
            started_at,
            parent.id if parent else None,
            cell,
            zone,
            pue,
            self.settings.sync if sync is None else sync,
            budget,
        )
        self._stacks.push(span)
        if BESIDE in span.notes:
            self.together.begun(self._stacks.all())
        self.settler.begun_s = span.start.at_s
        if early:
            span.notes["early"] = EARLY
        return span

    def end(self, span: OpenSpan, status: Status = "ok") -> Report:
        """Stop measuring; the report is provisional where a later counter step will sharpen it."""
        self.stop(span, status)
        self.untold.tell()
        return self._ledger.get(span.id) or self._tell(span)

    def stop(self, span: OpenSpan, status: Status = "ok") -> None:
        """Stop measuring: the last readings are taken, the report is made when somebody asks."""
        if span.end is None:
            problem = synchronise() if span.sync else None
            if problem:
                span.notes["sync"] = Note("gpu-sync", f"waiting for the GPU failed: {problem}")
            span.end = self.sampler.mark()
            span.late = None if span.sync else running()
            if span.late:
                span.notes["late"] = LATE
            span.ended_s = self.clock.epoch_s()
            span.status = status
            self._stacks.remove(span)
            self.together.ended(span, self._stacks.all())
            self.feed.drop(span)
            self.sampler.busy = max(0, self.sampler.busy - 1)
            self.untold.add(span)

    def _tell(self, span: OpenSpan) -> Report:
        """Make the report of a span that is over."""
        if span.end is not None:
            ended_at = datetime.fromtimestamp(span.ended_s, span.started_at.tzinfo)
            if told := slept(span.started_at, ended_at, span.end.at_s - span.start.at_s):
                span.notes["slept"] = told
        summed, final = self.settler.settled(span)
        report = self.assembler.report(span, summed, final=final)
        report = self.hints.added_to(report, self._ledger)
        self._ledger.append(report)
        if not final:
            self.settler.add(span)
        elif self.settler.late(span):
            self.settler.announce(report)
        return report

    def advise(
        self, span: OpenSpan, report: Report, namespace: Mapping[str, Any], outputs: Any = None
    ) -> Report:
        """The report with advice for the cell, from its source and the objects it left."""
        learnt = self.adviser.advised(span, report, namespace, outputs)
        # It may have become final meanwhile.
        now = self.ledger.get(report.id) or report
        advised = learnt.added_to(now)
        if advised is not now:
            self.ledger.append(advised)
        return advised

    def discard(self, span: OpenSpan) -> None:
        """Drop a span that came to nothing, such as one whose cell never ran."""
        if self._stacks.remove(span):
            self.sampler.busy = max(0, self.sampler.busy - 1)
            self.together.ended(span, self._stacks.all())
        self.feed.drop(span)

    def finalise(self, report_id: str, timeout_s: float = REFINE_S) -> Report | None:
        """The final report: waits at most ``timeout_s`` for the counter step after the end."""
        self.untold.tell()
        return self.settler.finalise(report_id, timeout_s)

    def progress(self, span: OpenSpan) -> Progress:
        """The state of a running span now."""
        return self.feed.state(span, self.sampler.usage.now())

    def innermost(self) -> OpenSpan | None:
        """The open span that the calling thread is in."""
        return self._stacks.top()

    def outermost(self) -> OpenSpan | None:
        """The open span that runs longest, of any thread."""
        return min(self._stacks.all(), key=lambda one: one.start.at_s, default=None)

    def subscribe(self, span: OpenSpan, callback: Subscriber) -> None:
        """Call back from the sampler's thread with the span's state, 5 times a second at first."""
        span.subscribers.append(callback)

    def on_final(self, callback: Callable[[Report], None]) -> None:
        """Call back with each report that was refined after its span's end."""
        self.settler.listeners.append(callback)

    @property
    def ledger(self) -> Ledger:
        """Where the reports are kept: those of all spans that are over."""
        self.untold.tell()
        return self._ledger

    @property
    def reports(self) -> list[Report]:
        """This session's reports, oldest first."""
        return list(self.ledger)

    @property
    def counted(self) -> list[Report]:
        """What a total adds up: nested reports once, and work measured side by side once."""
        return counted(self.ledger, self.together.wholes)

    @property
    def advice_memory(self) -> AdviceMemory:
        """What was said and dismissed, and the facts of the last cells."""
        return self.adviser.said

    def doctor(self) -> Doctor:
        """Every sensor: in use, or why not and what cures it."""
        self.sampler.open()
        self.sampler.open_slow()
        return Doctor(tuple(self.sampler.status()), tuple(self.settings.problems))

    # Behind the scenes

    def _tick(self, now_s: float) -> float | None:
        """From the sampler's thread; in how many seconds it is wanted again."""
        self.untold.tell(now_s - REFINE_S)
        self.settler.tick()
        spans = self._stacks.all()
        wait_s = self.feed.wait_s(spans, now_s)
        if bool(spans) is self._was_busy and now_s - self._looked_s < LOOK_S:
            return wait_s
        self._was_busy, self._looked_s = bool(spans), now_s
        usage = self.sampler.usage.now(edge=False)
        self.chronicle.tick(usage, busy=bool(spans))
        if spans:
            self.together.roll(usage)
            self.baseline.stir()
            self.feed.tick(spans, usage)
        else:
            self.baseline.rest(self.sampler, usage)
        return wait_s

    def use(self, settings: GreenNotebook) -> None:
        """Take other settings: those of a shell that loads the extension later."""
        self.settings = self.assembler.settings = self.hints.settings = settings
        self.adviser.settings = settings
        self.sampler.options.update({name: getattr(settings, name) for name in OPTIONS})

    @property
    def closed(self) -> bool:
        """Whether it measures no more."""
        return self._closed

    def close(self) -> None:
        """Finalise what is open and stop the thread; more than once does no harm."""
        if self._closed or os.getpid() != self.pid:
            return
        self._closed = True
        self.untold.tell()
        self.settler.flush()
        self.sampler.close()
        self.sampler.usage.close()
        self.assembler.worker.close(timeout_s=0.5)

    def forget(self) -> None:
        """After a fork: the child lets go of everything and measures nothing of the parent's."""
        self._closed = True
        self.sampler.forget()
        self.settler.clear()
        # Whatever lock the parent's thread held stays behind.
        self.untold = Untold(self._tell)

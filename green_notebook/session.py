"""One kernel's running instance: the wiring of all layers."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from green_notebook.accountant import Accountant
from green_notebook.adviser import Adviser
from green_notebook.assemble import Assembler
from green_notebook.baseline import Baseline
from green_notebook.chronicle import Chronicle
from green_notebook.clock import Clock
from green_notebook.diagnosis import Doctor, cpu_time
from green_notebook.feed import Subscriber
from green_notebook.grids import resolve
from green_notebook.hints import Hints
from green_notebook.host import Host
from green_notebook.ledger import Ledger
from green_notebook.model import Budget, Progress, Report, Status
from green_notebook.model.summary import counted
from green_notebook.pulse import Pulse
from green_notebook.recorder import Recorder
from green_notebook.sampler import Sampler
from green_notebook.settings import GreenNotebook
from green_notebook.settling import REFINE_S
from green_notebook.spans import CellInfo, OpenSpan

if TYPE_CHECKING:
    from green_notebook.advice import AdviceMemory


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
        self.sampler = sampler or Sampler(self.host, self.clock, self.settings.for_sensors())
        self.baseline = Baseline(self.host)
        self.accountant = Accountant(self.sampler, self.baseline)
        self.assembler = Assembler(self.settings, self.host, self.id, secrets.token_bytes(16))
        self.assembler.labels = self.sampler.labels
        self.chronicle = Chronicle(self.accountant, self.clock)
        self.hints = Hints(self.settings, self.clock, self.sampler.inventory)
        self.recorder = Recorder(self.accountant, self.assembler, self.hints)
        self.adviser = Adviser(self.settings, self.host, self.sampler)
        self.pid = os.getpid()
        self._closed = False
        self.sampler.listeners.append(
            Pulse(self.sampler, self.recorder, self.baseline, self.chronicle)
        )

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
        self.sampler.prepare(self.settings.for_sensors(), thread=thread)
        sync = self.settings.waits if sync is None else sync
        return self.recorder.begin(name, zone=zone, pue=pue, cell=cell, sync=sync, budget=budget)

    def end(self, span: OpenSpan, status: Status = "ok") -> Report:
        """Stop measuring; the report is provisional where a later counter step will sharpen it."""
        self.recorder.stop(span, status)
        return self.recorder.report(span)

    def stop(self, span: OpenSpan, status: Status = "ok") -> None:
        """Stop measuring: the last readings are taken, the report is made when somebody asks."""
        self.recorder.stop(span, status)

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
        self.recorder.discard(span)

    def finalise(self, report_id: str, timeout_s: float = REFINE_S) -> Report | None:
        """The final report: waits at most ``timeout_s`` for the counter step after the end."""
        return self.recorder.finalise(report_id, timeout_s)

    def progress(self, span: OpenSpan) -> Progress:
        """The state of a running span now."""
        return self.recorder.feed.state(span, self.sampler.usage.now())

    def innermost(self) -> OpenSpan | None:
        """The open span that the calling thread is in."""
        return self.recorder.innermost()

    def outermost(self) -> OpenSpan | None:
        """The open span that runs longest, of any thread."""
        return min(self.recorder.spans, key=lambda one: one.start.at_s, default=None)

    def subscribe(self, span: OpenSpan, callback: Subscriber) -> None:
        """Call back from the sampler's thread with the span's state, 5 times a second at first."""
        span.subscribers.append(callback)

    def on_final(self, callback: Callable[[Report], None]) -> None:
        """Call back with each report that was refined after its span's end."""
        self.recorder.settler.listeners.append(callback)

    @property
    def ledger(self) -> Ledger:
        """Where the reports are kept: those of all spans that are over."""
        return self.recorder.ledger

    @property
    def reports(self) -> list[Report]:
        """This session's reports, oldest first."""
        return list(self.ledger)

    @property
    def counted(self) -> list[Report]:
        """What a total adds up: nested reports once, and work measured side by side once."""
        return counted(self.ledger, self.recorder.together.wholes)

    @property
    def advice_memory(self) -> AdviceMemory:
        """What was said and dismissed, and the facts of the last cells."""
        return self.adviser.said

    def doctor(self) -> Doctor:
        """Every sensor: in use, or why not and what cures it."""
        self.reopen()
        self.sampler.open()
        self.sampler.open_slow()
        status = (*self.sampler.status(), *cpu_time(self.sampler.usage.group.folder))
        return Doctor(status, (*self.settings.problems, *self.recorder.problems))

    # Behind the scenes

    def use(self, settings: GreenNotebook) -> None:
        """Take other settings: those of a shell that loads the extension later."""
        self.settings = self.assembler.settings = self.hints.settings = settings
        self.adviser.settings = settings
        self.reopen()

    def reopen(self) -> None:
        """Take the sensors' settings as they are now: %config may have changed them."""
        self.sampler.reopen(self.settings.for_sensors())

    @property
    def closed(self) -> bool:
        """Whether it measures no more."""
        return self._closed

    def close(self) -> None:
        """Finalise what is open and stop the thread; more than once does no harm."""
        if self._closed or os.getpid() != self.pid:
            return
        self._closed = True
        self.recorder.close()
        self.sampler.close()
        self.sampler.usage.close()
        self.assembler.worker.close(timeout_s=0.5)

    def forget(self) -> None:
        """After a fork: the child lets go of everything and measures nothing of the parent's."""
        self._closed = True
        self.sampler.forget()
        self.recorder.forget()

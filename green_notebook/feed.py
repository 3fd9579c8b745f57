"""The live states of running spans, from the sampler's thread to whoever shows them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from green_notebook.accountant import Accountant
from green_notebook.assemble import Assembler, Circumstances
from green_notebook.guard import watch
from green_notebook.model import Progress
from green_notebook.spans import OpenSpan
from green_notebook.usage import Usage

# Five updates a second; the sampler's own period may round it up a little.
PERIOD_S = 0.2
# The grid of a running span is looked at anew after this time.
RENEW_S = 600.0


class Feed:
    """Rolls running spans up and tells their subscribers."""

    def __init__(self, accountant: Accountant, assembler: Assembler) -> None:
        self._accountant = accountant
        self._assembler = assembler
        self._around: dict[str, Circumstances] = {}
        self._told_s: dict[str, float] = {}
        self._renewed_s: dict[str, float] = {}

    def state(self, span: OpenSpan, usage: Usage) -> Progress:
        """The state of a running span at ``usage``."""
        around = self._around.get(span.id)
        if around is None:
            around = self._around[span.id] = self._assembler.circumstances(
                span.zone, span.pue, span.started_at, 0.0
            )
        return self._assembler.progress(span, self._accountant.sum(span, usage), around)

    def _renew(self, span: OpenSpan, usage: Usage) -> None:
        """Now and then anew: a live grid learns the hours of a long span while they pass."""
        if usage.at_s - self._renewed_s.setdefault(span.id, usage.at_s) >= RENEW_S:
            self._renewed_s[span.id] = usage.at_s
            passed_s = usage.at_s - span.start.at_s
            self._around[span.id] = self._assembler.circumstances(
                span.zone, span.pue, span.started_at, passed_s
            )

    def tick(self, spans: list[OpenSpan], usage: Usage) -> None:
        """One round over all open spans."""
        for span in spans:
            self._accountant.roll(span, usage)
            self._renew(span, usage)
            due = usage.at_s - self._told_s.get(span.id, 0.0) >= 0.9 * PERIOD_S
            if (span.subscribers or span.budget) and due and span.end is None:
                self._told_s[span.id] = usage.at_s
                state = watch(span, self.state(span, usage))
                for subscriber in tuple(span.subscribers):
                    with suppress(BaseException):
                        subscriber(state)

    def drop(self, span: OpenSpan) -> None:
        """Forget an ended span."""
        self._around.pop(span.id, None)
        self._told_s.pop(span.id, None)
        self._renewed_s.pop(span.id, None)


Subscriber = Callable[[Progress], None]

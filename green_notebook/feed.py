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

# Five updates a second while a span is young, then two; the sampler's own period may round it up
# a little. A state takes a millisecond or more: of a long span, whose figures move slowly, five a
# second would cost more than the measuring.
PERIOD_S = 0.2
YOUNG_S = 10.0
LATER_PERIOD_S = 0.5
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
            since_s = usage.at_s - self._told_s.get(span.id, 0.0)
            due = since_s >= 0.9 * _period_s(span, usage.at_s)
            if _followed(span) and due:
                self._told_s[span.id] = usage.at_s
                state = watch(span, self.state(span, usage))
                for subscriber in tuple(span.subscribers):
                    with suppress(BaseException):
                        subscriber(state)

    def wait_s(self, spans: list[OpenSpan], now_s: float) -> float | None:
        """How soon (s) somebody wants to be told; None where nobody does."""
        return min((_period_s(one, now_s) for one in spans if _followed(one)), default=None)

    def drop(self, span: OpenSpan) -> None:
        """Forget an ended span."""
        if not (self._around or self._renewed_s):
            return
        self._around.pop(span.id, None)
        self._told_s.pop(span.id, None)
        self._renewed_s.pop(span.id, None)


def _followed(span: OpenSpan) -> bool:
    return span.end is None and bool(span.subscribers or span.budget)


def _period_s(span: OpenSpan, now_s: float) -> float:
    return PERIOD_S if now_s - span.start.at_s < YOUNG_S else LATER_PERIOD_S


Subscriber = Callable[[Progress], None]

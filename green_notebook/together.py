"""Work measured side by side, once: what a total counts of spans that overlapped in time.

A process has one CPU time and a card one counter, so each of two spans that overlap without one
being the other's child holds the other's energy too. Their union is measured like a span: from
the first one's begin to the last one's end, by the same readings. Totals count that.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from green_notebook.accountant import Accountant
from green_notebook.assemble import Assembler
from green_notebook.ledger import LIMIT
from green_notebook.model import Report
from green_notebook.spans import BESIDE, OpenSpan
from green_notebook.usage import Usage


@dataclass(slots=True, eq=False)
class Group:
    """The union of spans that overlap, as a span, and the ids of these.

    ``until`` is the latest end of one; ``settled`` the one up to which nothing is to be learned.
    """

    span: OpenSpan
    members: set[str] = field(default_factory=set)
    until: Usage | None = None
    settled: Usage | None = None


class Together:
    """Told of every span's begin and end; ``wholes`` has a group's report by each member's id."""

    def __init__(self, accountant: Accountant, assembler: Assembler) -> None:
        self.wholes: dict[str, Report] = {}
        self._accountant = accountant
        self._assembler = assembler
        # One at a time: whatever overlaps an open member belongs to it too.
        self._open: Group | None = None
        # By each member's id, like the reports.
        self._groups: dict[str, Group] = {}

    def begun(self, spans: list[OpenSpan]) -> None:
        """``spans`` are open: those that say that they overlap belong together."""
        # No lock: of two threads that come here at once, each brings all the members.
        beside = [one for one in spans if BESIDE in one.notes]
        if not beside:
            return
        group = self._open
        if group is None:
            group = self._open = Group(_union(min(beside, key=lambda one: one.start.at_s)))
        for one in beside:
            group.members.add(one.id)
            self._groups[one.id] = group
        _shorten(self._groups)

    def ended(self, span: OpenSpan, still_open: list[OpenSpan]) -> None:
        """``span`` is over, or came to nothing; the last one's end is the group's."""
        if BESIDE not in span.notes:
            return
        # A task that outlives its parent is known to be none of its only now.
        self.begun([span, *still_open])
        group = self._open
        if group is None:
            return
        group.until = span.end or group.until
        if not any(one.id in group.members for one in still_open):
            group.span.end = group.until
            self._open = None

    def roll(self, now: Usage) -> None:
        """Fold what is long past; the sampler's thread calls this."""
        group = self._open
        if group is not None:
            self._accountant.roll(group.span, now)

    def told(self, span_id: str) -> None:
        """A member's report is made: so is the group's, as far as it is over."""
        group = self._groups.get(span_id)
        if group is None or group.until is None or group.settled is group.until:
            return
        until = group.until
        summed = self._accountant.sum(group.span, until)
        report = self._assembler.report(group.span, summed, final=summed.settled)
        for member in tuple(group.members):
            self.wholes[member] = report
        _shorten(self.wholes)
        if summed.settled:
            group.settled = until

    def refine(self, report: Report) -> None:
        """A member became final: so may the group's figure, where it was the last to end."""
        group = self._groups.get(report.id)
        if group is not None and group.span.end is not None:
            self.told(report.id)


def _shorten(kept: dict[str, Any]) -> None:
    """No more members are kept than reports."""
    while len(kept) > LIMIT:
        kept.pop(next(iter(kept)), None)


def _union(first: OpenSpan) -> OpenSpan:
    """A span that goes on from ``first``'s begin, with what is folded of it already."""
    return OpenSpan(
        secrets.token_hex(8),
        None,
        first.start,
        first.started_s,
        first.date,
        zone=first.zone,
        pue=first.pue,
        folded=first.folded,
        seam=first.seam,
    )

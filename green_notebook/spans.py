"""Measured work that is going on: one stack of open spans per thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from green_notebook.model import (
    Budget,
    Note,
    Progress,
    RunForecast,
    Status,
)
from green_notebook.tally import Tally
from green_notebook.usage import Usage

BESIDE = "side-by-side"
SIDE_BY_SIDE = "other measured work ran at the same time: this figure holds its energy too; totals count it once"


@dataclass(frozen=True, slots=True)
class CellInfo:
    """What the front end tells of a cell; ``source`` stays in the kernel."""

    source: str = ""
    execution_count: int | None = None
    notebook: str | None = None
    cell_id: str | None = None


@dataclass(slots=True, eq=False)
class OpenSpan:
    """A span between its two marks; give it back to the session to end it."""

    id: str
    name: str | None
    start: Usage
    # When it began, in seconds since 1970, and what makes a date of that: making one takes longer
    # than all readings of an edge, so it is made when somebody looks.
    started_s: float
    date: Callable[[float], datetime]
    parent_id: str | None = None
    cell: CellInfo | None = None
    zone: str | None = None
    pue: float | None = None
    sync: bool = False
    budget: Budget | None = None
    repeats: int | None = None
    end: Usage | None = None
    ended_s: float = 0.0
    status: Status = "ok"
    # Up to when its energy is folded into tallies, and these: replaced as one, since the sampler's
    # thread folds while the cell's thread may look.
    folded: tuple[Usage | None, dict[str, Tally]] = (None, {})
    seam: Usage | None = None
    notes: dict[str, Note] = field(default_factory=dict)
    subscribers: list[Callable[[Progress], None]] = field(default_factory=list)
    forecast: RunForecast | None = None
    thread: int = field(default_factory=threading.get_ident)
    trackers: int = 0
    stop_wanted_s: float | None = None
    interrupted: bool = False
    last: tuple[float, float] | None = None
    # Whether the GPU's work went on at the end; None where no framework could be asked.
    late: bool | None = None

    @property
    def started_at(self) -> datetime:
        """When it began."""
        return self.date(self.started_s)


class Stacks:
    """The open spans, a stack per thread, since ipykernel's subshells run cells side by side."""

    def __init__(self) -> None:
        self._stacks: dict[int, list[OpenSpan]] = {}
        self._alone: list[OpenSpan] = []

    def push(self, span: OpenSpan) -> None:
        """Open a span in the calling thread."""
        own = self._stacks.setdefault(span.thread, [])
        # Before it looks for others: of two that open at once, one at least sees both.
        own.append(span)
        if len(self._stacks) > 1 or self._alone:
            for one in self.all():
                if one not in own:
                    side_by_side(one, span)

    def top(self) -> OpenSpan | None:
        """The innermost open span of the calling thread."""
        stack = self._stacks.get(threading.get_ident())
        return stack[-1] if stack else None

    def remove(self, span: OpenSpan) -> bool:
        """Close a span; those opened inside it that go on (tasks of asyncio) are no longer its."""
        own = self._stacks.get(span.thread)
        if own and own[-1] is span:
            own.pop()
            if not own:
                del self._stacks[span.thread]
            return True
        if span in self._alone:
            self._alone.remove(span)
            return True
        for ident, stack in list(self._stacks.items()):
            if span in stack:
                at = stack.index(span)
                for one in stack[at + 1 :]:
                    one.parent_id = span.parent_id
                    self._alone.append(one)
                    side_by_side(span, one)
                del stack[at:]
                if not stack:
                    del self._stacks[ident]
                return True
        return False

    def all(self) -> list[OpenSpan]:
        """Every open span."""
        stacked = [span for stack in list(self._stacks.values()) for span in tuple(stack)]
        return stacked + self._alone


def side_by_side(first: OpenSpan, second: OpenSpan) -> None:
    """Say in both that each figure holds the other's work too: one process has one CPU time."""
    for span in (first, second):
        span.notes[BESIDE] = Note(BESIDE, SIDE_BY_SIDE)

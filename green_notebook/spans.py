"""Measured work that is going on: one stack of open spans per thread.

A span that lasts rolls its energy up every few seconds, so that memory and the cost of a look at
it stay the same after a day as after a second.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from green_notebook.attribution import Attributed, Share, attribute, attribute_model, less
from green_notebook.baseline import Baseline
from green_notebook.model import (
    Basis,
    Budget,
    Component,
    Energy,
    Load,
    Note,
    Progress,
    Quantity,
    RunForecast,
    Status,
    total,
)
from green_notebook.model.readings import SensorSpec, Trace
from green_notebook.sampler import Sampler
from green_notebook.traces import energy_between
from green_notebook.usage import Usage

ROLL_S = 10.0


@dataclass(frozen=True, slots=True)
class CellInfo:
    """What the front end tells of a cell; ``source`` stays in the kernel."""

    source: str = ""
    execution_count: int | None = None
    notebook: str | None = None
    cell_id: str | None = None


@dataclass(slots=True)
class Tally:
    """What one source has come to so far: machine, kernel, active and idle joules."""

    spec: SensorSpec
    machine: Quantity | None = None
    kernel: Quantity | None = None
    active: Quantity | None = None
    idle: Quantity | None = None
    divided: bool = True
    known_s: float = 0.0
    gap_s: float = 0.0
    component: str = ""

    def missing(self, gap_s: float) -> Tally:
        """This tally and a time of which nothing is known."""
        return replace(self, gap_s=self.gap_s + gap_s) if gap_s > 0 else self

    def plus(self, more: Attributed, known_s: float) -> Tally:
        """This tally and one piece more, of ``known_s`` seconds."""
        return replace(
            self,
            machine=_add(self.machine, more.component.machine),
            kernel=_add(self.kernel, more.component.kernel),
            active=_add(self.active, more.active),
            idle=_add(self.idle, more.idle),
            divided=self.divided and more.active is not None,
            known_s=self.known_s + known_s,
            component=more.component.component,
        )

    def filled(self, quantity: Quantity) -> Quantity:
        """The quantity over gaps too: as much again per second there, give or take all of it."""
        if not self.gap_s or not self.known_s:
            return quantity
        extra = quantity.value * self.gap_s / self.known_s
        return Quantity(
            quantity.value + extra,
            quantity.low,
            quantity.high + 2 * extra,
            quantity.unit,
            Basis.weakest((quantity.basis, Basis.MODELLED)),
            quantity.random,
        )


@dataclass(frozen=True, slots=True)
class Sum:
    """The energy of a span or of its part so far, with the notes that came up."""

    energy: Energy
    notes: tuple[Note, ...]
    settled: bool
    load: Load


@dataclass(slots=True, eq=False)
class OpenSpan:
    """A span between its two marks; give it back to the session to end it."""

    id: str
    name: str | None
    start: Usage
    started_at: datetime
    parent_id: str | None = None
    cell: CellInfo | None = None
    zone: str | None = None
    pue: float | None = None
    budget: Budget | None = None
    repeats: int | None = None
    end: Usage | None = None
    status: Status = "ok"
    rolled: Usage | None = None
    tallies: dict[str, Tally] = field(default_factory=dict)
    notes: dict[str, Note] = field(default_factory=dict)
    power_history: list[tuple[float, float]] = field(default_factory=list)
    subscribers: list[Callable[[Progress], None]] = field(default_factory=list)
    forecast: RunForecast | None = None
    thread: int = field(default_factory=threading.get_ident)
    trackers: int = 0
    stop_wanted_s: float | None = None
    interrupted: bool = False
    last: tuple[float, float] | None = None
    facts: dict[str, Any] = field(default_factory=dict)


class Stacks:
    """The open spans, a stack per thread, since ipykernel's subshells run cells side by side."""

    def __init__(self) -> None:
        self._stacks: dict[int, list[OpenSpan]] = {}

    def push(self, span: OpenSpan) -> None:
        """Open a span in the calling thread."""
        self._stacks.setdefault(threading.get_ident(), []).append(span)

    def top(self) -> OpenSpan | None:
        """The innermost open span of the calling thread."""
        stack = self._stacks.get(threading.get_ident())
        return stack[-1] if stack else None

    def remove(self, span: OpenSpan) -> bool:
        """Close a span, and forget those opened inside it that nobody closed."""
        for ident, stack in tuple(self._stacks.items()):
            if span in stack:
                del stack[stack.index(span) :]
                if not stack:
                    del self._stacks[ident]
                return True
        return False

    def all(self) -> list[OpenSpan]:
        """Every open span."""
        return [span for stack in tuple(self._stacks.values()) for span in tuple(stack)]


class Accountant:
    """Adds up what open spans took, from the sampler's traces."""

    def __init__(self, sampler: Sampler, baseline: Baseline) -> None:
        self.sampler = sampler
        self.baseline = baseline

    def roll(self, span: OpenSpan, now: Usage) -> None:
        """Fold what is older than ``ROLL_S`` into the span's tallies; the sampler calls this."""
        begun = span.rolled or span.start
        if now.at_s - begun.at_s < ROLL_S or span.end is not None:
            return
        tallies, notes, _ = self._piece(begun, now, span.tallies)
        span.tallies = tallies
        span.notes.update({note.text: note for note in notes})
        span.rolled = now

    def sum(self, span: OpenSpan, until: Usage) -> Sum:
        """The span's energy from its start to ``until``; changes nothing."""
        tallies, notes, settled = self._piece(span.rolled or span.start, until, span.tallies)
        known = {**span.notes, **{note.text: note for note in notes}}
        load = self.sampler.usage.load(span.start, until)
        return Sum(_energy(tallies), tuple(known.values()), settled, load)

    def between(self, start: Usage, end: Usage) -> Quantity:
        """This kernel's energy (J) between two marks."""
        return _energy(self._piece(start, end, {})[0]).kernel

    def _piece(
        self, start: Usage, end: Usage, tallies: dict[str, Tally]
    ) -> tuple[dict[str, Tally], list[Note], bool]:
        load = self.sampler.usage.load(start, end)
        result = dict(tallies)
        notes: list[Note] = []
        settled = True
        chips_j = 0.0
        # A meter of the whole comes last: what the parts took is taken off it.
        for trace in sorted(self.sampler.traces.values(), key=_is_whole):
            tally = result.get(trace.spec.id, Tally(trace.spec))
            # A slow sensor may have joined after the start: what came before is a gap.
            first_s = trace.readings[0].at_s if trace.readings else end.at_s
            begin_s = min(max(start.at_s, first_s), end.at_s)
            measured = energy_between(trace, begin_s, end.at_s)
            # The reader knows parts, not traces: each note says whose it is.
            notes.extend(
                Note(one.code, f"{trace.spec.component}: {one.text}") for one in measured.notes
            )
            settled = settled and measured.settled
            if measured.quantity is None:
                result[trace.spec.id] = tally.missing(end.at_s - start.at_s)
                continue
            piece = self._attribute(trace, measured.quantity, load, chips_j)
            notes.extend(piece.notes)
            chips_j += piece.component.machine.value
            known_s = end.at_s - begin_s
            result[trace.spec.id] = tally.missing(begin_s - start.at_s).plus(piece, known_s)
        # The rest of the machine is a part of what the others took: it comes last.
        models = sorted(
            self.sampler.choice.models, key=lambda model: model.spec.component == "rest"
        )
        for model in models:
            piece = attribute_model(model, load, chips_j)
            notes.extend(piece.notes)
            chips_j += piece.component.machine.value
            spec = model.spec
            result[spec.id] = result.get(spec.id, Tally(spec)).plus(piece, load.duration_s)
        return result, notes, settled

    def _attribute(self, trace: Trace, machine: Quantity, load: Load, parts_j: float) -> Attributed:
        power = self.baseline.power_w(trace.spec)
        idle = None if power is None else power.scaled(load.duration_s, "J")
        spec = trace.spec
        if _is_whole(trace) and parts_j > 0:
            spec = replace(spec, component="rest")
            # Its idle draw holds the parts' idle draw: only the whole's is known.
            machine, idle = less(machine, parts_j), None
        return attribute(spec, machine, idle, Share.of_cpu(load))


def _is_whole(trace: Trace) -> bool:
    return trace.spec.component == "node"


def _add(first: Quantity | None, second: Quantity | None) -> Quantity | None:
    if first is None or second is None:
        return second if first is None else first
    return total([("", first), ("", second)])


def _energy(tallies: dict[str, Tally]) -> Energy:
    """The sum of the tallies: one source's systematic error is shared, others' are apart."""
    whole = [tally for tally in tallies.values() if tally.kernel and tally.machine]
    components = tuple(
        Component(
            one.component or one.spec.component,
            one.spec.id,
            one.filled(one.kernel),
            one.filled(one.machine),
        )
        for one in whole
        if one.kernel and one.machine
    )
    divided = bool(whole) and all(one.divided and one.active and one.idle for one in whole)
    return Energy(
        total((one.sensor, one.kernel) for one in components),
        total((one.sensor, one.machine) for one in components),
        components,
        total((one.spec.id, one.filled(one.active)) for one in whole if one.active)
        if divided
        else None,
        total((one.spec.id, one.filled(one.idle)) for one in whole if one.idle)
        if divided
        else None,
    )

"""Adds up what open spans took, from the sampler's traces and models."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

from green_notebook.attribution import (
    Attributed,
    Share,
    attribute,
    attribute_model,
    less,
)
from green_notebook.baseline import Baseline
from green_notebook.cards import attribute_card
from green_notebook.model import Basis, Energy, Load, Note, Quantity, Trace
from green_notebook.rest_share import RestOver
from green_notebook.sampler import Sampler
from green_notebook.selection import part
from green_notebook.sensors import Broken, Model
from green_notebook.spans import OpenSpan
from green_notebook.tally import Tally, energy_of
from green_notebook.traces import HISTORY_S, REFINE_S
from green_notebook.usage import Usage

# What is older than this is folded into a span's tallies, so that a look at a span of a day costs
# what one at a span of a second does.
ROLL_S = 10.0
# Two pieces meet without loss where both know the counter's steps on either side of the seam.
SEAM_S = HISTORY_S + 0.3

# Spans side by side are folded each for itself.
FOLDS = 16

# A sensor that missed more than this part of a span is said.
LATE_PART = 0.1

UNKNOWN = Note("energy-unknown", "no sensor could be read: the energy is not zero, but unknown")


@dataclass(frozen=True, slots=True)
class Sum:
    """The energy of a span or of its part so far, with the notes that came up.

    Where it is not ``settled``, readings until ``refine_until_s`` (monotonic) would sharpen it.
    """

    energy: Energy
    notes: tuple[Note, ...]
    settled: bool
    load: Load
    refine_until_s: float | None = None


@dataclass(frozen=True, slots=True)
class Fold:
    """A piece of a running span that was added up for good: this kernel's mean power (W) in it.

    None where nothing could be read: a gap, not 0 W.
    """

    start: Usage
    end: Usage
    power_w: float | None


@dataclass(slots=True)
class _Piece:
    """A piece of a span that is being added up: tallies, notes, and what all chips took so far."""

    start: Usage
    end: Usage
    load: Load
    tallies: dict[str, Tally]
    notes: list[Note] = field(default_factory=list)
    waits_s: list[float] = field(default_factory=list)
    chips_j: float = 0.0
    idle_j: float = 0.0

    def add(self, tally: Tally, found: Attributed, known_s: float) -> None:
        """One source's energy over ``known_s`` seconds."""
        self.notes.extend(found.notes)
        self.chips_j += found.component.machine.value
        self.idle_j += found.idle_j
        self.tallies[tally.spec.id] = tally.plus(found, known_s)

    def model(self, model: Model) -> None:
        """What a model says of this piece."""
        spec = model.spec
        tally = self.tallies.get(spec.id, Tally(spec))
        source = RestOver(model, self.idle_j) if spec.component == "rest" else model
        try:
            found = attribute_model(source, self.load, self.chips_j)
        except Exception as error:  # noqa: BLE001 - a model may be another package's
            # What others' errors say may name the user's files or keys: it stays out of reports.
            why = str(error) if isinstance(error, Broken) else type(error).__name__
            text = f"{spec.component}: {spec.id} failed ({why})"
            self.notes.append(Note("model-failed", text))
            self.tallies[spec.id] = tally.missing(self.load.duration_s)
            return
        self.add(tally, found, self.load.duration_s)


class Accountant:
    """Adds up what open spans took, from the sampler's traces."""

    def __init__(self, sampler: Sampler, baseline: Baseline) -> None:
        self.sampler = sampler
        self.baseline = baseline
        # The latest ones, of whatever spans are open.
        self.folds: deque[Fold] = deque(maxlen=FOLDS)

    def roll(self, span: OpenSpan, now: Usage) -> None:
        """Fold what is older than ``ROLL_S`` into the span's tallies; the sampler calls this."""
        begun, folded = span.folded[0] or span.start, span.folded[1]
        if span.end is not None:
            return
        if span.seam is None:
            if now.at_s - begun.at_s >= ROLL_S:
                span.seam = now
            return
        if now.at_s - span.seam.at_s < SEAM_S:
            return
        seam = span.seam
        tallies, notes, _ = self._piece(begun, seam, folded)
        span.notes.update({note.text: note for note in notes})
        span.folded, span.seam = (seam, tallies), None
        power_w = None
        if _known_s(tallies) > _known_s(folded):
            gained_j = energy_of(tallies).kernel.value - energy_of(folded).kernel.value
            power_w = max(0.0, gained_j) / (seam.at_s - begun.at_s)
        self.folds.append(Fold(begun, seam, power_w))

    def sum(self, span: OpenSpan, until: Usage) -> Sum:
        """The span's energy from its start to ``until``; changes nothing."""
        rolled, folded = span.folded
        tallies, notes, refine_until_s = self._piece(rolled or span.start, until, folded)
        known = {**span.notes, **{note.text: note for note in notes}}
        load = self.sampler.usage.load(span.start, until)
        energy = energy_of(tallies)
        if not energy.components and energy.machine.basis is Basis.ASSUMED:
            known[UNKNOWN.text] = UNKNOWN
        settled = refine_until_s is None
        return Sum(energy, tuple(known.values()), settled, load, refine_until_s)

    def between(self, start: Usage, end: Usage) -> Quantity:
        """This kernel's energy (J) between two marks."""
        return energy_of(self._piece(start, end, {})[0]).kernel

    def known_between(self, start: Usage, end: Usage) -> Quantity | None:
        """The same, or None where no source told anything."""
        tallies = self._piece(start, end, {})[0]
        return energy_of(tallies).kernel if _known_s(tallies) else None

    def _piece(
        self, start: Usage, end: Usage, tallies: dict[str, Tally]
    ) -> tuple[dict[str, Tally], list[Note], float | None]:
        piece = _Piece(start, end, self.sampler.usage.load(start, end), dict(tallies))
        # A meter of the whole comes last: what the parts took is taken off it.
        for trace in sorted(self.sampler.traces.values(), key=_is_whole):
            self._measured(piece, trace)
        # The rest of the machine is a part of what the others took: it comes last.
        models = self.sampler.choice.models
        for model in sorted(models, key=lambda model: model.spec.component == "rest"):
            piece.model(model)
        return piece.tallies, piece.notes, max(piece.waits_s, default=None)

    def _measured(self, piece: _Piece, trace: Trace) -> None:
        """What a sensor measured in this piece of a span, and the kernel's part of it."""
        start, end, spec = piece.start, piece.end, trace.spec
        tally = piece.tallies.get(spec.id, Tally(spec))
        # A slow sensor may have joined after the start: what came before is a gap.
        first_s = trace.readings[0].at_s if trace.readings else end.at_s
        begin_s = min(max(start.at_s, first_s), end.at_s)
        late_s = begin_s - start.at_s
        if late_s > LATE_PART * (end.at_s - start.at_s):
            text = f"{spec.component}: {spec.id} joined {late_s:.2g} s after the start"
            piece.notes.append(Note("joined-late", text))
        measured = self.sampler.energy(trace, begin_s, end.at_s)
        # The reader knows parts, not traces: each note says whose it is.
        piece.notes.extend(
            Note(one.code, f"{spec.component}: {one.text}") for one in measured.notes
        )
        if not measured.settled:
            piece.waits_s.append(measured.refine_until_s or end.at_s + REFINE_S)
        if measured.quantity is None:
            piece.tallies[spec.id] = tally.missing(end.at_s - start.at_s)
            return
        if part(spec.component) == "gpu":
            found, looked = self._attribute_gpu(trace, measured.quantity, (start, end))
            if not looked:
                # Whose the card was is looked at right after an edge.
                piece.waits_s.append(end.at_s)
        else:
            found = self._attribute(trace, measured.quantity, piece.load, piece.chips_j)
        piece.add(tally.missing(late_s), found, end.at_s - begin_s)

    def _attribute_gpu(
        self, trace: Trace, machine: Quantity, edges: tuple[Usage, Usage]
    ) -> tuple[Attributed, bool]:
        """The kernel's part of one card, and whether somebody looked since the span's end."""
        start_s, end_s = edges[0].at_s, edges[1].at_s
        use = self.sampler.gpus.part(trace.spec.id, start_s, end_s)
        power = self.baseline.power_w(trace.spec)
        idle = None if power is None else power.scaled(end_s - start_s, "J")
        return attribute_card(trace.spec, machine, idle, use), use.looked

    def _attribute(self, trace: Trace, machine: Quantity, load: Load, parts_j: float) -> Attributed:
        power = self.baseline.power_w(trace.spec)
        idle = None if power is None else power.scaled(load.duration_s, "J")
        spec = trace.spec
        if _is_whole(trace) and parts_j > 0:
            spec = replace(spec, component="rest")
            # Its idle draw holds the parts' idle draw: only the whole's is known.
            machine, idle = less(machine, parts_j), None
        return attribute(spec, machine, idle, Share.of_cpu(load))


def _known_s(tallies: dict[str, Tally]) -> float:
    """The seconds of which something is known, over all sources."""
    return sum(one.known_s for one in tallies.values())


def _is_whole(trace: Trace) -> bool:
    return trace.spec.component == "node"

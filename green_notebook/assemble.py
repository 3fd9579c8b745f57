"""A report put together from a span's energy: place, intensity, footprint, comparisons."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from green_notebook._version import __version__
from green_notebook.account import footprint, operational, overheads, pue_of
from green_notebook.accountant import Sum
from green_notebook.data import DATA_VERSION
from green_notebook.equivalences import Comparator, changed_at, equivalences, own_comparators
from green_notebook.errors import GreenNotebookError
from green_notebook.grids import WORLD, Grid, grid
from green_notebook.host import Host
from green_notebook.meter_cost import MeterEnergy
from green_notebook.model import (
    Component,
    Energy,
    Equivalence,
    Footprint,
    Intensity,
    Load,
    MeterCost,
    Note,
    Place,
    Progress,
    Quantity,
    Report,
)
from green_notebook.place import knowledge, learn, locate
from green_notebook.settings import GreenNotebook
from green_notebook.spans import OpenSpan
from green_notebook.worker import Worker

COMPARISONS = 3
INTEGRATED = ("gpu:jetson", "gpu:apple")
LIVE_COMPARISONS = 2
# A span in which others made more than this part of the load says so.
OTHERS_WORTH_A_NOTE = 0.1
# In a cell that sleeps the odd timer of others is all the load there is: less than this part of one
# CPU is nobody's business.
OTHERS_IDLE = 0.05


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What turns joules into grams here and now."""

    place: Place
    intensity: Intensity
    pue: Quantity
    notes: tuple[Note, ...] = ()


class Assembler:
    """Makes reports and live states; holds nothing but what the whole session shares."""

    def __init__(self, settings: GreenNotebook, host: Host, session_id: str, salt: bytes) -> None:
        self.settings = settings
        self.host = host
        self.session_id = session_id
        self._salt = salt
        self._meter_energy = MeterEnergy(host)
        # What the sensors' hardware is called, by the sensor's id.
        self.labels: dict[str, str] = {}
        # A grid in the place of the one that the settings name, for tests.
        self.grid: Grid | None = None
        self._places: dict[tuple[Any, ...], Place] = {}
        self._own: dict[str, tuple[tuple[Comparator, ...], Note | None]] = {}
        # For what only a network knows, where a setting allows it; no thread before its first job.
        self.worker = Worker()

    def circumstances(
        self, zone: str | None, pue: float | None, at: datetime, duration_s: float
    ) -> Circumstances:
        """Place, intensity and PUE; a wrong setting or a grid that fails is noted, never raised."""
        notes: list[Note] = []
        try:
            place = self._place(zone)
        except GreenNotebookError as error:
            notes.append(Note("zone-wrong", f"{error}; the world's average grid is used"))
            place = Place(WORLD, f"unknown: {self.settings.zone!r} is no zone", "low", "World")
        try:
            source = self.grid or grid(self.settings.grid, self.settings, self.worker.submit)
            intensity = source.intensity(place.zone, at, duration_s)
            problem = getattr(source, "problem", None)
            if problem:
                notes.append(Note("grid-fallback", str(problem)))
        except Exception as error:  # noqa: BLE001 - a grid may be another package's
            # What others' errors say may name addresses, keys or paths: it stays out of reports.
            said = isinstance(error, GreenNotebookError)
            text = str(error) if said else f"the grid failed ({type(error).__name__})"
            notes.append(Note("grid-fallback", f"{text}; the annual value is used"))
            intensity = grid("annual").intensity(place.zone, at, duration_s)
        try:
            overhead = pue_of(place, self.settings.checked_pue(pue))
        except GreenNotebookError as error:
            notes.append(Note("pue-wrong", f"{error}; the place's own is used"))
            overhead = pue_of(place)
        return Circumstances(place, intensity, overhead, tuple(notes))

    def _place(self, zone: str | None) -> Place:
        """Where we are does not change while the settings stay the same."""
        settings = self.settings
        if settings.detect_cloud or settings.locate_by_ip:
            learn(settings, self.host, self.worker.submit)
        key = (zone, settings.zone, settings.detect_cloud, settings.locate_by_ip, knowledge())
        if key not in self._places:
            self._places[key] = locate(settings, self.host, zone)
        return self._places[key]

    def report(self, span: OpenSpan, summed: Sum, *, final: bool) -> Report:
        """The report of a span that has ended."""
        load = summed.load
        around = self.circumstances(span.zone, span.pue, span.started_at, load.duration_s)
        energy = summed.energy
        emitted = self._footprint(energy, around, load)
        told = self._comparators()[1]
        cell = span.cell
        return Report(
            id=span.id,
            session_id=self.session_id,
            started_at=span.started_at.isoformat(timespec="milliseconds"),
            duration_s=load.duration_s,
            status=span.status,
            state="final" if final else "provisional",
            energy=energy,
            place=around.place,
            intensity=around.intensity,
            pue=around.pue,
            footprint=emitted,
            meter=self._meter(span, energy, load),
            equivalences=self._compare(energy.kernel, emitted.co2e, around, COMPARISONS),
            notes=(
                *summed.notes,
                *around.notes,
                *_load_notes(load),
                *((told,) if told else ()),
            ),
            name=span.name,
            parent_id=span.parent_id,
            cell_key=self._key(cell.source) if cell and cell.source else None,
            notebook_key=self._key(cell.notebook) if cell and cell.notebook else None,
            execution_count=cell.execution_count if cell else None,
            repeats=span.repeats,
            version=__version__,
            data_version=DATA_VERSION,
        )

    def final(
        self, span: OpenSpan, summed: Sum, before: Report | None, silent: tuple[str, ...] = ()
    ) -> Report:
        """The final report, which keeps the advice and the hints of the provisional one.

        Notes of the codes ``silent`` are kept only where the provisional one has them.
        """
        report = self.report(span, summed, final=True)
        if before is None:
            return report
        known = {note.code for note in report.notes}
        kept = tuple(note for note in before.notes if note.code not in known)
        # What the first one left out, being said before, stays out.
        said = {note.code for note in before.notes}
        notes = tuple(one for one in report.notes if one.code in said or one.code not in silent)
        report = replace(report, notes=notes, remote=before.remote)
        return report.with_advice(before.advice, kept)

    def progress(self, span: OpenSpan, summed: Sum, around: Circumstances) -> Progress:
        """The state of a running span; ``span.last`` is kept for the power since then."""
        load, energy = summed.load, summed.energy
        now = (load.duration_s, energy.kernel.value)
        then = span.last or (0.0, 0.0)
        span.last = now
        elapsed = now[0] - then[0]
        power_w = max(0.0, (now[1] - then[1]) / elapsed) if elapsed > 0 else None
        parts = tuple(
            (_live_name(one), one.kernel.value / load.duration_s if load.duration_s else 0.0)
            for one in energy.components
        )
        co2e = self._footprint(energy, around, load).co2e
        return Progress(
            span.id,
            load.duration_s,
            power_w,
            parts,
            energy.kernel,
            co2e,
            self._compare(energy.kernel, co2e, around, LIVE_COMPARISONS),
            span.name,
            span.forecast,
            span.budget,
        )

    def grams(self, energy: Quantity, span: OpenSpan | None = None) -> Quantity:
        """The operational CO2e (g) of an energy (J) here and now, or where ``span`` is."""
        around = self._here(span)
        return operational(energy, around.pue, around.intensity)

    def _here(self, span: OpenSpan | None) -> Circumstances:
        zone, pue = (span.zone, span.pue) if span else (None, None)
        return self.circumstances(zone, pue, datetime.now().astimezone(), 0.0)

    def _footprint(self, energy: Energy, around: Circumstances, load: Load) -> Footprint:
        gpus = tuple(
            self.labels.get(one.sensor, "")
            for one in energy.components
            if one.component.startswith("gpu")
            and one.kernel.value > 0
            # A GPU that is part of the processor was made with it.
            and not one.component.startswith(INTEGRATED)
        )
        extra = overheads(self.settings, energy, around.place, around.pue, self.host, load, gpus)
        return footprint(energy, around.intensity, around.pue, *extra)

    def _compare(
        self, energy: Quantity, co2e: Quantity, around: Circumstances, limit: int
    ) -> tuple[Equivalence, ...]:
        own = self._comparators()[0]
        return equivalences(energy, co2e, around.place, around.intensity, limit, own)

    def _comparators(self) -> tuple[tuple[Comparator, ...], Note | None]:
        """The comparisons of the user's own file, read when it changes, or the note why there are none."""
        path = self.settings.comparisons
        key = f"{path}@{changed_at(path)}" if path else ""
        if key not in self._own:
            try:
                self._own[key] = (own_comparators(path), None)
            except GreenNotebookError as error:
                self._own[key] = ((), Note("comparisons", str(error)))
        return self._own[key]

    def _meter(self, span: OpenSpan, energy: Energy, load: Load) -> MeterCost:
        meter_s = (span.end or span.start).meter_s - span.start.meter_s
        return self._meter_energy.cost(meter_s, energy, load)

    def _key(self, text: str) -> str:
        """A salted hash: the same cell is known again, its text is not."""
        return hashlib.blake2b(text.encode(), key=self._salt, digest_size=8).hexdigest()


def _live_name(one: Component) -> str:
    """A component as the live view calls it: a meter of the whole is no share of a server."""
    metered = one.component == "node" and "model" not in one.sensor
    return "metered" if metered else one.component


def _load_notes(load: Load) -> tuple[Note, ...]:
    return (*_shared(load), *_others(load), *_left(load))


def _shared(load: Load) -> tuple[Note, ...]:
    if load.exclusive:
        return ()
    how = f"{load.quota:.0%} of it" if load.quota < 1.0 else "your share of the work"
    text = f"this machine is shared with others: its idle draw counts for you by {how}"
    return (Note("shared-machine", text),)


def _left(load: Load) -> tuple[Note, ...]:
    if not load.left_cpu_s:
        return ()
    text = f"{load.left_cpu_s:.1f} CPU seconds are those of processes that left this kernel's tree"
    return (Note("left-tree", f"{text}: its control group is its own, and they are in it"),)


def _others(load: Load) -> tuple[Note, ...]:
    """Said where the evidence holds up: the least that others can have done, ticks considered."""
    least_s = load.machine_cpu_s - load.kernel_cpu_s - load.machine_cpu_error_s
    enough_s = max(
        OTHERS_WORTH_A_NOTE * (load.kernel_cpu_s + least_s), OTHERS_IDLE * load.duration_s
    )
    if least_s <= 0 or least_s < enough_s:
        return ()
    part = 1 - load.kernel_share
    text = f"other processes made about {part:.0%} of this machine's load meanwhile"
    return (Note("others-busy", text),)

"""A summary of a session, for the report, its charts and its file."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING

from green_notebook.account import by_boundary, operational
from green_notebook.data import ATTRIBUTION
from green_notebook.equivalences import equivalences
from green_notebook.errors import GreenNotebookError
from green_notebook.grids import grid, resolve
from green_notebook.model import Quantity, Report, total
from green_notebook.model.summary import Summary, counted

if TYPE_CHECKING:
    from green_notebook.session import Session

# Grids from nearly all hydro and nuclear power to nearly all coal; the world between them.
ELSEWHERE = ("SE", "FR", "GB", "US", "DE", "WORLD", "IN", "PL", "ZA")
COMPARISONS = 5


def summarise(session: Session, title: str = "Footprint of this session") -> Summary:
    """The summary of all that a session measured; raises GreenNotebookError where that is nothing."""
    reports, whole = counted(session.reports), session.counted
    if not reports:
        raise GreenNotebookError("nothing was measured yet: begin a cell with %%carbon")
    energy = total((one.cause, one.kernel) for report in whole for one in report.energy.components)
    sums = by_boundary(whole)
    last = reports[-1]
    grams = next(iter(sums.values())) if len(sums) == 1 else last.footprint.co2e
    measure = energy if len(sums) == 1 else last.energy.kernel
    elsewhere = _elsewhere(last, energy)
    return Summary(
        title,
        tuple(reports),
        energy,
        tuple(sums.items()),
        sum(one.duration_s for one in whole),
        _components(whole),
        equivalences(measure, grams, last.place, last.intensity, COMPARISONS),
        elsewhere,
        tuple(dict.fromkeys([*(one.intensity.source for one in reports), ATTRIBUTION])),
        tuple((zone, resolve(zone).name) for zone, _ in elsewhere),
    )


def _components(reports: list[Report]) -> tuple[tuple[str, Quantity], ...]:
    parts: dict[str, list[tuple[str, Quantity]]] = defaultdict(list)
    for report in reports:
        for one in report.energy.components:
            parts[one.component].append((one.sensor, one.kernel))
    sums = {component: total(listed) for component, listed in parts.items()}
    return tuple(sorted(sums.items(), key=lambda pair: -pair[1].value))


def _elsewhere(last: Report, energy: Quantity) -> tuple[tuple[str, Quantity], ...]:
    """The same energy's operation in other places, at the same PUE and by the annual table."""
    table = grid("annual")
    found: list[tuple[str, Quantity]] = []
    at = datetime.fromisoformat(last.started_at)
    for zone in dict.fromkeys([last.place.zone, *ELSEWHERE]):
        intensity = table.intensity(zone, at, 0.0)
        # Boundaries are never set side by side: the user's own decides.
        if zone == last.place.zone or intensity.boundary == last.intensity.boundary:
            found.append((zone, operational(energy, last.pue, intensity)))
    return tuple(sorted(found, key=lambda pair: pair[1].value))

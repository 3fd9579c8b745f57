"""A page over many reports: totals that count nothing twice and mix no boundaries."""

from __future__ import annotations

from dataclasses import dataclass

from green_notebook.model.energy import Equivalence
from green_notebook.model.quantity import Quantity
from green_notebook.model.report import Report


@dataclass(frozen=True, slots=True)
class Summary:
    """``reports`` are the outermost, oldest first; ``co2e`` has one total for each boundary.

    ``components`` are the kernel's joules by component, the largest first; ``elsewhere`` what the
    same energy would have emitted in other places (zone, g CO2e), and ``places`` their names;
    ``sources`` name the data.
    """

    title: str
    reports: tuple[Report, ...]
    energy: Quantity
    co2e: tuple[tuple[str, Quantity], ...]
    duration_s: float
    components: tuple[tuple[str, Quantity], ...] = ()
    equivalences: tuple[Equivalence, ...] = ()
    elsewhere: tuple[tuple[str, Quantity], ...] = ()
    sources: tuple[str, ...] = ()
    places: tuple[tuple[str, str], ...] = ()

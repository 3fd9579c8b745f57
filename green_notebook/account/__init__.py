"""Joules to grams: energy x PUE x intensity, and what stands beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache

from green_notebook.account.embodied import embodied
from green_notebook.account.water import water
from green_notebook.data import records
from green_notebook.errors import GreenNotebookError
from green_notebook.host import Host
from green_notebook.model import (
    Basis,
    Energy,
    Footprint,
    Intensity,
    Load,
    Place,
    Quantity,
    Report,
    product,
    total,
)
from green_notebook.model.summary import counted
from green_notebook.settings import GreenNotebook

__all__ = [
    "by_boundary",
    "embodied",
    "footprint",
    "operational",
    "overheads",
    "pue_of",
    "total_co2e",
    "water",
]

J_PER_KWH = 3.6e6

# A provider's own figure for one region: metered by the provider over a year, rounded to 0.01.
REGION_ERROR = 0.03
# An unknown data centre: from the best (1.1) to twice the computers' power. Uptime Institute's
# survey of 2024 has its mean at 1.56 (Uptime Institute Global Data Center Survey 2024).
UNKNOWN_LOW, UNKNOWN_HIGH = 1.1, 2.0
# The best region that a provider publishes has 1.07 (Google, Azure and AWS, 2024).
BEST = 1.07


@cache
def _default(scope: str) -> float:
    return next(float(row["pue"]) for row in records("pue") if row["scope"].startswith(scope))


def pue_of(place: Place, setting: float | None = None) -> Quantity:
    """The power usage effectiveness of a place, at least 1.

    ``setting`` is what a person said (`GreenNotebook.checked_pue`). A laptop or desktop has 1 by
    definition; a cloud region its provider's figure; an unknown data centre the world survey's.
    """
    if setting is not None:
        return Quantity.exactly(setting, "1", Basis.ASSUMED)
    if place.kind in ("laptop", "desktop"):
        return Quantity.exactly(1.0, "1", Basis.ASSUMED)
    if place.provider is not None:
        return _provider_pue(place.provider, place.region)
    survey = _default("unknown data centre")
    # Where nobody knows whether it is a data centre at all, it may have no overhead.
    low = UNKNOWN_LOW if place.kind == "datacentre" else 1.0
    return Quantity(survey, low, UNKNOWN_HIGH, "1", Basis.ASSUMED)


@cache
def _provider_pue(provider: str, region: str | None) -> Quantity:
    rows = [row for row in records("regions") if row["provider"] == provider]
    own = next((row for row in rows if row["region"] == region and row["own_pue"]), None)
    if own is not None:
        value = float(own["pue"])
        low, high = max(1.0, value * (1 - REGION_ERROR)), value * (1 + REGION_ERROR)
        return Quantity(value, low, high, "1", Basis.ASSUMED)
    if not rows:
        return Quantity(_default("unknown data centre"), BEST, UNKNOWN_HIGH, "1", Basis.ASSUMED)
    value = _default({"ovh": "ovhcloud"}.get(provider, provider))
    # Any of its regions may be meant: as far as the published ones of all providers lie apart.
    published = [float(row["pue"]) for row in records("regions") if row["own_pue"]]
    return Quantity(value, min(value, BEST), max(value, *published), "1", Basis.ASSUMED)


def operational(energy: Quantity, pue: Quantity, intensity: Intensity) -> Quantity:
    """Grams of CO2e of an energy (J) at the computer: energy / 3.6e6 x PUE x intensity."""
    grams = product(energy, pue, intensity.quantity, unit="g")
    return grams.scaled(1 / J_PER_KWH)


def footprint(
    energy: Energy,
    intensity: Intensity,
    pue: Quantity,
    manufacture: Quantity | None = None,
    litres: Quantity | None = None,
) -> Footprint:
    """The footprint of one span: this kernel's energy, and a share of the hardware's manufacture.

    ``manufacture`` (g, of `embodied`) is added to ``co2e``; ``litres`` stand beside it. Each is None
    where it is switched off or unknown.
    """
    used = operational(energy.kernel, pue, intensity)
    if manufacture is None:
        return Footprint(used, used, None, litres)
    whole = total([("operation", used), ("manufacture", manufacture)], "g")
    return Footprint(whole, used, manufacture, litres)


def overheads(
    settings: GreenNotebook,
    energy: Energy,
    place: Place,
    pue: Quantity,
    host: Host,
    load: Load,
    gpus: Sequence[str] = (),
) -> tuple[Quantity | None, Quantity | None]:
    """Manufacture (g) and water (L) of a span, each None where a setting switches it off.

    ``gpus`` are the NVML names of those that this kernel used.
    """
    made = litres = None
    if settings.embodied:
        made = embodied(place, host, load.duration_s, quota=load.idle_part, gpus=gpus)
    if settings.water:
        litres = water(energy.kernel, place, pue)
    return made, litres


def by_boundary(reports: Iterable[Report]) -> dict[str, Quantity]:
    """The CO2e (g) of several reports, one sum for each boundary: they are never mixed.

    Nested spans count once: with their parent, where it is among the reports.
    """
    parts: dict[str, list[tuple[str, Quantity]]] = defaultdict(list)
    for report in counted(reports):
        # One place's intensity and PUE are shared by its spans: their errors add up.
        parts[report.intensity.boundary].append((report.place.zone, report.footprint.co2e))
    return {boundary: total(listed, "g") for boundary, listed in sorted(parts.items())}


def total_co2e(reports: Iterable[Report]) -> Quantity:
    """The CO2e (g) of several reports; raises GreenNotebookError where boundaries differ."""
    sums = by_boundary(reports)
    if len(sums) > 1:
        raise GreenNotebookError(
            f"{' and '.join(sums)} intensities cannot be added: choose zones of one boundary, "
            "or read one sum for each"
        )
    return next(iter(sums.values()), Quantity.exactly(0.0, "g"))

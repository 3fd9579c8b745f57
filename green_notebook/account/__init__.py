"""Joules to grams: energy x PUE x intensity, and what stands beside it."""

from __future__ import annotations

from functools import cache

from green_notebook.data import records
from green_notebook.model import (
    Basis,
    Energy,
    Footprint,
    Intensity,
    Place,
    Quantity,
    product,
    total,
)

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
    embodied: Quantity | None = None,
    water: Quantity | None = None,
) -> Footprint:
    """The footprint of one span: this kernel's energy, and a share of the hardware's manufacture.

    ``embodied`` (g) is added to ``co2e``; None where it is switched off or unknown.
    """
    used = operational(energy.kernel, pue, intensity)
    if embodied is None:
        return Footprint(used, used, None, water)
    whole = total([("operation", used), ("manufacture", embodied)], "g")
    return Footprint(whole, used, embodied, water)

"""Water: what the data centre's cooling and the power stations took for a span's electricity."""

from __future__ import annotations

from functools import cache

from green_notebook.data import records
from green_notebook.model import Basis, Place, Quantity, product, total

J_PER_KWH = 3.6e6

# A region's own published figure, for one year of cooling.
REGION_ERROR = 0.15
# Two ways of counting the evaporation of reservoirs differ by 44 % for the US (WRI 2020, 3.13
# L/kWh; LBNL 2024, 4.52).
OFFSITE_ERROR = 0.45
# An unknown data centre: none (air cooled) to 1.8 L/kWh (Uptime's and LBNL's evaporative halls).
UNKNOWN_HIGH = 1.8


def water(energy: Quantity, place: Place, pue: Quantity) -> Quantity:
    """Litres taken for an energy (J) at the computer.

    On-site use is per kWh of the computers' own energy (WUE, ISO/IEC 30134-9), off-site per kWh
    that the power stations made: with PUE.
    """
    kwh = energy.scaled(1 / J_PER_KWH, "kWh")
    return total(
        [
            ("onsite", product(kwh, onsite(place), unit="L")),
            ("offsite", product(kwh, pue, offsite(place), unit="L")),
        ],
        "L",
    )


def onsite(place: Place) -> Quantity:
    """The cooling's litres per kWh; a laptop or desktop has none."""
    if place.kind in ("laptop", "desktop"):
        return Quantity.exactly(0.0, "L/kWh", Basis.ASSUMED)
    return _cooling(place.provider, place.region)


@cache
def _cooling(provider: str | None, region: str | None) -> Quantity:
    rows = [row for row in records("regions") if row["provider"] == provider]
    own = next((row for row in rows if row["region"] == region and row["own_wue"]), None)
    if own is not None:
        value = float(own["wue"])
        half = max(value * REGION_ERROR, 0.01)
        return Quantity.within(value, "L/kWh", Basis.ASSUMED, systematic=half)
    published = [float(row["wue"]) for row in rows if row["own_wue"]]
    mean = _kind("provider", provider or "")
    if mean is None:
        mean = _kind("provider", "US-DC") or 0.0
    return Quantity(mean, 0.0, max(mean, UNKNOWN_HIGH, *published), "L/kWh", Basis.ASSUMED)


def offsite(place: Place) -> Quantity:
    """The power stations' litres per kWh in the place's country; else the median of all known."""
    return _stations(place.zone)


@cache
def _stations(zone: str) -> Quantity:
    own = _countries().get(_alpha3(zone))
    if own is not None:
        return Quantity.within(own, "L/kWh", Basis.ASSUMED, systematic=OFFSITE_ERROR * own)
    known = sorted(_countries().values())
    # (the upper median: statistics takes longer to import than all of this)
    return Quantity(known[len(known) // 2], known[0], known[-1], "L/kWh", Basis.ASSUMED)


@cache
def _countries() -> dict[str, float]:
    return {
        row["code"]: float(row["offsite"])
        for row in records("water")
        if row["kind"] == "electricity_country"
    }


def _kind(kind: str, code: str) -> float | None:
    rows = (row for row in records("water") if row["kind"] == kind and row["code"] == code)
    return next((float(row["onsite"]) for row in rows if row["onsite"] is not None), None)


@cache
def _alpha3(zone: str) -> str:
    rows = {row["code"]: row for row in records("grid")}
    country = rows.get(zone, {}).get("country", "")
    return str(rows.get(country, {}).get("alpha3", ""))

"""What if: the same work in another zone, on other hardware, at another hour.

Whatever two cases share (the energy, one provider's method) cancels in their ratio, which can so
be sharper than either figure.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from green_notebook.account import operational, pue_of
from green_notebook.data import records
from green_notebook.errors import GreenNotebookError
from green_notebook.grids import grid, resolve, zones
from green_notebook.model import Basis, Intensity, Place, Quantity, product, total

# Two GPUs' peak figures say within a factor of two what one job makes of them: the part of the
# peak that real work reaches differs between generations (a tenth to a half). Assumed.
HARDWARE_FACTOR = 2.0

# Asked for nothing else: grids from the cleanest to the dirtiest that a reader may know.
COMMON = ("SE", "FR", "GB", "DE", "US", "CN", "IN", "PL", "WORLD")
COMMON_DIRECT = ("US-WA", "US-NY", "US-CA", "US-TX", "US-FL", "US-WV")


@dataclass(frozen=True, slots=True)
class Scenario:
    """One case: its CO2e (g, operation only), and that as a multiple of the case at hand.

    ``ratio`` is None where the two may not be compared (another boundary), ``why`` says so.
    """

    label: str
    kind: str
    co2e: Quantity
    ratio: Quantity | None
    boundary: str = ""
    energy: Quantity | None = None
    duration_s: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """The case at hand: so much energy (J) at the computer, where, and for how long."""

    energy: Quantity
    place: Place
    pue: Quantity
    at: datetime
    duration_s: float

    def here(self) -> Scenario:
        """The case itself, on its zone's annual mean: what the others are compared with."""
        intensity = self.intensity(self.place.zone)
        return Scenario(
            f"here: {self.place.name or self.place.zone}",
            "here",
            operational(self.energy, self.pue, intensity),
            Quantity.exactly(1.0, "1", Basis.ASSUMED),
            intensity.boundary,
            self.energy,
            self.duration_s,
        )

    def intensity(self, zone: str) -> Intensity:
        """The annual mean of a zone, as seen from the case's day."""
        return grid("annual").intensity(zone, self.at, self.duration_s)


def inverse(quantity: Quantity) -> Quantity:
    """1 / quantity, for a quantity above zero."""
    low = max(quantity.low, quantity.value * 1e-3)
    return Quantity(1 / quantity.value, 1 / quantity.high, 1 / low, "1", quantity.basis)


def elsewhere(case: Case, words: Sequence[str] = ()) -> list[Scenario]:
    """The same energy in other zones or cloud regions; raises GreenNotebookError for unknown ones."""
    base = case.intensity(case.place.zone)
    if not words:
        words = _suggested(case, base.boundary)
    return [_elsewhere(case, base, word) for word in words]


def _suggested(case: Case, boundary: str) -> list[str]:
    common = COMMON if boundary == "lifecycle" else COMMON_DIRECT
    found = [code for code in common if code != case.place.zone]
    if case.place.provider and case.place.region:
        rows = [row for row in records("regions") if row["provider"] == case.place.provider]
        ranked = sorted(
            rows, key=lambda row: case.intensity(row["zone"]).quantity.value * row["pue"]
        )
        alike = [
            row
            for row in ranked
            if case.intensity(row["zone"]).boundary == boundary
            and row["region"] != case.place.region
        ]
        found += [f"{row['provider']}:{row['region']}" for row in alike[:3]]
    return found


def _elsewhere(case: Case, base: Intensity, word: str) -> Scenario:
    zone = resolve(word)
    there = case.intensity(word)
    place, pue = case.place, case.pue
    if zone.region is not None:
        provider, _, region = zone.region.partition(":")
        place = Place(zone.code, "what if", "high", zone.name, "cloud", provider, region)
        pue = pue_of(place)
    label = f"{zone.name} ({zone.region or zone.code})"
    found = Scenario(
        label,
        "region" if zone.region else "zone",
        operational(case.energy, pue, there),
        None,
        there.boundary,
        case.energy,
        case.duration_s,
    )
    if there.boundary != base.boundary:
        why = f"{there.boundary} and {base.boundary} grams are not comparable"
        return replace(found, why=why)
    factors = [there.quantity, inverse(base.quantity)]
    if pue is not case.pue:
        factors += [pue, inverse(case.pue)]
    if zone.code == case.place.zone:  # one grid: its uncertainty cancels
        factors = factors[2:] or [Quantity.exactly(1.0, "1", Basis.ASSUMED)]
    return replace(found, ratio=product(*factors, unit="1"))


# Hardware


@dataclass(frozen=True, slots=True)
class Chip:
    """An accelerator: its power limit (W) and dense throughput (TFLOP/s) at 32 and 16 bits."""

    name: str
    max_w: float
    fp32: float
    fp16: float | None


@cache
def _chips() -> dict[str, Chip]:
    found: dict[str, Chip] = {}
    for row in records("throughput"):
        chip = Chip(row["name"], float(row["max_w"]), float(row["fp32"]), row["fp16"])
        for word in (row["name"], *row["aliases"].split(";")):
            found.setdefault(_bare(word), chip)
    return found


def _bare(text: str) -> str:
    words = re.findall(r"[a-z0-9.]+", text.lower())
    return " ".join(word for word in words if word not in ("nvidia", "tesla", "geforce", "amd"))


def chip(text: str) -> Chip:
    """The accelerator of that name; raises GreenNotebookError with the closest."""
    known = _chips()
    found = known.get(_bare(text))
    if found is not None:
        return found
    near = difflib.get_close_matches(_bare(text), known, n=3, cutoff=0.5)
    hint = " or ".join(dict.fromkeys(known[one].name for one in near)) or "A100, H100, T4, RTX 4090"
    raise GreenNotebookError(f"unknown accelerator {text!r}: did you mean {hint}?")


def on_chip(case: Case, gpu_energy: Quantity, now: Chip, then: Chip) -> Scenario:
    """The case on another accelerator, by peak power and peak throughput.

    Assumed: the same part of the peak is reached, at 16 bits where both have them; the rest of the
    machine works as much shorter or longer. A factor of two either way is left open.
    """
    both = now.fp16 and then.fp16
    speed = (then.fp16 or 1.0) / (now.fp16 or 1.0) if both else then.fp32 / now.fp32
    time = _about(1 / speed)
    watts = then.max_w / now.max_w
    rest = case.energy.value - gpu_energy.value
    parts = [
        ("peak", product(gpu_energy, time.scaled(watts), unit="J")),
        ("peak", product(Quantity.exactly(max(0.0, rest), "J"), time, unit="J")),
    ]
    energy = total(parts, "J")
    ratio = _about(energy.value / case.energy.value) if case.energy.value > 0 else None
    intensity = case.intensity(case.place.zone)
    return Scenario(
        f"{then.name} instead of {now.name}",
        "hardware",
        operational(energy, case.pue, intensity),
        ratio,
        intensity.boundary,
        energy,
        case.duration_s / speed,
    )


def _about(value: float) -> Quantity:
    return Quantity(value, value / HARDWARE_FACTOR, value * HARDWARE_FACTOR, "1", Basis.ASSUMED)


def at_power(case: Case, power_w: float, speed: float) -> Scenario:
    """The case on a machine of so many watts, so many times as fast: as the asker says."""
    energy = Quantity.exactly(power_w * case.duration_s / speed, "J", Basis.ASSUMED)
    intensity = case.intensity(case.place.zone)
    ratio = product(energy, inverse(case.energy), unit="1") if case.energy.value > 0 else None
    return Scenario(
        f"{power_w:g} W at {speed:g} times the speed",
        "hardware",
        operational(energy, case.pue, intensity),
        ratio,
        intensity.boundary,
        energy,
        case.duration_s / speed,
    )


def provider_for(zone: str) -> str | None:
    """A service without a key that has a forecast for a zone: what to propose."""
    country = zones()[zone].country if zone in zones() else ""
    for name in ("neso", "energi-data-service", "energy-charts"):
        live: Any = grid(name)
        try:
            live.provider.key(zone)
        except GreenNotebookError:
            continue
        if country:
            return name
    return None

"""Joules of one span, per component; where the electricity came from; what it emitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from green_notebook.model.quantity import Quantity, rounded


@dataclass(frozen=True, slots=True)
class Component:
    """One part's energy (J): this kernel's share and all that the sensor saw."""

    component: str
    sensor: str
    kernel: Quantity
    machine: Quantity

    @property
    def cause(self) -> str:
        """What the kernel's part shares its systematic error with: mostly the sensor.

        Of several cards that may all be another's, the guess which of them is ours is one guess.
        """
        guessed = self.component.startswith("gpu:") and self.kernel.low <= 0 < self.kernel.high
        return "gpu-use" if guessed else self.sensor

    def to_dict(self, digits: int | None = None) -> dict[str, Any]:
        """The JSON form."""
        return {
            "component": self.component,
            "sensor": self.sensor,
            "kernel": self.kernel.to_dict(digits),
            "machine": self.machine.to_dict(digits),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Component:
        """Read the JSON form."""
        return cls(
            data["component"],
            data["sensor"],
            Quantity.from_dict(data["kernel"]),
            Quantity.from_dict(data["machine"]),
        )


@dataclass(frozen=True, slots=True)
class Energy:
    """The energy (J) of one span; ``kernel`` is the sum of the components' kernel shares.

    ``kernel_active`` and ``kernel_idle`` divide ``kernel`` by the idle baseline; None where no
    baseline is known.
    """

    kernel: Quantity
    machine: Quantity
    components: tuple[Component, ...] = ()
    kernel_active: Quantity | None = None
    kernel_idle: Quantity | None = None

    def to_dict(self, digits: int | None = None) -> dict[str, Any]:
        """The JSON form."""
        return {
            "kernel": self.kernel.to_dict(digits),
            "kernel_active": _optional(self.kernel_active, digits),
            "kernel_idle": _optional(self.kernel_idle, digits),
            "machine": self.machine.to_dict(digits),
            "components": [one.to_dict(digits) for one in self.components],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Energy:
        """Read the JSON form."""
        return cls(
            Quantity.from_dict(data["kernel"]),
            Quantity.from_dict(data["machine"]),
            tuple(Component.from_dict(one) for one in data["components"]),
            optional_quantity(data.get("kernel_active")),
            optional_quantity(data.get("kernel_idle")),
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where the electricity comes from.

    ``zone`` is a code of the grid table ("FR", "US-CA", "WORLD"); ``how`` says in a few words how
    we know ("option", "setting", "time zone Europe/Paris", "unknown"); ``confidence`` is "high",
    "medium" or "low". ``kind`` is "cloud", "datacentre", "laptop", "desktop" or "unknown" and
    decides the overheads.
    """

    zone: str
    how: str
    confidence: str
    name: str = ""
    kind: str = "unknown"
    provider: str | None = None
    region: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        fields = {"zone": self.zone, "how": self.how, "confidence": self.confidence}
        extra = {
            "name": self.name,
            "kind": self.kind,
            "provider": self.provider,
            "region": self.region,
        }
        return fields | {key: value for key, value in extra.items() if value}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Place:
        """Read the JSON form."""
        return cls(
            data["zone"],
            data["how"],
            data["confidence"],
            data.get("name", ""),
            data.get("kind", "unknown"),
            data.get("provider"),
            data.get("region"),
        )


@dataclass(frozen=True, slots=True)
class Intensity:
    """gCO2e per kWh of electricity there and then.

    ``boundary`` is "lifecycle" or "direct" (or "marginal"); exactly one of ``year`` (annual mean)
    and ``at`` (ISO 8601, live) is set. ``series`` holds ``(ISO time, g/kWh)`` pairs where a long
    span was weighted by its hours.
    """

    quantity: Quantity
    boundary: str
    source: str
    year: int | None = None
    at: str | None = None
    series: tuple[tuple[str, float], ...] | None = None

    def to_dict(self, digits: int | None = None) -> dict[str, Any]:
        """The JSON form: ``Q`` and the origin."""
        origin: dict[str, Any] = {"boundary": self.boundary, "source": self.source}
        if self.at is not None:
            origin["at"] = self.at
        else:
            origin["year"] = self.year
        origin["series"] = None if self.series is None else [list(pair) for pair in self.series]
        return self.quantity.to_dict(digits) | origin

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Intensity:
        """Read the JSON form."""
        series = data.get("series")
        return cls(
            Quantity.from_dict(data),
            data["boundary"],
            data["source"],
            data.get("year"),
            data.get("at"),
            None if series is None else tuple((str(at), float(g)) for at, g in series),
        )


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a span emitted (g CO2e) and the water it took (L)."""

    co2e: Quantity
    operational: Quantity
    embodied: Quantity | None = None
    water: Quantity | None = None

    def to_dict(self, digits: int | None = None) -> dict[str, Any]:
        """The JSON form."""
        return {
            "co2e": self.co2e.to_dict(digits),
            "operational": self.operational.to_dict(digits),
            "embodied": _optional(self.embodied, digits),
            "water": _optional(self.water, digits),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Footprint:
        """Read the JSON form."""
        return cls(
            Quantity.from_dict(data["co2e"]),
            Quantity.from_dict(data["operational"]),
            optional_quantity(data.get("embodied")),
            optional_quantity(data.get("water")),
        )


@dataclass(frozen=True, slots=True)
class Equivalence:
    """A footprint or an energy in everyday terms: ``text`` is ready to be read."""

    id: str
    label: str
    amount: Quantity
    text: str

    def to_dict(self, digits: int | None = None) -> dict[str, Any]:
        """The JSON form."""
        return {
            "id": self.id,
            "label": self.label,
            "amount": self.amount.to_dict(digits),
            "text": self.text,
        }

    def to_wire(self) -> dict[str, Any]:
        """The form that the widget draws: the amount without its interval, 4 digits."""
        value = rounded(self.amount.value, 4)
        return {"id": self.id, "text": self.text, "value": value, "unit": self.amount.unit}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Equivalence:
        """Read the JSON form."""
        return cls(data["id"], data["label"], Quantity.from_dict(data["amount"]), data["text"])


def _optional(quantity: Quantity | None, digits: int | None) -> dict[str, Any] | None:
    return None if quantity is None else quantity.to_dict(digits)


def optional_quantity(data: Mapping[str, Any] | None) -> Quantity | None:
    """Read a ``Q`` or null."""
    return None if data is None else Quantity.from_dict(data)

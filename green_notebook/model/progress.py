"""A running span's state, as the live view shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from green_notebook.model.energy import Equivalence
from green_notebook.model.quantity import Quantity, rounded


@dataclass(frozen=True, slots=True)
class RunForecast:
    """What the whole span will have cost when it ends: from the steps done so far."""

    energy: Quantity
    co2e: Quantity
    duration_s: Quantity
    done: float

    def to_dict(self, digits: int | None = None) -> dict[str, Any]:
        """The JSON form; ``done`` is the part of the steps that is done, 0 to 1."""
        return {
            "energy": self.energy.to_dict(digits),
            "co2e": self.co2e.to_dict(digits),
            "duration_s": self.duration_s.to_dict(digits),
            "done": self.done if digits is None else rounded(self.done, digits),
        }


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit for one span or one day: ``limit`` in ``unit`` of ``quantity`` ("energy", "co2e")."""

    limit: float
    unit: str
    text: str
    stop: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of a running span for this kernel.

    ``power_w`` is the mean since the last update, ``power_by_component`` its parts (a meter of the
    whole machine is called "metered"); None where it is not known yet. ``budget_used`` is the part
    of the budget that is spent.
    """

    span_id: str
    elapsed_s: float
    power_w: float | None = None
    power_by_component: tuple[tuple[str, float], ...] = ()
    energy: Quantity | None = None
    co2e: Quantity | None = None
    equivalences: tuple[Equivalence, ...] = ()
    name: str | None = None
    forecast: RunForecast | None = None
    budget: Budget | None = None
    budget_used: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """The wire form of one update of the live view: under 1 kB, 4 significant digits."""
        data: dict[str, Any] = {
            "span_id": self.span_id,
            "elapsed_s": rounded(self.elapsed_s, 6),
            "power_w": None if self.power_w is None else rounded(self.power_w, 4),
            "power_by_component": [[name, rounded(w, 4)] for name, w in self.power_by_component],
            "energy": _wire(self.energy),
            "co2e": _wire(self.co2e),
            "equivalences": [one.to_wire() for one in self.equivalences],
            "name": self.name,
        }
        if self.forecast is not None:
            ahead = self.forecast
            parts = {"energy": ahead.energy, "co2e": ahead.co2e, "duration_s": ahead.duration_s}
            data["forecast"] = {key: _wire(one) for key, one in parts.items()}
            data["forecast"]["done"] = rounded(ahead.done, 4)
        if self.budget is not None:
            data["budget"] = {"text": self.budget.text, "used": self.budget_used}
        return data


def _wire(quantity: Quantity | None) -> dict[str, Any] | None:
    """A quantity for the eye, which sees no random part."""
    if quantity is None:
        return None
    return {key: part for key, part in quantity.to_dict(4).items() if key != "random"}

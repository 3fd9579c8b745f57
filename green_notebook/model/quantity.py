"""A number with its unit, its 95 % interval and what it rests on."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any


class Basis(str, Enum):
    """What a number rests on, from the strongest to the weakest."""

    MEASURED = "measured"
    MODELLED = "modelled"
    ASSUMED = "assumed"

    @property
    def rank(self) -> int:
        """0 for measured, 1 for modelled, 2 for assumed."""
        return _RANKS[self]

    @staticmethod
    def weakest(bases: Iterable[Basis]) -> Basis:
        """The basis of a result computed from parts with these bases."""
        return max(bases, key=_RANKS.__getitem__)


_RANKS = {basis: rank for rank, basis in enumerate(Basis)}


@dataclass(frozen=True, slots=True)
class Quantity:
    """``value`` in ``unit``; the truth lies in ``low..high`` with 95 % confidence.

    ``random`` is the 95 % half-width of the part of the uncertainty that is independent from one
    span to the next. The rest of the interval is systematic: a sensor's gain, a model, a table.
    """

    value: float
    low: float
    high: float
    unit: str
    basis: Basis
    random: float = 0.0

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.value, self.low, self.high, self.random))):
            raise ValueError(f"a quantity is finite, not {self.low}..{self.value}..{self.high}")
        if not self.low <= self.value <= self.high:
            raise ValueError(f"{self.low} <= {self.value} <= {self.high} does not hold")
        if self.random < 0:
            raise ValueError(f"a half-width is not negative: {self.random}")

    @classmethod
    def exactly(cls, value: float, unit: str, basis: Basis = Basis.MEASURED) -> Quantity:
        """A quantity without uncertainty, as a definition or a setting gives it."""
        return cls(value, value, value, unit, basis)

    @classmethod
    def within(
        cls,
        value: float,
        unit: str,
        basis: Basis,
        *,
        systematic: float | tuple[float, float] = 0.0,
        random: float = 0.0,
    ) -> Quantity:
        """A non-negative quantity with 95 % half-widths in its own unit.

        ``systematic`` is one half-width, or one below and one above. It is combined in quadrature
        with ``random`` (GUM, 5.1.2); the interval never reaches below zero.
        """
        below, above = systematic if isinstance(systematic, tuple) else (systematic, systematic)
        return cls(
            value,
            min(value, max(0.0, value - math.hypot(below, random))),
            value + math.hypot(above, random),
            unit,
            basis,
            random,
        )

    @property
    def systematic(self) -> tuple[float, float]:
        """The systematic 95 % half-widths below and above the value."""
        below, above = self.value - self.low, self.high - self.value
        return (
            math.sqrt(max(0.0, below**2 - self.random**2)),
            math.sqrt(max(0.0, above**2 - self.random**2)),
        )

    def scaled(self, factor: float, unit: str | None = None) -> Quantity:
        """This quantity times an exact factor that is not negative."""
        return Quantity(
            self.value * factor,
            self.low * factor,
            self.high * factor,
            unit or self.unit,
            self.basis,
            self.random * factor,
        )

    def with_basis(self, basis: Basis) -> Quantity:
        """The same number resting on something else."""
        return replace(self, basis=basis)

    def to_dict(self, digits: int | None = None) -> dict[str, Any]:
        """The JSON form ``Q`` of the report; ``digits`` rounds to significant digits."""

        def shown(number: float) -> float:
            return number if digits is None else rounded(number, digits)

        return {
            "value": shown(self.value),
            "low": shown(self.low),
            "high": shown(self.high),
            "random": shown(self.random),
            "unit": self.unit,
            "basis": self.basis.value,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Quantity:
        """Read the JSON form; raises KeyError or ValueError on anything else."""
        return cls(
            float(data["value"]),
            float(data["low"]),
            float(data["high"]),
            str(data["unit"]),
            Basis(data["basis"]),
            float(data.get("random", 0.0)),
        )


def rounded(number: float, digits: int) -> float:
    """``number`` at so many significant digits: ``rounded(1234.5, 2) == 1200.0``."""
    return float(f"{number:.{digits}g}")


def total(parts: Iterable[tuple[str, Quantity]], unit: str = "J") -> Quantity:
    """The sum of quantities, each named by the source of its systematic error.

    Random parts add in quadrature; systematic parts of one source add linearly, those of
    different sources in quadrature (GUM, 5.2.2, with correlation 1 within a source and 0 between).
    An empty sum is exactly zero.
    """
    listed = list(parts)
    if not listed:
        return Quantity.exactly(0.0, unit)
    if len(listed) == 1:
        return listed[0][1]
    if len({quantity.unit for _, quantity in listed}) > 1:
        raise ValueError("quantities of different units cannot be added")
    below: dict[str, float] = defaultdict(float)
    above: dict[str, float] = defaultdict(float)
    for source, quantity in listed:
        down, up = quantity.systematic
        below[source] += down
        above[source] += up
    # A part of exactly nothing says nothing about what the sum rests on.
    telling = [quantity for _, quantity in listed if quantity.high > 0] or [listed[0][1]]
    return Quantity.within(
        math.fsum(quantity.value for _, quantity in listed),
        listed[0][1].unit,
        Basis.weakest(quantity.basis for quantity in telling),
        systematic=(math.hypot(*below.values()), math.hypot(*above.values())),
        random=math.hypot(*(quantity.random for _, quantity in listed)),
    )


def product(first: Quantity, *others: Quantity, unit: str) -> Quantity:
    """The product of independent non-negative quantities.

    Relative half-widths add in quadrature, below and above apart (GUM, 5.1.6). ``random`` is that
    of the first factor alone: the others (PUE, intensity) are shared by all spans of a session.
    """
    factors = (first, *others)
    value = math.prod(factor.value for factor in factors)
    basis = Basis.weakest(factor.basis for factor in factors)
    if value == 0:
        high = math.prod(factor.high for factor in factors)
        scale = math.prod(factor.value for factor in others)
        return Quantity(0.0, 0.0, high, unit, basis, min(high, first.random * scale))
    below = math.hypot(*(1 - factor.low / factor.value for factor in factors))
    above = math.hypot(*(factor.high / factor.value - 1 for factor in factors))
    return Quantity(
        value,
        max(0.0, value * (1 - below)),
        value * (1 + above),
        unit,
        basis,
        value * first.random / first.value,
    )

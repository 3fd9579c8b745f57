"""A footprint or an energy in everyday terms: a car's way, a home's time, and what fits beside.

Comparators of energy are divided by joules, so they hold on any grid; those of CO2e by grams.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from green_notebook.data import records, source
from green_notebook.equivalences._amounts import shown
from green_notebook.equivalences._own import rows
from green_notebook.equivalences._phrases import PHRASES, Phrase
from green_notebook.model import Basis, Equivalence, Intensity, Place, Quantity, product

J_PER_KWH = 3.6e6

# Where the table has no interval: the relative half-width that its confidence stands for.
_CONFIDENCE = {"high": 0.10, "med": 0.30, "low": 0.50}
# The comparisons of the grasp of which everything else is chosen.
FIRST = ("car", "home")

_EU = frozenset(re.findall("..", "ATBEBGHRCYCZDKEEFIFRDEGRHUIEITLVLTLUMTNLPLPTROSKSIESSE"))


@dataclass(frozen=True, slots=True)
class Comparator:
    """One everyday thing: ``factor`` of its ``dimension`` (J, g or L) each.

    ``dimension`` is "energy", "co2e" or "water".
    """

    id: str
    label: str
    dimension: str
    factor: Quantity
    phrase: Phrase
    source: str
    year: int

    def equivalence(self, of: Quantity) -> Equivalence:
        """How many of it ``of`` (J, g or L) makes."""
        each = self.factor
        one = Quantity(1 / each.value, 1 / each.high, 1 / each.low, f"1/{each.unit}", Basis.ASSUMED)
        many = product(of, one, unit=self.phrase.unit).scaled(self.phrase.per)
        return Equivalence(self.id, self.label, many, self.phrase.words(many.value))


# In powers of ten.
FARTHEST = 3


@cache
def comparators() -> tuple[Comparator, ...]:
    """Every comparator of the table."""
    return tuple(
        Comparator(
            row["id"],
            row["label"],
            row["dimension"],
            _factor(row),
            PHRASES[row["id"]],
            source("equivalences", row["source"]),
            row["year"],
        )
        for row in records("equivalences")
    )


def own_comparators(path: str) -> tuple[Comparator, ...]:
    """Those of a TOML file (`green_notebook.equivalences._own`); none where ``path`` is empty.

    Raises GreenNotebookError with one line that names the file, the comparison and the cure.
    """
    return tuple(_own(row) for row in rows(path)) if path else ()


def changed_at(path: str) -> float:
    """When the file was changed last (s since the epoch); 0 where it is not there."""
    try:
        return Path(path).expanduser().stat().st_mtime
    except OSError:
        return 0.0


def _own(row: dict[str, Any]) -> Comparator:
    unit, scale = _UNITS[row["dimension"]]
    factor = Quantity(row["factor"], row["low"], row["high"], "1", Basis.ASSUMED)

    def words(amount: float) -> str:
        return str(row["text"]).replace("{n}", shown(amount))

    phrase = Phrase(f"own {row['id']}", "1", 1, 1, words)
    named = row["id"], row["label"], row["dimension"]
    return Comparator(*named, factor.scaled(scale, unit), phrase, row["source"], row["year"])


_UNITS = {"energy": ("J", J_PER_KWH), "co2e": ("g", 1.0), "water": ("L", 1.0)}


def _factor(row: dict[str, object]) -> Quantity:
    value = float(str(row["factor"]))
    half = value * _CONFIDENCE[str(row["confidence"])]
    low = value - half if row["low"] is None else float(str(row["low"]))
    high = value + half if row["high"] is None else float(str(row["high"]))
    unit, scale = _UNITS[str(row["dimension"])]
    return Quantity(value, low, high, "1", Basis.ASSUMED).scaled(scale, unit)


def equivalences(
    energy: Quantity,
    co2e: Quantity,
    place: Place,
    intensity: Intensity | None = None,  # noqa: ARG001  # the interface is taken whole
    limit: int = 2,
    own: Sequence[Comparator] = (),
) -> tuple[Equivalence, ...]:
    """The comparisons that are grasped best, at most ``limit``; a car's way and a home's time first.

    ``energy`` in J, ``co2e`` in g. The country of ``place`` chooses whose car and whose home.
    ``intensity`` is not needed: joules are compared with joules. ``own`` stand before the others.
    """
    amounts = {"energy": energy, "co2e": co2e}
    best = _best_of_groups(_usable(people(place)), amounts)
    first = [best.pop(group)[1] for group in FIRST]
    mine = [one for one in own if one.dimension in amounts]
    # Farther than a factor of 1000 from what is grasped, a comparison says nothing.
    near = [(far, order) for order, (far, _) in enumerate(best.values()) if far <= FARTHEST]
    listed = tuple(best.values())
    rest = [listed[order][1] for _, order in sorted(near)]
    return tuple(
        one.equivalence(amounts[one.dimension]) for one in [*first, *mine, *rest][: max(0, limit)]
    )


@cache
def _usable(home: frozenset[str]) -> tuple[tuple[float, Comparator], ...]:
    """What may be chosen for people of these places, each with the amount it is best grasped at.

    Amounts of J or g are in powers of ten.
    """
    return tuple(
        (math.log10(one.factor.value / one.phrase.per * one.phrase.best), one)
        for one in comparators()
        if one.phrase.chosen
        and one.dimension in ("energy", "co2e")
        and (not one.phrase.where or one.phrase.where & home)
    )


def _best_of_groups(
    usable: Iterable[tuple[float, Comparator]], amounts: dict[str, Quantity]
) -> dict[str, tuple[float, Comparator]]:
    """One comparator a group with its distance: the country's own before a general one, then the nearest.

    The distance is how far the amount is from the best grasped one, in powers of ten.
    """
    tens = {name: math.log10(one.value) if one.value > 0 else None for name, one in amounts.items()}
    chosen: dict[str, tuple[float, Comparator]] = {}
    for best, one in usable:
        of = tens[one.dimension]
        far = 0.0 if of is None else abs(of - best)
        group = one.phrase.group
        known = chosen.get(group)
        if known is None or (not one.phrase.where, far) < (not known[1].phrase.where, known[0]):
            chosen[group] = (far, one)
    return chosen


@cache
def _country(zone: str) -> str:
    return next((str(row["country"]) for row in records("grid") if row["code"] == zone), "")


def people(place: Place) -> frozenset[str]:
    """The country of a place, and "EU" where it is in the Union."""
    country = _country(place.zone)
    if country in _EU or place.zone in ("EU27", "EUROPE"):
        return frozenset({country, "EU"})
    return frozenset({country})

"""Annual means of the shipped table: no network, and an interval that says how old they are.

The interval is that of the mean. A mean says less of one hour: Germany 2020 went from 145 (5th
percentile) to 509 g/kWh (95th) around 313. For hours there are the live services.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from green_notebook.data import records, source
from green_notebook.grids import resolve
from green_notebook.model import Basis, Intensity, Quantity

NAME = "annual"

# How far two sources of one year's mean differ (20 countries, Ember against Electricity Maps,
# 2025): a median 10 % on large mixed grids, about 10 g/kWh on clean ones; 39-53 % at the 90th
# percentile of the rest. A year moves a grid by about 5 %.
MIXED = 0.10
OTHER = 0.40
FLOOR_G = 10.0
DRIFT_PER_YEAR = 0.05


@cache
def _rows() -> dict[str, dict[str, Any]]:
    return {row["code"]: row for row in records("grid")}


def interval(row: dict[str, Any], year: int) -> tuple[float, float]:
    """The 95 % half-widths (g/kWh) below and above a row's mean, as seen from ``year``.

    The rule above, and on its side at least as far as a second source lies.
    """
    value = float(row["g"])
    base = max(value * (MIXED if row["mixed"] else OTHER), FLOOR_G)
    spread = float(row["spread"] or 0.0)
    age = value * DRIFT_PER_YEAR * max(0, year - int(row["year"]))
    return max(base, -spread) + age, max(base, spread) + age


class AnnualGrid:
    """The annual table; ``intensity`` takes any word for a zone."""

    name = NAME

    def intensity(self, zone: str, at: datetime, duration_s: float = 0.0) -> Intensity:
        """The zone's newest annual mean; raises GreenNotebookError for an unknown zone."""
        return _intensity(resolve(zone).code, at.year)


@lru_cache(maxsize=512)
def _intensity(code: str, year: int) -> Intensity:
    row = _rows()[code]
    quantity = Quantity.within(
        float(row["g"]), "g/kWh", Basis.ASSUMED, systematic=interval(row, year)
    )
    return Intensity(
        quantity, row["boundary"], source("grid", row["source"]), year=int(row["year"])
    )


def make(settings: Any = None, part: str = "") -> AnnualGrid:  # noqa: ARG001 - all are made alike
    """The provider, as `grids.grid` makes it."""
    return AnnualGrid()

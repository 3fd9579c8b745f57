"""Limits for a cell, a session or a day: what was meant, and how much of it is spent."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from datetime import date, datetime

from green_notebook.equivalences import comparators
from green_notebook.errors import GreenNotebookError
from green_notebook.model import Budget, Progress, Report
from green_notebook.model.summary import counted

WARN_AT = 0.8

_ENERGY_J = {"mj": 1e-3, "j": 1.0, "kj": 1e3, "wh": 3.6e3, "kwh": 3.6e6}
_CO2E_G = {"ug": 1e-6, "mg": 1e-3, "g": 1.0, "kg": 1e3, "t": 1e6}
# A household's time: seconds of each, at the average home's draw.
_HOME_S = {"s": 1.0, "sec": 1.0, "min": 60.0, "minutes": 60.0, "h": 3600.0, "hours": 3600.0}
_CAR = {"mi": "us_car_mile", "miles": "us_car_mile", "km": "eu_fleet_car_km"}
_HOME = "world_home_year"
_YEAR_S = 365.25 * 86400.0
UNITS = (*_ENERGY_J, *_CO2E_G, *_CAR, *_HOME_S)

_FORM = re.compile(
    r"\s*([0-9]*\.?[0-9]+(?:e[-+]?\d+)?)\s*([a-zµμ]+)\s*(?:/\s*(day|cell))?\s*\Z", re.IGNORECASE
)


def parse(text: str, *, stop: bool = False) -> Budget:
    """Read ``5g``, ``3 Wh``, ``1 km`` (by car), ``10 min`` (of a household) or ``100g/day``.

    The budget's unit is "J" or "g". Raises GreenNotebookError with the closest unit.
    """
    found = _FORM.match(text)
    if not found:
        raise GreenNotebookError(
            f"{text!r} is no budget: write a number and a unit, such as 5g, 3Wh, 1km or 10min"
        )
    amount = float(found.group(1))
    unit = found.group(2).replace("µ", "u").replace("μ", "u").casefold()
    if not 0 < amount < math.inf:
        raise GreenNotebookError(f"a budget is more than nothing, not {text.strip()}")
    limit, canonical = _canonical(amount, unit, found.group(2))
    return Budget(limit, canonical, text.strip(), stop)


def daily(text: str) -> bool:
    """Whether a budget's text means every day."""
    found = _FORM.match(text)
    return bool(found and (found.group(3) or "").casefold() == "day")


def _canonical(amount: float, unit: str, written: str) -> tuple[float, str]:
    if written == "MJ":  # in joules alone the case tells a thousand million apart
        return amount * 1e6, "J"
    if unit in _ENERGY_J:
        return amount * _ENERGY_J[unit], "J"
    if unit in _CO2E_G:
        return amount * _CO2E_G[unit], "g"
    factors = {one.id: one.factor.value for one in comparators()}
    if unit in _CAR:
        return amount * factors[_CAR[unit]], "g"
    if unit in _HOME_S:
        return amount * _HOME_S[unit] / _YEAR_S * factors[_HOME], "J"
    near = difflib.get_close_matches(unit, UNITS, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"it knows {', '.join(UNITS)}"
    raise GreenNotebookError(f"a budget in {written!r} is not known: {hint}")


def used(budget: Budget, energy_j: float, co2e_g: float) -> float:
    """The part of the budget that is spent: 1 is all of it."""
    return (energy_j if budget.unit == "J" else co2e_g) / budget.limit


def used_by(budget: Budget, progress: Progress) -> float:
    """The part that a running span has spent."""
    energy_j = progress.energy.value if progress.energy else 0.0
    return used(budget, energy_j, progress.co2e.value if progress.co2e else 0.0)


def used_on(budget: Budget, reports: Iterable[Report], day: date) -> float:
    """The part that the reports of one day have spent; nested ones count once."""
    energy_j = 0.0
    grams: dict[str, float] = {}
    for report in counted(reports):
        if datetime.fromisoformat(report.started_at).date() != day:
            continue
        energy_j += report.energy.kernel.value
        boundary = report.intensity.boundary
        grams[boundary] = grams.get(boundary, 0.0) + report.footprint.co2e.value
    # Two boundaries make no sum: each is held against the budget by itself.
    return used(budget, energy_j, max(grams.values(), default=0.0))

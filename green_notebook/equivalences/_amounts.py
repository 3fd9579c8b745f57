"""Amounts in words: a number that a person grasps, in the unit that fits its size."""

from __future__ import annotations

import math
from collections.abc import Sequence

# (unit's size in the base unit, shown where the amount is at least this, what it is called)
Ladder = Sequence[tuple[float, float, str]]

# The base unit is the metre.
METRIC: Ladder = (
    (1000.0, 1000.0, "km"),
    (1.0, 1.0, "m"),
    (0.01, 0.01, "cm"),
    (0.001, 0.0001, "mm"),
    (1e-6, 0.0, "µm"),
)
# 1 mile is 1,609.344 m, 1 foot 0.3048 m, 1 inch 0.0254 m: exactly, by definition (1959).
US_CUSTOMARY: Ladder = (
    (1609.344, 0.25 * 1609.344, "miles"),
    (0.3048, 0.3048, "feet"),
    (0.0254, 0.1 * 0.0254, "inches"),
    (2.54e-5, 0.0, "thousandths of an inch"),
)
# The base unit is the second.
TIME: Ladder = (
    (365 * 86400.0, 365 * 86400.0, "years"),
    (86400.0, 2 * 86400.0, "days"),
    (3600.0, 3600.0, "hours"),
    (60.0, 100.0, "minutes"),
    (1.0, 1.0, "seconds"),
    (0.001, 0.001, "milliseconds"),
    (1e-6, 0.0, "microseconds"),
)
# The base unit is the litre.
VOLUME: Ladder = (
    (1000.0, 10_000.0, "m³"),
    (1.0, 1.0, "litres"),
    (0.001, 0.001, "mL"),
    (1e-6, 0.0, "µL"),
)
EARTH_M = 40_075_017.0  # round the equator (WGS 84)
MOON_M = 384_400_000.0  # the mean distance to the Moon


def shown(number: float) -> str:
    """Two significant digits, grouped: "0.0034", "4.1", "350", "1,200", "2.1 million"."""
    if number == 0:
        return "0"
    if number >= 999_500:
        for size, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
            if number >= 0.9995 * size:
                return f"{shown(number / size)} {word}"
    digits = 2 - 1 - math.floor(math.log10(abs(number)))
    rounded = round(number, digits)
    if rounded >= 10:
        return f"{rounded:,.0f}"
    # A rounding up to the next power of ten has one decimal less: 0.996 is 1.0, not 1.00.
    decimals = max(0, 1 - math.floor(math.log10(rounded)))
    return f"{rounded:.{min(decimals, 12)}f}"


def climbed(amount: float, ladder: Ladder) -> str:
    """An amount in the ladder's base unit, in the unit that fits: 0.034 m is "3.4 cm"."""
    if amount <= 0:  # "0 m", not "0 µm"
        size, _, name = min(ladder, key=lambda rung: abs(math.log(rung[0])))
    else:
        # As it will be rounded: 999.6 µs are 1.0 ms, not 1,000 µs.
        size, _, name = next(
            rung for rung in ladder if float(f"{amount / rung[0]:.1e}") >= 0.999 * rung[1] / rung[0]
        )
    number = shown(amount / size)
    return f"{number} {_singular(name) if number in ('1', '1.0') else name}"


def counted(amount: float, one: str, many: str) -> str:
    """So many of something; of a small part "3.2 % of a flight", of a tiny one "1/26 million"."""
    if 0 < amount < 1e-4:
        return f"1/{shown(1 / amount)} of {_article(one)}" if amount > 1e-300 else f"0 {many}"
    if 0 < amount < 0.1:
        return f"{shown(100 * amount)} % of {_article(one)}"
    number = shown(amount)
    return f"{number} {one if number in ('1', '1.0') else many}"


def _article(one: str) -> str:
    return f"{'an' if one[0] in 'aeio' else 'a'} {one}"


def _singular(name: str) -> str:
    irregular = {
        "feet": "foot",
        "inches": "inch",
        "thousandths of an inch": "thousandth of an inch",
    }
    return irregular.get(name, name.removesuffix("s"))

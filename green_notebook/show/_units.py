"""Numbers for people: the unit that fits the size, and digits that the interval supports."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from green_notebook.model import Quantity, rounded

# Per unit of the model: (from this size on, size of one, name), largest first. Watt-hours begin at
# a hundredth (36 J): below, joules read better.
SCALES: dict[str, tuple[tuple[float, float, str], ...]] = {
    "J": (
        (3.6e12, 3.6e12, "GWh"),
        (3.6e9, 3.6e9, "MWh"),
        (3.6e6, 3.6e6, "kWh"),
        (36.0, 3.6e3, "Wh"),
        (1.0, 1.0, "J"),
        (1e-3, 1e-3, "mJ"),
        (0.0, 1e-6, "µJ"),
    ),
    "g": (
        (1e6, 1e6, "t"),
        (1e3, 1e3, "kg"),
        (1.0, 1.0, "g"),
        (1e-3, 1e-3, "mg"),
        (1e-6, 1e-6, "µg"),
        (0.0, 1e-9, "ng"),
    ),
    "L": ((1e3, 1e3, "m³"), (1.0, 1.0, "L"), (1e-3, 1e-3, "mL"), (0.0, 1e-6, "µL")),
    "W": ((1e6, 1e6, "MW"), (1e3, 1e3, "kW"), (1.0, 1.0, "W"), (0.0, 1e-3, "mW")),
    "m": ((1e3, 1e3, "km"), (1.0, 1.0, "m"), (1e-2, 1e-2, "cm"), (0.0, 1e-3, "mm")),
    "s": (
        (86400.0, 86400.0, "d"),
        (3600.0, 3600.0, "h"),
        (60.0, 60.0, "min"),
        (1.0, 1.0, "s"),
        (1e-3, 1e-3, "ms"),
        (0.0, 1e-6, "µs"),
    ),
    "1": ((0.0, 1.0, ""),),
}
DASH = "\N{EN DASH}"
DIGITS = 3
MOST_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Shown:
    """A quantity as words: ``value``, ``low`` and ``high`` in one ``unit``, rounded alike."""

    value: str
    low: str
    high: str
    unit: str

    @property
    def exact(self) -> bool:
        """Whether it has no interval to show: a definition or a setting."""
        return self.low == self.value == self.high

    @property
    def amount(self) -> str:
        """``12.3 mg``."""
        return f"{self.value} {self.unit}".strip()

    @property
    def interval(self) -> str:
        """``8.1-19.2``, or ``exact``."""
        return "exact" if self.exact else f"{self.low}{DASH}{self.high}"

    def text(self, suffix: str = "") -> str:
        """``12.3 mg CO2e (8.1-19.2)``, with the suffix "CO2e"."""
        return f"{self.amount}{suffix and ' ' + suffix} ({self.interval})"


# A summary says the same figure in several places, and is tried at several lengths.
@lru_cache(maxsize=128)
def shown(quantity: Quantity) -> Shown:
    """A quantity in the unit that fits its size.

    Digits as GUM 7.2.6 advises: two significant ones of the half-width, at most three of a number,
    more only where the interval would else vanish.
    """
    factor, unit = scale(quantity.value or quantity.high, quantity.unit)
    low, value, high = (number / factor for number in (quantity.low, quantity.value, quantity.high))
    for digits in range(DIGITS, MOST_DIGITS + 1):
        decimals = _decimals(value, (high - low) / 2, digits)
        texts = [_fixed(number, decimals, digits) for number in (low, value, high)]
        if quantity.low == quantity.high or texts[0] != texts[2]:
            break
    return Shown(texts[1], texts[0], texts[2], unit)


def scale(size: float, unit: str) -> tuple[float, str]:
    """The factor and name of the unit that fits ``size`` given in a unit of the model."""
    steps = SCALES.get(unit)
    if steps is None:
        return 1.0, unit
    # Rounded first, so that 999.6 mg becomes 1 g and not "1000 mg".
    size = rounded(abs(size), DIGITS)
    for least, factor, name in steps:
        if size >= least:
            return factor, name
    return steps[-1][1:]


def number(value: float, unit: str = "1", digits: int = DIGITS) -> str:
    """A bare number in the unit that fits: ``number(0.0123, "g") == "12.3 mg"``."""
    factor, name = scale(value, unit)
    return f"{_fixed(value / factor, MOST_DIGITS + 6, digits)} {name}".strip()


def duration(seconds: float) -> str:
    """``850 ms``, ``3.2 s``, ``4 min 12 s``, ``2 h 5 min``, ``3 d 4 h``."""
    if seconds < 59.95:
        return number(seconds, "s", 2 if 0.9995 <= seconds < 9.95 else DIGITS)
    for least, large, small, names in (
        (86400 - 1800, 86400, 3600, ("d", "h")),
        (3600 - 30, 3600, 60, ("h", "min")),
        (0, 60, 1, ("min", "s")),
    ):
        if seconds >= least:
            whole, rest = divmod(round(seconds / small), large // small)
            return f"{whole} {names[0]} {rest} {names[1]}" if rest else f"{whole} {names[0]}"
    raise AssertionError(seconds)


def running(seconds: float) -> str:
    """Elapsed time that is looked at while it runs: no unit changes under a second."""
    return f"{seconds:.1f} s" if seconds < 59.95 else duration(math.floor(seconds))


def percent(part: float) -> str:
    """``71 %``, ``0.4 %``, ``<0.1 %``."""
    hundred = 100 * part
    if 0 < hundred < 0.1:
        return "<0.1 %"
    return f"{hundred:.1f} %" if 0 < hundred < 0.95 else f"{hundred:.0f} %"


def _decimals(value: float, half_width: float, digits: int) -> int:
    """Decimal places that show two digits of the half-width, and two of the value at least."""
    wanted = digits - 1 - _magnitude(value)
    if half_width > 0:
        wanted = min(wanted, digits - 2 - _magnitude(half_width))
    return max(wanted, 1 - _magnitude(value) if value else wanted)


def _magnitude(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0


def _fixed(value: float, decimals: int, digits: int) -> str:
    """``value`` at so many decimals, and at most so many significant digits."""
    if value == 0:
        return "0"
    # After the rounding: 9.996 has one digit more in front than it seems.
    magnitude = _magnitude(rounded(value, digits))
    places = min(decimals, digits - 1 - magnitude)
    text = f"{round(value, places):.{max(0, places)}f}"
    return "0" if float(text) == 0 else text

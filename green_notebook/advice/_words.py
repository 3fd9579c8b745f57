"""Numbers in the words of a reader."""

from __future__ import annotations

from green_notebook.advice._rule import Case


def energy(wh: float) -> str:
    """0.42 Wh, 42 Wh, 1.3 kWh."""
    if wh >= 1000:
        return f"{wh / 1000:.3g} kWh"
    return f"{wh:.2g} Wh" if wh < 10 else f"{wh:.0f} Wh"


def duration(seconds: float) -> str:
    """12 s, 5 min, 2.5 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.2g} h" if seconds < 36000 else f"{seconds / 3600:.0f} h"


def count(number: float) -> str:
    """950, 12,000, 7.2 million, 1.1 billion."""
    if number >= 9.995e8:
        return f"{number / 1e9:.3g} billion"
    if number >= 999_500:
        return f"{number / 1e6:.3g} million"
    return f"{number:,.0f}"


def percent(fraction: float) -> str:
    """0.42 as "42 %"."""
    return f"{100 * fraction:.0f} %"


def cost(case: Case) -> str:
    """What this cell took, as the start of a sentence: "This run used 42 Wh". Never empty."""
    wh = case.number("run.energy_wh")
    seconds = case.number("run.duration_s")
    if wh is not None and wh > 0:
        return f"This run used {energy(wh)}"
    if seconds is not None and seconds > 0:
        return f"This run took {duration(seconds)}"
    return "This run has not been measured yet"


def spent(case: Case) -> str:
    """The sentence of `cost` with a full stop and a space, "" where nothing was measured."""
    known = case.number("run.energy_wh") or case.number("run.duration_s")
    return f"{cost(case)}. " if known and known > 0 else ""


def saved(case: Case, low: float, high: float, of: str = "energy") -> str:
    """The range saved: in Wh or hours where this cell's are known, else in per cent."""
    wh, seconds = case.number("run.energy_wh"), case.number("run.duration_s")
    if of == "energy" and wh is not None and wh > 0:
        return f"{energy(low * wh)} to {energy(high * wh)}"
    if of == "time" and seconds is not None and seconds > 0:
        return f"{duration(low * seconds)} to {duration(high * seconds)}"
    return f"{percent(low)} to {percent(high)}"


def here(case: Case, fraction: float, of: str = "energy") -> str:
    """What a fraction is of this cell, as ", here about 18 Wh"; "" where unknown."""
    wh, seconds = case.number("run.energy_wh"), case.number("run.duration_s")
    if of == "energy" and wh is not None and wh > 0:
        return f", here about {energy(fraction * wh)}"
    if of == "time" and seconds is not None and seconds > 0:
        return f", here about {duration(fraction * seconds)}"
    return ""

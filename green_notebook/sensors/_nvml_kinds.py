"""How NVIDIA's cards measure themselves, by architecture."""

from __future__ import annotations

import re
from dataclasses import dataclass

from green_notebook.sensors import _gpu
from green_notebook.sensors._nvml_names import AMPERE, architecture_of


@dataclass(frozen=True, slots=True)
class Power:
    """How a power reading is made: each ``period_s`` the mean of the last ``window_s``."""

    period_s: float
    window_s: float


@dataclass(frozen=True, slots=True)
class Architecture:
    name: str
    gain: tuple[float, float]
    step_s: float
    usage: Power
    instant: Power | None = None


# A card keeps its limit on average: a step of a counter reaches a tenth beyond it, a reading of
# 10 to 25 ms half as much again (Yang et al. 2023, fig. 5, as below).
PEAK, SHORT_PEAK = 1.1, 1.5

# Yang, Adamek, Armour (2023), arXiv 2312.02741: periods, windows, and errors of the reading against
# an in-line meter: A100 -5.8 %, RTX 3090 -2 to -5.6, RTX 4090 -5.3, 2080 Ti -7.9, 2060 Super
# +12.7, P100 +0.7. A reading 5.8 % low means that the truth is 6.2 % above it. Where no card of an
# architecture was measured, NVIDIA's own 5 % and the worst of its neighbours. The counter moves each
# 20 to 100 ms; the traces learn its true period.
_TENTH = Power(0.1, 0.1)
_PARTIAL = Power(0.1, 0.025)
_SECOND = Power(0.1, 1.0)
_ARCHITECTURES = {
    2: Architecture("Kepler", (0.10, 0.10), 0.1, _TENTH),
    3: Architecture("Maxwell", (0.10, 0.10), 0.1, _TENTH),
    4: Architecture("Pascal", (0.05, 0.05), 0.02, Power(0.02, 0.01)),
    5: Architecture("Volta", (0.05, 0.08), 0.02, Power(0.02, 0.01)),
    6: Architecture("Turing", (0.12, 0.09), 0.1, _TENTH),
    7: Architecture("Ampere", (0.03, 0.07), 0.1, _SECOND, _TENTH),
    8: Architecture("Ada Lovelace", (0.03, 0.07), 0.1, _SECOND, _TENTH),
    9: Architecture("Hopper", (0.05, 0.08), 0.1, _SECOND, _PARTIAL),
    10: Architecture("Blackwell", (0.05, 0.10), 0.1, _SECOND, _TENTH),
}
_UNKNOWN = Architecture("unknown", (0.13, 0.10), 0.1, _SECOND, _TENTH)
# The data centre's Ampere reads 25 ms of each 100 ms; the second's mean came with driver 530.
_GA100 = Architecture("Ampere", (0.03, 0.07), 0.1, _PARTIAL)
_GA100_NAME = re.compile(r"\b(a100|a800|a30)[a-z]?\b")
_MEANS_SINCE = 530


def kind_of(number: int | None, capability: tuple[int, int] | None, name: str) -> Architecture:
    """What is known of a card by NVML's number of its architecture, its capability or its name."""
    if number not in _ARCHITECTURES:
        # Libraries before 11 do not tell; the capability's first digits do, else the name.
        number = _of_capability(capability) or architecture_of(name)
    data_centre = bool(_GA100_NAME.search(_gpu.plain(name)))
    if number == AMPERE and (data_centre or (capability == (8, 0) and not architecture_of(name))):
        return _GA100
    return _ARCHITECTURES.get(number or 0, _UNKNOWN)


def best_power(kind: Architecture, *, instant: bool, driver: str) -> Power:
    """How its power is read: from the field with the short window, where that is served."""
    if instant and kind.instant is not None:
        return kind.instant
    digits = driver.partition(".")[0]
    old = digits.isdigit() and int(digits) < _MEANS_SINCE
    return _TENTH if old and kind.usage is _SECOND else kind.usage


def _of_capability(capability: tuple[int, int] | None) -> int | None:
    """The architecture's number from the compute capability (CUDA programming guide, app. H)."""
    if capability is None:
        return None
    major, minor = capability
    if major == 7:
        return 6 if minor >= 5 else 5
    if major == 8:
        return 8 if minor == 9 else 7
    return {3: 2, 5: 3, 6: 4, 9: 9, 10: 10, 12: 10}.get(major)

"""What the processor packages of a bare machine draw: a curve over the maker's design power.

The classes, their curves and how far CPUs lie from them are fitted (cpu_package.json);
docs/method/models.md has the formulas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import accumulate
from typing import Any

from green_notebook.data import records
from green_notebook.host import Cpu
from green_notebook.sensors import _cpu

# Packages at idle: deep sleep takes one below half a watt, a server that keeps its cores awake to a
# third of its design power. Under load the class's own spread (cpu_package.json) takes over.
_CHIP_IDLE = (0.02, 2.6)
# The idle part of the servers (SPECpower) of the generations whose packages were measured, and the
# load from which a server's mesh is awake.
_IDLE_PART, _FIRST = 0.14, 0.01
# Where the name is not in the table, the design power is a guess: from the letters of the name
# (a client chip of the same letters is within a half), or from the number of cores (90 % of 938
# server chips: data-src/cpu_power.csv).
_LETTERS, _GUESSED = (0.67, 1.5), (0.54, 1.8)

# A limit that a package can have (W): from a fanless chip's to the largest socket's (2024).
_LEAST_W, _MOST_W = 3.0, 600.0
# Where the interval under few busy cores begins, and where that under many does.
_FEW, _MANY = 0.1, 0.4

Row = Mapping[str, Any]
Range = tuple[float, float, float]


@cache
def generation(name: str) -> Row:
    """The watts per thread of a generation of servers."""
    return next(row for row in records("cpu_generations") if row["generation"] == name)


def power_w(cpu: Cpu, busy: float, threads: int, battery: bool) -> tuple[Range, bool]:
    """All packages' power (W) with its bounds, and whether their design power is known."""
    row = _class(_cpu.chip_class(cpu, battery=battery))
    # Cores that are offline, or not ours to see, sleep (or work for others): a container's share of
    # a chip is not the whole of it.
    busy *= threads / (threads + cpu.dark)
    watts, (guess_down, guess_up) = _design_w(cpu, threads, row)
    watts *= _reached(cpu, row)
    curve = {**row, "idle": row["idle"] * _idle_scale(cpu, row["class"])}
    value = _part(curve, busy)
    low = value * _room(row, busy)[0]
    high = _upper(curve, busy)
    known = guess_down == 1.0
    return (value * watts, low * watts * guess_down, high * watts * guess_up), known


def _part(row: Mapping[str, Any], busy: float) -> float:
    """The part of the design power at a load, before what an individual chip makes of it."""
    shape = row["shape"]
    part = at(shape, busy) if busy >= _FEW else _woken(busy, row["wake"]) * shape[1]
    return float(row["idle"] + (row["full"] - row["idle"]) * part)


def _upper(row: Mapping[str, Any], busy: float) -> float:
    """The upper bound as a part of the design power; it never falls with the load.

    A few boosted cores can draw what many do.
    """
    if busy <= _FEW:
        return _part(row, busy) * _room(row, busy)[1]
    step = min(int(busy * 10), 9)
    loads = [tenth / 10 for tenth in range(1, step + 2)]
    *_, before, after = accumulate((_part(row, load) * _room(row, load)[1] for load in loads), max)
    return before + (after - before) * (busy * 10 - step)


def _room(row: Row, busy: float) -> tuple[float, float]:
    """How far CPUs lie below and above the curve: most with a few busy cores."""
    few, many = (row["low_few"], row["high_few"]), (row["low"], row["high"])
    if busy < _FEW:
        return blend(_CHIP_IDLE, few, busy / _FEW)
    return blend(few, many, (busy - _FEW) / (_MANY - _FEW))


def _reached(cpu: Cpu, row: Row) -> float:
    """How near a chip comes to its design power, compared with others of its class."""
    part = float(row["cool"]) if _cpu.below_design(cpu) else 1.0
    each = _cpu.tdp_per_core_w(cpu)
    return part * float((each / row["each_w"]) ** row["thinning"]) if each else part


def _woken(busy: float, wake: float) -> float:
    """The part of the way from idle to 10 % load: a server's first busy threads wake much of it.

    ``(busy / 0.1) ** wake`` from 1 % on. Below, less than in proportion: the crumbs of load of a
    machine that sleeps wake nothing for long.
    """
    if busy >= _FIRST or wake == 1:
        return float((busy / _FEW) ** wake)
    return float((_FIRST / _FEW) ** wake * (busy / _FIRST) ** 1.5)


def _idle_scale(cpu: Cpu, kind: str) -> float:
    """How a server generation's idle part compares with that of the generations measured."""
    if not kind.endswith("-server"):
        return 1.0
    rows = [generation(name) for name in _cpu.generations(cpu)]
    told = _cpu.median(row["idle_w"] / row["max_w"] for row in rows)
    return min(2.0, max(0.8, told / _IDLE_PART))


@cache
def _class(name: str) -> Row:
    return next(row for row in records("cpu_package") if row["class"] == name)


def _design_w(cpu: Cpu, threads: int, row: Row) -> tuple[float, tuple[float, float]]:
    """The design power of all packages, and how far it may lie below and above: (1, 1) if known."""
    sockets = max(1, cpu.sockets)
    watts = _set_w(cpu, row["class"], _cpu.tdp_w(cpu))
    if watts is not None:
        return watts * sockets, (1.0, 1.0)
    watts = _cpu.likely_tdp_w(cpu)
    if watts is not None:
        return watts * sockets, _LETTERS
    alone = row["class"] in ("arm-server", "apple")
    cores = (cpu.cores or (threads if alone else threads / 2)) / sockets
    return row["core_w"] * max(1.0, cores) ** row["growth"] * sockets, _GUESSED


def _set_w(cpu: Cpu, kind: str, design_w: float | None) -> float | None:
    """The design power (W) of a package as it is set up on this machine; None where unknown.

    Owners set it lower, makers of laptops also higher; a desktop's board that lifts it (to 4 kW)
    tells nothing of what its chip draws.
    """
    limit = cpu.limit_w
    if limit is None or not _LEAST_W <= limit <= _MOST_W:
        return design_w
    if design_w is None:
        return None if kind.startswith("desktop") else limit
    most = 2.5 if kind == "laptop" else 1.0
    return limit if design_w / 4 <= limit <= most * design_w else design_w


def at(shape: Sequence[float], busy: float) -> float:
    """The part of the way from idle to full, between the points at 0, 10, ... 100 % load."""
    place = busy * (len(shape) - 1)
    step = min(int(place), len(shape) - 2)
    return float(shape[step] + (shape[step + 1] - shape[step]) * (place - step))


def blend(
    first: tuple[float, float], last: tuple[float, float], part: float
) -> tuple[float, float]:
    """A pair of factors on the way from one to another."""
    part = min(1.0, max(0.0, part))
    return (
        first[0] + (last[0] - first[0]) * part,
        first[1] + (last[1] - first[1]) * part,
    )

"""How the table of packages is fitted: curves over the design power, by class of chip.

Rows of measured packages (rapl_load, rapl_blind, cpu_machines) and of whole servers
(specpower_load).
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from itertools import chain, pairwise
from math import exp, log

from _table import raw as _raw
from build_cpu import LOADS, Row, is_client

# What a server's wall power holds beside its packages: a tenth of the design power for the board,
# and 1.17 x for losses and fans (wall against RAPL of big nodes: Jay et al. 2023, CCGrid).
BOARD, LOSSES = 0.1, 1.17
# Below this the profiling tool of some rows was still starting: less than an I/O die alone draws.
STARTED_W = 1.5
# Up to this load a package counts as idle; a curve tells of loads this far beyond its ends.
RESTING, NEAR = 0.002, 0.03
# Rows at a lower part than this tell of the idle state, not of the spread under load.
LOADED = 0.08
# From here on a chip's limits show and not its governor.
HALF = 0.4
# Idle parts where no measured row tells: a laptop's deep sleep, small servers' and EPYC's (their
# wall power less what is not package), Ryzen's I/O die.
IDLE = {"laptop": 0.06, "desktop": 0.09, "amd-desktop": 0.12, "amd-server": 0.11}
Points = list[tuple[float, float]]
# What a measured package counts against one reckoned from a server's wall power: such servers are
# tuned for the benchmark. Idle is the measured.
MEASURED = 0.85
# How much further than those measured a new kind of CPU may lie.
ROOM = 1.35
# How the way from idle to 10 % load begins: a server's first busy threads wake the mesh and the
# memory controllers of all sockets (rapl_blind: 0.32 of it at 0.6 %, 0.53 at 0.8 %, 0.65 at 2 %,
# 0.87 at 5 %, which is (load / 0.1)^0.3); small chips take it evenly.
WAKE_SERVER, WAKE = 0.3, 1.0


@cache
def raw(name: str) -> list[Row]:
    """The rows of one raw table, read once."""
    return _raw(name)


def measured(machines: list[Row], cool: float = 1.0) -> dict[str, list[Points]]:
    """Per CPU its curves: load and package power as a part of the design power.

    That of a chip that stays below its design power is taken times ``cool``.
    """
    facts = {row["cpu"]: row for row in machines}
    curves: dict[tuple[str, str], Points] = defaultdict(list)
    for row in [*raw("rapl_load"), *raw("rapl_blind")]:
        if row["cpu"] not in facts or float(row["package_w"]) < STARTED_W:
            continue
        machine = facts[row["cpu"]]
        watts = float(machine["tdp_w"]) * int(machine["sockets"]) * reached(machine)
        watts *= cool if is_cool(machine) else 1.0
        point = (float(row["load"]), float(row["package_w"]) / watts)
        curves[row["cpu"], row["how"]].append(point)
    by_cpu = defaultdict(list)
    for (cpu, _), points in sorted(curves.items()):
        by_cpu[cpu].append(sorted(points))
    return by_cpu


@cache
def thinning() -> tuple[float, float]:
    """The design power (W) of a core of the median EPYC server, and the power that it counts with.

    An EPYC of few cores does not reach its design power: a regression over the servers' packages.
    Intel's servers show none of it (a slope of -0.17, correlation -0.15).
    """
    logs = []
    for row in (row for row in raw("specpower_load") if "epyc" in row["architecture"]):
        if row["tdp_w"]:
            each = float(row["tdp_w"]) / float(row["cores"]) * float(row["chips"])
            wall = float(row["w_100"]) / float(row["tdp_w"]) / float(row["chips"])
            logs.append((log(each), log((wall - BOARD) / LOSSES)))
    slope, _ = statistics.linear_regression(*zip(*logs, strict=True))
    return round(exp(statistics.median(each for each, _ in logs)), 1), round(slope, 2)


def reached(machine: Row) -> float:
    """How near a server chip comes to its design power, compared with others of its class."""
    if machine["class"] != "amd-server":
        return 1.0
    each, growth = thinning()
    cores = int(machine["threads"]) / 2 / int(machine["sockets"])
    return float((float(machine["tdp_w"]) / cores / each) ** growth)


def is_cool(machine: Row) -> bool:
    """Whether it is a client chip of 2011 to 2013 (Sandy and Ivy Bridge).

    Their design power was a family's, and power did not limit them: 0.4 to 0.7 of it at full load.
    """
    client = machine["class"] in ("desktop", "laptop")
    return client and machine["vendor"] == "GenuineIntel" and machine["model"] in ("42", "58")


def cool(machines: list[Row]) -> float:
    """What such chips draw of what others of their class do: a median over CPUs and loads."""
    levels = classes([row for row in machines if not is_cool(row)], 1.0)
    ratios = []
    for row in filter(is_cool, machines):
        guess = [
            (load / 100, level) for load, level in zip(LOADS, levels[row["class"]], strict=True)
        ]
        points = [point for curve in measured([row])[row["cpu"]] for point in curve]
        own = [log(part / between(guess, load)) for load, part in points if load >= HALF]
        ratios += [statistics.median(own)] if own else []
    return exp(statistics.median(ratios)) if ratios else 0.7


def idle(machines: list[Row], kind: str) -> float:
    """The idle part of a class: the median over origins, as one fleet is one kind of machine."""
    facts = {row["cpu"]: row for row in machines if row["class"] == kind}
    parts = defaultdict(list)
    for row in [*raw("rapl_load"), *raw("rapl_blind")]:
        resting = float(row["load"]) <= RESTING and float(row["package_w"]) >= STARTED_W
        if row["cpu"] in facts and resting:
            machine = facts[row["cpu"]]
            watts = float(machine["tdp_w"]) * int(machine["sockets"])
            parts[row["source"]].append(float(row["package_w"]) / watts)
    if len(parts) < 2:
        return IDLE.get(kind, 0.12)
    return statistics.median(statistics.median(each) for each in parts.values())


def typical(
    curves: Iterable[list[Points]], resting: float, other: list[float] | None = None
) -> list[float]:
    """The median over CPUs, in logarithms, of their power at 0, 10, ... 100 % load.

    Loads that no curve tells of are those of an ``other`` class.
    """
    levels = [resting]
    each = list(curves)
    for place, load in list(enumerate(LOADS))[1:]:
        logs = []
        for cpu in each:
            known = [between(points, load / 100) for points in cpu if _covers(points, load / 100)]
            logs += [statistics.fmean(map(log, known))] if known else []
        assert logs or other
        levels.append(exp(statistics.median(logs)) if logs else (other or levels)[place])
    return [max(levels[: place + 1]) for place in range(len(levels))]


def _covers(points: Points, at: float) -> bool:
    return points[0][0] - NEAR <= at <= points[-1][0] + NEAR


def mixed(one: list[float], other: list[float], weight: float = 0.5) -> list[float]:
    """Load by load the geometric mean, ``weight`` on the first, whose idle it keeps."""
    levels = [a**weight * b ** (1 - weight) for a, b in zip(one, other, strict=True)]
    return [one[0], *levels[1:]]


def classes(machines: list[Row], part: float | None = None) -> dict[str, list[float]]:
    """Package power as a part of the design power at 0, 10, ... 100 % load, by class of chip.

    Servers: between packages under stress tests (cores fully busy, turbo on: most cells) and whole
    servers less what is not package (SPECpower: all cores a little busy, turbo mostly off). Classes
    with few measured CPUs lean on their neighbours.
    """
    curves = measured(machines, cool(machines) if part is None else part)
    kind = {row["cpu"]: row["class"] for row in machines}

    def of(name: str, *more: str, other: list[float] | None = None) -> list[float]:
        own = [curve for cpu, curve in curves.items() if kind[cpu] in (name, *more)]
        return typical(own, idle(machines, name), other)

    points = raw("specpower_load")
    intel = _wall([r for r in points if not is_client(r) and "epyc" not in r["architecture"]])
    amd = _wall([r for r in points if "epyc" in r["architecture"]])
    laptop = of("laptop")
    desktop = mixed(of("desktop", other=laptop), laptop)
    return {
        "intel-server": mixed(of("intel-server"), intel, MEASURED),
        "amd-server": mixed(of("amd-server", other=of("intel-server")), amd, MEASURED),
        "desktop": desktop,
        "amd-desktop": mixed(of("amd-desktop", other=desktop), desktop, MEASURED),
        "laptop": laptop,
    }


def spread(machines: list[Row]) -> dict[str, tuple[float, ...]]:
    """How far CPUs lie below and above a curve made without them: 5 and 95 %, and ROOM beyond.

    Two numbers with a few busy cores (of which some boost and others do not), two with many.
    Classes with fewer than five measured curves take the spread of all.
    """
    ratios: dict[str, list[Points]] = defaultdict(list)
    for left_out in machines:
        others = [row for row in machines if row is not left_out]
        levels = classes(others)[left_out["class"]]
        guess = [(load / 100, level) for load, level in zip(LOADS, levels, strict=True)]
        curves = measured([left_out], cool(others))[left_out["cpu"]]
        points = list(chain.from_iterable(curves))
        own = [(load, part / between(guess, load)) for load, part in points if load >= LOADED]
        ratios[left_out["class"]].append(own)
    every = [own for some in ratios.values() for own in some]
    found = {}
    for name, some in ratios.items():
        enough = sum(len(own) > 2 for own in some) >= 5
        told = [point for own in (some if enough else every) for point in own]
        bounds = [
            _bounds(ratio for load, ratio in told if (load >= HALF) == many) for many in (0, 1)
        ]
        found[name] = (*bounds[0], *bounds[1])
    return found


def _bounds(ratios: Iterable[float]) -> tuple[float, float]:
    ranked = sorted(ratios)
    cut = len(ranked) // 20
    return ranked[cut] / ROOM, ranked[-1 - cut] * ROOM


def _wall(group: list[Row]) -> list[float]:
    """The packages of whole servers as a part of their TDP, at each load: a median.

    The collection's TDPs of older servers are filled in, not looked up: they are left out.
    """
    known = [row for row in group if row["tdp_w"] and int(row["year"]) >= 2014]
    levels = []
    for load in LOADS:
        wall = statistics.median(
            float(row[f"w_{load}"]) / float(row["tdp_w"]) / float(row["chips"]) for row in known
        )
        levels.append(max(0.02, (wall - BOARD) / LOSSES))
    return levels


def between(points: Points, at: float) -> float:
    for (x0, y0), (x1, y1) in pairwise(points):
        if at <= x1:
            return y0 + (y1 - y0) * (at - x0) / (x1 - x0)
    return points[-1][1]

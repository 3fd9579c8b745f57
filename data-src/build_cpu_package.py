"""Build the table of what a processor's package draws on bare metal.

``cpu_package``: power as a part of the design power (TDP), by class of chip, with how far CPUs lie
from it. Rows of measured packages (rapl_load, cpu_machines) and of whole servers (specpower_load).
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise
from math import exp, log
from typing import Any

from _table import Sources, raw, write
from build_cpu import LOADS, Row, is_client

# What a server's wall power holds beside its packages: a tenth of the design power for the board,
# and 1.17 x for losses and fans (wall against RAPL of big nodes: Jay et al. 2023, CCGrid).
BOARD, LOSSES = 0.1, 1.17
# Below this the profiling tool of some rows was still starting: less than an I/O die alone draws.
STARTED_W = 1.5
# Rows at a lower part than this tell of the idle state, not of the spread under load.
LOADED = 0.08
# Idle parts where no measured row tells: a laptop's deep sleep, small servers' and EPYC's (their
# wall power less what is not package), Ryzen's I/O die.
IDLE = {"laptop": 0.06, "desktop": 0.09, "amd-desktop": 0.12, "amd-server": 0.11}
Points = list[tuple[float, float]]
# What a measured package counts against one reckoned from a server's wall power: both kinds of data,
# left out, are then as far off (22 % and 24 %). Idle is the measured.
MEASURED = 0.6
# The part of the way from idle to 10 % load that a server is at 2 %: one busy thread wakes the mesh
# and the memory controllers of all sockets (0.32 at 0.6 %, 0.62 at 2 %, 0.56 at 0.8 %: rapl_blind).
WAKE_SERVER, WAKE = 0.5, 0.2


def measured(machines: list[Row]) -> dict[str, list[Points]]:
    """Per CPU its curves: load and package power as a part of the design power, idle included."""
    facts = {row["cpu"]: row for row in machines}
    curves: dict[tuple[str, str], Points] = defaultdict(list)
    for row in [*raw("rapl_load"), *raw("rapl_blind")]:
        if row["cpu"] not in facts or float(row["package_w"]) < STARTED_W:
            continue
        machine = facts[row["cpu"]]
        watts = float(machine["tdp_w"]) * int(machine["sockets"])
        point = (float(row["load"]), float(row["package_w"]) / watts)
        curves[row["cpu"], row["how"]].append(point)
    by_cpu = defaultdict(list)
    for (cpu, _), points in sorted(curves.items()):
        points.sort()
        if points[0][0] > 0:
            points.insert(0, (0.0, IDLE.get(facts[cpu]["class"], 0.12)))
        by_cpu[cpu].append(points)
    return by_cpu


def typical(curves: Iterable[list[Points]]) -> list[float]:
    """The median over CPUs, in logarithms, of their power at 0, 10, ... 100 % load."""
    levels: list[float] = []
    each = list(curves)
    for load in LOADS if each else ():
        logs = []
        for cpu in each:
            known = [_between(points, load / 100) for points in cpu if points[-1][0] >= load / 100]
            logs += [statistics.fmean(map(log, known))] if known else []
        levels.append(exp(statistics.median(logs)))
    return [max(levels[: place + 1]) for place in range(len(levels))]


def mixed(one: list[float], other: list[float], weight: float = 0.5) -> list[float]:
    """Load by load the geometric mean, ``weight`` on the first, whose idle it keeps."""
    levels = [a**weight * b ** (1 - weight) for a, b in zip(one, other, strict=True)]
    return [one[0], *levels[1:]]


def classes(machines: list[Row]) -> dict[str, list[float]]:
    """Package power as a part of the design power at 0, 10, ... 100 % load, by class of chip.

    Servers: between packages under stress tests (cores fully busy, turbo on: most cells) and whole
    servers less what is not package (SPECpower: all cores a little busy, turbo mostly off). Classes
    with one or two measured CPUs lean on their neighbours.
    """
    curves = measured(machines)
    kind = {row["cpu"]: row["class"] for row in machines}
    of = {
        name: typical(curve for cpu, curve in curves.items() if kind[cpu] in name.split())
        for name in ("intel-server", "intel-server amd-server", "desktop", "laptop", "amd-desktop")
    }
    points = raw("specpower_load")
    intel = _wall([r for r in points if not is_client(r) and "epyc" not in r["architecture"]])
    amd = _wall([r for r in points if "epyc" in r["architecture"]])
    desktop = mixed(of["desktop"] or of["laptop"], of["laptop"])
    return {
        "intel-server": mixed(of["intel-server"], intel, MEASURED),
        "amd-server": mixed(of["intel-server amd-server"], amd),
        "desktop": desktop,
        "amd-desktop": mixed(of["amd-desktop"] or desktop, desktop),
        "laptop": of["laptop"],
    }


def spread(machines: list[Row]) -> dict[str, tuple[float, float]]:
    """How far CPUs lie below and above a curve made without them: 5 and 95 %, half as much again.

    Classes with fewer than five measured CPUs take the spread of all.
    """
    curves = measured(machines)
    ratios = defaultdict(list)
    for left_out in machines:
        levels = classes([row for row in machines if row is not left_out])[left_out["class"]]
        guess = [(load / 100, level) for load, level in zip(LOADS, levels, strict=True)]
        for points in curves[left_out["cpu"]]:
            for load, part in points:
                if load >= LOADED:
                    ratios[left_out["class"]].append(part / _between(guess, load))
    every = [ratio for some in ratios.values() for ratio in some]
    many = Counter(row["class"] for row in machines)
    found = {}
    for name in many:
        ranked = sorted(ratios[name] if many[name] >= 5 else every)
        cut = len(ranked) // 20
        found[name] = (ranked[cut] / 1.5, ranked[-1 - cut] * 1.5)
    return found


# Design power (W) of one core and how it grows with cores where no table of servers tells: 65 W of
# six cores (most desktop parts), 28 W of ten (laptops), 30 W of eight (Apple).
CLIENT_SIZES = {"desktop": (26.5, 0.5), "laptop": (14.0, 0.3), "apple": (7.0, 0.7)}


def size(vendor: str) -> tuple[float, float]:
    """The design power of a server chip of one core, and the power of the cores that it grows with."""
    logs = [
        (log(float(row["cores"])), log(float(row["tdp_w"])))
        for row in raw("cpu_power")
        if row["vendor"] == vendor and row["segment"] == "server" and row["cores"] and row["tdp_w"]
    ]
    growth, one = statistics.linear_regression(*zip(*logs, strict=True))
    return round(exp(one), 1), round(growth, 2)


def package() -> None:
    """A package's power as a part of its TDP, by class of chip, with the spread between CPUs."""
    machines = [row for row in raw("cpu_machines") if row["use"] != "check"]
    levels, wide = classes(machines), spread(machines)
    sources = Sources()
    loads = [*raw("rapl_load"), *raw("rapl_blind")]
    told = "; ".join(dict.fromkeys(row["source"] for row in loads))
    both = sources.key(f"{told}; {raw('specpower_load')[0]['source']}")
    sizes = CLIENT_SIZES | {f"{name.lower()}-server": size(name) for name in ("Intel", "AMD")}
    rows: list[list[Any]] = []
    for name, level in levels.items():
        low, high = (round(part, 2) for part in wide[name])
        grown = sizes[name.removeprefix("amd-")] if name not in sizes else sizes[name]
        wake = WAKE_SERVER if name.endswith("server") else WAKE
        rows.append([name, *_curve(level), wake, low, high, *grown, 2026, both])
    guess = sources.key(
        "No load data found: the nearest class's shape, level by the maker's limits"
    )
    by_name = {row[0]: row for row in rows}
    # Since the 12th generation an unlocked desktop part may hold its turbo power for good: 150 to
    # 253 W of 125 W (Intel ARK: i5-12600K, i9-12900K, i9-13900K).
    turbo = sources.key(
        "Intel ARK, Maximum Turbo Power of i5-12600K to i9-13900K (150-253 W); shape: desktop"
    )
    own, wake, low, high = by_name["desktop"][3:7]
    rows.append(["desktop-k", 0.07, 1.5, own, wake, low, high, *sizes["desktop"], 2022, turbo])
    own, wake, low, high = by_name["amd-server"][3:7]
    rows.append(["arm-server", 0.12, 0.85, own, wake, low, high, *sizes["amd-server"], 2026, guess])
    # Apple publishes no TDP; the table holds the whole chip's limit, of which the CPU is a part.
    own, wake, low, high = by_name["laptop"][3:7]
    rows.append(["apple", 0.02, 0.7, own, wake, low, high, *sizes["apple"], 2026, guess])
    columns = "class idle full shape wake low high core_w growth year source"
    write("cpu_package", columns.split(), rows, sources=sources.table())


def _curve(levels: list[float]) -> tuple[float, float, list[float]]:
    idle, full = levels[0], levels[-1]
    shape = [round((level - idle) / (full - idle), 3) for level in levels]
    return round(idle, 3), round(full, 3), shape


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


def _between(points: Points, at: float) -> float:
    for (x0, y0), (x1, y1) in pairwise(points):
        if at <= x1:
            return y0 + (y1 - y0) * (at - x0) / (x1 - x0)
    return points[-1][1]


if __name__ == "__main__":
    package()

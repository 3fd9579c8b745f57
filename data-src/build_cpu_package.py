"""Build the table of what a processor's package draws on bare metal.

``cpu_package``: power as a part of the design power (TDP), by class of chip, with how far CPUs lie
from it (_package_fit.py).
"""

from __future__ import annotations

import statistics
from math import exp, log
from typing import Any

from _package_fit import (
    LOSSES,
    WAKE,
    WAKE_SERVER,
    classes,
    cool,
    raw,
    spread,
    thinning,
)
from _table import Sources, write

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


# What an Arm server draws beside its chip when all cores work: board, fans, drives, memory (W) and
# losses as above. Our assumption (2026). What of its design power the class draws then.
ARM_BESIDE, ARM_FULL = 25.0, 0.85


def arm_size() -> tuple[float, float]:
    """The design power of an Arm server chip's core: it grows with the cores (32 to 192)."""
    each = [
        (float(row["wall_w"]) - ARM_BESIDE) / LOSSES / float(row["cores"])
        for row in raw("arm_power")
    ]
    return round(statistics.median(each) / ARM_FULL, 2), 1.0


def package() -> None:
    """A package's power as a part of its TDP, by class of chip, with the spread between CPUs."""
    machines = [row for row in raw("cpu_machines") if row["use"] != "check"]
    levels, wide, part = classes(machines), spread(machines), round(cool(machines), 2)
    sources = Sources()
    loads = [*raw("rapl_load"), *raw("rapl_blind")]
    told = "; ".join(dict.fromkeys(row["source"] for row in loads))
    both = sources.key(f"{told}; {raw('specpower_load')[0]['source']}")
    sizes = (
        CLIENT_SIZES
        | {"arm-server": arm_size()}
        | {f"{name.lower()}-server": size(name) for name in ("Intel", "AMD")}
    )
    rows: list[list[Any]] = []
    for name, level in levels.items():
        room = [round(bound, 2) for bound in wide[name]]
        grown = sizes[name.removeprefix("amd-")] if name not in sizes else sizes[name]
        wake = WAKE_SERVER if name.endswith("server") else WAKE
        thin = thinning() if name == "amd-server" else (1.0, 0)
        old = part if name in ("desktop", "laptop") else 1
        rows.append([name, *_curve(level), wake, *room, *grown, *thin, old, 2026, both])
    by_name = {row[0]: row for row in rows}
    guess = sources.key(
        "No load data fitted: the nearest class's shape, level by the maker's limits"
    )
    turbo = sources.key("Intel ARK, Maximum Turbo Power as the design power; shape: desktop")
    # Class, the class whose shape and spread it takes, idle and full, whose sizes.
    for name, like, idle_part, full, year, source in (
        # Since the 12th generation an unlocked desktop part may hold its turbo power for good.
        ("desktop-k", "desktop", 0.036, 0.95, 2022, turbo),
        ("arm-server", "amd-server", 0.12, ARM_FULL, 2026, guess),
        # Apple publishes no TDP: the table holds the whole chip's limit, the CPU is a part of it.
        ("apple", "laptop", 0.02, 0.7, 2026, guess),
    ):
        grown = sizes.get(name, sizes[like])
        same = by_name[like][3:9]
        rows.append([name, idle_part, full, *same, *grown, 1.0, 0, 1, year, source])
    columns = (
        "class idle full shape wake low_few high_few low high core_w growth each_w thinning cool"
        " year source"
    )
    write("cpu_package", columns.split(), rows, sources=sources.table())


def _curve(levels: list[float]) -> tuple[float, float, list[float]]:
    idle, full = levels[0], levels[-1]
    shape = [round((level - idle) / (full - idle), 3) for level in levels]
    return round(idle, 3), round(full, 3), shape


if __name__ == "__main__":
    package()

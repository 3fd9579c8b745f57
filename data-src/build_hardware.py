"""Build the tables of what processors, graphics cards and memory draw.

* ``cpu_generations``: whole-server watts per hardware thread and the shape between idle and full
  load, for virtual machines. Medians over SPECpower_ssj2008 results.
* ``cpu_package``: a package's power as a part of its TDP, by class of chip, for bare metal.
* ``cpu_chips``: TDP by model. ``gpu``: limits and idle by NVML name. ``memory``: W/GB.
"""

from __future__ import annotations

import re
import statistics
from collections import defaultdict
from typing import Any

from _table import Sources, number, raw, write

from green_notebook.sensors._cpu import plain

LOADS = range(0, 101, 10)
Row = dict[str, str]

# Generation of cpu_arch_power.csv: the architectures of specpower_load.csv that tell its shape. A
# generation without load points of its own takes its predecessor's shape.
SHAPE_OF = {
    "Intel Sandy Bridge-EP": "sandybridge",
    "Intel Ivy Bridge-EP": "sandybridge ivybridge",
    "Intel Haswell-EP": "haswell",
    "Intel Broadwell-EP": "broadwell",
    "Intel Skylake-SP": "skylake",
    "Intel Cascade Lake-SP": "cascadelake cooperlake",
    "Intel Ice Lake-SP": "icelake",
    "Intel Sapphire Rapids-SP": "icelake",
    "Intel Emerald Rapids-SP": "icelake",
    "Intel Granite Rapids (Xeon 6 P)": "icelake",
    "Intel Sierra Forest (Xeon 6 E)": "icelake",
    "AMD Naples (EPYC 7001)": "epyc-gen1",
    "AMD Rome (EPYC 7002)": "epyc-gen2",
    "AMD Milan (EPYC 7003)": "epyc-gen3 epyc",
    "AMD Genoa/Bergamo (EPYC 9004)": "epyc-gen3 epyc",
    "AMD Turin (EPYC 9005)": "epyc-gen3 epyc",
    "Ampere Altra (Neoverse N1)": "epyc-gen2",
}
CLIENT = "Intel Xeon E and Core (client dies)"


def is_client(row: Row) -> bool:
    """Whether a SPECpower server has a small die of the client family."""
    return re.search(r"e3-|xeone-|corei", row["cpu"]) is not None


def quantiles(values: list[float]) -> tuple[float, float, float]:
    """Median, 10 % and 90 % quantile."""
    if len(values) < 2:
        return values[0], values[0], values[0]
    tenths = statistics.quantiles(values, n=10, method="inclusive")
    return statistics.median(values), tenths[0], tenths[-1]


def shape(rows: list[Row]) -> list[float]:
    """The median part of the way from idle to full power at 0, 10, ... 100 % load."""
    parts = []
    for load in LOADS:
        each = []
        for row in rows:
            idle, full = float(row["w_0"]), float(row["w_100"])
            each.append((float(row[f"w_{load}"]) - idle) / (full - idle))
        parts.append(round(statistics.median(each), 3))
    return parts


def generations() -> None:
    """Watts per thread by CPU generation, with the shape of the curve."""
    servers = defaultdict(list)
    points = raw("specpower_load")
    for row in points:
        servers["client" if is_client(row) else row["architecture"]].append(row)
    sources = Sources()
    load_source = sources.key(points[0]["source"], "https://www.spec.org/power_ssj2008/results/")
    rows: list[list[Any]] = []
    for row in raw("cpu_arch_power"):
        known = [one for name in SHAPE_OF[row["architecture"]].split() for one in servers[name]]
        idle = float(row["idle_w_per_thread_median"])
        # The spread of idle is not in the table: that of the servers with load points.
        middle, low, high = quantiles([float(one["w_0"]) / float(one["threads"]) for one in known])
        full = float(row["max_w_per_thread_median"])
        few = int(row["n_results"]) < 5
        rows.append(
            [
                row["architecture"],
                int(row["launch_year"]),
                int(row["n_results"]),
                idle,
                round(idle * low / middle, 3),
                round(idle * high / middle, 3),
                full,
                # One or two results say nothing of the spread: a third either way.
                round(full * 0.67, 3) if few else number(row["max_w_per_thread_p10"]),
                round(full * 1.5, 3) if few else number(row["max_w_per_thread_p90"]),
                shape(known),
                int(row["year"]),
                sources.key(row["source"], row["source_url"], row["licence"]),
            ]
        )
    rows.append(_client(servers["client"], load_source))
    columns = "generation launched results idle_w idle_low idle_high max_w max_low max_high shape"
    write("cpu_generations", [*columns.split(), "year", "source"], rows, sources=sources.table())


def _client(known: list[Row], source: str) -> list[Any]:
    per_thread = [
        (float(one["w_0"]) / float(one["threads"]), float(one["w_100"]) / float(one["threads"]))
        for one in known
    ]
    idle, full = (quantiles([pair[which] for pair in per_thread]) for which in (0, 1))
    figures = [round(number, 3) for number in (*idle, *full)]
    return [CLIENT, 2011, len(known), *figures, shape(known), 2022, source]


# What a server's wall power holds beside its packages: a tenth of the design power for the board,
# and 1.17 x for losses and fans (wall against RAPL of big nodes: Jay et al. 2023, CCGrid).
BOARD, LOSSES = 0.1, 1.17


def package() -> None:
    """A package's power as a part of its TDP, by class of chip.

    Load by load the geometric mean of two medians: whole servers (SPECpower: all cores a little
    busy, turbo mostly off), less what is not package; and packages under stress-ng (Teads: some
    cores fully busy, turbo on). Cells do either.
    """
    points = raw("specpower_load")
    metal = raw("aws_package_power")
    known = tuple(
        statistics.median(
            float(row[f"w_{load}"]) / float(row["tdp_w"]) / float(row["chips"]) for row in metal
        )
        for load in (0, 10, 50, 100)
    )
    stress = [_between((0, 10, 50, 100), known, load) for load in LOADS]
    groups = {
        "intel-server": [r for r in points if not is_client(r) and "epyc" not in r["architecture"]],
        "amd-server": [r for r in points if "epyc" in r["architecture"]],
        "intel-client": [r for r in points if is_client(r)],
    }
    sources = Sources()
    both = sources.key(f"{points[0]['source']}; {metal[0]['source']}")
    rows: list[list[Any]] = []
    for name, group in groups.items():
        levels = [
            (max(0.02, (wall - BOARD) / LOSSES) * other) ** 0.5
            for wall, other in zip(_levels(group), stress, strict=True)
        ]
        own = [round((level - levels[0]) / (levels[-1] - levels[0]), 3) for level in levels]
        rows.append([name, round(levels[0], 3), round(levels[-1], 3), own, 2022, both])
    by_name = {row[0]: row for row in rows}
    guess = sources.key(
        "No load data found: the nearest class's shape, level by the maker's limits"
    )
    # Ryzen: the socket's power limit (PPT) is 1.35 x TDP; the I/O die keeps idle high.
    rows.append(["amd-client", 0.12, 1.0, shape(groups["amd-server"]), 2026, guess])
    rows.append(["arm-server", 0.12, 0.85, by_name["amd-server"][3], 2026, guess])
    # Apple publishes no TDP; the table holds the whole chip's limit, of which the CPU is a part.
    rows.append(["apple", 0.02, 0.7, by_name["intel-client"][3], 2026, guess])
    write(
        "cpu_package",
        ["class", "idle", "full", "shape", "year", "source"],
        rows,
        sources=sources.table(),
    )


def _levels(group: list[Row]) -> list[float]:
    """The median wall power of servers as a part of their TDP, at each load.

    The collection's TDPs of older servers are filled in, not looked up: they are left out.
    """
    told = [row for row in group if row["tdp_w"] and int(row["year"]) >= 2014]
    return [
        statistics.median(
            float(row[f"w_{load}"]) / float(row["tdp_w"]) / float(row["chips"]) for row in told
        )
        for load in LOADS
    ]


def _between(xs: tuple[float, ...], ys: tuple[float, ...], at: float) -> float:
    for (x0, y0), (x1, y1) in zip(
        zip(xs, ys, strict=True), zip(xs[1:], ys[1:], strict=True), strict=False
    ):
        if at <= x1:
            return y0 + (y1 - y0) * (at - x0) / (x1 - x0)
    return ys[-1]


def chips() -> None:
    """TDP (W) and cores by the name in /proc/cpuinfo, without its marks, clock and core count."""
    sources = Sources()
    rows, seen = [], set()
    for row in raw("cpu_power"):
        # The plain name identifies a cloud's chip only where it is the chip's, not the clock's.
        name = plain(row["model"].split(" (")[0])
        watts = number(row["max_w_est"] if row["vendor"] == "Apple" else row["tdp_w"])
        if watts is None or name in seen or "custom" in row["model"]:
            continue
        seen.add(name)
        rows.append(
            [
                name,
                watts,
                number(row["cores"]),
                row["segment"].split("/")[0],
                number(row["year"]),
                sources.key(row["source"] if len(row["source"]) < 150 else row["source"][:150]),
            ]
        )
    write(
        "cpu_chips",
        ["name", "tdp_w", "cores", "segment", "year", "source"],
        rows,
        sources=sources.table(),
    )


def gpus() -> None:
    """Power limit and idle (W) and architecture by NVML name; TPUs beside them."""
    sources = Sources()
    rows = []
    for row in raw("gpu_power"):
        names = [row["nvml_name"], *filter(None, row["aliases"].split(";"))]
        figures = [number(row[key]) for key in ("max_power_w", "idle_w", "memory_gb", "year")]
        rows.append(
            [
                row["vendor"],
                names,
                row["architecture"],
                *figures,
                row["confidence"],
                sources.key(row["source"]),
            ]
        )
    columns = "vendor names architecture max_w idle_w memory_gb year confidence source"
    write("gpu", columns.split(), rows, sources=sources.table())
    tpu_sources = Sources()
    tpus = [
        [
            row["name"],
            *(number(row[key]) for key in ("idle_or_min_w", "mean_w", "max_w")),
            row["basis"],
            number(row["year"]),
            tpu_sources.key(row["source"], row["source_url"]),
        ]
        for row in raw("tpu_power")
    ]
    columns = "name idle_w mean_w max_w basis year source"
    write("tpu", columns.split(), tpus, sources=tpu_sources.table())


def memory() -> None:
    """Watts per GB of memory, from each source that states one."""
    sources = Sources()
    rows = [
        [
            row["component"],
            number(row["value"]),
            number(row["year"]),
            sources.key(row["source"], row["source_url"]),
        ]
        for row in raw("memory_power")
        if row["unit"] == "W/GB" and "NOT verified" not in row["source"]
    ]
    model = {row["variable"]: row for row in raw("power_models") if row["model"].startswith("DRAM")}
    base, slope = (
        float(model[name]["value"])
        for name in ("base per DIMM at full load", "per GB at full load")
    )
    for kind in ("DDR4", "DDR5"):
        row = model[f"typical DIMM {kind}"]
        watts = base / float(row["value"]) + slope
        key = sources.key(row["source"], row["source_url"])
        rows.append(
            [
                f"{row['value']} GB {kind} module, per-DIMM model",
                round(watts, 4),
                number(row["year"]),
                key,
            ]
        )
    write("memory", ["what", "w_per_gb", "year", "source"], rows, sources=sources.table())


if __name__ == "__main__":
    generations()
    package()
    chips()
    gpus()
    memory()

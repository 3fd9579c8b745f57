"""Build the tables of what processors draw.

* ``cpu_generations``: whole-server watts per hardware thread and the shape between idle and full
  load, for virtual machines. Medians over SPECpower_ssj2008 results.
* ``cpu_chips``: TDP by model.
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
    "Intel Nehalem and Westmere (Xeon 5500/5600)": "westmere",
    "AMD Opteron (6100 to 6300)": "opteron",
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


def chips() -> None:
    """TDP (W) and cores by the name in /proc/cpuinfo, without its marks, clock and core count.

    Of unlocked desktop parts since the 12th generation the turbo power, which most boards hold.
    """
    sources = Sources()
    rows: list[list[Any]] = []
    for row in raw("cpu_turbo"):
        watts, cores, year = (number(row[key]) for key in ("turbo_w", "cores", "year"))
        source = sources.key(row["source"])
        rows.append([plain(row["model"]), watts, cores, "desktop", year, source])
    seen = {row[0] for row in rows}
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
    measured = {
        plain(row["cpu"]): int(row["threads"]) // 2 // int(row["sockets"])
        for row in raw("cpu_machines")
        if row["class"] == "intel-server"
    }
    for row in raw("cpu_tdp"):
        name = plain(row["model"])
        if name not in seen:
            seen.add(name)
            watts, year = number(row["tdp_w"]), number(row["year"])
            cores = measured.get(name)
            rows.append([name, watts, cores, "", year, sources.key(row["source"])])
    write(
        "cpu_chips",
        ["name", "tdp_w", "cores", "segment", "year", "source"],
        rows,
        sources=sources.table(),
    )


if __name__ == "__main__":
    generations()
    chips()

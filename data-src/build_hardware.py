"""Build the tables of what graphics cards and memory draw.

``gpu``: limits and idle by NVML name. ``tpu`` beside it. ``memory``: W/GB.
"""

from __future__ import annotations

from _table import Sources, number, raw, write


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
    gpus()
    memory()

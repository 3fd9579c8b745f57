"""Build the table of accelerators' power and dense throughput, for what-if questions."""

from __future__ import annotations

from _table import Sources, number, raw, write

if __name__ == "__main__":
    sources = Sources()
    rows = [
        [
            row["nvml_name"],
            row["aliases"],
            number(row["max_power_w"]),
            number(row["fp32_tflops"]),
            number(row["fp16_tflops_dense"]) or number(row["bf16_tflops_dense"]),
            row["confidence"],
            number(row["year"]),
            sources.key(row["source"], "", row["licence"]),
        ]
        for row in raw("gpu_power")
        if row["max_power_w"] and row["fp32_tflops"] and row["nvml_name"]
    ]
    columns = ("name", "aliases", "max_w", "fp32", "fp16", "confidence", "year", "source")
    write("throughput", columns, rows, sources=sources.table())

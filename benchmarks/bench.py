"""What the meter itself costs: in real kernels of this machine, then on simulated hardware.

`bench.py [--json FILE]` prints each figure beside the limit that it must keep, with a verdict.
Times in kernels are those of the clock on the wall; beside them is the CPU time, which other
programs disturb less. On a busy or virtual machine all of them are upper bounds.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import meter_cost

RUNS = 5  # kernels; the table has their medians

# Each probe is a cell; `result` is its figure, `cpu` the CPU time where the figure is a time (ms).
IMPORT = """
import time
start, cpu = time.perf_counter(), time.process_time()
import green_notebook
result, cpu = (time.perf_counter() - start) * 1e3, (time.process_time() - cpu) * 1e3
"""
LOAD = """
import resource, threading, time
def rss_mb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6
before_mb = rss_mb()
threads = threading.active_count()
start, cpu = time.perf_counter(), time.process_time()
get_ipython().extension_manager.load_extension("green_notebook")
result, cpu = (time.perf_counter() - start) * 1e3, (time.process_time() - cpu) * 1e3
assert threading.active_count() == threads, "a thread before the first cell"
"""
SPAN = """
start, cpu = time.perf_counter(), time.process_time()
import green_notebook as gn
with gn.measure("empty"):
    pass
result, cpu = (time.perf_counter() - start) * 1e3, (time.process_time() - cpu) * 1e3
"""
QUIET = """
took, own = [], []
for _ in range(50):
    time.sleep(0.02)
    start, cpu = time.perf_counter(), time.thread_time()
    with gn.measure("empty"):
        pass
    took.append((time.perf_counter() - start) * 1e3)
    own.append((time.thread_time() - cpu) * 1e3)
result, cpu = sorted(took)[len(took) // 2], sorted(own)[len(own) // 2]
"""
SAMPLER = """
with gn.measure("asleep"):
    time.sleep(1)
    cpu, own, start = time.process_time(), time.thread_time(), time.perf_counter()
    time.sleep(6)
    cpu, own, took = time.process_time() - cpu, time.thread_time() - own, time.perf_counter() - start
result = (cpu - own) / took * 100
"""
# The kernel's own threads (sockets, heartbeat) tick too: the same without a measurement.
KERNEL = """
cpu, own, start = time.process_time(), time.thread_time(), time.perf_counter()
time.sleep(3)
cpu, own, took = time.process_time() - cpu, time.thread_time() - own, time.perf_counter() - start
result = (cpu - own) / took * 100
"""
MEMORY = "result = rss_mb() - before_mb"


@dataclass
class Row:
    """One figure: the median of all kernels, the worst, the CPU time, and what is allowed."""

    name: str
    unit: str
    median: float
    worst: float
    cpu: float | None
    limit: float


@contextmanager
def kernel() -> Iterator[object]:
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(extra_arguments=["--log-level=ERROR"])
    try:
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def probe(client, code: str) -> tuple[float, float | None]:
    """Run a probe as a cell and fetch its result, and its CPU time where it tells it."""
    heard: list[str] = []

    def hear(message) -> None:
        if message["msg_type"] == "stream":
            heard.append(message["content"]["text"])

    # `cpu` is taken away, so that no later probe shows it as its own.
    shown = code + "\nprint('RESULT', result, globals().pop('cpu', None))\n"
    content = client.execute_interactive(shown, output_hook=hear, timeout=60)["content"]
    if content["status"] != "ok":
        sys.exit(f"a probe failed: {content['ename']}: {content['evalue']}")
    result, cpu = "".join(heard).split("RESULT")[-1].split()
    return float(result), None if cpu == "None" else float(cpu)


def one_kernel() -> dict[str, tuple[float, float | None]]:
    with kernel() as client:
        figures = {"import green_notebook": probe(client, IMPORT)}
    with kernel() as client:
        figures["%load_ext green_notebook"] = probe(client, LOAD)
        figures["first measured span"] = probe(client, SPAN)
        figures["a later span"] = probe(client, QUIET)
        threads, _ = probe(client, KERNEL)
        sampler, _ = probe(client, SAMPLER)
        figures["sampler, of one core"] = max(0.0, sampler - threads), None
        figures["memory"] = probe(client, MEMORY)
    return figures


LIMITS = {
    "import green_notebook": ("ms", 50.0),
    "%load_ext green_notebook": ("ms", 50.0),
    "first measured span": ("ms", 150.0),
    "a later span": ("ms", 1.0),
    "sampler, of one core": ("%", 0.5),
    "memory": ("MB", 30.0),
}


def measure(runs: int) -> list[Row]:
    # The first one compiles what is imported, as `pip install` does: it does not count.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    kernels = [one_kernel() for _ in range(runs + 1)][1:]
    rows = []
    for name, (unit, limit) in LIMITS.items():
        values = [one[name][0] for one in kernels]
        cpus = [cpu for one in kernels if (cpu := one[name][1]) is not None]
        cpu = statistics.median(cpus) if cpus else None
        rows.append(Row(name, unit, statistics.median(values), max(values), cpu, limit))
    return rows


def table(rows: list[Row]) -> str:
    lines = [f"{'':26}{'median':>9}{'worst':>9}{'CPU':>9}{'limit':>9}"]
    lines += [
        f"{row.name:26}{row.median:9.2f}{row.worst:9.2f}"
        f"{'' if row.cpu is None else format(row.cpu, '.2f'):>9}{row.limit:9.2f} {row.unit:3}"
        f"  {'ok' if row.median <= row.limit else 'OVER'}"
        for row in rows
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help="kernels to start")
    parser.add_argument("--json", help="write the rows to this file too")
    parser.add_argument("--hardware-runs", type=int, default=3, help="processes for each figure")
    parser.add_argument("--seconds", type=float, default=10.0, help="of sampling to watch")
    parser.add_argument("--only", choices=("kernels", "hardware"), help="one half of it")
    options = parser.parse_args()
    rows = [] if options.only == "hardware" else measure(options.runs)
    if rows:
        print(table(rows), flush=True)
    figures = []
    if options.only != "kernels":
        print(f"\nOn simulated hardware, medians of {options.hardware_runs}:", flush=True)
        for one in meter_cost.figures(options.hardware_runs, options.seconds):
            figures.append(one)
            print(meter_cost.line(one), flush=True)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump([asdict(row) for row in (*rows, *figures)], file, indent=1)
    over = [one for one in figures if one.limit is not None and one.value > one.limit]
    return bool(over) or any(row.median > row.limit for row in rows)


if __name__ == "__main__":
    sys.exit(main())

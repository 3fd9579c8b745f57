"""What the meter itself costs, in a real kernel of this machine.

`bench.py [--json FILE]` prints a table of each figure beside the limit that it must keep.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

RUNS = 5  # kernels; the table has their medians

# Each probe is a cell; its last value goes into `result`.
IMPORT = """
import time
start = time.perf_counter()
import green_notebook
result = (time.perf_counter() - start) * 1e3
"""
LOAD = """
import resource, threading, time
def rss_mb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6
before_mb = rss_mb()
threads = threading.active_count()
start = time.perf_counter()
get_ipython().extension_manager.load_extension("green_notebook")
result = (time.perf_counter() - start) * 1e3
assert threading.active_count() == threads, "a thread before the first cell"
"""
SPAN = """
import green_notebook as gn
start = time.perf_counter()
with gn.measure("empty"):
    pass
result = (time.perf_counter() - start) * 1e3
"""
QUIET = """
took = []
for _ in range(50):
    time.sleep(0.02)
    start = time.perf_counter()
    with gn.measure("empty", quiet=True):
        pass
    took.append((time.perf_counter() - start) * 1e3)
result = sorted(took)[len(took) // 2]
"""
SAMPLER = """
with gn.measure("asleep", quiet=True):
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
    """One figure: the median of all kernels, the worst, and what is allowed."""

    name: str
    unit: str
    median: float
    worst: float
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


def value(client, code: str) -> float:
    """Run a probe as a cell and fetch its result."""
    heard: list[str] = []

    def hear(message) -> None:
        if message["msg_type"] == "stream":
            heard.append(message["content"]["text"])

    reply = client.execute_interactive(
        code + "\nprint('RESULT', result)\n", output_hook=hear, timeout=60
    )
    content = reply["content"]
    if content["status"] != "ok":
        sys.exit(f"a probe failed: {content['ename']}: {content['evalue']}")
    return float("".join(heard).split("RESULT")[-1])


def one_kernel() -> dict[str, float]:
    with kernel() as client:
        figures = {"import green_notebook": value(client, IMPORT)}
    with kernel() as client:
        figures["%load_ext green_notebook"] = value(client, LOAD)
        figures["first measured span"] = value(client, SPAN)
        figures["a later quiet span"] = value(client, QUIET)
        threads = value(client, KERNEL)
        figures["sampler, of one core"] = max(0.0, value(client, SAMPLER) - threads)
        figures["memory"] = value(client, MEMORY)
    return figures


LIMITS = {
    "import green_notebook": ("ms", 50.0),
    "%load_ext green_notebook": ("ms", 50.0),
    "first measured span": ("ms", 150.0),
    "a later quiet span": ("ms", 1.0),
    "sampler, of one core": ("%", 0.5),
    "memory": ("MB", 30.0),
}


def measure(runs: int) -> list[Row]:
    kernels = [one_kernel() for _ in range(runs)]
    return [
        Row(
            name,
            unit,
            statistics.median(one[name] for one in kernels),
            max(one[name] for one in kernels),
            limit,
        )
        for name, (unit, limit) in LIMITS.items()
    ]


def table(rows: list[Row]) -> str:
    lines = [f"{'':26}{'median':>9}{'worst':>9}{'limit':>9}"]
    lines += [
        f"{row.name:26}{row.median:9.2f}{row.worst:9.2f}{row.limit:9.2f} {row.unit:3}"
        f"{'' if row.median <= row.limit else '  OVER'}"
        for row in rows
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help="kernels to start")
    parser.add_argument("--json", help="write the rows to this file too")
    options = parser.parse_args()
    rows = measure(options.runs)
    print(table(rows))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump([asdict(row) for row in rows], file, indent=1)
    return any(row.median > row.limit for row in rows)


if __name__ == "__main__":
    sys.exit(main())

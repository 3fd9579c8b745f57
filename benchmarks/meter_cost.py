"""What measuring costs on simulated hardware, beside the limits that it must keep.

GPUs are those of tests/hardware (a library in NVIDIA's place under the real pynvml, a counter of
100 ms each, out of phase with one another), RAPL a folder that a program keeps moving. Each figure
is the median of several processes of meter_probe.py; a verdict stands beside it.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).resolve().parent
HARDWARE = HERE.parent / "tests" / "hardware"
sys.path.insert(0, str(HARDWARE))

from simulated_nvml import Gpu, Process, SimulatedGpus  # noqa: E402 - found by the line above
from simulated_powercap import PowercapTree, one_socket  # noqa: E402
from waveforms import square  # noqa: E402


@dataclass
class Figure:
    """A figure, what it may be (None: told for itself), and the median of so many runs."""

    name: str
    unit: str
    value: float
    limit: float | None
    runs: int


@contextmanager
def machine(gpus: int, *, rapl: bool) -> Iterator[dict[str, str]]:
    """The environment of a process on a machine with this hardware."""
    with TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        # This checkout's package, whatever is installed.
        path = os.pathsep.join([str(HERE.parent), str(HARDWARE)])
        env = {**os.environ, "PYTHONPATH": path, "GREEN_NOTEBOOK_ZONE": "FR"}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        if rapl:
            tree = PowercapTree(folder / "root", one_socket())
            (folder / "root/proc").mkdir()
            for one in ("stat", "cpuinfo", "meminfo"):
                (folder / "root/proc" / one).symlink_to(f"/proc/{one}")
            stack.enter_context(tree.running())
            env["GREEN_NOTEBOOK_HOST_ROOT"] = str(folder / "root")
        if gpus:
            made = SimulatedGpus(
                folder,
                [Gpu(wave=square(), step_phase=0.0371 + 0.0113 * index) for index in range(gpus)],
            )
            stack.callback(made.close)
            env = made.environment(env) | {"SIMULATED_GPUS": str(gpus)}
            # The driver lists a process on a card; the measuring one computes there.
            made.change(0, processes=(Process(os.getpid()),))
        yield env


def probe(what: str, amount: float, env: dict[str, str]) -> dict[str, float]:
    """One process's figures."""
    command = [sys.executable, str(HERE / "meter_probe.py"), what, str(amount)]
    done = subprocess.run(
        command, check=False, env=env, capture_output=True, text=True, timeout=600
    )
    if done.returncode:
        sys.exit(f"{what} failed: {done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def medians(what: str, amount: float, runs: int, gpus: int) -> dict[str, float]:
    with machine(gpus, rapl=True) as env:
        return middle([probe(what, amount, env) for _ in range(runs)])


def middle(rows: list[dict[str, float]]) -> dict[str, float]:
    """The median of each figure."""
    return {key: statistics.median(one.get(key, 0.0) for one in rows) for key in rows[0]}


def sampling(runs: int, seconds: float) -> Iterator[Figure]:
    """The measuring thread in a long span."""
    for gpus, limit in ((0, None), (1, 0.3), (8, 1.0)):
        name = {0: "RAPL alone", 1: "RAPL, 1 GPU", 8: "RAPL, 8 GPUs"}[gpus]
        found = medians("sampling", seconds, runs, gpus=gpus)
        yield Figure(f"sampling, {name}", "% of a core", found["cpu_percent"], limit, runs)
        young = found["young_percent"]
        yield Figure("  seconds 2 to 20 of a span", "% of a core", young, limit, runs)
        for key, text, unit in (
            ("empty_percent", "a thread that only wakes as often", "% of a core"),
            ("wakes_a_second", "wakes", "a second"),
            ("read_percent", "sensors read", "% of a core"),
            ("plan_percent", "when to read next", "% of a core"),
            ("chores_percent", "processes, GPUs' users, totals", "% of a core"),
            ("read_us", "one reading, after a sleep", "us"),
        ):
            yield Figure(f"  {text}", unit, found.get(key, 0.0), None, runs)
        if gpus:
            yield Figure("  readings of a GPU", "a second", found["readings_a_gpu"], None, runs)
            # Who uses a card and how busy it is are asked too, once in two seconds.
            yield Figure("  NVML calls in all", "a second", found["calls_a_second"], None, runs)
    found = medians("live", seconds, runs, gpus=1)
    yield Figure(
        "the same, 1 GPU, with a live view", "% of a core", found["cpu_percent"], None, runs
    )


def edges(runs: int) -> Iterator[Figure]:
    """A span in which nothing happens, on the thread of the work."""
    machines = {
        "no sensor": (0, False), "RAPL": (0, True), "RAPL, 1 GPU": (1, True), "RAPL, 8 GPUs": (8, True),
    }  # fmt: skip
    told: dict[str, list[dict[str, float]]] = {name: [] for name in machines}
    # In turns, and more often than the others: one machine's minutes differ by a third.
    turns = 2 * runs + 1
    for _ in range(turns):
        for name, (gpus, rapl) in machines.items():
            with machine(gpus, rapl=rapl) as env:
                told[name].append(probe("quiet", 100, env))
    for name, (gpus, _) in machines.items():
        found, limit = middle(told[name]), 0.3 if gpus <= 1 else None
        yield Figure(f"quiet span, {name}: CPU", "ms", found["span_cpu_ms"], limit, turns)
        yield Figure("  on the clock on the wall", "ms", found["span_ms"], None, turns)
        yield Figure("  a report, when it is asked for", "ms", found["report_cpu_ms"], None, turns)
    found = medians("reading", 30, runs, gpus=1)
    yield Figure("reading of a RAPL domain", "us", found["rapl_us"], 25.0, runs)
    yield Figure("  of that the sensor", "us", found["rapl_sensor_us"], None, runs)
    yield Figure("reading of a GPU: NVML calls", "", found["gpu_calls"], 2.0, runs)
    yield Figure("  its counter", "us", found["gpu_us"], None, runs)
    yield Figure("  of that the simulated library", "us", found["library_us"], None, runs)


def bounds() -> Iterator[Figure]:
    """What stays behind."""
    found = medians("day", 24, 1, gpus=0)
    yield Figure("a cell of 24 h: held after an hour", "kB", found["hour_kb"], None, 1)
    yield Figure("  grown from then to its end", "kB", found["grown_kb"], 2000.0, 1)
    found = medians("thousand", 1000, 1, gpus=1)
    yield Figure("1,000 spans leave: threads", "", found["threads"], 0.0, 1)
    yield Figure("  files", "", found["files"], 0.0, 1)
    # Reports are kept on purpose, 10,000 at most: as objects several times their text.
    yield Figure("  memory, a span", "bytes", found["bytes_a_span"], 20_000.0, 1)
    yield Figure("  of that a report's text", "bytes", found["bytes_a_report"], None, 1)


def yardstick() -> Figure:
    """A loop in plain Python (ms): machines, and hours of one machine, differ by factors."""
    times = []
    for _ in range(15):
        begun = time.thread_time()
        sum(number * number for number in range(20_000))
        times.append(1e3 * (time.thread_time() - begun))
    return Figure("yardstick: 20,000 squares", "ms", statistics.median(times), None, 15)


def figures(runs: int, seconds: float) -> Iterator[Figure]:
    """All of them."""
    yield yardstick()
    yield from edges(runs)
    yield from sampling(runs, seconds)
    yield from bounds()


def line(one: Figure) -> str:
    """A figure beside its limit, with the verdict."""
    verdict = ""
    if one.limit is not None:
        verdict = f"{one.limit:10.2f}  {'ok' if one.value <= one.limit else 'OVER'}"
    return f"{one.name:46}{one.value:10.3f} {one.unit:12}{verdict}"

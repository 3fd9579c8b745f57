"""One process that measures, and what the measuring costs it: `meter_probe.py WHAT SECONDS`.

meter_cost.py starts it on simulated hardware. It prints one JSON line. CPU time is that of one
thread, by its own clock: other programs disturb it little.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sampling_probe import calls, sampling


def quiet(count: float) -> dict[str, float]:
    """Begin and end of a span in which nothing happens (ms), and a report asked for (ms)."""
    import green_notebook as gn

    took, own, told = [], [], []
    with gn.measure("first"):
        time.sleep(3.0)
    for _ in range(int(count)):
        time.sleep(0.02)
        begun, cpu = time.perf_counter(), time.thread_time()
        with gn.measure("empty") as span:
            pass
        own.append(time.thread_time() - cpu)
        took.append(time.perf_counter() - begun)
    for _ in range(20):
        with gn.measure("told") as span:
            time.sleep(0.3)
        time.sleep(0.02)
        cpu = time.thread_time()
        assert span.report
        told.append(time.thread_time() - cpu)
    return {
        "span_ms": 1e3 * statistics.median(took),
        "span_cpu_ms": 1e3 * statistics.median(own),
        "span_least_ms": 1e3 * min(took),
        "report_cpu_ms": 1e3 * statistics.median(told),
    }


def reading(count: float) -> dict[str, float]:
    """One reading of each kind of sensor (us), one after the other: the least of many runs."""
    from timeit import repeat

    from green_notebook.channel import Channel
    from green_notebook.clock import Clock
    from green_notebook.host import Host
    from green_notebook.model import Trace
    from green_notebook.sensors import nvml, rapl

    host, found = Host.here(), {}
    for name, module in (("rapl", rapl), ("gpu", nvml)):
        sensor = module.discover(host, {})[0]
        channel = Channel(sensor, Trace(sensor.spec), Clock())
        times = repeat(channel.take, number=200, repeat=int(count))
        found[f"{name}_us"] = 1e6 * min(times) / 200
        times = repeat(sensor.read, number=200, repeat=int(count))
        found[f"{name}_sensor_us"] = 1e6 * min(times) / 200
        if name == "gpu":
            asked = calls()
            for _ in range(20):
                time.sleep(0.05)
                channel.take()
            found["gpu_calls"] = (calls() - asked) / 20
            # What the library in the driver's place takes of that: a driver's own is not known.
            times = repeat(raw_call(sensor), number=200, repeat=int(count))
            found["library_us"] = 1e6 * min(times) / 200
        sensor.close()
    return found


def raw_call(sensor) -> Callable[[], object]:
    """The library's function for the counter, without pynvml around it."""
    import ctypes

    import pynvml

    handle, answer = sensor._handle, ctypes.c_ulonglong()  # noqa: SLF001 - it has no other name
    asked = pynvml.nvmlLib.nvmlDeviceGetTotalEnergyConsumption
    return lambda: asked(handle, ctypes.byref(answer))


def day(hours: float) -> dict[str, float]:
    """What a cell of so many hours holds (kB), on an injected clock: after an hour and at its end."""
    from green_notebook.model import SensorSpec
    from green_notebook.testing import FakeClock, fake_session

    clock = FakeClock()

    class Counter:
        """60 W on a counter that wraps, at no cost per second."""

        spec = SensorSpec(
            "rapl:cpu:0", "cpu:0", "energy", wrap_j=262_143.0, max_power_w=150.0, step_s=0.001
        )

        def read(self) -> float:
            return 60.0 * clock.monotonic() % 262_143.0

        def close(self) -> None:
            pass

    with TemporaryDirectory() as folder:
        session = fake_session(Path(folder), Counter(), clock=clock)
        span = session.begin(thread=False)
        states: list[float] = []
        session.subscribe(span, lambda state: states.append(state.elapsed_s))
        tracemalloc.start()
        held, seconds = [], 0.0
        for until_h in (1.0, hours):
            while seconds < until_h * 3600:
                clock.advance(10.0, 1.0)
                seconds += 10.0
                session.sampler.tick()
            states.clear()
            held.append(tracemalloc.get_traced_memory()[0] / 1e3)
        report = session.end(span)
        assert report.duration_s > timedelta(hours=hours).total_seconds() - 1
    return {"hour_kb": held[0], "day_kb": held[1], "grown_kb": held[1] - held[0]}


def thousand(count: float) -> dict[str, float]:
    """Threads, files and memory (bytes a span) that many spans leave behind."""
    import green_notebook as gn
    from green_notebook.kernel_session import close_current, current

    def state() -> tuple[int, int]:
        return threading.active_count(), len(os.listdir("/proc/self/fd"))

    before = state()[0]
    with gn.measure("first"):
        time.sleep(1.0)
    running = state()
    tracemalloc.start()
    held = []
    for _ in range(2):
        for _ in range(int(count)):
            with gn.measure("again"):
                pass
        reports = len(current().reports)
        held.append(tracemalloc.get_traced_memory()[0])
    # The sampler's thread may be looking through /proc just now.
    files = min(state()[1] for _ in range(50))
    more = state()[0] - running[0]
    kept = sum(len(one.to_json()) for one in current().reports[-20:]) / 20
    close_current()
    return {
        "threads": more + state()[0] - before,
        "files": files - running[1],
        "bytes_a_span": (held[1] - held[0]) / count,
        "bytes_a_report": kept,
        "reports": reports,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
    }


PROBES = {
    "sampling": sampling,
    "live": lambda seconds: sampling(seconds, live=True),
    "quiet": quiet,
    "reading": reading,
    "day": day,
    "thousand": thousand,
}

if __name__ == "__main__":
    print(json.dumps(PROBES[sys.argv[1]](float(sys.argv[2]))), flush=True)
    os._exit(0)

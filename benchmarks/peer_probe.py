"""Measure spans of sleep with one tool, in that tool's own environment: `peer_probe.py TOOL JSON`.

Prints one JSON line for the start and one for each span: when its work began and ended on the
monotonic clock, the joules that the tool gives for GPU 0, its interval where it states one, and
what starting and stopping took. peers.py knows the truth and compares.
"""

import json
import os
import random
import resource
import sys
import time


class GreenNotebook:
    """This package: the machine's energy of the component gpu:0, with its interval."""

    def __init__(self):
        import green_notebook

        self.gn = green_notebook

    def start(self):
        self.span = self.gn.measure("span")
        self.span.__enter__()

    def stop(self):
        self.span.__exit__(None, None, None)
        return self.span

    @staticmethod
    def joules(span):
        for one in span.report.energy.components:
            if one.component == "gpu:0":
                return one.machine.value, one.machine.low, one.machine.high
        return None


class CodeCarbon:
    """Tasks of one offline tracker, as its documentation does for parts of a program."""

    def __init__(self):
        from codecarbon import OfflineEmissionsTracker

        self.tracker = OfflineEmissionsTracker(
            country_iso_code="FRA", save_to_file=False, log_level="critical", gpu_ids=[0]
        )

    def start(self):
        self.tracker.start_task()

    def stop(self):
        return self.tracker.stop_task()

    @staticmethod
    def joules(data):
        return data.gpu_energy * 3.6e6, None, None


class Zeus:
    """Windows of one monitor."""

    def __init__(self):
        from zeus.monitor import ZeusMonitor

        self.monitor = ZeusMonitor(gpu_indices=[0], cpu_indices=[], approx_instant_energy=True)

    def start(self):
        self.monitor.begin_window("span", sync_execution=False)

    def stop(self):
        return self.monitor.end_window("span", sync_execution=False)

    @staticmethod
    def joules(window):
        return window.gpu_energy[0], None, None


class PyJoules:
    """A meter with the GPU alone."""

    def __init__(self):
        from pyJoules.device import DeviceFactory
        from pyJoules.device.nvidia_device import NvidiaGPUDomain
        from pyJoules.energy_meter import EnergyMeter

        self.meter = EnergyMeter(DeviceFactory.create_devices([NvidiaGPUDomain(0)]))

    def start(self):
        self.meter.start()

    def stop(self):
        self.meter.stop()
        return self.meter.get_trace()

    @staticmethod
    def joules(trace):
        return sum(sum(one.energy.values()) for one in trace) / 1e3, None, None


class CarbonTracker:
    """One epoch a span; the figure is taken from its tracker, without its PUE."""

    def __init__(self):
        from carbontracker.tracker import CarbonTracker

        self.tracker = CarbonTracker(
            epochs=10_000, monitor_epochs=10_000, components="gpu", verbose=0, ignore_errors=True,
            update_interval=1,
        )  # fmt: skip
        self.told = 0

    def start(self):
        self.tracker.epoch_start()

    def stop(self):
        self.tracker.epoch_end()
        return self.tracker

    def joules(self, tracker):
        import numpy as np

        inner = tracker.tracker
        gpus = [one for one in inner.components if one.name == "gpu"]
        times = inner.epoch_times
        kwh = np.sum([one.energy_usage(times) for one in gpus], axis=0)
        return float(np.sum(kwh[-1])) * 3.6e6, None, None


class Eco2AI:
    """A tracker for each span: it has no shorter unit."""

    def __init__(self):
        import eco2ai

        self.eco2ai = eco2ai

    def start(self):
        self.tracker = self.eco2ai.Tracker(
            project_name="spans", experiment_description="spans", file_name="spans.csv",
            measure_period=1, alpha_2_code="FR", ignore_warnings=True, cpu_processes="current",
        )  # fmt: skip
        self.tracker.start()

    def stop(self):
        self.tracker.stop()
        return self.tracker

    @staticmethod
    def joules(tracker):
        # The sum of CPU, memory and GPU is public; the GPU alone is in here.
        return tracker._gpu.get_consumption() * 3.6e6, None, None  # noqa: SLF001


TOOLS = {
    "green_notebook": GreenNotebook,
    "codecarbon": CodeCarbon,
    "zeus": Zeus,
    "pyjoules": PyJoules,
    "carbontracker": CarbonTracker,
    "eco2ai": Eco2AI,
}


def rss_mb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


def main(name, plan):
    plan = json.loads(plan)
    rss = rss_mb()
    begun = time.monotonic()
    tool = TOOLS[name]()
    tool.start()
    startup_s = time.monotonic() - begun
    tool.joules(tool.stop())
    print(json.dumps({"startup_s": startup_s}), flush=True)
    time.sleep(plan["settle_s"])
    rng = random.Random(plan["seed"])
    for _ in range(plan["rounds"]):
        for duration_s in plan["durations_s"]:
            time.sleep(rng.uniform(0.05, 0.4))
            before = time.monotonic()
            tool.start()
            start = time.monotonic()
            time.sleep(duration_s)
            end = time.monotonic()
            told = tool.stop()
            after = time.monotonic()
            joules, low, high = tool.joules(told) or (None, None, None)
            print(
                json.dumps(
                    {
                        "duration_s": duration_s, "start": start, "end": end, "joules": joules,
                        "low": low, "high": high, "cost_s": start - before + after - end,
                    }
                ),
                flush=True,
            )  # fmt: skip
    cpu, begun = time.process_time(), time.monotonic()
    tool.start()
    time.sleep(plan["idle_s"])
    share = (time.process_time() - cpu) / (time.monotonic() - begun)
    tool.stop()
    print(json.dumps({"cpu_share": share, "memory_mb": rss_mb() - rss}), flush=True)
    sys.stdout.flush()
    os._exit(0)  # some tools' threads do not end


if __name__ == "__main__":
    main(*sys.argv[1:])

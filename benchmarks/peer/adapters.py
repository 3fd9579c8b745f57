"""One class a tool: how a user starts and stops a span with it, and which figures it hands out.

They run in each tool's own environment, with its defaults, save what would ask the network.
``figures`` maps a part ("gpu", "cpu", "all") to joules, or to a dict with an interval and basis.
"""

from __future__ import annotations

import tempfile
from pathlib import Path


class GreenNotebook:
    """``with measure()``; the machine's energy by component, once it is final."""

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
    def figures(span):
        found = {}
        for one in span.report.energy.components:
            part = {"gpu:0": "gpu", "cpu:0": "cpu", "cpu": "cpu", "node": "node"}.get(one.component)
            if part:
                told = one.machine
                found[part] = {
                    "j": told.value, "low": told.low, "high": told.high, "basis": told.basis.value,
                }  # fmt: skip
        return found


class CodeCarbon:
    """Tasks of one offline tracker, as its documentation does for parts of a program."""

    def __init__(self):
        from codecarbon import OfflineEmissionsTracker

        self.tracker = OfflineEmissionsTracker(country_iso_code="FRA", save_to_file=False)

    def start(self):
        self.tracker.start_task()

    def stop(self):
        return self.tracker.stop_task()

    @staticmethod
    def figures(data):
        return {"gpu": data.gpu_energy * 3.6e6, "cpu": data.cpu_energy * 3.6e6}


class Zeus:
    """Windows of one monitor, with its option for windows shorter than the counter's step."""

    def __init__(self):
        from zeus.monitor import ZeusMonitor

        self.monitor = ZeusMonitor(approx_instant_energy=True)

    def start(self):
        self.monitor.begin_window("span", sync_execution=False)

    def stop(self):
        return self.monitor.end_window("span", sync_execution=False)

    @staticmethod
    def figures(window):
        cpu = window.cpu_energy
        return {"gpu": window.gpu_energy.get(0), "cpu": cpu.get(0) if cpu else None}


class PyJoules:
    """A meter with all devices that it finds."""

    def __init__(self):
        from pyJoules.device import DeviceFactory
        from pyJoules.energy_meter import EnergyMeter

        self.meter = EnergyMeter(DeviceFactory.create_devices())

    def start(self):
        self.meter.start()

    def stop(self):
        self.meter.stop()
        return self.meter.get_trace()

    @staticmethod
    def figures(trace):
        (one,) = trace
        # Millijoules of a card, microjoules of a processor.
        units = {"gpu": ("nvidia_gpu_0", 1e3), "cpu": ("package_0", 1e6)}
        return {
            part: one.energy[name] / unit
            for part, (name, unit) in units.items()
            if name in one.energy
        }


class CarbonTracker:
    """A tracker of one epoch for each span; the figures are those that its own parser reads."""

    def __init__(self):
        from carbontracker import parser
        from carbontracker.tracker import CarbonTracker

        self.parse, self.make = parser.parse_logs, CarbonTracker

    def start(self):
        self.folder = tempfile.mkdtemp(dir=".")
        self.tracker = self.make(epochs=1, log_dir=self.folder)
        self.tracker.epoch_start()

    def stop(self):
        self.tracker.epoch_end()
        return self.folder

    def figures(self, folder):
        # Its parser reads "None", which the log has where nothing was measured, as 0.
        log = "".join(one.read_text() for one in Path(folder).glob("*carbontracker.log"))
        return {
            part: float(told["avg_energy_usages (J)"].sum())
            for part, told in self.parse(folder).items()
            if f"(W) for {part}: None" not in log and told["avg_energy_usages (J)"] is not None
        }


class Eco2AI:
    """A tracker for each span; the figure is its table's, the sum over all parts."""

    def __init__(self):
        import eco2ai

        self.make = eco2ai.Tracker

    def start(self):
        self.tracker = self.make(
            project_name="spans", experiment_description="spans", file_name="spans.csv",
            measure_period=1, alpha_2_code="FR",
        )  # fmt: skip
        self.tracker.start()

    def stop(self):
        self.tracker.stop()
        return "spans.csv"

    @staticmethod
    def figures(name):
        import csv

        with open(name, newline="") as file:
            last = list(csv.DictReader(file))[-1]
        return {"all": float(last["power_consumption(kWh)"]) * 3.6e6}


TOOLS = {
    "green_notebook": GreenNotebook,
    "codecarbon": CodeCarbon,
    "zeus": Zeus,
    "pyjoules": PyJoules,
    "carbontracker": CarbonTracker,
    "eco2ai": Eco2AI,
}

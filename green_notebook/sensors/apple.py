"""Apple Silicon, by the library zeus-apple-silicon: energy counters that need no privilege.

The library (ml-energy/zeus-apple-silicon, 1.1) reads the "Energy Model" group of macOS's IOReport:
``AppleEnergyMonitor().get_cumulative_energy()`` has ``cpu_total_mj``, ``gpu_mj``, ``gpu_sram_mj``,
``dram_mj`` and ``ane_mj`` in millijoules, each None where the chip does not tell it. They hold all
dies of an Ultra chip. Nothing of display, SSD or power supply is in them.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from green_notebook.errors import Unavailable
from green_notebook.host import Host
from green_notebook.model import SensorSpec
from green_notebook.sensors import Model, Sensor
from green_notebook.sensors._gpu import GpuUse

NAME = "Apple Silicon"
# The first sample walks all of IOReport's channels.
SLOW = True

CURE = "%pip install zeus-apple-silicon"
# The counters are a model in the chip, and Apple states no error. A fifth both ways is our
# assumption (2026); AMD's counters of that kind are within 0.15 (Schoene et al. 2021, CLUSTER).
_GAIN = (0.20, 0.20)
_STEP_S = 0.01
# Readings of all parts at one edge share one sample of the library's, which takes about 1 ms.
_SHARED_S = 0.002
_MAX_W = {"cpu:0": 250.0, "gpu:apple0": 350.0, "dram:0": 100.0, "npu:0": 50.0}
_FIELDS = {
    "cpu:0": ("cpu_total_mj",),
    "gpu:apple0": ("gpu_mj", "gpu_sram_mj"),
    "dram:0": ("dram_mj",),
    "npu:0": ("ane_mj",),
}
_LABELS = {
    "cpu:0": "all CPU cores",
    "gpu:apple0": "GPU with its SRAM",
    "dram:0": "memory",
    "npu:0": "Neural Engine",
}


class Samples:
    """The library's latest sample, shared by the parts that are read within two milliseconds."""

    def __init__(self, monitor: Any, now: Any = time.monotonic) -> None:
        self._monitor = monitor
        self._now = now
        self._lock = threading.Lock()
        self._taken_s = float("-inf")
        self._sample: Any = None

    def joules(self, fields: tuple[str, ...]) -> float | None:
        """The sum of the fields (J); None where the chip tells none of them."""
        with self._lock:
            if self._now() - self._taken_s > _SHARED_S:
                self._sample = self._monitor.get_cumulative_energy()
                self._taken_s = self._now()
            told = [getattr(self._sample, name, None) for name in fields]
        known = [float(one) for one in told if one is not None]
        return sum(known) / 1e3 if known else None


class ApplePart:
    """One part of the chip: an energy counter (J)."""

    def __init__(self, samples: Samples, component: str) -> None:
        self._samples: Samples | None = samples
        self._fields = _FIELDS[component]
        covers = (component, "ram") if component == "dram:0" else (component,)
        self.spec = SensorSpec(
            id=f"apple:{component}",
            component=component,
            kind="energy",
            gain_error=_GAIN,
            step_s=_STEP_S,
            resolution_j=0.001,
            max_power_w=_MAX_W[component],
            covers=covers,
            label=f"Apple Silicon, {_LABELS[component]}",
        )

    def read(self) -> float:
        """The counter (J); raises OSError where the chip does not tell it."""
        joules = None if self._samples is None else self._samples.joules(self._fields)
        if joules is None:
            raise OSError(f"{self.spec.label}: not told")
        return joules

    def close(self) -> None:
        """Let the library's monitor go with its last part."""
        self._samples = None


class AppleGpu(ApplePart):
    """The GPU, which macOS does not tell the users of."""

    def users(self) -> GpuUse:
        """This process, where it loaded MLX, which computes on the GPU unless told otherwise."""
        if "mlx.core" in sys.modules:
            return GpuUse(pids=frozenset({os.getpid()}))
        if any(name in sys.modules for name in ("torch", "tensorflow", "jax")):
            return GpuUse(problem="macOS does not tell who uses the GPU")
        return GpuUse(pids=frozenset())


def discover(host: Host, options: Mapping[str, Any]) -> list[Sensor | Model]:  # noqa: ARG001 - taken whole
    """The parts that the chip tells; raises Unavailable."""
    if host.system != "Darwin":
        raise Unavailable(f"{host.system} is not macOS")
    try:
        library = import_module("zeus_apple_silicon")
    except ImportError:
        raise Unavailable("zeus-apple-silicon is not installed", CURE) from None
    return told_by(library)


def told_by(library: Any) -> list[Sensor | Model]:
    """The parts that the library tells; raises Unavailable."""
    try:
        samples = Samples(library.AppleEnergyMonitor())
        found: list[Sensor | Model] = [
            (AppleGpu if component.startswith("gpu") else ApplePart)(samples, component)
            for component, fields in _FIELDS.items()
            if samples.joules(fields) is not None
        ]
    except RuntimeError as error:  # what the library raises
        raise Unavailable(f"macOS does not give its energy counters: {error}") from None
    if not found:
        raise Unavailable("this Mac tells no energy: it is no Apple Silicon")
    return found

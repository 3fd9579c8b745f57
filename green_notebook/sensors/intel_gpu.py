"""Intel's graphics cards, by the energy counters of the kernel's drivers i915 and xe.

Documentation/ABI/testing/sysfs-driver-intel-i915-hwmon and -xe-hwmon: ``energy1_input`` counts the
card in microjoules, and where the driver labels its counters, "card" holds "pkg". The 32-bit
registers behind them are followed by the driver each time somebody reads. Graphics inside a
processor have no such counter: RAPL counts them with their package.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from green_notebook.host import Host
from green_notebook.model import SensorSpec
from green_notebook.sensors import Model, Sensor
from green_notebook.sensors._drm import works_on
from green_notebook.sensors._gpu import GpuUse
from green_notebook.sensors._hwmon import Chip, FileSensor, chips, opened, readable

NAME = "Intel GPU"
SLOW = False

CURE_READ = "sudo chmod a+r /sys/class/hwmon/hwmon*/energy*_input"
# Nobody has published how far these counters are off; a tenth is our assumption (2026). The
# package alone misses the card's memory, fans and regulators: up to a third more.
_GAIN_CARD, _GAIN_PACKAGE = (0.10, 0.10), (0.10, 0.35)
_STEP_S = 0.001
_RESOLUTION_J = 2.0**-14
_MAX_W = 900.0


class IntelGpu(FileSensor):
    """One card's counter."""

    def __init__(self, host: Host, chip: Chip, channel: int, spec: SensorSpec) -> None:
        self._host = host
        self._slot = chip.slot
        super().__init__(chip.file(f"energy{channel}_input"), spec)

    def users(self) -> GpuUse:
        """Whether this process has worked on the card; of others the kernel tells only root."""
        mine = works_on(self._host, self._slot) if self._slot else None
        if mine is None:
            return GpuUse(problem="the kernel does not tell who uses the GPU")
        return GpuUse(pids=frozenset({os.getpid()} if mine else ()))


def discover(host: Host, options: Mapping[str, Any]) -> list[Sensor | Model]:  # noqa: ARG001 - taken whole
    """Every card with a counter; raises Unavailable."""
    return readable(
        (
            opened(partial(IntelGpu, host, chip, channel, _spec(chip, index, label)))
            for index, (chip, channel, label) in enumerate(_counters(host))
        ),
        "no Intel graphics card with an energy counter",
        CURE_READ,
    )


def _counters(host: Host) -> Iterator[tuple[Chip, int, str]]:
    """Each card's widest counter: the card holds the package; tiles ("gt0") are parts of it."""
    for chip in chips(host, "i915", "xe"):
        labels = {n: chip.text(f"energy{n}_label") or "card" for n in chip.channels("energy")}
        best = [n for name in ("card", "pkg") for n, label in labels.items() if label == name]
        if best:
            yield chip, best[0], labels[best[0]]


def _spec(chip: Chip, index: int, label: str) -> SensorSpec:
    limit = max(
        (chip.number(f"power{n}_{name}") or 0) for n in (1, 2) for name in ("rated_max", "max")
    )
    component = f"gpu:intel{index}"
    name = "Intel graphics card" + ("" if label == "card" else ", the package alone")
    return SensorSpec(
        id=f"intel-gpu:{index}",
        component=component,
        kind="energy",
        gain_error=_GAIN_CARD if label == "card" else _GAIN_PACKAGE,
        step_s=_STEP_S,
        resolution_j=_RESOLUTION_J,
        # Limits hold on average; peaks of milliseconds reach further.
        max_power_w=2.0 * limit / 1e6 if limit else _MAX_W,
        covers=(component,),
        label=f"{name} ({chip.name}, {chip.slot or chip.path.name})",
    )

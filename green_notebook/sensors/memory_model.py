"""The memory's power from its size, on bare metal where no counter tells it.

Memory draws much the same whether it is read or not, so the whole machine's is its gigabytes times
a constant; what is this kernel's is the part that it occupies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from green_notebook.data import records
from green_notebook.errors import Unavailable
from green_notebook.host import Host
from green_notebook.model import Basis, Load, Quantity, SensorSpec
from green_notebook.sensors import Estimate, Model, Sensor
from green_notebook.sensors._cpu import median

NAME = "Memory model"
SLOW = False

# Idle modules draw 0.7 of their full power (boaviztapi 2.5.0, from Micron's datasheets, 2026).
IDLE = 0.7
_GB = 1e9


def watts_per_gb() -> Quantity:
    """W/GB: the sources differ fourfold, and all of them are inside the interval.

    The value is the median: of modules as they are built today (per-DIMM models), which fits whole
    servers' idle power, rather than of the older constants.
    """
    each = {row["what"]: float(row["w_per_gb"]) for row in records("memory")}
    today = median(watts for what, watts in each.items() if "per-DIMM" in what)
    return Quantity(today, min(each.values()), max(each.values()), "W/GB", Basis.MODELLED)


class MemoryModel:
    """The energy of the installed memory."""

    def __init__(self, installed_bytes: int) -> None:
        self._bytes = installed_bytes
        self._power = watts_per_gb().scaled(installed_bytes / _GB, "W")
        value = self._power.value
        self.spec = SensorSpec(
            id="memory-model",
            component="ram",
            kind="power",
            basis=Basis.MODELLED,
            gain_error=(1 - self._power.low / value, self._power.high / value - 1),
            idle_power_w=value * IDLE,
            max_power_w=self._power.high,
            covers=("ram",),
            label=f"{installed_bytes / _GB:.0f} GB of memory x W/GB",
        )

    def estimate(self, load: Load, chips_j: float) -> Estimate:
        """Installed gigabytes x W/GB x seconds; the kernel's share is the part it occupies."""
        energy = self._power.scaled(max(0.0, load.duration_s), "J")
        share = None
        if load.kernel_memory_bytes is not None:
            share = min(1.0, max(0.0, load.kernel_memory_bytes / self._bytes))
        return Estimate(energy, energy.scaled(IDLE), share)


def discover(host: Host, options: Mapping[str, Any]) -> list[Sensor | Model]:  # noqa: ARG001 - taken whole
    """The model of the installed memory; raises Unavailable in a virtual machine."""
    if host.hypervisor is not None:
        raise Unavailable("a virtual machine's watts per thread hold the server's memory already")
    if not host.memory_bytes:
        raise Unavailable("the size of the memory is not known")
    return [MemoryModel(host.memory_bytes)]

"""Processors on Windows, by its Energy Meter Interface: no driver of ours, no privilege.

Windows 11 shows the RAPL counters of Intel's and AMD's processors as channels
``RAPL_Package0_PKG`` (the package, with ``_PP0`` cores and ``_PP1`` graphics inside it) and
``RAPL_Package0_DRAM``. Channels of other names do not say clearly what they count.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from green_notebook.errors import Unavailable
from green_notebook.host import Host
from green_notebook.model import SensorSpec
from green_notebook.sensors import Model, Sensor, _cpu, _emi
from green_notebook.sensors._rapl_limits import (
    GAIN_MEMORY,
    MAX_MEMORY_W,
    RESOLUTION_J,
    STEP_S,
    gain,
    max_package_w,
)

NAME = "Windows energy meter"
# Listing devices takes some milliseconds.
SLOW = True

_CHANNEL = re.compile(r"^RAPL_Package(\d+)_(PKG|DRAM)$")


class EmiCounter:
    """One channel's counter (J). A reading is one call of the driver."""

    def __init__(self, device: _emi.Device, channel: _emi.Channel, spec: SensorSpec) -> None:
        self.spec = spec
        self._device = device
        self._index = channel.index
        self._size = _emi.measurement_size((channel,))

    def read(self) -> float:
        """The counter (J); raises OSError or ValueError."""
        return _emi.joules(self._device.control(_emi.GET_MEASUREMENT, self._size), self._index)

    def close(self) -> None:
        """Close the device, which the channels of one meter share."""
        self._device.close()


def discover(host: Host, options: Mapping[str, Any]) -> list[Sensor | Model]:  # noqa: ARG001 - taken whole
    """The packages and the memory beside them; raises Unavailable."""
    if host.system != "Windows":
        raise Unavailable(f"{host.system} is not Windows")
    devices = []
    for path in _emi.paths():
        with suppress(OSError):
            devices.append(_emi.Device(path))
    return counters(devices, host)


def counters(devices: Sequence[_emi.Device], host: Host) -> list[Sensor | Model]:
    """The channels that count; other devices are closed. Raises Unavailable."""
    found: list[Sensor | Model] = []
    seen: list[str] = []
    for device in devices:
        listed: tuple[_emi.Channel, ...] = ()
        with suppress(OSError, ValueError):
            listed = _emi.channels(device.control)
        seen += [one.name for one in listed]
        # A channel that stands at zero has nothing behind it: desktops' memory, say.
        mine = [one for one in _sensors(device, listed, host) if _counts(one)]
        found += mine
        if not mine:
            device.close()
    if not found:
        names = ", ".join(seen[:8])
        raise Unavailable(
            f"no energy meter counts a processor (there are {names})"
            if names
            else "Windows shows no energy meters: virtual machines and older processors have none"
        )
    return found


def _counts(sensor: EmiCounter) -> bool:
    try:
        return sensor.read() > 0
    except (OSError, ValueError):
        return False


def _sensors(device: _emi.Device, listed: Sequence[_emi.Channel], host: Host) -> list[EmiCounter]:
    matches = [(one, match) for one in listed if (match := _CHANNEL.match(one.name))]
    return [
        EmiCounter(
            device, one, _spec(int(match[1]), memory=match[2] == "DRAM", name=one.name, host=host)
        )
        for one, match in matches
    ]


def _spec(index: int, *, memory: bool, name: str, host: Host) -> SensorSpec:
    component = f"{'dram' if memory else 'cpu'}:{index}"
    return SensorSpec(
        id=f"emi:{component}",
        component=component,
        kind="energy",
        gain_error=GAIN_MEMORY if memory else gain(host.cpu),
        step_s=STEP_S,
        resolution_j=RESOLUTION_J,
        max_power_w=MAX_MEMORY_W if memory else max_package_w(_cpu.tdp_w(host.cpu)),
        covers=(component, "ram") if memory else (component, f"core:{index}"),
        label=f"energy meter {name}",
    )

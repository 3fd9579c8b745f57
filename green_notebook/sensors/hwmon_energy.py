"""Processors that tell their energy or power as hardware monitors: AMD's amd_energy, NVIDIA Grace.

amd_energy (Documentation/hwmon/amd_energy.rst) has a counter for each socket, ``Esocket0``, and for
each core, which is inside its socket's. Grace's sockets are ACPI power meters told apart by
``power1_oem_info`` (NVIDIA Grace Performance Tuning Guide, "Power and thermals"): "Grace Power
Socket 0" is a socket with its memory and regulators, "CPU Power Socket 0" its cores' rail. Monitors
of anything else do not say what they measure, and are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from green_notebook.errors import Unavailable
from green_notebook.host import Host
from green_notebook.model import SensorSpec
from green_notebook.sensors import Model, Sensor, _cpu
from green_notebook.sensors._hwmon import Chip, FileSensor, chips, opened, readable
from green_notebook.sensors._rapl_limits import gain, max_package_w

NAME = "Processor (hardware monitor)"
SLOW = False

CURE_READ = "sudo chmod a+r /sys/class/hwmon/hwmon*/energy*_input"
# A little more than RAPL's own step, so that RAPL is taken where both show one socket.
_STEP_S = 0.002
_RESOLUTION_J = 2.0**-16
# The maker states no error for Grace's meters; regulators are within a few per cent (our
# assumption, 2026, with room).
_GAIN_GRACE = (0.05, 0.05)
# A Grace superchip's socket is designed for 300 W with its memory (NVIDIA Grace datasheet).
_MAX_GRACE_W = 600.0
_USUAL_INTERVAL_S = 1.0

_SOCKET = re.compile(r"^Esocket(\d+)$")
_GRACE = re.compile(r"^(Grace|CPU) Power Socket (\d+)$")


def discover(host: Host, options: Mapping[str, Any]) -> list[Sensor | Model]:  # noqa: ARG001 - taken whole
    """One sensor for each socket; raises Unavailable."""
    if host.system != "Linux":
        raise Unavailable(f"{host.system} has no hardware monitors of this kind")
    wanted = (*_amd(host), *_grace(host))
    return readable(
        (opened(partial(FileSensor, chip.file(file), spec)) for chip, file, spec in wanted),
        "no hardware monitor tells a processor's energy",
        CURE_READ,
    )


def _amd(host: Host) -> list[tuple[Chip, str, SensorSpec]]:
    found = []
    for chip in chips(host, "amd_energy"):
        for channel in chip.channels("energy"):
            match = _SOCKET.match(chip.text(f"energy{channel}_label") or "")
            if match:
                found.append((chip, f"energy{channel}_input", _socket(host, int(match[1]))))
    return found


def _socket(host: Host, index: int) -> SensorSpec:
    return SensorSpec(
        id=f"hwmon:cpu:{index}",
        component=f"cpu:{index}",
        kind="energy",
        gain_error=gain(host.cpu),
        step_s=_STEP_S,
        resolution_j=_RESOLUTION_J,
        max_power_w=max_package_w(_cpu.tdp_w(host.cpu)),
        covers=(f"cpu:{index}", f"core:{index}"),
        label=f"amd_energy's Esocket{index}",
    )


def _grace(host: Host) -> list[tuple[Chip, str, SensorSpec]]:
    """A socket with its memory where that is told, else its cores' rail."""
    wide: dict[int, Chip] = {}
    narrow: dict[int, Chip] = {}
    for chip in chips(host, "power_meter"):
        match = _GRACE.match(chip.text("power1_oem_info") or "")
        if match:
            (wide if match[1] == "Grace" else narrow)[int(match[2])] = chip
    return [
        (chip, "power1_average", _grace_spec(chip, index, memory=index in wide))
        for index, chip in sorted({**narrow, **wide}.items())
    ]


def _grace_spec(chip: Chip, index: int, *, memory: bool) -> SensorSpec:
    interval_s = (chip.number("power1_average_interval") or 0) / 1e3 or _USUAL_INTERVAL_S
    covers = (f"cpu:{index}", f"core:{index}")
    return SensorSpec(
        id=f"hwmon:cpu:{index}",
        component=f"cpu:{index}",
        kind="power",
        gain_error=_GAIN_GRACE,
        step_s=interval_s,
        window_s=interval_s,
        max_power_w=_MAX_GRACE_W,
        covers=(*covers, f"dram:{index}", "ram") if memory else covers,
        label=chip.text("power1_oem_info") or chip.name,
    )

"""RAPL counters of Intel and AMD processors, through the kernel's perf events.

The same counters as powercap's, but 64 bits wide: they do not wrap in a year. The power PMU's
folder (Documentation/ABI/testing/sysfs-bus-event_source-devices-events; the driver is
arch/x86/events/rapl.c) names the events, their unit and one CPU for each package. The kernel lets
root, CAP_PERFMON, or anybody where ``perf_event_paranoid`` is below 1, count a whole package.
"""

from __future__ import annotations

import ctypes
import os
import platform
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from green_notebook.errors import Unavailable
from green_notebook.host import Host
from green_notebook.model import SensorSpec
from green_notebook.sensors import Model, Sensor, _cpu
from green_notebook.sensors._rapl_limits import (
    GAIN_MEMORY,
    MAX_MEMORY_W,
    RESOLUTION_J,
    STEP_S,
    gain,
    max_package_w,
)

NAME = "RAPL (perf events)"
SLOW = False

FOLDER = "/sys/bus/event_source/devices/power"
PARANOID = "/proc/sys/kernel/perf_event_paranoid"
CURE = "sudo sysctl kernel.perf_event_paranoid=0 (or give the kernel's Python CAP_PERFMON)"
# The number of perf_event_open (arch/*/entry/syscalls); others have no power PMU of this kind.
_SYSCALL = {"x86_64": 298, "AMD64": 298, "i686": 336}
# struct perf_event_attr: type, size (PERF_ATTR_SIZE_VER5), config; all else zero.
_ATTRIBUTES = "<IIQ96x"
_CLOSE_ON_EXEC = 8
_UNITS = {"Joules": 1.0}

Open = Callable[[int, int, int], int]


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the power PMU: its number and the joules of one count."""

    config: int
    scale: float


class PerfCounter:
    """One package's event. A reading is one ``read`` of 8 bytes: about 2 us."""

    def __init__(self, file: int, event: Event, spec: SensorSpec) -> None:
        self.spec = spec
        self._file = file
        self._scale = event.scale

    def read(self) -> float:
        """Joules since the event was opened; raises OSError or struct.error where it is gone."""
        (count,) = struct.unpack("=Q", os.read(self._file, 8))
        return float(count * self._scale)

    def close(self) -> None:
        """Close the event."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)


def discover(host: Host, options: Mapping[str, Any]) -> list[Sensor | Model]:  # noqa: ARG001 - taken whole
    """The packages and the memory beside them; raises Unavailable."""
    if host.read(f"{FOLDER}/type") is None:
        raise Unavailable("the kernel has no power events (its driver is intel_rapl_perf, or rapl)")
    if host.simulated:
        raise Unavailable("the files are a recorded machine's: its events cannot be counted")
    return found_by(host, open_event)


def found_by(host: Host, opened: Open) -> list[Sensor | Model]:
    """The counters of a machine, where ``opened(type, config, cpu)`` gives an event's file."""
    kind = _number(host.read(f"{FOLDER}/type"))
    package, memory = _event(host, "energy-pkg"), _event(host, "energy-ram")
    cpus = _cpus(host)
    if kind is None or package is None or not cpus:
        raise Unavailable("the power events have no package counter")
    sensors: list[Sensor | Model] = []
    try:
        for index, cpu in enumerate(cpus):
            sensors.append(
                PerfCounter(opened(kind, package.config, cpu), package, _package(host, index))
            )
            if memory is not None:
                sensors.append(
                    PerfCounter(opened(kind, memory.config, cpu), memory, _memory(index))
                )
    except OSError as error:
        for one in sensors:
            if isinstance(one, Sensor):
                one.close()
        raise _refused(host, error) from None
    return sensors


def open_event(kind: int, config: int, cpu: int) -> int:
    """The file of one event on one CPU, for all processes; raises OSError."""
    number = _SYSCALL.get(platform.machine())
    if number is None:
        raise OSError(f"perf events are not known on {platform.machine()}")
    size = struct.calcsize(_ATTRIBUTES)
    attributes = ctypes.create_string_buffer(struct.pack(_ATTRIBUTES, kind, size, config), size)
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    file = library.syscall(
        ctypes.c_long(number),
        attributes,
        ctypes.c_int(-1),
        ctypes.c_int(cpu),
        ctypes.c_int(-1),
        ctypes.c_ulong(_CLOSE_ON_EXEC),
    )
    if file < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return int(file)


def _refused(host: Host, error: OSError) -> Unavailable:
    if isinstance(error, PermissionError):
        level = host.read(PARANOID)
        told = f" (perf_event_paranoid is {level})" if level else ""
        return Unavailable(f"the kernel lets only root count power events{told}", CURE)
    return Unavailable(f"the power events cannot be opened: {error.strerror or error}")


def _event(host: Host, name: str) -> Event | None:
    """An event as the PMU describes it: ``event=0x02``, scale and unit."""
    found = re.search(r"event=(\w+)", host.read(f"{FOLDER}/events/{name}") or "")
    unit = _UNITS.get(host.read(f"{FOLDER}/events/{name}.unit") or "")
    try:
        scale = float(host.read(f"{FOLDER}/events/{name}.scale") or "")
        config = int(found[1], 16) if found else None
    except ValueError:
        return None
    if config is None or unit is None or not 0 < scale < 1:
        return None
    return Event(config, scale * unit)


def _cpus(host: Host) -> list[int]:
    """One CPU for each package (or die), in the packages' order: "0,18" or "0-1"."""
    cpus: list[int] = []
    for part in (host.read(f"{FOLDER}/cpumask") or "").split(","):
        first, _, last = part.strip().partition("-")
        if first.isdigit() and (not last or last.isdigit()):
            cpus.extend(range(int(first), int(last or first) + 1))
    return sorted(set(cpus), key=lambda cpu: (_place(host, cpu), cpu))


def _place(host: Host, cpu: int) -> tuple[int, int]:
    folder = f"/sys/devices/system/cpu/cpu{cpu}/topology"
    package = _number(host.read(f"{folder}/physical_package_id"))
    return package or 0, _number(host.read(f"{folder}/die_id")) or 0


def _number(text: str | None) -> int | None:
    try:
        return int(text) if text else None
    except ValueError:
        return None


def _package(host: Host, index: int) -> SensorSpec:
    return SensorSpec(
        id=f"perf-rapl:cpu:{index}",
        component=f"cpu:{index}",
        kind="energy",
        gain_error=gain(host.cpu),
        step_s=STEP_S,
        resolution_j=RESOLUTION_J,
        max_power_w=max_package_w(_cpu.tdp_w(host.cpu)),
        covers=(f"cpu:{index}", f"core:{index}"),
        label=f"energy-pkg of package {index}",
    )


def _memory(index: int) -> SensorSpec:
    return SensorSpec(
        id=f"perf-rapl:dram:{index}",
        component=f"dram:{index}",
        kind="energy",
        gain_error=GAIN_MEMORY,
        step_s=STEP_S,
        resolution_j=RESOLUTION_J,
        max_power_w=MAX_MEMORY_W,
        covers=(f"dram:{index}", "ram"),
        label=f"energy-ram of package {index}",
    )

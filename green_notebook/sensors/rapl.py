"""RAPL counters of Intel and AMD processors, by the kernel's powercap files.

The kernel's documentation: power/powercap/powercap.rst. Zones are ``intel-rapl:0`` (a package),
``intel-rapl:0:0`` (a part of it); AMD's have the same names. Cores and graphics are inside their
package, memory beside it, ``psys`` is the whole platform, and ``intel-rapl-mmio:0`` shows a package
of ``intel-rapl`` a second time.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from green_notebook.errors import Unavailable
from green_notebook.host import Cpu, Host
from green_notebook.model import SensorSpec
from green_notebook.sensors import Model, Sensor, _cpu
from green_notebook.sensors._rapl_limits import (
    GAIN_MEMORY,
    MAX_MEMORY_W,
    RESOLUTION_J,
    STEP_S,
    max_package_w,
)
from green_notebook.sensors._rapl_limits import gain as _gain

NAME = "RAPL"
SLOW = False

FOLDER = "/sys/class/powercap"
CURE_READ = (
    "sudo chmod a+r /sys/class/powercap/*/energy_uj; for good: "
    'echo \'SUBSYSTEM=="powercap", ACTION=="add", RUN+="/bin/chmod a+r /sys%p/energy_uj"\' '
    "| sudo tee /etc/udev/rules.d/70-rapl.rules"
)
CURE_MODULE = "sudo modprobe intel_rapl_msr"
CURE_DRIVER = "sudo modprobe -r intel_rapl_msr && sudo modprobe intel_rapl_msr"
CURE_NAME = "give the container or sandbox the whole of /sys/class/powercap"

# 2**32 units of 2**-14 J: what counters without ``max_energy_range_uj`` have.
_USUAL_RANGE_J = 2.0**18
# A counter that shows the same for longer may be another file by now.
STILL_S = 0.002
_FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0)
_ZONE = re.compile(r"^(intel-rapl|amd-rapl|intel-rapl-mmio|intel-rapl-tpmi\w*):(\d+)(?::(\d+))?$")
_PACKAGE = re.compile(r"^package-(\d+)(?:-die-(\d+))?$")


@dataclass(frozen=True, slots=True)
class Zone:
    """One powercap zone: its folder, control type, numbers and the kernel's name for it."""

    path: Path
    control: str
    number: int
    sub: int | None
    name: str

    @property
    def package(self) -> tuple[int, int] | None:
        """Package and die, where it is a package."""
        found = _PACKAGE.match(self.name)
        return (int(found[1]), int(found[2] or 0)) if found and self.sub is None else None

    def number_in(self, name: str) -> float | None:
        """A file of the zone that holds one number; None where it cannot be read."""
        try:
            return float((self.path / name).read_text())
        except (OSError, ValueError):
            return None


class RaplCounter:
    """One zone's counter. A reading is one ``pread`` of an open file: about 2 us.

    The kernel keeps a zone's file; copies of its tree replace theirs, and zones come and go. A live
    counter moves each millisecond, so one that shows its last text again is looked at by its path.
    """

    def __init__(self, zone: Zone, spec: SensorSpec) -> None:
        self.spec = spec
        self._path = os.fspath(zone.path / "energy_uj")
        self._file = os.open(self._path, _FLAGS)
        self._text = b""
        self._changed_s = 0.0
        # Whether its file was found to be another one while the old one was still readable.
        self._replaced = False
        self._closed = False
        try:
            self.read()
        except BaseException:
            self.close()
            raise

    def read(self) -> float:
        """The counter (J); raises OSError or ValueError where the zone is gone."""
        try:
            text = b"" if self._replaced else os.pread(self._file, 32, 0)
        except OSError:
            text = b""
        now_s = monotonic()
        if not text or (text == self._text and now_s - self._changed_s > STILL_S):
            text = self._by_path(text)
        if text != self._text:
            self._text, self._changed_s = text, now_s
        return int(text) / 1e6

    def _by_path(self, shown: bytes) -> bytes:
        """What the file of that name shows now (``shown``: the kept one); keeps that one open."""
        if self._closed:
            raise OSError(errno.EBADF, "the descriptor of this counter is closed")
        file = os.open(self._path, _FLAGS)
        try:
            text = os.pread(file, 32, 0)
            if not self._replaced:
                # The number stays: another thread may be about to read it.
                os.dup2(file, self._file, inheritable=False)
        finally:
            os.close(file)
        if shown and text != shown:
            self._replaced = True
        return text

    def close(self) -> None:
        """Close the file."""
        self._closed = True
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)


def discover(host: Host, options: Mapping[str, Any]) -> list[Sensor | Model]:  # noqa: ARG001 - taken whole
    """The packages and the memory beside them; raises Unavailable."""
    zones = _zones(host)
    if not zones:
        raise _missing(host)
    chosen = _chosen(zones)
    opened = [
        (zone, _open(zone, component, covers, host.cpu)) for zone, component, covers in chosen
    ]
    sensors = [one for _, one in opened if isinstance(one, RaplCounter)]
    failed = [(zone, one) for zone, one in opened if not isinstance(one, RaplCounter)]
    # Memory that cannot be read is modelled; a package that cannot leaves half a machine.
    if sensors and all(zone.name == "dram" for zone, _ in failed):
        return list(sensors)
    for one in sensors:
        one.close()
    if any(isinstance(error, PermissionError) for _, error in failed):
        raise Unavailable("only root may read the counters, as since Linux 5.10", CURE_READ)
    if failed:
        raise _unreadable(*failed[0])
    raise Unavailable("no package among the powercap zones")


def _open(
    zone: Zone, component: str, covers: tuple[str, ...], cpu: Cpu
) -> RaplCounter | OSError | ValueError:
    try:
        return RaplCounter(zone, _spec(zone, component, covers, cpu))
    except (OSError, ValueError) as error:
        return error


def _unreadable(zone: Zone, error: OSError | ValueError) -> Unavailable:
    why = "holds no number" if isinstance(error, ValueError) else f"cannot be read: {error}"
    return Unavailable(f"{zone.path.name}/energy_uj {why}: its driver is at fault", CURE_DRIVER)


def _missing(host: Host) -> Unavailable:
    if host.system != "Linux":
        return Unavailable(f"{host.system} has no powercap files")
    if host.hypervisor:
        return Unavailable("a virtual machine does not see its processor's counters")
    unnamed = _entries(host.path(FOLDER))
    if unnamed:
        reason = f"{unnamed[0].name} has no readable name, so what it measures is not known"
        return Unavailable(reason, CURE_NAME)
    if _cpu.vendor_of(host.cpu) not in ("Intel", "AMD"):
        return Unavailable("this processor has no RAPL counters")
    return Unavailable("the kernel offers no RAPL zones", CURE_MODULE)


def _zones(host: Host) -> list[Zone]:
    """All zones: the class folder lists them flat, a plain copy of it may have them nested."""
    folder = host.path(FOLDER)
    found: dict[str, Zone] = {}
    for path in (*_entries(folder), *(sub for one in _entries(folder) for sub in _entries(one))):
        match = _ZONE.match(path.name)
        if not match or path.name in found:
            continue
        try:
            name = (path / "name").read_text().strip()
        except OSError:
            continue
        sub = None if match[3] is None else int(match[3])
        found[path.name] = Zone(path, match[1], int(match[2]), sub, name)
    return sorted(found.values(), key=lambda one: (one.control, one.number, one.sub or 0))


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(one for one in folder.iterdir() if _ZONE.match(one.name))
    except OSError:
        return []


def _chosen(zones: list[Zone]) -> list[tuple[Zone, str, tuple[str, ...]]]:
    """The zones to count, each with its component and what it covers: nothing twice."""
    packages = _without_mirrors(zone for zone in zones if zone.package is not None)
    if packages:
        chosen: list[tuple[Zone, str, tuple[str, ...]]] = []
        for index, package in enumerate(packages):
            chosen.append((package, f"cpu:{index}", (f"cpu:{index}", f"core:{index}")))
            memory = _memory_of(package, zones)
            if memory is not None:
                chosen.append((memory, f"dram:{index}", (f"dram:{index}", "ram")))
        return chosen
    cores = [zone for zone in zones if zone.name == "core"]
    if cores:
        return [
            (zone, f"cpu:{index}", (f"cpu:{index}", f"core:{index}"))
            for index, zone in enumerate(cores)
        ]
    whole = [zone for zone in zones if zone.name == "psys" and zone.sub is None]
    return [(zone, "node", ("node", "cpu:0", "ram", "rest")) for zone in whole[:1]]


def _without_mirrors(packages: Iterable[Zone]) -> list[Zone]:
    """One zone per package and die, in their order.

    Another control type's zone of the same name is the same silicon. Within one control type two
    zones of one name are two packages, unless their counters stand at the same value.
    """
    kept: list[Zone] = []
    for zone in sorted(packages, key=lambda one: one.control != "intel-rapl"):
        same = [one for one in kept if one.name == zone.name]
        if any(one.control != zone.control or _equal(one, zone) for one in same):
            continue
        kept.append(zone)
    return sorted(kept, key=lambda one: (one.package or (0, 0), one.number))


def _equal(one: Zone, other: Zone) -> bool:
    """Whether two counters stand within a hundredth of a second of each other."""
    first, second = one.number_in("energy_uj"), other.number_in("energy_uj")
    return first is not None and second is not None and abs(first - second) < 1e6


def _memory_of(package: Zone, zones: list[Zone]) -> Zone | None:
    return next(
        (
            zone
            for zone in zones
            if zone.name == "dram"
            and zone.control == package.control
            and zone.number == package.number
            and zone.sub is not None
        ),
        None,
    )


def _spec(zone: Zone, component: str, covers: tuple[str, ...], cpu: Cpu) -> SensorSpec:
    memory = component.startswith("dram")
    range_uj = zone.number_in("max_energy_range_uj")
    return SensorSpec(
        id=f"rapl:{component}",
        component=component,
        kind="energy",
        gain_error=GAIN_MEMORY if memory else _gain(cpu),
        step_s=STEP_S,
        resolution_j=RESOLUTION_J,
        wrap_j=range_uj / 1e6 if range_uj else _USUAL_RANGE_J,
        max_power_w=_max_power_w(zone, cpu, memory=memory),
        covers=covers,
        label=f"{zone.name} of {zone.path.name}",
    )


def _max_power_w(zone: Zone, cpu: Cpu, *, memory: bool) -> float:
    """The most that a zone can draw; ``max_power`` is the design power."""
    if memory:
        return MAX_MEMORY_W
    watts = [
        value / 1e6
        for index in range(4)
        for value in [zone.number_in(f"constraint_{index}_max_power_uw")]
        if value
    ]
    return max_package_w(max([*watts, *filter(None, [_cpu.tdp_w(cpu)])], default=None))

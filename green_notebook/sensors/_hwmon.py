"""The kernel's hardware monitors: chips below /sys/class/hwmon, and sensors that read one file.

Names and units are those of Documentation/hwmon/sysfs-interface.rst: energy in microjoules, power in
microwatts, voltage in millivolts, current in milliamperes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from green_notebook.errors import Unavailable
from green_notebook.host import Host
from green_notebook.model import SensorSpec
from green_notebook.sensors import Model, Sensor

FOLDER = "/sys/class/hwmon"
MICRO = 1e-6


@dataclass(frozen=True, slots=True)
class Chip:
    """One monitor: its folder, and the driver's name for it."""

    path: Path
    name: str

    def text(self, file: str) -> str | None:
        """A file's text; older drivers keep theirs one folder further, in the device's."""
        own = _text(self.path / file)
        return _text(self.path / "device" / file) if own is None else own

    def number(self, file: str) -> float | None:
        """A file that holds one number; None where it cannot be read."""
        try:
            return float(self.text(file) or "")
        except ValueError:
            return None

    def file(self, name: str) -> Path:
        """Where a file lies: in the monitor's folder, else in its device's."""
        own = self.path / name
        return own if own.exists() else self.path / "device" / name

    def channels(self, kind: str, last: str = "input") -> list[int]:
        """The numbers of all channels of a kind: ``channels("energy") == [1, 2]``."""
        found: set[int] = set()
        for folder in (self.path, self.path / "device"):
            try:
                names = os.listdir(folder)
            except OSError:
                continue
            found.update(
                int(match[1])
                for name in names
                if (match := re.fullmatch(rf"{kind}(\d+)_{last}", name))
            )
        return sorted(found)

    @property
    def slot(self) -> str:
        """The PCI address of its device, "" where it is no PCI device."""
        found = re.search(r"PCI_SLOT_NAME=(\S+)", self.text("device/uevent") or "")
        return found[1] if found else ""


def _text(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return None


def chips(host: Host, *names: str) -> Iterator[Chip]:
    """The monitors of these drivers, in the order of their numbers.

    Older drivers keep the name, too, in their device's folder: acpi_power_meter.c before Linux 6.15.
    """
    folder = host.path(FOLDER)
    try:
        entries = [one for one in os.listdir(folder) if one.startswith("hwmon")]
    except OSError:
        return
    for entry in sorted(entries, key=lambda one: (len(one), one)):
        chip = Chip(folder / entry, "")
        name = chip.text("name")
        if name in names:
            yield Chip(chip.path, name)


def opened(make: Callable[[], Sensor]) -> Sensor | OSError | ValueError:
    """A sensor, or why it cannot be read."""
    try:
        return make()
    except (OSError, ValueError) as error:
        return error


def readable(
    attempts: Iterable[Sensor | OSError | ValueError], missing: str, cure: str
) -> list[Sensor | Model]:
    """The sensors among what was tried; raises Unavailable, with the cure where access is denied."""
    tried = list(attempts)
    found: list[Sensor | Model] = [one for one in tried if isinstance(one, Sensor)]
    if not found and any(isinstance(one, PermissionError) for one in tried):
        raise Unavailable(f"{missing}: only root may read it", cure)
    if not found:
        raise Unavailable(missing)
    return found


class FileSensor:
    """A sensor that is one file with one number. A reading is one ``pread``."""

    def __init__(self, path: Path, spec: SensorSpec, scale: float = MICRO) -> None:
        self.spec = spec
        self._scale = scale
        self._file = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        try:
            self.read()
        except BaseException:
            self.close()
            raise

    def read(self) -> float:
        """The counter (J) or the power (W); raises OSError or ValueError where it is gone."""
        return int(os.pread(self._file, 32, 0)) * self._scale

    def close(self) -> None:
        """Close the file."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)

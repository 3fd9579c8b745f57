"""NVIDIA Jetson: the rails that its INA3221 chips measure.

Volts and amperes by the kernel's hardware monitor (Documentation/hwmon/ina3221.rst), or by the
``iio`` files of JetPack 4; the rails' names are those of NVIDIA's Jetson Linux developer guide,
"Power monitors". The board's input is the whole module; where it is not measured, the sum of the
rails that it feeds is. Rails that feed processor and GPU together count in the whole only.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from green_notebook.errors import Unavailable
from green_notebook.host import Host
from green_notebook.model import SensorSpec
from green_notebook.sensors import Model, Sensor
from green_notebook.sensors._gpu import GpuUse
from green_notebook.sensors._hwmon import FileSensor, chips

NAME = "Jetson rails"
SLOW = False

CURE_READ = "sudo chmod a+r /sys/class/hwmon/hwmon*/{in,curr}*_input"
CURE_CHIP = "sudo dmesg | grep ina3221 tells what is wrong with it"

OLD_FOLDER = "/sys/bus/i2c/drivers/ina3221x"
# The input of the module (Nano, TX2, Xavier NX, Orin NX and Nano; Thor).
_WHOLE = ("VDD_IN", "POM_5V_IN", "VIN")
# What makes up the whole where its input is not measured (AGX Orin; AGX Xavier).
_SUMS = (
    ("VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"),
    ("GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"),
)
_PARTS = {
    "gpu:jetson0": ("VDD_GPU_SOC", "GPU", "VDD_SYS_GPU", "POM_5V_GPU", "VDD_GPU"),
    "cpu:0": ("VDD_CPU_CV", "CPU", "VDD_SYS_CPU", "POM_5V_CPU"),
    "dram:0": ("VDDRQ", "VDD_SYS_DDR"),
}
# Shunts and chips are within a few per cent at full load, worse at idle (TI's INA3221 datasheet and
# our assumption, 2026). The module's input leaves out the carrier board and the power supply.
_GAIN, _GAIN_WHOLE = (0.05, 0.05), (0.05, 0.30)
# Each conversion takes about a millisecond, and the driver averages some (ina3221.rst, "samples").
_STEP_S = 0.02
_MAX_W = 200.0


@dataclass(frozen=True, slots=True)
class Rail:
    """One rail: its power is the product of its files' numbers and ``scale`` (W)."""

    name: str
    files: tuple[Path, ...]
    scale: float


class JetsonRails:
    """One or more rails: power (W). A reading is two files a rail, about a millisecond each."""

    def __init__(self, rails: Sequence[Rail], spec: SensorSpec) -> None:
        self.spec = spec
        self._rails: list[tuple[list[FileSensor], float]] = []
        try:
            for rail in rails:
                files: list[FileSensor] = []
                self._rails.append((files, rail.scale))
                files.extend(FileSensor(path, spec, 1.0) for path in rail.files)
        except BaseException:
            self.close()
            raise

    def read(self) -> float:
        """The rails' power (W); raises OSError or ValueError."""
        watts = 0.0
        for files, scale in self._rails:
            product = scale
            for file in files:
                product *= file.read()
            watts += product
        return watts

    def close(self) -> None:
        """Close the files."""
        for files, _ in self._rails:
            for file in files:
                file.close()


class JetsonGpu(JetsonRails):
    """The GPU's rail, and whether this process has the GPU open."""

    def users(self) -> GpuUse:
        """This process, where it has the GPU's device open; of others nobody tells."""
        try:
            mine = any(_is_gpu(name) for name in os.listdir("/proc/self/fd"))
        except OSError:
            return GpuUse(problem="nobody tells who uses the GPU")
        return GpuUse(pids=frozenset({os.getpid()} if mine else ()))


def _is_gpu(descriptor: str) -> bool:
    """Whether a descriptor is a GPU's: nvhost-gpu, nvgpu, or nvidia0 on the newest boards."""
    try:
        path = os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return False
    names = ("/dev/nvhost-gpu", "/dev/nvhost-as-gpu", "/dev/nvgpu/", "/dev/nvidia-uvm")
    return path.startswith(names)


def discover(host: Host, options: Mapping[str, Any]) -> list[Sensor | Model]:  # noqa: ARG001 - taken whole
    """The whole module and its parts; raises Unavailable."""
    rails = {rail.name: rail for rail in (*_monitored(host), *_older(host))}
    whole = next((one for one in _WHOLE if one in rails), None)
    summed = next((names for names in _SUMS if all(one in rails for one in names)), ())
    if whole is None and not summed:
        raise Unavailable("no INA3221 with the rails of a Jetson")
    names = summed if whole is None else (whole,)
    wanted = [("node", names)]
    for component, known in _PARTS.items():
        wanted += [(component, (one,)) for one in known if one in rails][:1]
    tried = [
        _opened([rails[one] for one in names], component, names) for component, names in wanted
    ]
    found: list[Sensor | Model] = [one for one in tried if isinstance(one, JetsonRails)]
    if not found:
        raise _unreadable([one for one in tried if not isinstance(one, JetsonRails)])
    return found


def _opened(
    rails: Sequence[Rail], component: str, names: tuple[str, ...]
) -> JetsonRails | OSError | ValueError:
    kind = JetsonGpu if component.startswith("gpu") else JetsonRails
    try:
        return kind(rails, _spec(component, names))
    except (OSError, ValueError) as error:
        return error


def _unreadable(errors: Sequence[OSError | ValueError]) -> Unavailable:
    """Why no rail can be read, and what cures that."""
    if any(isinstance(one, PermissionError) for one in errors):
        return Unavailable("only root may read the rails", CURE_READ)
    if any(isinstance(one, OSError) for one in errors):
        return Unavailable(f"the rails cannot be read: {errors[0]}", CURE_CHIP)
    return Unavailable("the rails' files hold no numbers: the chip does not answer", CURE_CHIP)


def _monitored(host: Host) -> list[Rail]:
    """The rails of the kernel's hardware monitors: millivolts times milliamperes."""
    found = []
    for chip in chips(host, "ina3221"):
        for channel in chip.channels("curr"):
            name = chip.text(f"in{channel}_label") or ""
            files = tuple(chip.file(f"{kind}{channel}_input") for kind in ("in", "curr"))
            if name and all(file.exists() for file in files):
                found.append(Rail(name, files, 1e-6))
    return found


def _older(host: Host) -> list[Rail]:
    """The rails of JetPack 4: ``rail_name_0`` beside ``in_power0_input`` in milliwatts."""
    found = []
    for path in sorted(host.path(OLD_FOLDER).glob("*/iio*device*/rail_name_*")):
        with suppress(OSError):
            power = path.parent / f"in_power{path.name.rpartition('_')[2]}_input"
            found.append(Rail(path.read_text().strip(), (power,), 1e-3))
    return found


def _spec(component: str, names: tuple[str, ...]) -> SensorSpec:
    whole = component == "node"
    return SensorSpec(
        id=f"jetson:{component}",
        component=component,
        kind="power",
        gain_error=_GAIN_WHOLE if whole else _GAIN,
        step_s=_STEP_S,
        max_power_w=_MAX_W,
        covers=(component, "ram") if component == "dram:0" else (component,),
        label=f"INA3221, {' + '.join(names)}",
    )

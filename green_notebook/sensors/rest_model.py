"""What no chip's counter sees: power supply, fans, board, disks, a laptop's screen.

Assumed, and shown apart: a part of what the chips take (losses of the power supply and voltage
regulators) and a base that is always there. Where ``%carbon calibrate`` compared this machine with
an external meter, that line takes the place of the assumption.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from green_notebook.errors import Unavailable
from green_notebook.host import Host
from green_notebook.model import Basis, Load, Quantity, SensorSpec
from green_notebook.sensors import Estimate, Model, Sensor, _board, _calibration, _cpu, _cpu_name
from green_notebook.sensors._calibration import Calibration

NAME = "Rest of the machine"
SLOW = False

Range = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    losses: Range
    base_w: Range


# Losses: the wall of big nodes is 1.17 x RAPL + a base (Jay et al. 2023, CCGrid, "An experimental
# comparison of software-based power meters"). Bases are chosen so that chips read 12-38 % below
# the wall on an idle node (the same) and 20-37 % below a plug on a desktop (Fischer 2025); a
# laptop's screen and board are our assumption (2026), with room.
_SERVER = _Kind("server", (0.17, 0.06, 0.30), (12.0, 2.0, 80.0))
_DESKTOP = _Kind("desktop", (0.17, 0.06, 0.30), (18.0, 6.0, 45.0))
_LAPTOP = _Kind("laptop", (0.12, 0.04, 0.25), (4.0, 1.0, 10.0))
# Single-board computers: against an in-line USB meter a Raspberry Pi 5 takes 1.145 x its rails + 0.59 W
# (jfikar/RPi5-power, 2024: one board, nothing plugged in); a bare Pi 4 or 5 takes 3 to 4 W in all
# (Raspberry Pi documentation, "Power supply", 2024). Disks, fans and carrier boards: our assumption.
_BOARD = _Kind("single-board computer", (0.145, 0.05, 0.30), (0.6, 0.2, 5.0))


def _kind_of(host: Host) -> _Kind:
    if _board.name(host):
        return _BOARD
    if host.battery:
        return _LAPTOP
    server = _cpu.chip_class(_cpu_name.named(host)).endswith("server")
    return _SERVER if server else _DESKTOP


class RestModel:
    """The energy between the chips and the plug."""

    def __init__(self, host: Host) -> None:
        self._kind = _kind_of(host)
        self.spec = SensorSpec(
            id="rest-model",
            component="rest",
            kind="power",
            basis=Basis.ASSUMED,
            gain_error=(0.7, 1.5),
            idle_power_w=self._kind.base_w[0],
            covers=("rest",),
            label=f"power supply, fans and board of a {self._kind.name}",
        )

    def estimate(self, load: Load, chips_j: float) -> Estimate:
        """``losses x chips_j + base x duration``; the base is the idle part."""
        seconds = max(0.0, load.duration_s)
        idle = [watts * seconds for watts in self._kind.base_w]
        value, low, high = (
            base + part * max(0.0, chips_j)
            for base, part in zip(idle, self._kind.losses, strict=True)
        )
        return Estimate(
            Quantity(value, low, high, "J", Basis.ASSUMED),
            Quantity(idle[0], idle[1], idle[2], "J", Basis.ASSUMED),
        )


class CalibratedRest:
    """The same energy by what an external meter taught."""

    def __init__(self, line: Calibration) -> None:
        self._line = line
        watts, error_w = line.rest_w(line.most_w)
        part = min(1.0, error_w / watts) if watts else 1.0
        self.spec = SensorSpec(
            id="rest-model",
            component="rest",
            kind="power",
            basis=Basis.MODELLED,
            gain_error=(part, part),
            idle_power_w=line.rest_w(0.0)[0],
            covers=("rest",),
            label=f"power supply, fans and board, calibrated against {line.meter} {line.at}".strip(),
        )

    def estimate(self, load: Load, chips_j: float) -> Estimate:
        """``(base + factor x chips - chips) x duration``; the base is the idle part."""
        seconds = max(0.0, load.duration_s)
        if not seconds:
            nothing = Quantity.exactly(0.0, "J", Basis.MODELLED)
            return Estimate(nothing, nothing)
        machine = self._energy(max(0.0, chips_j) / seconds, seconds)
        idle = self._energy(0.0, seconds)
        return Estimate(machine, idle if idle.value <= machine.value else machine)

    def _energy(self, chips_w: float, seconds: float) -> Quantity:
        watts, error_w = self._line.rest_w(chips_w)
        return Quantity.within(watts * seconds, "J", Basis.MODELLED, systematic=error_w * seconds)


def discover(host: Host, options: Mapping[str, Any]) -> list[Sensor | Model]:
    """The rest of a machine of its own; raises Unavailable in a virtual machine."""
    if host.hypervisor is not None:
        raise Unavailable(
            "a virtual machine's watts per thread hold the rest of the server already"
        )
    line = _calibration.parsed(options.get("calibration"))
    if line is None and not host.simulated:
        line = _calibration.kept(host)
    return [RestModel(host) if line is None else CalibratedRest(line)]

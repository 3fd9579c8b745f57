"""A laptop's own battery while it discharges: the whole machine, screen included.

Documentation/ABI/testing/sysfs-class-power: ``power_now`` in microwatts, or ``current_now`` times
``voltage_now`` (microamperes, microvolts). While a battery charges, or stands full on the mains, it
tells nothing of what the machine takes: each such reading fails, and is a gap.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from green_notebook.errors import Unavailable
from green_notebook.host import Host
from green_notebook.model import SensorSpec
from green_notebook.sensors import Model, Sensor

NAME = "Battery"
SLOW = False
# Somebody may pull the plug later.
RETRY_S = 15.0

FOLDER = "/sys/class/power_supply"
# Fuel gauges are some per cent off, embedded controllers average and refresh as they like; and to
# charge what was taken, the plug gives a tenth to a quarter more. Our assumption (2026), with room.
_GAIN = (0.15, 0.40)
# Embedded controllers refresh every 1 to 30 s, most about so often.
_STEP_S = 5.0
_MAX_W = 500.0
CURE = "pull the plug: it joins within a minute"
CURE_EARLY = "wait half a minute: it joins by itself"
CURE_SILENT = "a newer kernel may tell; a metering plug measures the machine at the wall"


class SilentError(OSError):
    """A battery that discharges and does not say how fast."""


class EarlyError(OSError):
    """A battery that discharges and will soon say how fast."""


class Battery:
    """All batteries of the machine together: power (W). A reading is 2 or 3 files each."""

    def __init__(self, host: Host, names: tuple[str, ...]) -> None:
        self._host = host
        self._names = names
        self.spec = SensorSpec(
            id="battery",
            component="node",
            kind="power",
            gain_error=_GAIN,
            step_s=_STEP_S,
            max_power_w=_MAX_W,
            covers=("node",),
            label=f"discharge of {' and '.join(names)}: the whole machine with its screen",
        )

    def read(self) -> float:
        """What all batteries give (W); raises OSError unless they feed the machine alone."""
        watts = [self._watts(name) for name in self._names]
        if not any(watts):
            raise OSError("no battery is discharging")
        return sum(watts)

    def _watts(self, name: str) -> float:
        status = self._host.read(f"{FOLDER}/{name}/status")
        if status in ("Not charging", "Full", "Unknown"):
            return 0.0  # the second of two batteries waits; alone it makes no reading
        if status != "Discharging":
            raise OSError(f"{name} is {(status or 'silent').lower()}")
        power = self._number(name, "power_now")
        if power is None:
            current, voltage = (self._number(name, f"{one}_now") for one in ("current", "voltage"))
            if current is None or voltage is None:
                raise SilentError(
                    f"{name} discharges, but its driver tells neither power_now nor current_now "
                    "and voltage_now"
                )
            power = current * voltage / 1e6
        if power == 0:
            raise EarlyError(f"{name} tells no power yet")  # for some seconds after unplugging
        return power / 1e6

    def _number(self, name: str, file: str) -> float | None:
        """A file's number without its sign: some drivers count discharge as negative."""
        text = self._host.read(f"{FOLDER}/{name}/{file}")
        try:
            return abs(float(text)) if text else None
        except ValueError:
            return None

    def close(self) -> None:
        """Nothing is kept open."""


def discover(host: Host, options: Mapping[str, Any]) -> list[Sensor | Model]:  # noqa: ARG001 - taken whole
    """The machine's batteries while they discharge; raises Unavailable."""
    names = tuple(sorted(_own(host)))
    if not names:
        raise Unavailable("no battery of the machine's own")
    battery = Battery(host, names)
    try:
        battery.read()
    except SilentError as error:
        raise Unavailable(str(error), CURE_SILENT) from None
    except EarlyError as error:
        raise Unavailable(str(error), CURE_EARLY) from None
    except OSError as error:
        reason = f"{error}: only a discharging battery tells what the machine takes"
        raise Unavailable(reason, CURE) from None
    return [battery]


def _own(host: Host) -> list[str]:
    """The batteries that feed the machine: not those of a mouse."""
    try:
        names = os.listdir(host.path(FOLDER))
    except OSError:
        return []
    return [
        name
        for name in names
        if host.read(f"{FOLDER}/{name}/type") == "Battery"
        and host.read(f"{FOLDER}/{name}/scope") != "Device"
        and host.read(f"{FOLDER}/{name}/present") != "0"
    ]

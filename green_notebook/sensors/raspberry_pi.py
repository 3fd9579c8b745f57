"""Raspberry Pi 5 and Compute Module 5: the rails that its power chip measures.

The firmware's ``pmic_read_adc`` tells volts and amperes of a dozen rails. Their sum is the board
without what hangs on the 5 V input itself (USB devices, HATs) and without the power chip's losses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from green_notebook.errors import Unavailable
from green_notebook.host import Host
from green_notebook.model import SensorSpec
from green_notebook.sensors import Model, Sensor
from green_notebook.sensors._vcio import Mailbox, rails

NAME = "Raspberry Pi rails"
SLOW = False

MODEL = "/proc/device-tree/model"
DEVICE = "/dev/vcio"
CURE_READ = "sudo usermod -aG video $USER, then log in again"
_QUESTION = "pmic_read_adc"
# Against an in-line USB meter the input is 1.145 x the rails' sum + 0.59 W (jfikar/RPi5-power, 2024:
# one board, without peripherals): 24 % more at 6 W, a half more at 1.6 W, half as much again for
# what hangs on USB. Below: the converter's own error, our assumption.
_GAIN = (0.05, 0.60)
_STEP_S = 0.05  # the firmware asks the chip anew for each question, which takes milliseconds
_MAX_W = 40.0


class PiRails:
    """The board by its rails: power (W). A reading is one call of the firmware, about 1 ms."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self.spec = SensorSpec(
            id="raspberry-pi:rails",
            component="node",
            kind="power",
            gain_error=_GAIN,
            step_s=_STEP_S,
            max_power_w=_MAX_W,
            covers=("node", "cpu:0", "ram"),
            label="rails of the Raspberry Pi's power chip, without what hangs on USB",
        )

    def read(self) -> float:
        """The sum of all rails (W); raises OSError where the firmware tells none."""
        found = rails(self._mailbox.ask(_QUESTION))
        if not found:
            raise OSError("the firmware tells no rails")
        return sum(found.values())

    def close(self) -> None:
        """Close the mailbox."""
        self._mailbox.close()


def discover(host: Host, options: Mapping[str, Any]) -> list[Sensor | Model]:  # noqa: ARG001 - taken whole
    """The board; raises Unavailable on any other machine and on boards without the chip."""
    model = (host.read(MODEL) or "").rstrip("\0")
    if not model.startswith("Raspberry Pi"):
        raise Unavailable("this is no Raspberry Pi")
    if host.simulated:
        raise Unavailable("the files are a recorded machine's: its firmware cannot be asked")
    try:
        sensor = PiRails(Mailbox(host.path(DEVICE)))
    except PermissionError:
        raise Unavailable("only the group video may ask the firmware", CURE_READ) from None
    except OSError:
        raise Unavailable("the kernel offers no mailbox to the firmware") from None
    return [checked(sensor, model)]


def checked(sensor: PiRails, model: str) -> Sensor:
    """The sensor, if its board measures rails at all; raises Unavailable."""
    try:
        sensor.read()
    except OSError:
        sensor.close()
        raise Unavailable(f"{model} does not measure its rails (Raspberry Pi 5 does)") from None
    return sensor

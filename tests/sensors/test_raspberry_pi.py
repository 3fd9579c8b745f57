"""Raspberry Pi 5: the firmware's answer, at the ioctl that asks for it.

The answer has the form that Raspberry Pi's documentation of ``vcgencmd pmic_read_adc`` shows; its
numbers are composed.
"""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from green_notebook.errors import Unavailable
from green_notebook.sensors import _vcio, raspberry_pi
from green_notebook.testing import fake_host

ANSWER = """\
 3V7_WL_SW_A current(0)=0.01000000A
    3V3_SYS_A current(1)=0.10000000A
  VDD_CORE_A current(7)=2.00000000A
     ODD_A current(9)=4.00000000A
 3V7_WL_SW_V volt(8)=3.70000000V
    3V3_SYS_V volt(9)=3.30000000V
  VDD_CORE_V volt(15)=0.80000000V
     EXT5V_V volt(24)=5.10000000V
      BATT_V volt(25)=nanV
"""


class Firmware:
    """Stands at the ioctl: reads the question from the buffer and writes the answer into it."""

    def __init__(self, answer=ANSWER, error=0):
        self.answer = answer
        self.error = error
        self.asked = []

    def __call__(self, _file, call, buffer):
        assert call == _vcio.CALL
        size, request, tag, longest, *_ = struct.unpack_from("=6I", buffer)
        assert (size, request, tag, longest) == (len(buffer), 0, 0x00030080, 1024)
        self.asked.append(bytes(buffer[24:1048]).partition(b"\0")[0].decode())
        struct.pack_into("=I", buffer, 20, self.error)
        text = self.answer.encode()[:1024]
        buffer[24 : 24 + len(text)] = text


@pytest.fixture
def board(tmp_path):
    device = tmp_path / "vcio"
    device.touch()
    kept = []

    def make(firmware):
        kept.append(raspberry_pi.PiRails(_vcio.Mailbox(device, firmware)))
        return kept[-1]

    yield make
    for one in [*kept, *kept]:
        one.close()


def test_the_sum_of_rails(board):
    """Rails with volts and amperes add up; one without its partner is left out."""
    firmware = Firmware()
    sensor = board(firmware)
    assert sensor.read() == pytest.approx(0.01 * 3.7 + 0.1 * 3.3 + 2.0 * 0.8)
    assert firmware.asked == ["pmic_read_adc"]
    assert sensor.spec.component == "node"
    assert sensor.spec.gain_error[1] > sensor.spec.gain_error[0]
    assert not sensor.spec.tried_on_hardware


@pytest.mark.parametrize("firmware", [Firmware(error=2), Firmware("error=1"), Firmware("")])
def test_boards_without_the_chip(board, firmware):
    """A firmware that does not know the question, or tells no rails, is unavailable, never 0 W."""
    with pytest.raises(Unavailable, match=r"Pi 4 .* does not measure its rails"):
        raspberry_pi.checked(board(firmware), "Raspberry Pi 4 Model B")


@given(st.text(max_size=300))
def test_any_answer(text):
    """Whatever the firmware says, rails are finite watts."""
    assert all(watts >= 0 for watts in _vcio.rails(text).values())


def test_other_machines(tmp_path, machine):
    """Only a Raspberry Pi's firmware is asked, and never in a recorded machine's name."""
    with pytest.raises(Unavailable, match="no Raspberry Pi"):
        raspberry_pi.discover(fake_host(tmp_path), {})
    with pytest.raises(Unavailable, match="recorded"):
        raspberry_pi.discover(machine("raspberry-pi-5"), {})

"""AMD's cards: by the hardware monitor, by amdsmi, and who uses them.

No AMD card stands behind these tests. The monitor's files are composed from the kernel's
documentation; `Smi` speaks the interface of ROCm's amdsmi as its documentation gives it, at the
place where the library would be.
"""

from __future__ import annotations

import os

import pytest

from green_notebook.errors import Unavailable
from green_notebook.host import Host
from green_notebook.sensors import amd_gpu
from green_notebook.sensors._gpu import UsersTold
from green_notebook.testing import fake_host

SLOT = "0000:03:00.0"


class SmiError(Exception):
    """Stands for amdsmi.AmdSmiException."""


class Smi:
    """amdsmi's functions over cards told by dicts; a missing answer raises as the library does."""

    AmdSmiException = SmiError

    def __init__(self, *cards):
        self.cards = cards
        self.started = 0

    def amdsmi_init(self):
        self.started += 1

    def amdsmi_shut_down(self):
        self.started -= 1

    def amdsmi_get_processor_handles(self):
        return list(range(len(self.cards)))

    def _answer(self, name, handle):
        if name not in self.cards[handle]:
            raise SmiError("AMDSMI_STATUS_NOT_SUPPORTED")
        return self.cards[handle][name]

    def amdsmi_get_gpu_device_bdf(self, handle):
        return self._answer("bdf", handle)

    def amdsmi_get_gpu_device_uuid(self, handle):
        return self._answer("uuid", handle)

    def amdsmi_get_gpu_asic_info(self, handle):
        return self._answer("asic", handle)

    def amdsmi_get_energy_count(self, handle):
        return self._answer("energy", handle)

    def amdsmi_get_power_info(self, handle):
        return self._answer("power", handle)

    def amdsmi_get_power_cap_info(self, handle):
        return self._answer("cap", handle)


def accelerator(**other):
    """A card with an accumulator, as ROCm 6 and later tell it."""
    return {
        "bdf": SLOT,
        "uuid": "a1b2c3d4",
        "asic": {"market_name": "AMD Instinct MI300X"},
        "energy": {
            "energy_accumulator": 123_594_079_235_584,
            "counter_resolution": 15.3,
            "timestamp": 1,
        },
        "power": {"current_socket_power": 182, "average_socket_power": "N/A"},
        "cap": {"max_power_cap": 750_000_000},
    } | other


@pytest.fixture
def cards(machine):
    found = amd_gpu.discover(machine("radeon-desktop"), {})
    yield found
    for one in [*found, *found]:
        one.close()


def test_cards_by_their_monitors(cards):
    """Each card tells its power; graphics inside a processor are left to their package's counter."""
    assert [one.spec.component for one in cards] == ["gpu:amd0", "gpu:amd1"]
    assert [one.read() for one in cards] == pytest.approx([41.0, 121.0])
    assert [one.spec.window_s > 0 for one in cards] == [True, False]
    assert cards[0].spec.max_power_w == pytest.approx(508.5)
    assert not any(one.spec.tried_on_hardware for one in cards)


def test_who_computes(cards):
    """The compute driver's list, and this process's own work on the card, tell who uses it."""
    assert all(isinstance(one, UsersTold) for one in cards)
    assert cards[0].users().pids == {4711}
    assert cards[1].users().pids == {os.getpid()}


def test_hidden_cards(machine):
    """A card that one of ROCm's variables hides is not this kernel's."""
    host = Host(machine("radeon-desktop").root, {"HIP_VISIBLE_DEVICES": "1"})
    found = amd_gpu.discover(host, {})
    assert [one.users().visible for one in found] == [False, True]
    for one in found:
        one.close()


def test_only_graphics_in_the_processor(tmp_path):
    """A processor's own graphics are not counted beside the processor."""
    files = {
        "/sys/class/hwmon/hwmon0/name": "amdgpu",
        "/sys/class/hwmon/hwmon0/in1_label": "vddnb",
        "/sys/class/hwmon/hwmon0/power1_average": "9000000",
    }
    with pytest.raises(Unavailable, match="counted with its package"):
        amd_gpu.discover(fake_host(tmp_path, files), {})


def test_a_card_without_power(tmp_path):
    """A card whose driver tells no power is unavailable, with the cure."""
    with pytest.raises(Unavailable, match="does not tell") as caught:
        amd_gpu.discover(fake_host(tmp_path, {"/sys/class/hwmon/hwmon0/name": "amdgpu"}), {})
    assert "amdsmi" in caught.value.cure


def test_the_accumulator(tmp_path):
    """amdsmi's ticks times their resolution are joules; the library ends with the last card."""
    smi = Smi(accelerator(), accelerator(bdf="0000:C3:00.0"))
    found = amd_gpu.shown_by(smi, fake_host(tmp_path))
    assert [one.spec.kind for one in found] == ["energy", "energy"]
    assert found[0].read() == pytest.approx(123_594_079_235_584 * 15.3e-6)
    assert found[0].read_power() == 182
    assert found[0].spec.max_power_w == pytest.approx(1125)
    assert "MI300X" in found[0].spec.label
    for one in found:
        assert smi.started == 1
        one.close()
        one.close()
    assert smi.started == 0


def test_older_names(tmp_path):
    """Libraries before ROCm 6 call the accumulator "power" and the cap watts."""
    old = accelerator(
        energy={"power": 1_000_000, "counter_resolution": 15.3, "timestamp": 1},
        power={"average_socket_power": 90},
        cap={"max_power_cap": 300},
    )
    (card,) = amd_gpu.shown_by(Smi(old), fake_host(tmp_path))
    assert card.read() == pytest.approx(15.3)
    assert card.read_power() == 90
    assert card.spec.max_power_w == pytest.approx(450)
    card.close()


def test_power_alone(tmp_path):
    """A card without an accumulator gives power, and "N/A" or 65535 is a gap, not a number."""
    card = accelerator(power={"current_socket_power": 65535, "average_socket_power": 77})
    del card["energy"]
    smi = Smi(card)
    (found,) = amd_gpu.shown_by(smi, fake_host(tmp_path))
    assert found.spec.kind == "power"
    assert found.read() == 77
    card["power"] = {"current_socket_power": "N/A", "average_socket_power": "N/A"}
    with pytest.raises(OSError, match="does not tell"):
        found.read()
    found.close()


def test_a_card_that_tells_nothing(tmp_path):
    """A library that shows no usable card is shut down again."""
    smi = Smi({"bdf": SLOT})
    assert amd_gpu.shown_by(smi, fake_host(tmp_path)) == []
    assert smi.started == 0

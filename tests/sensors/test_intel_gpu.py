"""Intel's cards: which counter is the card's, and whether this kernel works on it."""

from __future__ import annotations

import os

import pytest

from green_notebook.errors import Unavailable
from green_notebook.sensors import intel_gpu
from green_notebook.sensors._gpu import UsersTold
from green_notebook.testing import fake_host


@pytest.fixture
def cards(machine):
    found = intel_gpu.discover(machine("arc-desktop"), {})
    yield found
    for one in [*found, *found]:
        one.close()


def test_one_counter_for_each_card(cards):
    """The card's counter holds its package's; a tile's is a part of its card's."""
    assert [one.spec.component for one in cards] == ["gpu:intel0", "gpu:intel1"]
    assert [one.read() for one in cards] == pytest.approx([48.811002, 0.912344])
    assert cards[0].spec.max_power_w == pytest.approx(380.0)
    assert not any(one.spec.tried_on_hardware for one in cards)


def test_who_uses_it(cards):
    """The kernel's count of this process's work on each card tells whether it is used."""
    assert all(isinstance(one, UsersTold) for one in cards)
    assert cards[0].users().pids == {os.getpid()}
    assert cards[1].users().pids == frozenset()


def test_nobody_tells_who_uses_it(tmp_path):
    """Where the kernel does not tell, that is said, and nobody is guessed."""
    files = {
        "/sys/class/hwmon/hwmon0/name": "xe",
        "/sys/class/hwmon/hwmon0/energy2_input": "5000000",
        "/sys/class/hwmon/hwmon0/energy2_label": "pkg",
        "/sys/class/hwmon/hwmon0/device/uevent": "PCI_SLOT_NAME=0000:03:00.0",
    }
    (card,) = intel_gpu.discover(fake_host(tmp_path, files), {})
    assert card.users().pids is None
    assert "package alone" in card.spec.label
    assert card.spec.gain_error[1] > card.spec.gain_error[0]
    card.close()


def test_graphics_inside_the_processor(tmp_path):
    """Graphics without a counter are their package's, and are not counted beside it."""
    files = {"/sys/class/hwmon/hwmon0/name": "i915", "/sys/class/hwmon/hwmon0/in0_input": "700"}
    with pytest.raises(Unavailable, match="no Intel graphics card"):
        intel_gpu.discover(fake_host(tmp_path, files), {})

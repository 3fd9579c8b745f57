"""Memory and the rest of a machine: on bare metal only, assumed where they are."""

from __future__ import annotations

import pytest

from green_notebook.errors import Unavailable
from green_notebook.model import Basis, Load
from green_notebook.sensors import memory_model, rest_model


@pytest.mark.parametrize("kind", [memory_model, rest_model])
def test_a_vm_has_neither(machine, kind):
    """A virtual machine's watts per thread hold both already: nothing is counted twice."""
    with pytest.raises(Unavailable, match="already"):
        kind.discover(machine("colab-broadwell"), {})


def test_memory_by_what_is_used(machine):
    """The machine's is every installed gigabyte, the kernel's the part that it occupies."""
    (model,) = memory_model.discover(machine("ryzen-5800x-desktop"), {})
    size = machine("ryzen-5800x-desktop").memory_bytes
    one = model.estimate(Load(10, 1, 1, kernel_memory_bytes=size / 4), 0.0)
    assert one.share == pytest.approx(0.25)
    assert one.machine.low == pytest.approx(0.1019 * size / 1e9 * 10)
    assert one.machine.high == pytest.approx(0.392 * size / 1e9 * 10)
    assert one.machine.basis is Basis.MODELLED
    assert one.idle.value < one.machine.value
    assert model.estimate(Load(10, 1, 1), 0.0).share is None
    assert model.estimate(Load(10, 1, 1, kernel_memory_bytes=2 * size), 0.0).share == 1.0


@pytest.mark.parametrize(
    ("name", "chips_w", "seen"),
    [("ryzen-5800x-desktop", 80.0, (0.2, 0.37)), ("epyc-7502p-server", 100.0, (0.12, 0.38))],
)
def test_rest_matches_published_plugs(machine, name, chips_w, seen):
    """Chips read as far below the plug as published comparisons found."""
    (model,) = rest_model.discover(machine(name), {})
    rest = model.estimate(Load(1, 1, 1), chips_w).machine
    assert rest.basis is Basis.ASSUMED
    low, high = seen
    assert low <= rest.value / (rest.value + chips_w) <= high
    assert rest.low / (rest.low + chips_w) <= low
    assert rest.high / (rest.high + chips_w) >= high


def test_rest_of_a_laptop_is_small(machine):
    """A laptop's rest is watts, not tens of watts; what chips take adds losses only."""
    (model,) = rest_model.discover(machine("i7-8550u-laptop"), {})
    quiet, busy = (model.estimate(Load(1, 1, 1), watts) for watts in (0.0, 15.0))
    assert quiet.machine.value == quiet.idle.value < 6
    assert quiet.machine.value < busy.machine.value < quiet.machine.value + 3


@pytest.mark.parametrize("name", ["raspberry-pi-5", "jetson-nano", "jetson-agx-orin"])
def test_a_single_board_computer_has_no_servers_fans(machine, name):
    """A whole Raspberry Pi takes 3 to 4 W: beside its chips there is a watt, not fourteen."""
    (model,) = rest_model.discover(machine(name), {})
    assert "single-board" in model.spec.label
    rest = model.estimate(Load(1, 1, 1), 3.0).machine
    # 1.145 x rails + 0.59 W, as one board was found to take.
    assert rest.value == pytest.approx(0.145 * 3.0 + 0.59, abs=0.05)
    assert rest.low < 0.5
    assert 3.0 < rest.high < 7.0

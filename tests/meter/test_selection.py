"""Every part is counted once."""

import pytest

from green_notebook.model import Basis, SensorSpec
from green_notebook.selection import choose, part
from green_notebook.testing import FakeClock, FakeModel, FakeSensor


def sensor(name, component, covers=(), gain=0.02):
    spec = SensorSpec(name, component, "energy", gain_error=(gain, gain), covers=covers)
    return FakeSensor(FakeClock(), 1.0, spec)


def model(component, basis=Basis.MODELLED):
    made = FakeModel(component=component)
    made.spec = SensorSpec(f"model-{component}", component, "energy", basis)
    return made


def used(*found):
    choice = choose(found)
    return {one.spec.id for one in (*choice.sensors, *choice.models)}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([model("cpu:0"), sensor("rapl", "cpu:0")], {"rapl"}),
        ([model("cpu:0"), sensor("r0", "cpu:0"), sensor("r1", "cpu:1")], {"r0", "r1"}),
        ([sensor("a", "cpu:0", gain=0.1), sensor("b", "cpu:0")], {"b"}),
        ([sensor("p", "cpu:0", ("core:0",)), sensor("c", "core:0")], {"p"}),
        ([model("node"), model("ram"), model("rest", Basis.ASSUMED)], {"model-node"}),
        ([model("node"), sensor("g", "gpu:0")], {"model-node", "g"}),
        ([model("node"), model("ram"), sensor("r", "cpu:0")], {"r", "model-ram"}),
        ([model("ram"), sensor("d", "dram:0"), sensor("r", "cpu:0")], {"d", "r"}),
    ],
)
def test_nothing_is_counted_twice(found, expected):
    """Measured beats modelled, a package covers its cores, a VM's node holds memory and rest."""
    assert used(*found) == expected
    assert used(*reversed(found)) == expected


def test_what_is_left_out_says_why():
    """Doctor can tell each loser its reason."""
    choice = choose([model("cpu:0"), sensor("rapl", "cpu:0")])
    assert [(spec.id, why) for spec, why in choice.left_out] == [
        ("model-cpu:0", "rapl knows cpu:0 better")
    ]


def test_memory_has_two_names():
    """A DIMM's counter and an estimate of installed memory are the same part."""
    assert part("dram:1") == part("ram") == "ram"

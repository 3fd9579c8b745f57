"""The meter's own energy and time, and the note of others' work."""

from pathlib import Path

import pytest

from green_notebook.host import Host
from green_notebook.meter_cost import EDGES_S, MeterEnergy
from green_notebook.model import Basis, Component, Energy, Load, Quantity
from green_notebook.testing import FakeClock, FakeSensor, fake_session

MACHINES = Path(__file__).parent.parent / "machines"


def energy(machine_j, active_j=None, component="cpu:0"):
    """What a counter saw, with its part above idle where that is known."""
    machine = Quantity.within(machine_j, "J", Basis.MEASURED)
    active = None if active_j is None else Quantity.within(active_j, "J", Basis.MEASURED)
    return Energy(machine, machine, (Component(component, "x", machine, machine),), active)


@pytest.mark.parametrize("name", ["ryzen-5800x-desktop", "epyc-7502p-server", "kvm-masked-xeon"])
def test_in_a_sleeping_cell_it_is_not_the_machines(name):
    """4 ms of CPU in 2 s at 20 W are millijoules to a tenth of a joule, whatever the idle draw."""
    host = Host(MACHINES / name, {})
    cost = MeterEnergy(host).cost(0.004, energy(40.0), Load(2.0, 0.001, 0.005, 0.04, 2))
    assert 0.0 == cost.energy.low < cost.energy.value < cost.energy.high < 0.3
    assert cost.energy.basis is Basis.MODELLED


def test_a_busy_cell_shows_what_a_cpu_second_costs():
    """30 J above idle for 2 CPU seconds of the cell: 15 W for the meter's seconds too."""
    host = Host(MACHINES / "ryzen-5800x-desktop", {})
    meter = MeterEnergy(host)
    load = Load(2.0, 2.0, 2.0, 0.04, 16)
    cost = meter.cost(0.01, energy(70.0, 30.0), load)
    assert cost.energy.value == pytest.approx(15.0 * (0.01 + EDGES_S))
    assert cost.energy.high == pytest.approx(2 * cost.energy.value)
    # A card's joules are not the processor's.
    card = meter.cost(0.01, energy(700.0, 600.0, "gpu:0"), load)
    assert card.energy.value < 0.3


def test_it_is_never_nothing(tmp_path):
    """A first span in which the meter's thread did not wake still has its two edges."""
    session = fake_session(tmp_path, FakeSensor(clock := FakeClock()), clock=clock)
    span = session.begin(thread=False)
    clock.advance(0.01)
    meter = session.end(span).meter
    assert meter.duration_s == EDGES_S
    assert meter.energy.value > 0


@pytest.mark.parametrize(
    ("duration_s", "own_s", "others_ticks", "said"),
    [
        (0.05, 0.05, 20, True),
        (0.3, 0.3, 30, True),
        (0.3, 0.3, 10, False),
        (0.3, 0.3, 0, False),
        (10.0, 10.0, 80, False),
        (10.0, 10.0, 300, True),
        (60.0, 0.01, 180, False),
    ],
    ids=["short and plain", "a third", "within ticks", "nobody", "8 %", "23 %", "odd timers"],
)
def test_others_work_is_said_where_ticks_show_it(tmp_path, duration_s, own_s, others_ticks, said):
    """More than a tenth by others, at least: however short, if two ticks a CPU cannot explain it."""
    session = fake_session(tmp_path, FakeSensor(clock := FakeClock()), clock=clock)
    session.sampler.usage.threads = 4
    span = session.begin(thread=False)
    clock.advance(duration_s, own_s / duration_s)
    busy = round(100 * own_s) + others_ticks
    (tmp_path / "proc/stat").write_text(f"cpu  {busy} 0 0 0 0 0 0 0 0 0\n")
    notes = {note.code for note in session.end(span).notes}
    assert ("others-busy" in notes) is said

"""The idle draw, learned between cells."""

import shutil
from pathlib import Path

import pytest

from green_notebook.baseline import Baseline
from green_notebook.host import Host
from green_notebook.model import Basis, SensorSpec
from green_notebook.sensors.cpu_model import power_w
from green_notebook.sensors.rest_model import RestModel
from green_notebook.testing import FakeClock, FakeSensor, fake_session

SPEC = SensorSpec("fake:0", "cpu:0", "energy", step_s=0.001)


def test_between_cells_the_idle_draw_is_learned(tmp_path):
    """A quiet minute at 4 W is a baseline of 4 W; a cell's energy is then divided by it."""
    clock = FakeClock()
    sensor = FakeSensor(clock, lambda t: 4.0 if t < 1060.0 else 10.0, SPEC)
    session = fake_session(tmp_path, sensor, clock=clock)
    session.sampler.open()
    for _ in range(60):
        clock.advance(1.0)
        session.sampler.tick()
    span = session.begin(thread=False)
    for _ in range(20):
        clock.advance(0.1, 1.0)
        session.sampler.tick()
    energy = session.end(span).energy
    assert energy.kernel.value == pytest.approx(20.0, rel=0.01)
    assert energy.kernel_idle.value == pytest.approx(8.0, rel=0.02)
    assert energy.kernel_active.value == pytest.approx(12.0, rel=0.02)


def test_busy_windows_teach_nothing():
    """When somebody computes, the draw is not the idle one."""
    baseline = Baseline()
    for _ in range(10):
        baseline.learn(SPEC.id, 80.0, busy=0.5)
    assert baseline.power_w(SPEC) is None


def test_short_disturbances_do_not_raise_the_baseline():
    """Others' blips add to some windows; the lower quarter stays."""
    baseline = Baseline()
    for watts in (5.0, 5.1, 4.9, 9.0, 5.0, 12.0, 5.05, 5.0):
        baseline.learn(SPEC.id, watts, busy=0.01)
    idle = baseline.power_w(SPEC)
    assert idle.value == pytest.approx(5.0, abs=0.11)
    assert idle.basis is Basis.MEASURED


def test_a_table_is_only_assumed():
    """Without a learned baseline the part's table figure serves, with a wide interval."""
    spec = SensorSpec("nvml:0", "gpu:0", "energy", idle_power_w=10.0)
    idle = Baseline().power_w(spec)
    assert (idle.low, idle.value, idle.high) == (5.0, 10.0, 20.0)
    assert idle.basis is Basis.ASSUMED


RAPL = SensorSpec("rapl:0", "cpu:0", "energy", step_s=0.001)
MACHINES = Path(__file__).parent.parent / "machines"


def test_until_it_is_learned_a_processors_table_serves():
    """By class and design power, assumed and wide; of parts that no table has, none."""
    baseline = Baseline(Host(MACHINES / "ryzen-5800x-desktop", {}))
    idle = baseline.power_w(RAPL)
    assert idle.basis is Basis.ASSUMED
    assert idle.low < 5 < idle.value < 30 < idle.high
    assert baseline.power_w(SensorSpec("dram:0", "dram:0", "energy")).basis is Basis.ASSUMED
    assert baseline.power_w(SensorSpec("plug", "node", "power")) is None
    assert Baseline(Host(MACHINES / "kvm-masked-xeon", {})).power_w(RAPL) is None
    for _ in range(4):
        baseline.learn(RAPL.id, 17.0, busy=0.01)
    assert baseline.power_w(RAPL).basis is Basis.MEASURED


def test_a_package_of_two_has_half_of_the_table():
    """The table's figure is for all packages; a counter sees one."""
    host = Host(MACHINES / "xeon-2s-perf", {})
    assert host.cpu.sockets == 2
    both = power_w(host.cpu, 0.0, virtual=False, threads=host.cpu.threads).value
    assert Baseline(host).power_w(RAPL).value == pytest.approx(both / 2)


def on_a_desktop(tmp_path, watts):
    """A session on a desktop whose package draws ``watts(t)``, with the rest of the machine."""
    clock = FakeClock()
    shutil.copytree(MACHINES / "ryzen-5800x-desktop", tmp_path, dirs_exist_ok=True)
    session = fake_session(
        tmp_path, FakeSensor(clock, watts, RAPL), RestModel(Host(tmp_path, {})), clock=clock
    )
    session.sampler.open()
    return session, clock


def cell(session, clock, busy):
    span = session.begin(thread=False)
    for _ in range(20):
        clock.advance(0.1, busy)
        session.sampler.tick()
    return session.end(span).energy


def test_a_first_cell_that_sleeps_is_divided(tmp_path):
    """Before anything was learned: idle by the table, and hardly anything active at 20 W."""
    session, clock = on_a_desktop(tmp_path, 20.0)
    energy = cell(session, clock, 0.0)
    assert energy.kernel_active.value < 0.01 * energy.kernel.value
    assert energy.kernel_idle.value > 0.3 * energy.machine.value
    assert energy.kernel_idle.basis is Basis.ASSUMED


def test_losses_on_idle_chips_are_idle(tmp_path):
    """A sleeping cell has no active energy in the rest of the machine; a busy one its losses."""
    session, clock = on_a_desktop(tmp_path, lambda t: 20.0 if t < 1100.0 else 60.0)
    for _ in range(60):
        clock.advance(1.0)
        session.sampler.tick()
    asleep = cell(session, clock, 0.0)
    assert asleep.kernel_active.value == pytest.approx(0.0, abs=0.1)
    assert asleep.kernel_idle.value == pytest.approx(2 * (20 + 18 + 0.17 * 20), rel=0.01)
    clock.advance(1101.0 - clock.now_s)
    busy = cell(session, clock, 1.0)
    assert busy.kernel_active.value == pytest.approx(2 * 1.17 * 40, rel=0.02)

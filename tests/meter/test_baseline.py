"""The idle draw, learned between cells."""

import pytest

from green_notebook.baseline import Baseline
from green_notebook.model import Basis, SensorSpec
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
    for power_w in (5.0, 5.1, 4.9, 9.0, 5.0, 12.0, 5.05, 5.0):
        baseline.learn(SPEC.id, power_w, busy=0.01)
    idle = baseline.power_w(SPEC)
    assert idle.value == pytest.approx(5.0, abs=0.11)
    assert idle.basis is Basis.MEASURED


def test_a_table_is_only_assumed():
    """Without a learned baseline the part's table figure serves, with a wide interval."""
    spec = SensorSpec("nvml:0", "gpu:0", "energy", idle_power_w=10.0)
    idle = Baseline().power_w(spec)
    assert (idle.low, idle.value, idle.high) == (5.0, 10.0, 20.0)
    assert idle.basis is Basis.ASSUMED

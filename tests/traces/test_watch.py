"""The watch sees the steps that matter for few reads, and leaves a dead counter alone."""

import random

import pytest
from simulated_meter import Device, Late, Run, constant, square

from green_notebook.model import Reading, SensorSpec
from green_notebook.traces import StepClock, watch_plan


def gpu(step_s=0.1):
    return SensorSpec("nvml:0", "gpu:0", "energy", step_s=step_s, max_power_w=400.0)


def run(step_s=0.1, stated_s=None, **fields):
    device = Device(square(), step_s, 0.0321, **fields)
    return Run(device, gpu(stated_s or step_s), Late(random.Random(1)))


@pytest.mark.parametrize("step_s", [0.02, 0.05, 0.1])
def test_rhythm_is_learned(step_s):
    """Period and phase are known within 2 s, to a few tenths of a millisecond."""
    one = run(step_s)
    one.until(4.0, in_cell=False)
    clock = one.watch.clock
    assert clock.known
    assert clock.period_s == pytest.approx(step_s, rel=0.002)
    foretold_s = clock.before(4.0)
    assert foretold_s == pytest.approx(one.device.last_step(4.0 + 1e-3), abs=0.001)


@pytest.mark.parametrize(("step_s", "most"), [(0.1, 20), (0.02, 24)])
def test_few_reads_between_cells(step_s, most):
    """In the background a counter is read at most so often per second, all told."""
    one = run(step_s)
    one.until(5.0, in_cell=False)
    before = one.reads
    one.until(25.0, in_cell=False)
    assert (one.reads - before) / 20.0 <= most


@pytest.mark.parametrize("jitter_s", [0.0, 0.001])
def test_fewer_reads_late_in_a_long_span(jitter_s):
    """The phase need not be known as well as at an edge, yet each step is told from the next."""
    one = run(0.1, jitter_s=jitter_s)
    one.mark()
    one.until(25.0, in_cell=False)
    before = one.reads
    one.until(55.0, in_cell=False)
    assert (one.reads - before) / 30.0 <= 12.0
    clock = one.watch.clock
    assert clock.known
    assert clock.error_at(55.0) < 0.006
    assert clock.before(55.0) == pytest.approx(one.device.last_step(55.0), abs=0.006)


def test_fine_counters_need_no_watch():
    """A counter of 1 ms steps is read as the background and the marks come."""
    assert watch_plan(SensorSpec("rapl:0", "cpu:0", "energy", step_s=0.001)) is None
    assert watch_plan(SensorSpec("x", "gpu:0", "power", step_s=1.0, window_s=1.0)) is None


def test_short_windows_are_read_out_of_step():
    """Readings of a value that is refreshed faster than it is read never fall in step."""
    plan = watch_plan(SensorSpec("x", "gpu:0", "power", step_s=0.02, window_s=0.01))
    at_s, waits = 0.0, []
    for _ in range(50):
        plan.saw(Reading(at_s, 100.0))
        due_s = plan.next_s(at_s, at_s + 0.1)
        waits.append(due_s - at_s)
        at_s = due_s
    in_a_row = [wait for wait in waits if wait < 0.03]
    others = [wait for wait in waits if wait >= 0.03]
    # Some look at the very next value, and the others come later for it.
    assert 5 <= len(in_a_row) <= 20
    assert all(0.05 <= wait <= 0.16 for wait in others)
    assert len({round(wait, 4) for wait in others}) > 0.9 * len(others)
    assert sum(waits) / len(waits) >= 0.075


def test_dead_counter_is_left_alone():
    """A counter that never moves is searched now and then, ever more rarely."""
    one = Run(Device(constant(200.0), 0.1), gpu(), Late(random.Random(1)), fault=lambda at, v: 7.0)
    one.until(60.0, in_cell=False)
    assert one.reads / 60.0 < 20
    before = one.reads
    one.until(120.0, in_cell=False)
    assert (one.reads - before) / 60.0 < 13


def test_changed_rhythm_is_learned_anew():
    """A counter that steps otherwise after a while is found again."""
    one = run(0.1)
    one.until(5.0, in_cell=False)
    one.device.step_s, one.device.phase_s = 0.0437, 0.011
    one.until(25.0, in_cell=False)
    assert one.watch.clock.known
    assert one.watch.clock.period_s == pytest.approx(0.0437, rel=0.01)


def test_failing_reads_do_not_spin():
    """While every read fails the watch asks for no more than the search's share."""
    one = Run(Device(constant(200.0), 0.1), gpu(), Late(random.Random(1)), fault=lambda at, v: None)
    one.until(60.0, in_cell=False)
    assert one.reads / 60.0 < 25


def test_steps_after_an_edge_are_enclosed():
    """The first step after a mark is seen within 2 ms, and within 150 ms of it."""
    one = run(0.1)
    one.until(3.0, in_cell=False)
    rng = random.Random(2)
    for _ in range(20):
        one.until(one.now_s + rng.uniform(0.2, 0.5), in_cell=False)
        edge_s = one.mark()
        one.until(edge_s + 0.15, in_cell=False)
        step_s = one.device.last_step(edge_s) + 0.1
        times = [reading.at_s for reading in one.trace.readings]
        assert min(at for at in times if at >= step_s) - step_s < 0.002


def test_clock_without_dense_readings():
    """Steps seen here and there are numbered by the stated period."""
    clock = StepClock(0.1)
    for number in (0, 3, 4, 9, 15):
        at_s = 0.05 + 0.1004 * number
        clock.saw(at_s - 0.001, number - 1.0)
        clock.saw(at_s + 0.001, float(number))
    assert clock.known
    assert clock.period_s == pytest.approx(0.1004, rel=0.002)


def test_a_steady_counter_is_enclosed_rarely():
    """Once its rhythm is known well, few readings are for the phase; a foretold step stays true."""
    one = run(0.1)
    one.until(30.0, in_cell=False)
    before = one.reads
    one.until(90.0, in_cell=False)
    assert (one.reads - before) / 60.0 <= 12.5
    clock = one.watch.clock
    truth_s = one.device.last_step(90.0)
    foretold_s = clock.before(truth_s + 0.05)
    assert abs(foretold_s - truth_s) <= clock.error_at(truth_s) <= 0.001

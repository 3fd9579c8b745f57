"""The cell's thread and the sampler's read one sensor: in whatever order, no joule comes or goes."""

import math
import random
import sys
import threading
from collections import deque
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_meter import Device, Late, Run, constant, square

from green_notebook.model import Reading, SensorSpec, Trace
from green_notebook.traces import StepClock, energy_between
from green_notebook.traces.ring import window

GPU = SensorSpec("nvml:0", "gpu:0", "energy", step_s=0.1, resolution_j=0.001, max_power_w=400.0)
RAPL = SensorSpec(
    "rapl:0", "cpu:0", "energy", step_s=0.001, resolution_j=6.1e-5, max_power_w=300.0, wrap_j=262e3
)
SMALL = SensorSpec(
    "rapl:1", "cpu:1", "energy", step_s=0.001, resolution_j=6.1e-5, max_power_w=300.0, wrap_j=90.0
)
ALL = pytest.mark.parametrize("spec", [GPU, RAPL, SMALL], ids=["gpu", "rapl", "small range"])


def run_of(spec, wave=None):
    """A device that was read for 4 s, with a span's edge at 2 s."""
    device = Device(wave or square(), spec.step_s, 0.0123 * spec.step_s, wrap_j=spec.wrap_j)
    run = Run(device, spec, Late(random.Random(1)))
    run.until(2.0, in_cell=False)
    start_s = run.mark()
    run.until(4.0, in_cell=True)
    return run, start_s


def measured(run, readings, start_s, end_s):
    trace = Trace(run.spec)
    trace.readings.extend(readings)
    trace.power.extend(run.trace.power)
    return energy_between(trace, start_s, end_s, run.watch.rhythm if run.watch else None)


@ALL
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_appending_is_no_matter(spec, seed):
    """Readings that were appended the other way round come to the same figure, to the last bit."""
    run, start_s = run_of(spec)
    rng, listed = random.Random(seed), list(run.trace.readings)
    expected = measured(run, listed, start_s, 3.5)
    for index in range(len(listed) - 1):
        if rng.random() < 0.2:
            listed[index : index + 2] = listed[index + 1], listed[index]
    assert measured(run, listed, start_s, 3.5) == expected


@ALL
@pytest.mark.parametrize("late", [False, True], ids=["older value", "newer value"])
@pytest.mark.parametrize("wave", [constant(200.0), square()], ids=["constant", "square"])
def test_reads_at_once_are_no_fault(spec, late, wave):
    """A read that lasts 18 ms about an edge shows an older value after the edge's, or a newer before it.

    The counter never fell and was never reset, and the intervals hold.
    """
    run, start_s = run_of(spec, wave)
    held = 0
    for number in range(40):
        end_s = 2.5 + 0.025 * number
        middle_s, read_s = (
            (end_s - 0.001, end_s + 0.0079) if late else (end_s + 0.001, end_s - 0.0079)
        )
        slow = Reading(middle_s, run.device.counter(read_s), 0.018)
        edge = Reading(end_s, run.device.counter(end_s), 0.00002)
        for first_s, last_s in ((start_s, end_s), (end_s, 3.8)):
            result = measured(run, [*run.trace.readings, slow, edge], first_s, last_s)
            truth_j = wave.energy(last_s) - wave.energy(first_s)
            assert {one.code for one in result.notes} == set()
            assert result.quantity.value == pytest.approx(truth_j, abs=3.5)
            held += result.quantity.low <= truth_j <= result.quantity.high
    assert held >= 74


def test_a_reset_is_seen_all_the_same():
    """Two reads at once about a reset leave one reading out, not the reset."""
    run, start_s = run_of(RAPL, constant(200.0))
    listed = [
        one if one.at_s < 3.0 else one._replace(value=one.value - 1000.0 - 3.0 * 200.0)
        for one in run.trace.readings
    ]
    after = next(one for one in listed if one.at_s > 3.0)
    listed.append(Reading(after.at_s - 0.001, 1000.0 + 2.9 * 200.0, 0.01))
    result = measured(run, sorted(listed), start_s, 3.5)
    assert {one.code for one in result.notes} == {"counter-reset"}


def test_a_steps_instant_is_not_taken_from_reads_at_once():
    """Which of two values came first is open: the rhythm goes on from surer readings."""
    clock = StepClock(0.1)
    for number in range(180):
        clock.saw(0.002 * number, float(number // 50), 0.00002)
    assert clock.known
    rhythm = clock.rhythm
    # A step at 0.4 s that the edge's read shows; the other read began before it and ended later.
    assert clock.saw(0.4005, 4.0, 0.00002)
    rhythm = clock.rhythm
    assert not clock.saw(0.4015, 3.0, 0.006)
    assert not clock.saw(0.4061, 4.0, 0.00002)
    assert clock.rhythm is rhythm


def test_a_ring_is_looked_at_while_the_other_thread_writes():
    """A report made in the cell's thread fails at no reading of the sampler's."""
    ring = deque((Reading(0.01 * one, 1.0) for one in range(512)), maxlen=512)
    going, at_s = [True], 512.0

    def goes_on():
        nonlocal at_s
        while going:
            at_s += 0.01
            ring.append(Reading(at_s, 1.0))

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread = threading.Thread(target=goes_on)
    thread.start()
    try:
        for _ in range(2000):
            told = window(ring, at_s - 1.0, math.inf)
            assert all(then.at_s >= first.at_s for first, then in pairwise(told))
    finally:
        going.clear()
        sys.setswitchinterval(before)
        thread.join()

"""Loads in step with windows that see a part of the time, and the beat that tells of them."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_meter import Device, Late, Run, square, telegraph

from green_notebook.model import SensorSpec
from green_notebook.traces import energy_between
from green_notebook.traces.beats import beat_of

CARD = SensorSpec(
    "nvml:0",
    "gpu:0",
    "power",
    step_s=0.1,
    window_s=0.025,
    max_power_w=600.0,
    gain_error=(0.05, 0.05),
)


SEEN = 0.25


def shown(period_s, refresh_s, count=200, duty=0.5):
    wave = square(period_s=period_s, duty=duty, duration_s=count * refresh_s + 1)
    ends = [refresh_s * number for number in range(1, count)]
    return [(end_s, (wave.energy(end_s) - wave.energy(end_s - 0.025)) / 0.025) for end_s in ends]


@pytest.mark.parametrize(
    ("period_s", "duty"), [(0.1, 0.5), (0.1, 0.2), (0.05, 0.5), (0.09, 0.5), (0.115, 0.6)]
)
def test_a_load_that_creeps_through_the_windows(period_s, duty):
    """The levels of a load that is met at one place of its period after the other show in turn."""
    found = beat_of(shown(period_s, 0.099, duty=duty), 0.099, SEEN)
    assert found is not None
    assert found.low_w == pytest.approx(80.0, abs=30.0)
    # Of a pulse of 20 ms a window of 25 ms shows at most four fifths.
    assert found.high_w == pytest.approx(350.0 if duty > 0.2 else 296.0, abs=30.0)
    assert found.off_w(290.0) > 150.0
    assert found.off_w(20.0) == 0.0


@pytest.mark.parametrize("period_s", [0.35, 0.27, 0.2, 0.8, 2.0])
def test_loads_that_switch_now_and_then_have_no_beat(period_s):
    """Between two windows such a load jumps from level to level."""
    assert beat_of(shown(period_s, 0.1), 0.1, SEEN) is None


def test_levels_at_random_have_no_beat():
    """A load with a few steady moments between its changes was met as it changed."""
    wave = telegraph(random.Random(3), 25.0)
    ends = [0.1 * number for number in range(1, 200)]
    shown_w = [(at_s, (wave.energy(at_s) - wave.energy(at_s - 0.025)) / 0.025) for at_s in ends]
    assert beat_of(shown_w, 0.1, SEEN) is None


@given(st.lists(st.sampled_from([80.0, 350.0]), max_size=60))
def test_two_levels_are_no_beat(powers):
    """A load that goes from level to level between readings was met as it switched."""
    assert beat_of([(0.1 * at, watts) for at, watts in enumerate(powers)], 0.1, SEEN) is None


@given(
    st.lists(st.tuples(st.floats(0.01, 1.0), st.floats(0.0, 500.0)), max_size=60),
    st.sampled_from([0.0, 0.25, 0.5]),
)
def test_any_readings(waits, seen):
    """Whatever was read, a beat has two levels that were, and takes some time."""
    at_s, readings = 0.0, []
    for wait_s, watts in waits:
        at_s += wait_s
        readings.append((at_s, watts))
    found = beat_of(readings, 0.1, seen)
    if found is not None:
        assert {found.low_w, found.high_w} <= {watts for _, watts in readings}
        assert found.low_w < found.high_w
        assert found.lasts_s > 0


@pytest.mark.parametrize("refresh_s", [0.0985, 0.0993, 0.1012, 0.109])
def test_a_load_in_step_is_held(refresh_s):
    """Once a beat was seen the interval holds what the windows miss in each period."""
    rng = random.Random(5)
    wave = square(period_s=0.1, duration_s=120.0)
    device = Device(wave, refresh_s=refresh_s, power_phase_s=0.03)
    run = Run(device, CARD, Late(random.Random(1)))
    pauses = ((rng.uniform(0.3, 0.9), length_s) for length_s in (0.13, 0.33, 1.07, 3.0) * 5)
    for told, truth_j in run.spans(pauses, warm_s=14.0):
        assert told.quantity.low <= truth_j <= told.quantity.high


def test_a_span_of_no_length():
    """Between an instant and itself nothing was drawn, beat or not."""
    wave = square(period_s=0.1, duration_s=40.0)
    run = Run(Device(wave, refresh_s=0.0993), CARD, Late(random.Random(1)))
    run.until(30.0, in_cell=False)
    assert energy_between(run.trace, 20.0, 20.0, run.watch.rhythm).quantity.value == 0.0


def test_rest_after_a_beat_is_known():
    """A load that went away leaves no doubt about the card at rest."""
    busy = square(period_s=0.1, duration_s=20.0)
    pieces = [one for one in zip(busy.starts, busy.watts, strict=True) if one[0] < 20.0]
    wave = type(busy)([*pieces, (20.0, 40.0)])
    run = Run(Device(wave, refresh_s=0.0993), CARD, Late(random.Random(1)))
    run.until(25.0, in_cell=False)
    start_s = run.mark()
    run.until(start_s + 1.0, in_cell=True)
    end_s = run.mark()
    run.until(end_s + 0.15, in_cell=False)
    told = energy_between(run.trace, start_s, end_s, run.watch.rhythm).quantity
    assert told.value == pytest.approx(40.0, rel=0.01)
    assert told.random < 0.02 * told.value

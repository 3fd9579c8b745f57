"""Loads in step with windows that see a part of the time, and the beat that tells of them."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_meter import Device, Late, Run, square

from green_notebook.model import SensorSpec
from green_notebook.traces import energy_between
from green_notebook.traces.beats import swept

CARD = SensorSpec(
    "nvml:0",
    "gpu:0",
    "power",
    step_s=0.1,
    window_s=0.025,
    max_power_w=600.0,
    gain_error=(0.05, 0.05),
)


def shown(period_s, refresh_s, count, duty=0.5):
    wave = square(period_s=period_s, duty=duty, duration_s=count * refresh_s + 1)
    ends = [refresh_s * number for number in range(1, count)]
    return [(wave.energy(end_s) - wave.energy(end_s - 0.025)) / 0.025 for end_s in ends]


@pytest.mark.parametrize(("period_s", "duty"), [(0.1, 0.5), (0.1, 0.2), (0.05, 0.5)])
def test_a_switch_that_passes_through_the_windows(period_s, duty):
    """Two clocks that differ by a hundredth: the levels of a load met at one place show in turn."""
    found = swept(shown(period_s, 0.099, 200, duty))
    assert found is not None
    assert found.low_w == pytest.approx(80.0, abs=30.0)
    # Of a pulse of 20 ms a window of 25 ms shows at most four fifths.
    assert found.high_w == pytest.approx(350.0 if duty == 0.5 else 296.0, abs=30.0)
    assert found.off_w(300.0) > 150.0
    assert found.off_w(20.0) == 0.0


@pytest.mark.parametrize("period_s", [0.35, 0.27, 0.8, 2.0])
def test_loads_that_are_met_everywhere_have_no_sweep(period_s):
    """Windows that come at other places of a load each time change by jumps."""
    assert swept(shown(period_s, 0.1, 200)) is None


@given(st.lists(st.sampled_from([80.0, 81.0, 200.0, 350.0]), max_size=60))
def test_levels_are_no_sweep(powers):
    """A load that goes from level to level never changes by the same six times in a row."""
    assert swept(powers) is None


@pytest.mark.parametrize("refresh_s", [0.0985, 0.0993, 0.1012])
def test_a_load_in_step_is_held(refresh_s):
    """Once a beat was seen the interval holds what the windows miss in each period."""
    rng = random.Random(5)
    wave = square(period_s=0.1, duration_s=120.0)
    device = Device(wave, refresh_s=refresh_s, power_phase_s=0.03)
    run = Run(device, CARD, Late(random.Random(1)))
    pauses = ((rng.uniform(0.3, 0.9), length_s) for length_s in (0.13, 0.33, 1.07, 3.0) * 5)
    for told, truth_j in run.spans(pauses, warm_s=14.0):
        assert told.quantity.low <= truth_j <= told.quantity.high


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

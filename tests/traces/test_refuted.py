"""A card that nobody knows is taken to show the mean of a second, unless its readings refute that."""

import random
from statistics import median

import pytest
from simulated_meter import Device, Late, Run, constant, square, training

from green_notebook.model import Reading, SensorSpec, Trace
from green_notebook.traces import energy_between
from green_notebook.traces.refuted import believed


def unknown(**given):
    fields = {"step_s": 0.1, "window_s": 1.0, "max_power_w": 600.0}
    return SensorSpec("nvml:0", "gpu:0", "power", **(fields | given))


def spans(window_s, make, length_s, refresh_s=0.1):
    """Errors, whether the interval held, and whether the window was refuted: 20 spans."""
    for seed in range(20):
        rng = random.Random(seed)
        phase_s = rng.uniform(0, refresh_s)
        wave = make(rng)
        device = Device(wave, refresh_s=refresh_s, window_s=window_s, power_phase_s=phase_s)
        run = Run(device, unknown(), Late(rng))
        run.until(4.0 + rng.uniform(0, 1), in_cell=False)
        start_s = run.mark()
        run.until(start_s + length_s, in_cell=True)
        end_s = run.mark()
        run.until(end_s + 0.15, in_cell=False)
        found = energy_between(run.trace, start_s, end_s).quantity
        truth_j = wave.energy(end_s) - wave.energy(start_s)
        refuted = believed(run.trace, start_s, end_s) != run.trace.spec
        yield abs(found.value / truth_j - 1), found.low <= truth_j <= found.high, refuted


@pytest.mark.parametrize(("window_s", "refresh_s"), [(0.025, 0.1), (0.1, 0.1), (0.01, 0.02)])
@pytest.mark.parametrize(("length_s", "most"), [(0.33, 0.2), (1.0, 0.1), (3.0, 0.06)])
def test_short_windows_are_found_out(window_s, refresh_s, length_s, most):
    """Power that moves faster than the mean of a second can is taken as what it is."""
    errors, held, refuted = zip(
        *spans(window_s, lambda _: square(), length_s, refresh_s), strict=True
    )
    assert all(refuted)
    assert sum(held) >= 19
    assert median(errors) < most


@pytest.mark.parametrize("make", [lambda _: square(), lambda rng: training(rng, 20.0)])
def test_means_of_a_second_are_not_refuted(make):
    """A card that does show the mean of a second is believed, whatever its load."""
    errors, held, refuted = zip(*spans(1.0, make, 1.0), strict=True)
    assert not any(refuted)
    assert sum(held) >= 19
    assert median(errors) < 0.02


def test_steady_power_refutes_nothing():
    """Power that does not change tells nothing of the window, and needs none."""
    errors, _, refuted = zip(*spans(0.025, lambda _: constant(200.0), 0.33), strict=True)
    assert not any(refuted)
    assert max(errors) < 0.01


def test_one_bad_reading_refutes_nothing():
    """A single value out of the way leaves the window as it was."""
    trace = Trace(unknown())
    for number in range(60):
        trace.readings.append(Reading(0.1 * number, None if number == 9 else 100.0))
    trace.readings.append(Reading(6.0, 400.0))
    assert believed(trace, 4.0, 6.0) is trace.spec

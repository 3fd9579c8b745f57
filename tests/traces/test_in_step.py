"""Intervals hold where a load moves in step with the meter, so that no reading tells it from a constant one."""

import random

import pytest
from simulated_meter import Device, Late, Run, square, training

from green_notebook.model import SensorSpec
from green_notebook.traces import energy_between


def card(kind, step_s, window_s):
    return SensorSpec("nvml:0", "gpu:0", kind, step_s=step_s, window_s=window_s, max_power_w=600.0)


def held(spec, waves, spans=1, phases=24, lengths=(0.05, 0.13, 0.33, 1.07)):
    """Whether each interval held, at the span's end and after the step that follows it."""
    rng = random.Random(7)
    first, then = [], []
    for wave in waves:
        for number in range(phases):
            device = Device(
                wave,
                spec.step_s,
                rng.uniform(0, 0.1),
                refresh_s=spec.step_s,
                window_s=spec.window_s,
                power_phase_s=rng.uniform(0, 0.1),
            )
            run = Run(device, spec, Late(random.Random(number)))
            run.until(4.0, in_cell=False)
            for duration_s in lengths * spans:
                run.until(run.now_s + rng.uniform(0.3, 0.9), in_cell=False)
                start_s = run.mark()
                run.until(start_s + duration_s * rng.uniform(0.95, 1.05), in_cell=True)
                end_s = run.mark()
                truth_j = wave.energy(end_s) - wave.energy(start_s)
                for found in (first, then):
                    rhythm = run.watch.rhythm if run.watch else None
                    told = energy_between(run.trace, start_s, end_s, rhythm).quantity
                    found.append(told.low <= truth_j <= told.high)
                    run.until(end_s + 0.15, in_cell=False)
    return sum(first) / len(first), sum(then) / len(then)


@pytest.mark.parametrize(("period_s", "duty"), [(0.06, 0.5), (0.05, 0.5), (0.1, 0.3), (0.1, 0.5)])
def test_faster_than_the_counter(period_s, duty):
    """A load that switches within each step of a 100 ms counter, at the same place or at few."""
    wave = square(period_s=period_s, duty=duty, duration_s=120.0)
    at_end, final = held(card("energy", 0.1, 0.025), [wave], phases=40)
    assert final >= 0.93
    assert at_end >= 0.85


def test_pulses_in_step_with_the_counter():
    """Pulses whose period is a multiple of the counter's."""
    kinds = ((0.2, 0.2), (0.2, 0.5), (0.3, 0.1), (0.3, 0.5), (0.4, 0.1), (0.5, 0.1), (1.0, 0.05))
    waves = [square(period_s=period_s, duty=duty, duration_s=120.0) for period_s, duty in kinds]
    at_end, final = held(card("energy", 0.1, 0.025), waves, phases=6)
    assert final >= 0.93
    assert at_end >= 0.9


def test_a_training_loop_seen_in_part():
    """A card whose values are means of 10 of each 20 ms, read ten times a second."""
    at_end, final = held(card("power", 0.02, 0.01), [training(random.Random(3), 120.0)], spans=3)
    assert final >= 0.93
    assert at_end >= 0.93


@pytest.mark.parametrize("step_s", [0.1, 0.02])
def test_the_figure_at_the_end_holds_too(step_s):
    """Before the step after the end is seen the interval is wider, and holds."""
    waves = [square(duration_s=120.0), training(random.Random(3), 120.0)]
    at_end, final = held(card("energy", step_s, step_s / 4), waves)
    assert at_end >= 0.93
    assert final >= 0.93


def test_windows_in_step_with_the_load():
    """A card that shows 10 of each 20 ms misses the same part of such a load again and again."""
    kinds = ((0.03, 0.5), (0.06, 0.5), (0.06, 0.2), (0.1, 0.5), (0.1, 0.2))
    # The load's clock and the card's are two.
    waves = [
        square(period_s=1.003 * period_s, duty=duty, duration_s=120.0) for period_s, duty in kinds
    ]
    lengths = (0.13, 0.33, 1.07, 3.0)
    at_end, final = held(card("power", 0.02, 0.01), waves, phases=8, lengths=lengths)
    assert final >= 0.93
    assert at_end >= 0.93


def test_a_load_at_rest_is_known_however_it_pulsed_before():
    """Where means and readings agree on the lowest level, a stretch there holds no pulse."""
    wave = square(low=55.0, high=330.0, period_s=1.7, duty=0.25, duration_s=60.0)
    run = Run(Device(wave, phase_s=0.03), card("energy", 0.1, 0.025), Late(random.Random(1)))
    halves = []
    for number in range(10):
        run.until((4 + number) * 1.7 + 0.9, in_cell=False)
        start_s = run.mark()
        run.until(start_s + 0.13, in_cell=True)
        end_s = run.mark()
        run.until(end_s + 0.15, in_cell=False)
        told = energy_between(run.trace, start_s, end_s, run.watch.rhythm).quantity
        truth_j = wave.energy(end_s) - wave.energy(start_s)
        assert told.low <= truth_j <= told.high
        halves.append(told.random / truth_j)
    assert max(halves) < 0.25


def test_a_constant_load_stays_narrow():
    """What widens for restless loads leaves a constant one alone."""
    wave = square(low=200.0, high=200.0, duration_s=60.0)
    for kind, step_s, window_s in (
        ("power", 0.02, 0.01),
        ("power", 0.1, 0.025),
        ("power", 0.1, 1.0),
        ("energy", 0.1, 0.025),
    ):
        device = Device(wave, step_s, 0.01, refresh_s=step_s, window_s=window_s)
        run = Run(device, card(kind, step_s, window_s), Late(random.Random(1)))
        run.until(6.0, in_cell=False)
        start_s = run.mark()
        run.until(start_s + 0.2, in_cell=True)
        end_s = run.mark()
        run.until(end_s + 0.15, in_cell=False)
        told = energy_between(run.trace, start_s, end_s, run.watch and run.watch.rhythm).quantity
        assert told.value == pytest.approx(200.0 * (end_s - start_s), rel=0.01)
        assert told.random <= 0.02 * told.value

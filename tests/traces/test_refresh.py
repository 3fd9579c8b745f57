"""When power values are refreshed, and what is known of a span whose windows are known."""

import math
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_meter import Device, Late, Run, constant, square

from green_notebook.model import Reading, SensorSpec
from green_notebook.traces import Rhythm, energy_between, watch_plan
from green_notebook.traces.refresh import located
from green_notebook.traces.texture import sequence_texture
from green_notebook.traces.windows import Windows, windows_between


def card(window_s=0.025, step_s=0.1):
    return SensorSpec(
        "nvml:0", "gpu:0", "power", step_s=step_s, window_s=window_s, max_power_w=600.0
    )


def running(wave, late=0.0, period_s=0.1, window_s=0.025, phase_s=0.037):
    device = Device(wave, refresh_s=period_s, window_s=window_s, power_phase_s=phase_s)
    return Run(device, card(window_s), Late(random.Random(1), cell_s=late, cell_part=0.7))


@pytest.mark.parametrize("period_s", [0.098, 0.1, 0.102])
@pytest.mark.parametrize("window_s", [0.025, 0.1, 1.0])
@pytest.mark.parametrize("late_s", [0.0, 0.005])
def test_refreshes_are_found(period_s, window_s, late_s):
    """Where the load varies, the instants of refreshes are soon known to 3 ms, and rightly so."""
    run = running(square(), late_s, period_s, window_s)
    run.until(8.0, in_cell=True)
    rhythm = run.watch.rhythm
    foretold_s = rhythm.before(run.now_s)
    true_s = round((foretold_s - 0.037) / period_s) * period_s + 0.037
    assert rhythm.error_at(run.now_s) < 0.004
    assert abs(foretold_s - true_s) <= rhythm.error_at(run.now_s)


def test_few_readings():
    """A search costs little, and then there are about as many readings as without it."""
    run = running(square())
    run.until(5.0, in_cell=False)
    assert run.reads <= 150
    before = run.reads
    run.until(25.0, in_cell=False)
    assert (run.reads - before) / 20.0 <= 13.0


@pytest.mark.parametrize("period_s", [0.8, 1.0, 2.0])
def test_changes_that_are_rare_are_not_hunted(period_s):
    """A load that switches now and then is looked at no more often, in the long run."""
    run = running(square(period_s=period_s, duty=0.3, duration_s=80.0), 0.005)
    run.until(20.0, in_cell=True)
    before = run.reads
    run.until(70.0, in_cell=True)
    assert (run.reads - before) / 50.0 <= 14.0


@pytest.mark.parametrize("window_s", [0.025, 0.1, 1.0])
def test_what_comes_after_a_span_is_no_gap(window_s):
    """At a span's end, when nothing after it was read yet, no gap of readings is told."""
    run = running(square(), window_s=window_s)
    run.until(5.0, in_cell=False)
    for _ in range(20):
        start_s = run.mark()
        run.until(run.now_s + 0.33, in_cell=True)
        end_s = run.mark()
        told = energy_between(run.trace, start_s, end_s, run.watch.rhythm)
        assert not told.notes
        run.until(run.now_s + 0.31, in_cell=False)


def test_a_constant_load_is_not_searched():
    """A value that does not move has no refresh that could be found: nothing is spent on it."""
    run = running(constant())
    run.until(2.0, in_cell=False)
    for _ in range(5):
        run.mark()
        run.until(run.now_s + 1.0, in_cell=True)
    assert run.reads <= 12 * run.now_s


def test_a_load_that_rests_keeps_its_rhythm():
    """A value that stays for long was refreshed all the same: the rhythm is not lost by it."""
    run = running(square(duration_s=6.0), phase_s=0.0613)
    run.until(30.0, in_cell=False)
    assert run.watch.rhythm.known
    before = run.reads
    run.until(40.0, in_cell=False)
    assert run.reads - before <= 125


def test_values_that_change_at_other_times_are_left_alone():
    """A card that is refreshed otherwise than its table says is not searched for ever."""
    plan = watch_plan(card())
    at_s, reads = 0.0, 0
    rng = random.Random(3)
    while at_s < 60.0:
        plan.saw(Reading(at_s, rng.uniform(50.0, 300.0)))
        at_s = max(plan.next_s(at_s, at_s + 0.09), at_s + 0.0005)
        reads += 1
    assert reads <= 25 * 60


@given(
    numbers=st.lists(st.integers(-50, 50), min_size=1, max_size=30, unique=True),
    part=st.floats(0.01, 0.99),
    error=st.floats(0.0001, 0.011),
)
def test_a_value_is_from_the_refresh_before_it(numbers, part, error):
    """Each value has the number of its refresh, unless it may be from either of two."""
    rhythm = Rhythm(0.1, 5.0, error)
    readings = [(5.0 + 0.1 * (number + part), float(number)) for number in sorted(numbers)]
    found = located(readings, rhythm)
    sure = error / 0.1 + 1e-6 < part < 1 - error / 0.1 - 1e-6
    if sure:
        assert found is not None
        assert [number for number, _ in found[0]] == sorted(numbers)
    if found is not None:
        assert all(number == value for number, value in found[0])


def test_an_unknown_rhythm_locates_nothing():
    """Where refreshes are not known, or only roughly, the values are means of likely windows."""
    assert located([(1.0, 50.0)], Rhythm(0.1)) is None
    assert located([(1.0, 50.0)], Rhythm(0.1, 0.0, 0.02)) is None
    assert located([(1.0, 50.0)], None) is None


def test_full_windows_are_exact_between_refreshes():
    """Windows that leave nothing unseen sum up to the energy from one refresh to another."""
    rng = random.Random(2)
    values = [(number, rng.uniform(50.0, 350.0)) for number in range(60)]
    windows = Windows(values, Rhythm(0.1, 0.0, 0.0001), 0.0001, card(0.1))
    part = windows_between(windows, 2.0, 4.0)
    assert part.joules == pytest.approx(0.1 * math.fsum(watts for _, watts in values[21:41]))
    assert part.sigma_j < 0.01 * part.joules


@pytest.mark.parametrize("phase_s", [0.0, 0.0125, 0.04])
@pytest.mark.parametrize("duration_s", [0.13, 1.0, 3.0])
def test_windows_in_step_with_a_load(phase_s, duration_s):
    """Windows that miss the same part of each period, whatever part it is: the interval holds."""
    run = running(square(duration_s=200.0), 0.005, phase_s=phase_s)
    rng = random.Random(4)
    pauses = ((rng.uniform(0.3, 0.9), duration_s * rng.uniform(0.97, 1.03)) for _ in range(20))
    found = [
        (one.quantity.low <= truth_j <= one.quantity.high, abs(one.quantity.value / truth_j - 1))
        for one, truth_j in run.spans(pauses, warm_s=4.0)
    ]
    assert all(held for held, _ in found)
    most = {0.13: 1.0, 1.0: 0.2, 3.0: 0.1}[duration_s]
    assert sorted(error for _, error in found)[10] <= most


def test_what_is_missed_lasts_as_long_as_the_beat():
    """A load that repeats after 7 refreshes is met at 7 places; one that drifts, soon elsewhere."""

    def texture(period_s):
        wave = square(duration_s=20.0, period_s=period_s)
        ends = [0.1 * number for number in range(1, 81)]
        values = [
            (number, (wave.energy(end_s) - wave.energy(end_s - 0.025)) / 0.025)
            for number, end_s in enumerate(ends)
        ]
        return sequence_texture(values, 0.25)

    steady, drifting = texture(0.35), texture(0.352)
    # Two turns in seven refreshes: half of 50 ms is missed, of 0.35 s.
    assert steady.alike_w * 1.96 == pytest.approx(270.0 / 14, rel=0.1)
    assert steady.beat > 500
    assert drifting.beat < 200


def test_energy_is_additive():
    """Spans that follow one another sum up to the span of them all."""
    run = running(square())
    run.until(9.0, in_cell=False)
    edges = [4.0, 4.37, 5.1, 6.93, 8.2]
    rhythm = run.watch.rhythm
    parts = [energy_between(run.trace, a, b, rhythm).quantity.value for a, b in pairwise(edges)]
    whole = energy_between(run.trace, edges[0], edges[-1], rhythm).quantity.value
    assert sum(parts) == pytest.approx(whole, rel=0.01)

"""Wraps are counted exactly wherever bounded power fixes their number, else there is a gap."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_meter import Device, Late, Run, square

from green_notebook.model import Reading, SensorSpec, Trace
from green_notebook.traces import Rhythm, energy_between, watch_plan
from green_notebook.traces.wraps import FINE_S, UNKNOWN, Fault, Steps, count, increment


def rapl(wrap_j=262144.0, max_power_w=100.0):
    return SensorSpec(
        "rapl:0",
        "cpu:0",
        "energy",
        step_s=0.001,
        resolution_j=6.1e-5,
        wrap_j=wrap_j,
        max_power_w=max_power_w,
    )


def test_a_thousand_wraps_at_any_moment():
    """1,000 wraps in spans of 50 ms to 10 s: no bad span, given a reading per wrap period."""
    rng = random.Random(3)
    # 12 J at up to 90 W wrap every 0.13-0.8 s, near the limit of what 10 readings a second allow.
    wave = square(low=15.0, high=90.0, duration_s=400.0)
    device = Device(wave, 0.001, 0.0003, resolution_j=6.1e-5, wrap_j=12.0)
    run = Run(device, rapl(12.0), Late(rng), beside=False)
    lengths = [0.05, 0.2, 0.2, 0.5, 1.0, 3.0, 10.0] * 20
    for result, truth_j in run.spans((rng.uniform(0.05, 0.5), length) for length in lengths):
        assert result.notes == ()
        allowed = 0.02 if truth_j < 40 else 0.005
        # Half a step of the counter at each edge, at the power there.
        assert result.quantity.value == pytest.approx(truth_j, rel=allowed, abs=0.2)
    assert wave.energy(run.now_s) / 12.0 > 1000


@pytest.mark.parametrize(
    ("range_j", "low", "high"), [(20.0, 20, 60), (60.0, 20, 60), (20.0, 100, 200)]
)
def test_a_small_range_is_read_often_enough(range_j, low, high):
    """Without a limit of the part's own, a range of some joules is read so often that none is lost."""
    rng, spec = random.Random(4), rapl(range_j, 750.0)
    device = Device(square(low, high, duration_s=30.0), 0.001, 0.0003, resolution_j=6.1e-5)
    device.wrap_j = range_j
    run = Run(device, spec, Late(rng, cell_s=0.004, cell_part=0.2), beside=False)
    for result, truth_j in run.spans((rng.uniform(0.05, 0.3), length) for length in [0.2, 1.0] * 8):
        assert result.notes == ()
        assert result.quantity.value == pytest.approx(truth_j, rel=0.02, abs=0.2)


def test_real_ranges_are_read_as_the_background_does():
    """Counters of 65 kJ and more, and those that never wrap, have no plan of their own."""
    assert watch_plan(rapl(65536.0, 750.0)) is None
    assert watch_plan(rapl(None)) is None
    often = watch_plan(rapl(20.0, 750.0))
    assert often.next_s(1.0, 1.09) == 1.09
    often.saw(Reading(1.0, 5.0))
    assert 1.005 < often.next_s(1.0, 1.09) < 1.02
    # Between cells it rests as all do.
    assert often.next_s(1.0, 2.0) == 2.0


def test_a_value_that_is_read_again_was_gained_by_then():
    """A counter of 1 ms that came late to its value is not taken for one that wrapped unseen."""
    trace = Trace(rapl(5.0, 750.0))
    shown = [1.0, 1.1, 1.2, 1.3, 1.3, 1.3, 1.3, 1.7, 1.8, 1.9]
    trace.readings.extend(Reading(1.0 + 0.002 * at, value) for at, value in enumerate(shown))
    result = energy_between(trace, 1.002, 1.016)
    assert result.notes == ()
    assert result.quantity.value == pytest.approx(0.7, rel=0.1)


def test_starved_but_fixed_by_bounded_power():
    """A wrap period missed, and still only one number of wraps is possible."""
    trace = Trace(rapl(wrap_j=1000.0, max_power_w=100.0))
    # 11 s at 60 W: 660 J, that is a wrap from 500 to 160.
    trace.readings.extend([Reading(0.0, 440.0), Reading(1.0, 500.0), Reading(12.0, 160.0)])
    assert energy_between(trace, 1.0, 12.0).quantity.value == pytest.approx(660.0, rel=0.001)


def test_starved_beyond_what_power_fixes():
    """More than one number of wraps is possible: a gap that is noted, and no guess."""
    trace = Trace(rapl(wrap_j=1000.0, max_power_w=100.0))
    trace.readings.extend([Reading(0.0, 440.0), Reading(1.0, 500.0), Reading(40.0, 160.0)])
    result = energy_between(trace, 1.0, 40.0)
    assert result.quantity is None
    assert [note.code for note in result.notes] == ["wraps-unknown"]


def test_failed_read_is_no_wrap():
    """A read that failed, or said 0, is not taken for a wrap."""
    trace = Trace(rapl())
    values = [100.0, 105.0, None, 115.0, 0.0, 125.0, 130.0]
    trace.readings.extend(Reading(0.1 * at, value) for at, value in enumerate(values))
    result = energy_between(trace, 0.0, 0.6)
    assert result.quantity.value == pytest.approx(30.0, rel=0.01)
    assert {note.code for note in result.notes} == {"read-failed", "reading-implausible"}


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(st.floats(0.5, 9.0), min_size=6, max_size=40),
    offset=st.floats(0.0, 9.99),
    wrap_j=st.floats(10.1, 500.0),
)
def test_wraps_change_nothing(steps, offset, wrap_j):
    """The same energy, whether and where the counter wraps."""
    plain, wrapped = Trace(rapl(None)), Trace(rapl(wrap_j))
    joules = offset
    for number, step_j in enumerate([0.0, *steps]):
        joules += step_j
        plain.readings.append(Reading(0.1 * number, joules))
        wrapped.readings.append(Reading(0.1 * number, joules % wrap_j))
    end_s = 0.1 * len(steps)
    first = energy_between(plain, 0.1, end_s)
    then = energy_between(wrapped, 0.1, end_s)
    assert then.notes == first.notes == ()
    assert then.quantity.value == pytest.approx(first.quantity.value, abs=1e-6)


@settings(max_examples=150, deadline=None)
@given(
    wrap_j=st.sampled_from([None, 20.0, 262144.0]),
    rhythm=st.sampled_from([None, Rhythm(0.1, 0.03, 0.002, 1e-5, 40.0), Rhythm(0.02, 0.0, 0.0001)]),
    pairs=st.lists(
        st.tuples(
            st.floats(0.0005, 1.5),
            st.one_of(st.sampled_from([0.0, -0.2]), st.floats(0.0, 1.5), st.floats(0.95, 1.15)),
            st.floats(0.0, 0.004),
        ),
        min_size=1,
        max_size=30,
    ),
)
def test_a_glance_never_says_otherwise_than_a_close_look(wrap_j, rhythm, pairs):
    """What is taken for harmless at a glance is what each pair, looked at closely, comes to."""
    spec = rapl(wrap_j, 300.0)
    readings, value = [Reading(1.0, 5.0, 0.0)], 5.0
    for wait_s, part, took_s in pairs:
        # About what the part may draw at most, a short peak included.
        gained_j = part * 1.25 * 300.0 * max(wait_s, rhythm.period_s if rhythm else 0.0)
        value = max(0.0, value + gained_j) if wrap_j is None else (value + gained_j) % wrap_j
        last = readings[-1]
        at_s = last.at_s + last.took_s / 2 + wait_s + took_s / 2
        readings.append(Reading(at_s, value, took_s))
    step_s = 0.001 if rhythm is None else 0.1
    counted = count(spec, readings, step_s, rhythm)
    kept = [one for one in readings if one.at_s not in counted.spurious]
    held, joules, expected = kept[0], 0.0, [0.0]
    last = held
    for now in kept[1:]:
        step = increment(spec, held, now, Steps(step_s, rhythm))
        if isinstance(step, Fault) and step.code == UNKNOWN and step_s <= FINE_S:
            step = increment(spec, last, now, Steps(step_s, rhythm))
        joules += 0.0 if isinstance(step, Fault) else step
        expected.append(joules)
        last = now
        if now.value != held.value:
            held = now
    assert [one.joules for one in counted.points] == expected

"""The instants at which all sensors are read: clear of the steps of all counters that have any."""

import math
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from paces import NOW_S, TINY_S, periods, phases, readings, rhythm, step_number

from green_notebook.pace import (
    AGAIN_S,
    DRIFT,
    LONGEST_S,
    PERIOD_S,
    RESTING_PERIOD_S,
    SHORTEST_S,
    USED,
    Pace,
    resting_s,
)

times = st.floats(0.0, 5000.0)


@given(times)
def test_the_next_instant_is_half_a_period_to_one_and_a_half_away(read_s):
    """Every other wait would be too short for its wake or let a step go by."""
    wait_s = Pace().next_s(read_s) - read_s
    assert PERIOD_S / 2 - TINY_S <= wait_s <= 1.5 * PERIOD_S + TINY_S


@given(times, st.integers(1, 8))
def test_every_so_many_instants(read_s, every):
    """A counter that is read more rarely is read at instants of the same grid."""
    pace = Pace()
    at_s = pace.next_s(read_s, every)
    assert (every / 2) * PERIOD_S - TINY_S <= at_s - read_s <= 1.5 * every * PERIOD_S + TINY_S
    assert math.isclose(at_s / PERIOD_S, round(at_s / PERIOD_S), abs_tol=1e-6)
    assert round(at_s / PERIOD_S) % every == 0


@given(periods, st.lists(phases, min_size=1, max_size=6), st.floats(0.0, 50.0))
def test_scattered_instants_stay_near_the_grid(period_s, parts, after_s):
    """The scatter takes at most a part of the time without a step, to either side."""
    pace = Pace()
    pace.follow([rhythm(period_s, part * period_s) for part in parts], NOW_S)
    read_s = NOW_S + after_s
    shift_s = USED * period_s / 2
    wait_s = pace.next_s(read_s) - read_s
    assert period_s / 2 - shift_s - TINY_S <= wait_s <= 1.5 * period_s + shift_s + TINY_S


@given(periods, st.lists(phases, min_size=1, max_size=8))
def test_several_counters_are_read_clear_of_all_steps(period_s, parts):
    """Each step of each is seen by one reading, none of which could show either of two steps."""
    pace = Pace()
    several = [rhythm(period_s, part * period_s) for part in parts]
    pace.follow(several, NOW_S)
    at_s = readings(pace)
    # The longest free time is at least a counter's share; the scatter leaves most of half of it.
    clear_s = (1 - USED) / 2 * period_s / len(several)
    for one in several:
        for here_s in at_s:
            since = step_number(one, here_s) % 1.0
            assert min(since, 1 - since) * period_s >= clear_s - TINY_S
        seen = [math.floor(step_number(one, here_s)) for here_s in at_s]
        assert {then - before for before, then in pairwise(seen)} == {1}


@given(st.lists(phases, min_size=1, max_size=8), st.floats(0.0, 0.003))
def test_a_thread_that_wakes_late_skips_no_step(parts, late_s):
    """The grid does not move with the readings: a delay does not add up."""
    pace = Pace()
    several = [rhythm(0.1, part * 0.1) for part in parts]
    pace.follow(several, NOW_S)
    waits_s = [then - before for before, then in pairwise(readings(pace, late_s=late_s))]
    assert sum(waits_s) / len(waits_s) == pytest.approx(0.1, rel=0.01)
    assert max(waits_s) <= 0.1 + 2 * USED * 0.1


def test_readings_are_not_always_at_one_place_of_a_step():
    """A load in step with the counter would show the same power each time."""
    pace = Pace()
    pace.follow([rhythm()], NOW_S)
    places = sorted(step_number(rhythm(), at_s) % 1.0 for at_s in readings(pace))
    assert places[-1] - places[0] > 0.8 * USED
    assert max(then - before for before, then in pairwise(places)) < 0.1 * USED


@pytest.mark.parametrize(
    "several",
    [
        [],
        [rhythm(0.1), rhythm(0.083)],
        [rhythm(0.1), rhythm(0.1 * (1 + 2 * DRIFT))],
        [rhythm(0.1), rhythm(0.02), rhythm(0.033)],
        [rhythm(0.2)],
        [rhythm(0.075)],
    ],
)
def test_rhythms_that_do_not_go_together_leave_the_grid_as_it_was(several):
    """No instants are clear of all their steps for long; nor is a period of any length taken."""
    pace = Pace()
    assert not pace.follow(several, NOW_S)
    assert pace.period_s == PERIOD_S
    assert all(
        math.isclose(at_s / PERIOD_S, round(at_s / PERIOD_S), abs_tol=1e-6)
        for at_s in readings(pace)
    )


@given(st.floats(0.019, 0.109))
def test_steps_that_are_finer_are_followed_by_the_dozen(step_s):
    """So many steps as last about as long as the usual period: from 80 to 110 ms."""
    pace = Pace()
    one = rhythm(step_s)
    moved = pace.follow([one], NOW_S)
    times = int(LONGEST_S / step_s)
    if times * step_s < SHORTEST_S:
        assert not moved
        return
    assert moved
    assert SHORTEST_S <= pace.period_s <= LONGEST_S
    assert pace.period_s == pytest.approx(times * step_s)
    for at_s in readings(pace, 5.0):
        since = step_number(one, at_s) % 1.0
        assert min(since, 1 - since) >= (1 - USED) / 2 - 1e-6


def test_fine_and_coarse_steps_go_together():
    """A counter of 20 ms steps beside one of 100 ms: the instants are clear of both."""
    pace = Pace()
    fine, coarse = rhythm(0.02, 0.003), rhythm(0.1, 0.011)
    pace.follow([fine, coarse], NOW_S)
    assert pace.period_s == pytest.approx(0.1)
    for at_s in readings(pace):
        for one in (fine, coarse):
            since_s = step_number(one, at_s) % 1.0 * one.period_s
            assert min(since_s, one.period_s - since_s) > 0.003


def test_the_same_rhythm_is_looked_at_again_after_a_while():
    """What changed is followed at once; what did not, a clock that drifts, now and then."""
    pace, one, other = Pace(), rhythm(), rhythm(0.1 * (1 + 1e-4), 0.05)
    both = [one, other]
    assert pace.follow(both, NOW_S)
    assert not pace.follow(both, NOW_S + 0.9 * AGAIN_S)
    # After some hundred seconds they have drifted apart by a tenth of a step.
    assert pace.follow(both, NOW_S + 100.0)
    assert pace.follow([one], NOW_S + 100.1)


def test_a_counter_that_goes_leaves_the_usual_grid():
    """Of a source that was closed, or a rhythm that was lost, nothing stays."""
    pace = Pace()
    assert pace.follow([rhythm(0.104)], NOW_S)
    assert pace.follow([], NOW_S + 1.0)
    assert pace.period_s == PERIOD_S
    assert pace.next_s(NOW_S) == Pace().next_s(NOW_S)


@given(periods, st.lists(phases, min_size=2, max_size=5))
def test_instants_that_are_good_enough_stay(period_s, parts):
    """The steps of counters that wander by microseconds move nothing."""
    pace = Pace()
    pace.follow([rhythm(period_s, part * period_s) for part in parts], NOW_S)
    gaps = sorted(part % 1.0 for part in parts)
    free = sorted(then - before for before, then in pairwise([*gaps, gaps[0] + 1]))
    # Where two times without a step are as long, either is right.
    assume(free[-1] - free[-2] > 1e-3)
    again = [rhythm(period_s, part * period_s + 1e-6) for part in parts]
    assert not pace.follow(again, NOW_S + 1.0)


@given(times)
def test_at_rest_a_reading_comes_each_second(read_s):
    """Half a second to one and a half after the one before, at whole seconds for all sensors."""
    at_s = resting_s(read_s)
    assert 0.5 * RESTING_PERIOD_S <= at_s - read_s <= 1.5 * RESTING_PERIOD_S
    assert at_s == round(at_s)

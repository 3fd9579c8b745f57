"""A counter that is alone is read just before every second of its steps and again just after."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paces import NOW_S, TINY_S, errors, paired, periods, phases, rhythm, step_number

from green_notebook.pace import AGAIN_S, LATE_S, NEARER, PAIR_ERROR_S, Pace


@given(periods, phases, errors, st.floats(0.0, 50.0))
def test_the_first_of_a_pair_comes_early_by_its_error(period_s, part, error_s, after_s):
    """It waits half a pair's period to one and a half, less the error and the thread's delay."""
    pace = paired(rhythm(period_s, part * period_s), error_s)
    read_s = NOW_S + after_s
    wait_s = pace.next_s(read_s) - read_s
    assert period_s - error_s - LATE_S - TINY_S <= wait_s
    assert wait_s <= 3 * period_s - NEARER * error_s - LATE_S + TINY_S


@given(periods, phases, errors, st.floats(-1.0, 1.0), st.floats(0.0, LATE_S))
def test_a_pair_encloses_a_step(period_s, part, error_s, off, late_s):
    """Every second one, for a thread that wakes late: each pair, or by its error each other one."""
    one = rhythm(period_s, part * period_s)
    pace = paired(one, error_s)
    assert pace.pairs
    enclosed, seen, read_s = [], [], NOW_S
    for _ in range(20):
        first_s = pace.next_s(read_s)
        read_s = pace.second_s(first_s)
        number = round(step_number(one, (first_s + read_s) / 2))
        step_s = one.origin_s + number * period_s + off * error_s
        enclosed.append(first_s + late_s <= step_s + TINY_S and step_s < read_s)
        assert read_s - first_s <= 2 * PAIR_ERROR_S + 2 * LATE_S
        seen.append(number)
    assert {then - before for before, then in pairwise(seen)} == {2}
    assert all(enclosed) or (abs(off) > NEARER and all(map(any, pairwise(enclosed))))


def test_pairs_come_near_to_a_step_from_either_side():
    """In turn the reading before and the one after is nearer: both bounds of the phase are known."""
    one, error_s = rhythm(), 0.002
    pace = paired(one, error_s)
    nearer, read_s = [], NOW_S
    for _ in range(10):
        first_s = pace.next_s(read_s)
        read_s = pace.second_s(first_s)
        step_s = one.before(read_s)
        nearer.append((step_s - first_s - LATE_S < error_s - TINY_S, read_s - step_s < error_s))
    assert set(nearer) == {(True, False), (False, True)}
    assert all(then != before for before, then in pairwise(nearer))


@given(periods, phases, st.floats(0.0, 60.0))
def test_where_pairs_are_read_a_counter_after_an_edge_is_read_at_each_step(period_s, part, after_s):
    """Amid two steps, one reading a step: what a span's edge wants besides comes from the watch."""
    one = rhythm(period_s, part * period_s)
    pace = paired(one)
    at_s = pace.close_s(NOW_S + after_s)
    assert at_s > NOW_S + after_s
    for _ in range(20):
        assert step_number(one, at_s) % 1.0 == pytest.approx(0.5, abs=1e-3)
        then_s = pace.close_s(at_s)
        assert then_s - at_s == pytest.approx(period_s, abs=1e-6)
        at_s = then_s


def test_without_pairs_the_close_instant_is_the_next_one():
    """There is one grid for all."""
    pace = Pace()
    assert pace.close_s(NOW_S) == pace.next_s(NOW_S)


@pytest.mark.parametrize("error_s", [1.01 * PAIR_ERROR_S, math.inf])
def test_steps_known_too_badly_are_not_read_in_pairs(error_s):
    """The pair would be so wide that it tells nothing; the instants keep clear of steps then."""
    pace = Pace()
    assert pace.follow([rhythm()], NOW_S, error_s)
    assert not pace.pairs
    assert pace.period_s == pytest.approx(0.1)


def test_two_counters_are_never_read_in_pairs():
    """A second one would be read near to its own steps."""
    pace = Pace()
    pace.follow([rhythm(), rhythm(phase_s=0.03)], NOW_S, 0.0002)
    assert not pace.pairs


def test_fine_steps_are_not_read_in_pairs():
    """A reading amid them is as near to a step as it need be."""
    pace = Pace()
    pace.follow([rhythm(0.02)], NOW_S, 0.0002)
    assert not pace.pairs


@given(phases, st.integers(1, 40), st.floats(-0.001, 0.001))
def test_of_two_steps_the_same_one_stays_in_pairs(part, seconds, shift_s):
    """A rhythm that turns out a little otherwise moves the pairs by as much, not by a whole step."""
    pace = paired(rhythm(phase_s=part * 0.1))
    first_s = pace.next_s(NOW_S + 1.0)
    then_s = NOW_S + AGAIN_S * seconds + 0.01
    pace.follow([rhythm(phase_s=part * 0.1 + shift_s)], then_s, 0.0005)
    moved_s = pace.next_s(then_s) - first_s
    off_s = (moved_s + 0.1) % 0.2 - 0.1
    # By the shift, or not at all; either reading of a pair is half its error nearer in turn.
    assert abs(off_s) <= abs(shift_s) + 0.0005


def test_a_small_shift_moves_no_instant():
    """All channels would be planned anew for nothing."""
    pace = paired(rhythm())
    for number in range(1, 6):
        later = rhythm(phase_s=0.00002 * number)
        assert not pace.follow([later], NOW_S + 4.0 * number, 0.0005)
    assert pace.follow([rhythm(phase_s=0.0005)], NOW_S + 40.0, 0.0005)

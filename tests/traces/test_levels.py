"""Two levels that a load moves between, also where a stretch holds steps that nobody saw."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_meter import square

from green_notebook.traces.levels import OPEN, TwoLevels, two_levels
from green_notebook.traces.shape import Curve, Knot

LOW_W, HIGH_W = 80.0, 350.0
STEP_S = 0.1
# Means this near to a level are at it.
SAME_W = 9.0
WAVE = square(LOW_W, HIGH_W, 0.35)


def knots(phase_s, unseen=(), count=36):
    """Instants of steps, but for those that nobody saw."""
    return [phase_s + STEP_S * number for number in range(count) if number not in unseen]


def means(at_s):
    """The mean power (W) of the stretches between, and how long (s) each lasts."""
    apart = list(pairwise(at_s))
    powers = [(WAVE.energy(then) - WAVE.energy(first)) / (then - first) for first, then in apart]
    return powers, [then - first for first, then in apart]


def levels_of(at_s, told=(LOW_W, HIGH_W)):
    powers, lasts_s = means(at_s)
    return two_levels(powers, told, lasts_s)


phases = st.floats(0.001, 0.349)
# Of the steps amid a series, so that enough is left on either side.
unseen_steps = st.sets(st.integers(3, 32), max_size=4)


@given(phases, st.sets(st.integers(3, 32), min_size=1, max_size=2))
def test_an_unseen_step_does_not_refute_two_levels(phase_s, unseen):
    """A stretch twice as long holds any number of switches: it breaks no rule, and counts as none."""
    at_s = knots(phase_s, unseen)
    found = levels_of(at_s)
    assert found is not None
    assert (found.low_w, found.high_w) == pytest.approx((LOW_W, HIGH_W), abs=SAME_W)
    for state, power, long_s in zip(found.states, *means(at_s), strict=True):
        if long_s > 1.5 * STEP_S and LOW_W + SAME_W < power < HIGH_W - SAME_W:
            assert state == OPEN


def test_without_their_lengths_the_same_stretches_refute_them():
    """That it was a long stretch is what tells it from a load of another kind."""
    powers, lasts_s = means(knots(0.031, {9, 20}))
    assert two_levels(powers, (LOW_W, HIGH_W), lasts_s) is not None
    assert two_levels(powers, (LOW_W, HIGH_W)) is None


def test_another_kind_of_load_is_refuted_all_the_same():
    """Open stretches excuse themselves alone: switches that take no turns elsewhere still refute."""
    powers, lasts_s = means(knots(0.031, {9}))
    powers[20] = powers[21] = powers[22] = 0.5 * (LOW_W + HIGH_W)
    assert two_levels(powers, (LOW_W, HIGH_W), lasts_s) is None


@given(phases, unseen_steps)
def test_the_way_of_a_switch_is_never_told_wrongly(phase_s, unseen):
    """Counted from the side that is not open; where both are, nothing is told."""
    at_s = knots(phase_s, unseen)
    found = levels_of(at_s)
    if found is None:
        return
    for index, (first, then) in enumerate(pairwise(at_s)):
        falls = found.falls(index)
        if found.states[index] != 0 or falls is None:
            continue
        # A stretch of one step holds one switch of this wave.
        before_w, after_w = WAVE.power(first + 1e-6), WAVE.power(then - 1e-6)
        if before_w != after_w:
            assert falls is (before_w > after_w)


def test_it_is_counted_from_the_side_that_is_not_open():
    """From after the stretch where the one before is open, and the other way round."""
    after = TwoLevels(LOW_W, HIGH_W, (1, OPEN, 0, -1))
    assert after.falls(2) is True
    two_on = TwoLevels(LOW_W, HIGH_W, (1, OPEN, 0, 0, -1))
    assert (two_on.falls(2), two_on.falls(3)) == (False, True)
    before = TwoLevels(LOW_W, HIGH_W, (1, 0, OPEN, 1))
    assert before.falls(1) is True


@pytest.mark.parametrize("states", [(OPEN, 0, OPEN), (1, OPEN, 0, OPEN, 1), (0, OPEN), (0, 0)])
def test_between_open_ends_the_way_is_open(states):
    """An open stretch holds any number of switches: what lies beyond it tells nothing."""
    found = TwoLevels(LOW_W, HIGH_W, states)
    assert found.falls(states.index(0)) is None


def test_a_long_stretch_at_a_level_is_at_it():
    """Its mean is the level's only where it did not switch at all: it is as good as a short one."""
    slow = square(LOW_W, HIGH_W, 0.93)
    at_s = knots(0.013, {12})
    powers = [(slow.energy(b) - slow.energy(a)) / (b - a) for a, b in pairwise(at_s)]
    lasts_s = [then - first for first, then in pairwise(at_s)]
    found = two_levels(powers, (LOW_W, HIGH_W), lasts_s)
    assert found is not None
    longest = lasts_s.index(max(lasts_s))
    assert found.states[longest] in (-1, 1)


@given(phases, st.integers(8, 26), st.floats(0.01, 0.99))
def test_within_an_open_stretch_no_switch_is_claimed(phase_s, missed, part):
    """It may hold two switches: what is told there is as wide as where no levels are known."""
    at_s = knots(phase_s, {missed})
    curve = Curve(
        [Knot(at, WAVE.energy(at)) for at in at_s], [(at, WAVE.power(at)) for at in at_s], 0.025
    )
    index = missed - 1
    first, then = at_s[index], at_s[index + 1]
    here_s = first + part * (then - first)
    power = curve.powers[index]
    told = curve.at(here_s)
    if LOW_W + SAME_W < power < HIGH_W - SAME_W:
        assert not told.levels
        off_j = abs(told.joules - WAVE.energy(here_s))
        assert off_j <= 4 * (told.sigma_j + told.alike_j) + 0.01

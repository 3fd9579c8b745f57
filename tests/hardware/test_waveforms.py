"""The truth of simulated hardware: exact integrals, the same in Python and in C."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from waveforms import Waveform, constant, ramp, square, steps, table

watts = st.floats(0, 1000)
gaps = st.lists(st.tuples(st.floats(0.01, 5), watts), min_size=1, max_size=12)


@st.composite
def waveforms(draw):
    parts = draw(gaps)
    starts = itertools.accumulate(gap for gap, _ in parts)
    points = tuple(zip(starts, (level for _, level in parts), strict=True))
    repeat = draw(st.booleans()) and len(points) > 1
    return Waveform(points, draw(st.booleans()), repeat, draw(st.floats(0, 10)))


times = st.floats(0, 60)


@given(waveforms(), times, times)
def test_integral_matches_numbers(wave, one, other):
    """The integral is the mean power of many slices times the time."""
    start, end = sorted((one, other))
    count = 4000
    width = (end - start) / count
    summed = sum(wave.power(start + (index + 0.5) * width) for index in range(count)) * width
    # Each jump costs at most a slice of its height.
    jumps = (len(wave.points) + 1) * (1 + (end - start) / 0.01 if wave.repeat else 1)
    assert wave.energy(start, end) == pytest.approx(
        summed, abs=1e-6 + min(jumps, count) * width * 1000
    )


@given(waveforms(), times, times, times)
def test_integral_adds_up(wave, one, two, three):
    """Two spans that touch cost what the whole does, and no span costs less than nothing."""
    first, middle, last = sorted((one, two, three))
    whole = wave.energy(first, last)
    assert wave.energy(first, middle) + wave.energy(middle, last) == pytest.approx(whole, abs=1e-6)
    assert whole >= -1e-9


def test_known_shapes():
    """Square waves, ramps, steps and tables have the energies of their areas."""
    assert square(80, 350, 0.35).energy(0, 0.35) == pytest.approx(0.175 * 430)
    assert square(80, 350, 0.35).energy(0, 7.0) == pytest.approx(3.5 * 430)
    assert square(80, 350, 0.35, shift=0.175).power(0.0) == 80
    assert ramp(0, 100, 2).energy(0, 3) == pytest.approx(200)
    assert constant(5).energy(2, 4) == 10
    assert steps([(0, 10), (1, 20)]).energy(0.5, 2) == pytest.approx(25)
    assert table([(0, 0), (1, 10), (2, 0)], repeat=True).energy(0, 4) == pytest.approx(20)
    # Before its first point a table that does not repeat has the first value.
    assert constant(5).energy(-1, 1) == 10

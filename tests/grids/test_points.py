"""Intensity over time: weighting, stamps, clock changes."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from green_notebook.grids._points import Point, parsed, plausible, series, spread, weighted

UTC = timezone.utc
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def hours(*values):
    return tuple(
        Point(NOON + timedelta(hours=n), NOON + timedelta(hours=n + 1), g)
        for n, g in enumerate(values)
    )


def test_long_span_is_weighted_by_its_time():
    """Half an hour at 100 and an hour at 400 g/kWh are 300."""
    mean = weighted(hours(100, 400), NOON + timedelta(minutes=30), 5400)
    assert mean.g == pytest.approx((0.5 * 100 + 1.0 * 400) / 1.5)
    assert mean.covered == 1.0
    assert len(mean.points) == 2


def test_partly_covered():
    """What no point covers is told, not made up."""
    assert weighted(hours(100), NOON + timedelta(minutes=30), 3600).covered == pytest.approx(0.5)
    assert weighted(hours(100), NOON + timedelta(hours=2), 3600) is None
    assert weighted((), NOON, 10) is None


def test_an_instant():
    """A span that has only begun takes the point of its beginning."""
    assert weighted(hours(100, 400), NOON + timedelta(hours=1), 0).g == 400


@given(st.lists(st.floats(0, 3000), min_size=1, max_size=30), st.floats(0, 1e5), st.floats(0, 1e5))
def test_a_mean_lies_between(values, start_s, duration_s):
    """A weighted mean is within its points, and covers no more than all."""
    mean = weighted(hours(*values), NOON + timedelta(seconds=start_s), duration_s)
    if mean is not None:
        used = [one.g for one in mean.points]
        assert min(used) - 1e-6 <= mean.g <= max(used) + 1e-6
        assert 0 <= mean.covered <= 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-21T12:00Z", NOON),
        ("2026-11-21T12", NOON),
        ("2026-11-21T12:00:00", NOON),
        ("2026-11-21 12:00:00", NOON),
        ("2026-11-21T12:00:00.000Z", NOON),
        ("2026-11-21T12:00:00.1234567+00:00", NOON),
        ("2026-11-21T13:00:00+01:00", NOON),
    ],
)
def test_time_stamps(text, expected):
    """Every provider's way of writing a time is read, on Python 3.10 too."""
    assert parsed(text) == expected


@given(st.text(max_size=25))
def test_other_text_is_no_time(text):
    """Anything else is a ValueError or a time, nothing worse."""
    try:
        found = parsed(text)
    except (ValueError, OverflowError):
        return
    assert found.tzinfo is not None


def test_the_repeated_hour_is_two():
    """When clocks go back, 02:30 happens twice: two instants, an hour apart."""
    first, second = parsed("2026-10-25T02:30:00+02:00"), parsed("2026-10-25T02:30:00+01:00")
    points = spread([(first, 100, False), (second, 200, False)], 3600)
    assert [one.g for one in points] == [100, 200]
    assert points[0].end == points[1].start


@pytest.mark.parametrize(
    "value", [None, True, "x", float("nan"), float("inf"), -1, 4000, [], "-5", "1e9"]
)
def test_nonsense_is_no_intensity(value):
    """What no grid can emit is dropped."""
    assert plausible(value) is None


def test_spread():
    """A value holds until the next, or for one step before a gap; measured before forecast."""
    at = [NOON + timedelta(minutes=15 * n) for n in (0, 1, 8)]
    points = spread(
        [(at[2], 3, False), (at[0], 1, False), (at[1], 2, False), (at[1], 9, True)], 900
    )
    assert [one.g for one in points] == [1, 2, 3]
    assert points[1].end == at[1] + timedelta(seconds=900)
    assert not points[1].forecast


@given(st.integers(2, 500))
def test_a_series_stays_small(count):
    """A report's series never has more than 12 entries."""
    points = [Point(NOON, NOON, float(n)) for n in range(count)]
    assert 1 <= len(series(points)) <= 12
    assert series(points[:1]) is None

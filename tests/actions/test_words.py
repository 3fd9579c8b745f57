"""Words of people for durations, powers and times."""

from contextlib import suppress
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from green_notebook.actions._words import moment, seconds, watts
from green_notebook.errors import GreenNotebookError

BERLIN = ZoneInfo("Europe/Berlin")
SATURDAY = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)  # 13:00 in Berlin


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3h", 10800),
        ("2h30m", 9000),
        ("2h 30min", 9000),
        ("90 min", 5400),
        ("45s", 45),
        ("1.5h", 5400),
        ("1 day", 86400),
        ("2 hours", 7200),
    ],
)
def test_durations(text, expected):
    """Durations as people write them."""
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "3", "h", "3x", "3h foo", "0h", "-3h", "99d", "3h,", "1e3h"])
def test_wrong_durations(text):
    """Anything else is one line with an example."""
    if text == "3h,":
        assert seconds(text) == 10800
        return
    with pytest.raises(GreenNotebookError, match="duration"):
        seconds(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("250W", 250), ("0.3 kW", 300), ("250", 250), ("5MW", 5e6), ("5mW", 0.005)],
)
def test_powers(text, expected):
    """Powers in watts and their multiples."""
    assert watts(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "W", "250J", "-5W", "0W", "1e99W"])
def test_wrong_powers(text):
    """Anything else is one line with an example."""
    with pytest.raises(GreenNotebookError, match="power"):
        watts(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tomorrow 9:00", "2026-11-22T09:00+01:00"),
        ("18:00", "2026-11-21T18:00+01:00"),
        ("9:00", "2026-11-22T09:00+01:00"),
        ("9am", "2026-11-22T09:00+01:00"),
        ("friday 18:00", "2026-11-27T18:00+01:00"),
        ("saturday 18:00", "2026-11-21T18:00+01:00"),
        ("sat 9:00", "2026-11-28T09:00+01:00"),
        ("midnight", "2026-11-22T00:00+01:00"),
        ("2026-11-23T06:00", "2026-11-23T06:00+01:00"),
        ("2026-11-23T06:00Z", "2026-11-23T06:00+00:00"),
        ("in 12h", "2026-11-22T00:00+00:00"),
    ],
)
def test_times(text, expected):
    """Times to come, read in the zone where people live."""
    assert moment(text, SATURDAY, BERLIN) == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    "text", ["", "tomorow", "25:00", "9:77", "t 9:00", "1 2 3", "2026-11-20", "13pm pm"]
)
def test_wrong_times(text):
    """What is no time, or over, is one line with examples."""
    with pytest.raises(GreenNotebookError, match=r"is no time|is over"):
        moment(text, SATURDAY, BERLIN)


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2026, 10, 24, 10, tzinfo=timezone.utc), 22),  # 12:00 summer to 9:00 winter time
        (datetime(2026, 3, 28, 11, tzinfo=timezone.utc), 20),  # 12:00 winter to 9:00 summer time
    ],
)
def test_over_a_clock_change(now, hours):
    """``tomorrow 9:00`` is 9:00 on the clock, an hour more or less away."""
    assert moment("tomorrow 9:00", now, BERLIN) - now == timedelta(hours=hours)


@pytest.mark.parametrize("read", [seconds, watts, lambda one: moment(one, SATURDAY, BERLIN)])
@given(text=st.text(max_size=20))
def test_any_text(read, text):
    """No words whatever break more than their own reading."""
    with suppress(GreenNotebookError):
        assert read(text)

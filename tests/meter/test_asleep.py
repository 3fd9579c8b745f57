"""A laptop that was closed during a cell: the time is told as a gap, and charged to nobody."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from green_notebook.asleep import slept_s
from green_notebook.testing import FakeClock, FakeSensor, fake_session

START = datetime(2026, 3, 2, 9, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize(("asleep_s", "said"), [(1800.0, "30 min"), (40.0, "40 s"), (2.0, None)])
def test_a_sleep_is_noted(tmp_path, asleep_s, said):
    """The wall's clock went on while the other stood still; two seconds are a clock that was set."""
    clock = FakeClock()
    session = fake_session(tmp_path, FakeSensor(clock, 10.0), clock=clock)
    span = session.begin(thread=False)
    clock.advance(1.0, 1.0)
    session.sampler.tick()
    clock.started += timedelta(seconds=asleep_s)
    clock.advance(1.0, 1.0)
    report = session.end(span)
    texts = [note.text for note in report.notes if note.code == "slept"]
    assert texts == [] if said is None else said in texts[0]
    assert report.duration_s == pytest.approx(2.0)
    assert report.energy.machine.value == pytest.approx(20.0, rel=0.01)


@given(st.floats(0.0, 1e6), st.floats(-1e-4, 1e-4))
def test_a_clock_that_drifts_is_no_sleep(duration_s, drift):
    """Days with a clock that is wrong by 100 ppm are no sleep."""
    ended_at = START + timedelta(seconds=duration_s * (1 + drift))
    assert slept_s(START, ended_at, duration_s) == 0.0

"""What the thread does beside readings is rare, comes after an edge, and is due when somebody asks."""

from green_notebook.pace import PERIOD_S
from green_notebook.testing import FakeClock, FakeSensor, fake_session


def heard(tmp_path, wait_s, seconds):
    """How often a listener that asks for ``wait_s`` is called in a long span."""
    clock = FakeClock()
    session = fake_session(tmp_path, FakeSensor(clock, 10.0), clock=clock)
    times = []

    def listen(now_s):
        times.append(now_s)
        return wait_s

    session.sampler.listeners.append(listen)
    session.begin(thread=False)
    until_s = clock.monotonic() + seconds
    while clock.monotonic() < until_s:
        clock.advance(session.sampler.round())
    return len(times) / seconds


def test_listeners_are_called_once_in_two_seconds_of_a_long_span(tmp_path):
    """While nobody follows and no child is to be watched, a span costs half a round a second."""
    assert 0.45 <= heard(tmp_path, None, 60.0) <= 0.6


def test_listeners_are_called_once_a_second_of_a_short_one(tmp_path):
    """Its first seconds are looked at twice as often."""
    assert 0.9 <= heard(tmp_path, None, 3.0) <= 1.7


def test_a_listener_is_called_as_often_as_it_asks(tmp_path):
    """A live view's five times a second come at instants of readings."""
    assert 4.0 <= heard(tmp_path, 0.2, 20.0) <= 1 / (2 * PERIOD_S) + 0.2


def test_chores_wake_nobody_by_themselves(tmp_path):
    """They come with readings that are taken anyhow: 11 wakes a second, not 12."""
    clock = FakeClock()
    session = fake_session(tmp_path, FakeSensor(clock, 10.0), clock=clock)
    session.begin(thread=False)
    begun_s, rounds = clock.monotonic(), 0
    while clock.monotonic() - begun_s < 60.0:
        clock.advance(session.sampler.round())
        rounds += 1
    assert rounds / 60.0 <= 1 / PERIOD_S + 0.2

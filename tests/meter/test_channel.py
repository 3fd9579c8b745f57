"""When one sensor is read: close readings where they tell, fewer where nothing is lost."""

from itertools import pairwise

import pytest

from green_notebook.channel import LONG_PERIOD_S, LONG_S, Channel
from green_notebook.model import SensorSpec, Trace
from green_notebook.pace import PERIOD_S, RESTING_PERIOD_S, Pace
from green_notebook.testing import FakeClock, FakeSensor

FINE = SensorSpec("rapl:cpu:0", "cpu:0", "energy", step_s=0.001)
COARSE = SensorSpec("nvml:gpu:0", "gpu:0", "energy", step_s=0.1)
POWER = SensorSpec("hwmon:gpu:0", "gpu:0", "power")


class Stepping(FakeSensor):
    """A counter whose value changes each 100 ms."""

    def read(self):
        return round(self.clock.monotonic() / 0.1 - 0.05) * 3.0


@pytest.fixture
def clock():
    return FakeClock()


def waits(channel, clock, seconds, pace):
    """The waits (s) between the readings of so long a time, the latest of which is now."""
    until_s, read_s = clock.monotonic() + seconds, []
    while clock.monotonic() < until_s:
        channel.plan(clock.monotonic(), pace)
        clock.advance(max(0.0001, channel.due_s - clock.monotonic()))
        channel.take()
        read_s.append(clock.monotonic())
    return [after - before for before, after in pairwise(read_s)]


def test_in_a_long_span_a_fine_counter_is_read_less_often(clock):
    """A few readings a second lose nothing of it; from its next edge on it is read closely again."""
    channel, pace = Channel(FakeSensor(clock, spec=FINE), Trace(FINE), clock), Pace()
    channel.edge(clock.monotonic())
    assert max(waits(channel, clock, LONG_S, pace)) <= 1.5 * PERIOD_S
    waits(channel, clock, 1.0, pace)
    far = waits(channel, clock, 10.0, pace)
    assert sum(far) / len(far) > 0.8 * LONG_PERIOD_S
    assert max(far) <= 1.5 * LONG_PERIOD_S
    channel.edge(clock.monotonic())
    assert max(waits(channel, clock, 1.0, pace)) <= 1.5 * PERIOD_S


@pytest.mark.parametrize(("kind", "spec"), [(Stepping, COARSE), (FakeSensor, POWER)])
def test_others_are_read_as_often_as_ever(clock, kind, spec):
    """The steps before a short cell tell how its first is shared; an unread power is lost."""
    channel, pace = Channel(kind(clock, spec=spec), Trace(spec), clock), Pace()
    channel.edge(clock.monotonic())
    assert max(waits(channel, clock, 20.0, pace)) <= 1.5 * PERIOD_S


def test_a_session_at_rest_reads_once_a_second(clock):
    """That is enough for wraps and for the idle draw."""
    channel = Channel(FakeSensor(clock, spec=FINE), Trace(FINE), clock)
    far = waits(channel, clock, 20.0, None)
    assert max(far) <= 1.5 * RESTING_PERIOD_S
    assert sum(far) / len(far) > 0.9 * RESTING_PERIOD_S

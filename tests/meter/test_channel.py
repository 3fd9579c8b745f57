"""When one sensor is read: close readings where they tell, fewer where nothing is lost."""

from itertools import pairwise

import pytest

from green_notebook.channel import LONG_PERIOD_S, LONG_S, Channel
from green_notebook.model import SensorSpec, Trace
from green_notebook.testing import FakeClock, FakeSensor

PERIOD_S = 0.09
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


def waits(channel, clock, seconds, *, busy):
    """The waits (s) between the readings of so long a time, the latest of which is now."""
    until_s, read_s = clock.monotonic() + seconds, []
    while clock.monotonic() < until_s:
        channel.plan(clock.monotonic(), PERIOD_S, busy=busy)
        clock.advance(max(0.0001, channel.due_s - clock.monotonic()))
        channel.take()
        read_s.append(clock.monotonic())
    return [after - before for before, after in pairwise(read_s)]


@pytest.mark.parametrize("spec", [FINE, COARSE])
def test_in_a_long_span_a_counter_is_read_less_often(clock, spec):
    """5 Hz lose nothing of a counter; from its next edge on it is read closely again."""
    sensor = FakeSensor(clock, spec=FINE) if spec is FINE else Stepping(clock, spec=COARSE)
    channel = Channel(sensor, Trace(sensor.spec), clock)
    channel.edge(clock.monotonic())
    near = waits(channel, clock, LONG_S, busy=True)
    assert max(near) <= 1.5 * PERIOD_S
    waits(channel, clock, 1.0, busy=True)
    far = waits(channel, clock, 10.0, busy=True)
    # A coarse counter's steps are still enclosed now and then, by readings of their own.
    assert sum(far) / len(far) > 0.8 * LONG_PERIOD_S
    assert max(far) <= 1.5 * LONG_PERIOD_S
    channel.edge(clock.monotonic())
    assert max(waits(channel, clock, 1.0, busy=True)) <= 1.5 * PERIOD_S


def test_power_is_read_as_often_as_ever(clock):
    """What no reading sees of a power is lost, however long the span is."""
    sensor = FakeSensor(clock, spec=POWER)
    channel = Channel(sensor, Trace(POWER), clock)
    channel.edge(clock.monotonic())
    assert max(waits(channel, clock, 20.0, busy=True)) <= 1.5 * PERIOD_S


@pytest.mark.parametrize("spec", [FINE, COARSE])
def test_so_is_a_counter_between_cells(clock, spec):
    """What lies before a short cell's begin tells how its first step is to be shared."""
    sensor = FakeSensor(clock, spec=FINE) if spec is FINE else Stepping(clock, spec=COARSE)
    channel = Channel(sensor, Trace(spec), clock)
    channel.edge(clock.monotonic())
    assert max(waits(channel, clock, 20.0, busy=False)) <= 1.5 * PERIOD_S

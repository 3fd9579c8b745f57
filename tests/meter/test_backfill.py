"""Power that the driver kept fills the time in which no thread of ours could run."""

from __future__ import annotations

import math

import pytest

from green_notebook.model import SensorSpec
from green_notebook.sampler import LINGER_S, Sampler
from green_notebook.testing import FakeClock, FakeSensor, fake_host

COUNTER = SensorSpec("gpu-a", "gpu:0", "energy", step_s=0.02)
POWER = SensorSpec("gpu-b", "gpu:1", "power", step_s=0.02)


def wave(at_s):
    """Short steps: what is read at the two ends alone tells nothing of it."""
    return 350.0 if math.sin(at_s * 20) > 0 else 80.0


class Buffered(FakeSensor):
    """A card whose driver keeps a sample every 20 ms, of the last 5 s."""

    asked = 0
    broken = False

    def read_power(self):
        return self.power(self.clock.monotonic())

    def power_samples(self, after_s):
        self.asked += 1
        if self.broken:
            raise OSError("simulated fault")
        now_s = self.clock.monotonic()
        first = max(after_s, now_s - 5.0)
        times = [tick * 0.02 for tick in range(int(first / 0.02) + 1, int(now_s / 0.02) + 1)]
        return [(at_s, self.power(at_s)) for at_s in times]


@pytest.fixture
def bench(tmp_path):
    def make(spec):
        clock = FakeClock()
        sensor = Buffered(clock, wave, spec)
        sampler = Sampler(fake_host(tmp_path), clock, found=[sensor])
        sampler.open()
        return clock, sensor, sampler, sampler.traces[spec.id]

    return make


def starve(clock, sampler, seconds):
    """A cell that starts, holds the interpreter, and ends."""
    sampler.hold("span")
    sampler.mark()
    start_s = clock.monotonic()
    clock.advance(seconds)
    sampler.mark()
    sampler.release("span")
    return start_s, clock.monotonic()


@pytest.mark.parametrize(("spec", "ring"), [(COUNTER, "power"), (POWER, "readings")])
def test_a_gap_is_filled(bench, spec, ring):
    """After a starved span the driver's samples stand between its two readings, in order."""
    clock, sensor, sampler, trace = bench(spec)
    start_s, end_s = starve(clock, sampler, 1.8)
    times = [one.at_s for one in getattr(trace, ring)]
    assert times == sorted(times)
    assert len([one for one in times if start_s < one < end_s]) >= 85
    assert sensor.asked == 1


def test_power_alone_is_right_again(bench):
    """A card without a counter is measured over the gap: not by its two ends alone."""
    clock, _, sampler, trace = bench(POWER)
    start_s, end_s = starve(clock, sampler, 1.8)
    measured = sampler.energy(trace, start_s, end_s).quantity
    assert measured is not None
    truth = sum(wave(start_s + (step + 0.5) * 1e-3) * 1e-3 for step in range(1800))
    assert measured.value == pytest.approx(truth, rel=0.1)


def test_a_quiet_span_asks_nothing(bench):
    """While readings come as planned the driver's buffer is left alone."""
    clock, sensor, sampler, _ = bench(COUNTER)
    sampler.hold("span")
    sampler.mark()
    for _ in range(20):
        clock.advance(0.1)
        sampler.round()
    sampler.mark()
    assert sensor.asked == 0


def test_a_start_after_a_rest_asks_nothing(bench):
    """Between cells readings are rare on purpose: that is no gap."""
    clock, sensor, sampler, _ = bench(COUNTER)
    clock.advance(LINGER_S)
    sampler.round()
    sensor.asked = 0
    for _ in range(60):
        clock.advance(1.0)
        sampler.round()
    clock.advance(0.9)
    sampler.mark()
    assert sensor.asked == 0


def test_a_buffer_that_fails(bench):
    """A driver whose buffer fails costs nothing but the gap."""
    clock, sensor, sampler, trace = bench(POWER)
    sensor.broken = True
    starve(clock, sampler, 1.8)
    assert len(trace.readings) == 2

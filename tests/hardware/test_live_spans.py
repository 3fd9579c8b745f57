"""The real pynvml and the real thread on a simulated driver: what a live span's energy is worth."""

from __future__ import annotations

import random
import time
from statistics import median

import pytest
from simulated_nvml import Gpu
from waveforms import square

from green_notebook.clock import Clock
from green_notebook.host import Host
from green_notebook.sampler import Sampler
from green_notebook.sensors import nvml

# They measure in real time: beside other tests the simulated hardware starves.
pytestmark = pytest.mark.alone


@pytest.fixture
def live(gpus):
    """Make a card and a sampler that measures it: ``live(step=0.1)``."""
    made: list[Sampler] = []

    def make(**fields):
        simulated = gpus(Gpu(wave=square(), step_phase=0.0371, **fields))
        host = Host.here()
        sampler = Sampler(host, Clock(), found=nvml.discover(host, {}))
        made.append(sampler)
        sampler.open()
        sampler.start()
        time.sleep(2.0)
        return simulated, sampler, next(iter(sampler.traces.values()))

    yield make
    for one in made:
        one.close()


def idle(until_s):
    time.sleep(until_s - time.monotonic())


def busy(until_s):
    """A loop that holds the interpreter's lock as far as Python allows."""
    number = 0
    while time.monotonic() < until_s:
        number += 1


def spans(simulated, sampler, trace, work, lengths):
    """Each span's energy beside its truth, after the step that follows it."""
    rng = random.Random(4)
    for duration_s in lengths:
        time.sleep(rng.uniform(0.15, 0.35))
        sampler.hold("span")
        sampler.mark()
        start_s = time.monotonic()
        work(start_s + duration_s)
        sampler.mark()
        end_s = time.monotonic()
        sampler.release("span")
        time.sleep(0.16)
        told = sampler.energy(trace, start_s, end_s).quantity
        yield told, simulated.truth(0, start_s, end_s)


@pytest.mark.parametrize("step", [0.1, 0.02])
@pytest.mark.parametrize("work", [idle, busy])
def test_live_spans(live, step, work):
    """Spans of 0.13 and 0.33 s on a load that switches: the wiring does what the arithmetic can.

    The errors promised are proved on an injected clock (tests/traces): here the machine itself
    decides when the thread may run. A plain difference of this counter errs by 20 % in the middle.
    """
    found = list(spans(*live(step=step), work, [0.13, 0.33] * 6))
    off = [abs(told.value / truth_j - 1) for told, truth_j in found]
    # A loop that holds the interpreter's lock lets the thread in when it likes.
    assert median(off) <= (0.05 if work is idle else 0.10)
    held = [told.low <= truth_j <= told.high for told, truth_j in found]
    assert sum(held) >= 10


def test_cost_of_watching(live):
    """Ten readings a second of one card, watched, take well under a hundredth of a core."""
    simulated, sampler, _ = live(step=0.1)
    sampler.mark()
    # Soon its steps are known; on a machine at work they may have to be searched once more.
    parts = []
    for _ in range(3):
        time.sleep(0.3)
        begun_s, calls, cpu_s = time.monotonic(), simulated.calls, sampler.usage.meter_s
        time.sleep(1.5)
        lasted_s = time.monotonic() - begun_s
        parts.append((sampler.usage.meter_s - cpu_s) / lasted_s)
        assert (simulated.calls - calls) / lasted_s < 150
    assert min(parts) < 0.01
    assert (simulated.calls - calls) / lasted_s < 60

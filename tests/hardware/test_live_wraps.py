"""RAPL counters that wrap again and again under the real thread: no bad span."""

from __future__ import annotations

import random
import time
from itertools import pairwise

import pytest
from simulated_powercap import PowercapTree, Zone
from waveforms import square

from green_notebook.clock import Clock
from green_notebook.host import Host
from green_notebook.sampler import Sampler
from green_notebook.sensors import rapl

# They measure in real time: beside other tests the simulated hardware starves.
pytestmark = pytest.mark.alone

ZONE = "intel-rapl:0"
RANGE_J = 16.0


# With less than half a wrap between two readings at 90 W, and a writer in time, all can be told.
STARVED_S = RANGE_J / 90.0 / 2


def starved(tree, trace, start_s, end_s):
    """Whether the machine kept our thread or the counter's writer waiting in a span."""
    near = (start_s - STARVED_S, end_s + STARVED_S)
    read = [one.at_s for one in tuple(trace.readings) if near[0] < one.at_s < near[1]]
    pauses = [later - sooner for sooner, later in pairwise([near[0], *read])]
    return max(tree.longest_pause_s(*near), *pauses) > STARVED_S


def test_live_wraps(tmp_path, monkeypatch):
    """Twenty wraps and more in spans of 50 ms to 1.5 s: each span is right, or says why not."""
    wave = square(40.0, 90.0, 0.35)
    zone = Zone(ZONE, "package-0", wave, range_uj=int(RANGE_J * 1e6), max_power_uw=25_000_000)
    tree = PowercapTree(tmp_path, [zone])
    monkeypatch.setenv("GREEN_NOTEBOOK_HOST_ROOT", str(tmp_path))
    host = Host.here()
    rng = random.Random(5)
    wrapped_j, told, quiet = 0.0, 0, 0
    with tree.running():
        sampler = Sampler(host, Clock(), found=rapl.discover(host, {}))
        try:
            sampler.open()
            sampler.start()
            (trace,) = sampler.traces.values()
            assert trace.spec.wrap_j == RANGE_J
            for length_s in [0.05, 0.2, 0.4, 0.8, 1.5] * 3:
                time.sleep(rng.uniform(0.02, 0.1))
                sampler.hold("span")
                before_s = time.monotonic()
                sampler.mark()
                start_s = time.monotonic()
                time.sleep(length_s)
                end_s = time.monotonic()
                sampler.mark()
                after_s = time.monotonic()
                sampler.release("span")
                found = sampler.energy(trace, start_s, end_s)
                least_j, most_j = tree.between(ZONE, (before_s, start_s), (end_s, after_s))
                wrapped_j += least_j
                if not starved(tree, trace, start_s, end_s):
                    quiet += 1
                    told += found.quantity is not None and not found.notes
                if found.quantity is None or found.notes:
                    # A thread that came late for a wrap period: a gap with its reason.
                    assert found.notes
                    continue
                # A few milliseconds that the figure is shared over; a wrap missed would be 16 J.
                room_j = 1.0 + 0.02 * most_j
                assert least_j - room_j < found.quantity.value < most_j + room_j
        finally:
            sampler.close()
    assert wrapped_j / RANGE_J >= 20
    assert quiet - told <= 3

"""RAPL counters that wrap again and again under the real thread: no bad span."""

from __future__ import annotations

import random
import time

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


def test_live_wraps(tmp_path, monkeypatch):
    """Twenty wraps and more in spans of 50 ms to 1.5 s: each span is right, or says why not."""
    wave = square(40.0, 90.0, 0.35)
    zone = Zone(ZONE, "package-0", wave, range_uj=int(RANGE_J * 1e6), max_power_uw=25_000_000)
    tree = PowercapTree(tmp_path, [zone])
    monkeypatch.setenv("GREEN_NOTEBOOK_HOST_ROOT", str(tmp_path))
    host = Host.here()
    rng = random.Random(5)
    wrapped_j, told = 0.0, 0
    with tree.running():
        sampler = Sampler(host, Clock(), found=rapl.discover(host, {}))
        try:
            sampler.open()
            sampler.start()
            (trace,) = sampler.traces.values()
            assert trace.spec.wrap_j == RANGE_J
            lengths = [0.05, 0.2, 0.4, 0.8, 1.5] * 3
            for length_s in lengths:
                time.sleep(rng.uniform(0.02, 0.1))
                sampler.hold("span")
                sampler.mark()
                start_s = time.monotonic()
                time.sleep(length_s)
                sampler.mark()
                end_s = time.monotonic()
                sampler.release("span")
                found = sampler.energy(trace, start_s, end_s)
                truth_j = tree.truth(ZONE, start_s, end_s)
                wrapped_j += truth_j
                if found.quantity is None:
                    # A thread that came late for a wrap period: a gap with its reason.
                    assert found.notes
                    continue
                told += not found.notes
                # A few milliseconds of a write's delay; a wrap missed would be 16 J.
                assert abs(found.quantity.value - truth_j) < 1.0 + 0.02 * truth_j or found.notes
        finally:
            sampler.close()
    assert wrapped_j / RANGE_J >= 20
    assert told >= 0.8 * len(lengths)

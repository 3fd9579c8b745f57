"""RAPL by perf events: what the PMU's folder tells, the kernel's own events, and what is refused."""

from __future__ import annotations

import errno
import os
import struct
import time

import pytest
from brackets import bracketed

from green_notebook.errors import Unavailable
from green_notebook.selection import choose
from green_notebook.sensors import perf_rapl, rapl
from green_notebook.testing import fake_host

# The kernel's PERF_TYPE_SOFTWARE and its event 0, cpu-clock: nanoseconds, so 1e-9 J each is 1 W.
CLOCK = {
    "/sys/bus/event_source/devices/power/type": "1",
    "/sys/bus/event_source/devices/power/cpumask": "0",
    "/sys/bus/event_source/devices/power/events/energy-pkg": "event=0x00",
    "/sys/bus/event_source/devices/power/events/energy-pkg.scale": "1e-9",
    "/sys/bus/event_source/devices/power/events/energy-pkg.unit": "Joules",
}


class Pipes:
    """Event files that hold what was put into them: one count for each read."""

    def __init__(self):
        self.opened = []
        self._writers = {}

    def __call__(self, kind, config, cpu):
        reader, writer = os.pipe()
        self.opened.append((kind, config, cpu))
        self._writers[config, cpu] = writer
        return reader

    def put(self, config, cpu, *counts):
        os.write(self._writers[config, cpu], b"".join(struct.pack("=Q", one) for one in counts))

    def close(self):
        for one in self._writers.values():
            os.close(one)


@pytest.fixture
def events():
    pipes = Pipes()
    yield pipes
    pipes.close()


@pytest.fixture
def closing():
    """Closes sensors after the test, twice."""
    kept = []
    yield kept.extend
    for one in [*kept, *kept]:
        one.close()


def test_one_counter_for_each_package(machine, events, closing):
    """Each package and the memory beside it is counted on the CPU that the kernel names."""
    sensors = perf_rapl.found_by(machine("xeon-2s-perf"), events)
    closing(sensors)
    assert [one.spec.component for one in sensors] == ["cpu:0", "dram:0", "cpu:1", "dram:1"]
    assert events.opened == [(23, 2, 0), (23, 3, 0), (23, 2, 18), (23, 3, 18)]
    assert all(one.spec.wrap_j is None for one in sensors)
    assert not any(one.spec.tried_on_hardware for one in sensors)


def test_counts_become_joules(machine, events, closing):
    """A count is 2**-32 J of the package, 2**-16 J of the memory, as the scale files say."""
    package, memory, *_ = sensors = perf_rapl.found_by(machine("xeon-2s-perf"), events)
    closing(sensors)
    events.put(2, 0, 2**32, 2**64 - 1)
    events.put(3, 0, 2**16)
    assert package.read() == pytest.approx(1.0)
    assert package.read() == pytest.approx(2.0**32)
    assert memory.read() == pytest.approx(1.0)


def test_the_kernels_own_event(tmp_path, closing):
    """A real event of the running kernel is opened, read and closed: its clock makes one watt."""
    host = fake_host(tmp_path, CLOCK)
    try:
        (sensor,) = perf_rapl.found_by(host, perf_rapl.open_event)
    except Unavailable as error:
        pytest.skip(str(error))
    closing([sensor])
    first, began = bracketed(sensor.read)
    while time.monotonic() < began[1] + 0.05:
        pass
    last, ended = bracketed(sensor.read)
    # One watt: as many joules as seconds. The kernel's clock may be set by parts in ten thousand.
    assert 0.999 * (ended[0] - began[1]) <= last - first <= 1.001 * (ended[1] - began[0])


def test_perf_is_preferred_to_powercap(machine, events, closing):
    """Where both show one package it is counted once, by the counter that does not wrap."""
    found = [
        *perf_rapl.found_by(machine("xeon-2s-perf"), events),
        *rapl.discover(machine("epyc-7502p-server"), {}),
    ]
    closing(found)
    chosen = [one.spec.id for one in choose(found).sensors]
    assert sorted(chosen) == sorted(
        f"perf-rapl:{name}" for name in ("cpu:0", "cpu:1", "dram:0", "dram:1")
    )


@pytest.mark.parametrize(
    ("number", "said", "cure"),
    [
        (errno.EACCES, "perf_event_paranoid is 2", perf_rapl.CURE),
        (errno.EPERM, "only root", perf_rapl.CURE),
        (errno.ENOENT, "cannot be opened", ""),
    ],
)
def test_refused(machine, number, said, cure):
    """A kernel that refuses is quoted, with the command that changes its mind."""

    def refuse(*_):
        raise OSError(number, os.strerror(number))

    with pytest.raises(Unavailable, match=said) as caught:
        perf_rapl.found_by(machine("xeon-2s-perf"), refuse)
    assert caught.value.cure == cure


@pytest.mark.parametrize(
    "change",
    [
        {"events/energy-pkg": "umask=1"},
        {"events/energy-pkg.scale": "many"},
        {"events/energy-pkg.scale": "0"},
        {"events/energy-pkg.unit": "Furlongs"},
        {"cpumask": ""},
        {"type": "x"},
    ],
)
def test_folders_that_make_no_sense(tmp_path, events, change):
    """Without a package event, its unit or a CPU to count on there is no sensor, and no guess."""
    folder = "/sys/bus/event_source/devices/power"
    host = fake_host(tmp_path, CLOCK | {f"{folder}/{name}": to for name, to in change.items()})
    with pytest.raises(Unavailable, match="no package counter"):
        perf_rapl.found_by(host, events)


def test_a_recorded_machine_is_not_counted(machine):
    """The events of the machine that runs the tests are not taken for a recorded one's."""
    with pytest.raises(Unavailable, match="recorded"):
        perf_rapl.discover(machine("xeon-2s-perf"), {})

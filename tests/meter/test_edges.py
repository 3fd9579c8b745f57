"""What lies between a span's two instants: the user's work, and as little of ours as can be."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from green_notebook.model import SensorSpec
from green_notebook.processes import ProcessTree, childless
from green_notebook.settings import GreenNotebook
from green_notebook.testing import FakeClock, FakeSensor, fake_host, fake_session
from green_notebook.usage import MEMORY_S, TELLING_S, UsageMeter

STAT = {"/proc/stat": "cpu  100 0 0 0 0 0 0 0 0 0\n"}


class Slow:
    """A counter whose reading takes 40 ms of time and of CPU: 10 W."""

    spec = SensorSpec("rapl:cpu:0", "cpu:0", "energy", step_s=0.001, max_power_w=100.0)

    def __init__(self, clock):
        self._clock = clock
        self.read_s = []
        self.interrupted = False

    def read(self):
        if self.interrupted:
            raise KeyboardInterrupt
        self.read_s.append(self._clock.monotonic())
        self._clock.advance(0.04, 1.0)
        return 10.0 * (self._clock.monotonic() - 0.02)

    def close(self):
        pass


@pytest.fixture
def measured(tmp_path):
    """A span of one second with a sensor that is slow to read, and that sensor."""
    clock = FakeClock()
    sensor = Slow(clock)
    session = fake_session(tmp_path, sensor, clock=clock)
    span = session.begin(thread=False)
    clock.advance(1.0, 0.25)
    session.stop(span)
    return session, span, sensor


def test_an_interrupt_amid_the_first_readings_leaves_no_span_open(tmp_path):
    """Nobody would ever end it: it would hold the sampler, and be the next spans' parent."""
    clock = FakeClock()
    sensor = Slow(clock)
    session = fake_session(tmp_path, sensor, clock=clock)

    session.begin("before", thread=False)
    sensor.interrupted = True
    with pytest.raises(KeyboardInterrupt):
        session.begin(thread=False)
    assert [one.name for one in session.recorder.spans] == ["before"]


def test_our_readings_are_not_in_the_span(measured):
    """It lasts from after the first readings to before the last, in time and in CPU time."""
    session, span, sensor = measured
    assert sensor.read_s[-2] + 0.04 <= span.start.at_s
    assert span.end.at_s <= sensor.read_s[-1]
    report = session.end(span)
    assert report.duration_s == pytest.approx(1.0)
    assert span.end.own_s - span.start.own_s == pytest.approx(0.25)
    assert report.energy.machine.value == pytest.approx(10.0, rel=0.01)


def test_memory_at_a_begin_is_as_it_was_last(tmp_path):
    """It is read at every end and each second; a begin takes what was read a moment ago."""
    clock = FakeClock()
    usage = UsageMeter(fake_host(tmp_path, STAT), clock)
    before = usage.now().memory_bytes
    held = bytearray(os.urandom(1) * 60_000_000)
    assert usage.now(begin=True).memory_bytes == before
    assert usage.now().memory_bytes > before + len(held) / 2
    del held
    clock.advance(MEMORY_S + 0.1)
    assert usage.now(begin=True).memory_bytes < before + 30_000_000


@pytest.mark.parametrize(
    ("name", "value"), [("plug", "shelly://192.0.2.7"), ("disabled_sensors", ["RAPL"])]
)
def test_sensors_settings_are_told_anew_where_one_changed(name, value):
    """The same object means the same settings: a begin looks no further."""
    settings = GreenNotebook(environ={})
    told = settings.for_sensors()
    settings.zone = "FR"
    assert settings.for_sensors() is told
    setattr(settings, name, value)
    assert settings.for_sensors()[name] == value
    assert told[name] != value


def test_waiting_for_the_gpu_is_as_it_was_set_last():
    """From the environment, and by %config in a running session."""
    settings = GreenNotebook(environ={"GREEN_NOTEBOOK_SYNC": "1"})
    assert settings.waits
    settings.sync = False
    assert not settings.waits


@pytest.mark.skipif(not hasattr(os, "waitid"), reason="no waitid here")
def test_whoever_has_a_child_is_not_childless():
    """One that runs and one that ended unseen are children; asking reaps nobody."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert not childless()
        assert ProcessTree().scan().pids >= {child.pid}
        child.communicate(b"\n")
        assert child.returncode == 0


def test_a_simulated_tree_is_looked_at_all_the_same(tmp_path):
    """That this process has no child says nothing of another tree."""
    folder = tmp_path / "20"
    (folder / "task/20").mkdir(parents=True)
    (tmp_path / "10/task/10").mkdir(parents=True)
    for pid, parent in ((10, 1), (20, 10)):
        fields = ["S", parent, *[0] * 40]
        (tmp_path / f"{pid}/stat").write_text(f"{pid} (x) {' '.join(map(str, fields))}\n")
    assert ProcessTree(tmp_path, pid=10).scan().pids == {20}


def test_at_the_end_of_a_moment_memory_is_that_of_its_begin(tmp_path):
    """Within two ticks of the clock it hardly grows; what others did is read however short it was."""
    clock, host = FakeClock(), fake_host(tmp_path, STAT)
    usage = UsageMeter(host, clock)
    start = usage.now(begin=True)
    held = bytearray(os.urandom(1) * 60_000_000)
    (tmp_path / "proc/stat").write_text("cpu  300 0 0 0 0 0 0 0 0 0\n")
    clock.advance(TELLING_S - 0.001, 1.0)
    moment = usage.now(since=start)
    clock.advance(0.002, 1.0)
    longer = usage.now(since=start)

    assert moment.memory_bytes == start.memory_bytes
    assert longer.memory_bytes > start.memory_bytes + len(held) / 2
    assert moment.machine_s == longer.machine_s == start.machine_s + 2.0
    assert moment.own_s - start.own_s == pytest.approx(TELLING_S - 0.001)


def test_many_short_spans_beside_busy_neighbours_sum_to_their_part(tmp_path):
    """The machine's energy is not theirs, however short each of them is."""
    clock = FakeClock()
    spec = SensorSpec("rapl:cpu:0", "cpu:0", "energy", step_s=0.001, max_power_w=200.0)
    session = fake_session(tmp_path, FakeSensor(clock, 100.0, spec), clock=clock)
    threads, joules, ticks = session.sampler.usage.threads, [], 0.0

    def goes_on(ours):
        nonlocal ticks
        clock.advance(0.015, ours)
        ticks += 1.5 * threads
        (tmp_path / "proc/stat").write_text(f"cpu  {int(ticks)} 0 0 0 0 0 0 0 0 0\n")

    for _ in range(100):
        span = session.begin(thread=False)
        goes_on(1.0)
        joules.append(session.end(span).energy.kernel.value)
        goes_on(0.0)
    assert threads > 1
    assert sum(joules) == pytest.approx(150.0 / threads, rel=0.3)


def test_an_edge_wakes_the_thread(tmp_path):
    """Where a counter's steps are to be followed: at a begin and at an end, also one that fails."""
    clock = FakeClock()
    spec = SensorSpec("nvml:0", "gpu:0", "energy", step_s=0.1)
    session = fake_session(tmp_path, FakeSensor(clock, 50.0, spec), clock=clock)
    alarm, usage = session.sampler._alarm, session.sampler.usage
    for fails in (False, True):
        alarm._rung = False
        span = session.begin(thread=False)
        assert alarm._rung
        alarm._rung = False
        if fails:
            usage.group = None
        session.stop(span)
        assert alarm._rung


def test_a_setting_that_changed_is_taken_while_the_thread_runs(tmp_path):
    """A begin asks nothing where the settings are the same object; another one is looked at."""
    sampler = fake_session(tmp_path).sampler
    same = {"plug": ""}
    sampler.prepare(same, thread=False)
    sampler._thread = threading.Thread()
    sampler.prepare(same)
    assert sampler.options == same
    sampler.prepare({"plug": "shelly://192.0.2.7"})
    assert sampler.options == {"plug": "shelly://192.0.2.7"}
    sampler._thread = None


def test_a_followed_span_leaves_nothing_behind(tmp_path):
    """What is kept for its live view goes with it."""
    clock = FakeClock()
    session = fake_session(tmp_path, Slow(clock), clock=clock)
    span = session.begin(thread=False)
    told = []
    session.subscribe(span, told.append)
    clock.advance(1.0, 0.2)
    session.sampler.tick()
    feed = session.recorder.feed
    assert told
    assert feed._around
    session.end(span)
    assert [feed._around, feed._told_s, feed._renewed_s] == [{}, {}, {}]


def test_ids_are_many_and_no_two_alike(tmp_path):
    """They are made many at once; threads that begin spans together share none."""
    session = fake_session(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(lambda _: session.recorder._new_id(), range(500)))
    assert len(set(ids)) == 500
    assert all(re.fullmatch("[0-9a-f]{16}", one) for one in ids)

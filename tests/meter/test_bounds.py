"""What the meter leaves behind: no thread, no file, no child process, no memory that grows."""

import os
import subprocess
import sys
import threading
from datetime import timedelta

import pytest

from green_notebook.host import Host
from green_notebook.measuring import measure
from green_notebook.model import SensorSpec
from green_notebook.processes import ProcessTree
from green_notebook.session import Session
from green_notebook.settings import GreenNotebook
from green_notebook.testing import FakeClock, FakeSensor, fake_session
from green_notebook.usage import UsageMeter


def files():
    """How many files this process has open; 0 where the system does not tell."""
    try:
        return len(os.listdir("/proc/self/fd"))
    except OSError:
        return 0


def test_a_thousand_spans_leave_nothing_open():
    """Threads and files are those of the session itself, and end with it."""
    before = threading.active_count(), files()
    session = Session(GreenNotebook(environ={}))
    with measure("first", session=session):
        pass
    running = threading.active_count(), files()
    for _ in range(1000):
        with measure("again", session=session):
            pass
    assert threading.active_count() <= running[0]
    # The measuring thread may be looking through /proc just now.
    assert files() <= running[1] + 3
    assert session.innermost() is None
    assert len(session.reports) == 1001
    session.close()
    assert threading.active_count() <= before[0]


def test_rings_and_records_are_bounded(tmp_path):
    """Many spans and readings fill the rings up to their bounds and no further."""
    clock = FakeClock()
    sensor = FakeSensor(clock, 10.0)
    session = fake_session(tmp_path, sensor, clock=clock)
    for _ in range(1000):
        span = session.begin(thread=False)
        for _ in range(5):
            clock.advance(0.01, 1.0)
            session.sampler.read_sensors()
        session.end(span)
        assert not span.subscribers
    (trace,) = session.sampler.traces.values()
    assert len(trace.readings) == trace.readings.maxlen
    assert len(session.chronicle.power) <= session.chronicle.power.maxlen
    assert not session.recorder.spans
    assert not session.recorder.settler._waiting
    assert len(session.sampler.listeners) == 1


class Counter:
    """60 W on a counter that wraps, at no cost per second."""

    def __init__(self, clock):
        self.clock = clock
        self.spec = SensorSpec(
            "rapl:cpu:0", "cpu:0", "energy", wrap_j=262_143.0, max_power_w=150.0, step_s=0.001
        )

    def read(self):
        """Joules since the clock began, modulo the wrap."""
        return 60.0 * self.clock.monotonic() % 262_143.0

    def close(self):
        """Nothing is open."""


def test_a_day_is_summed_right_within_bounds(tmp_path):
    """24 hours at 60 W, twenty wraps: the sum is right, and a span keeps no record of each second."""
    clock = FakeClock()
    session = fake_session(tmp_path, Counter(clock), clock=clock)
    span = session.begin(thread=False)
    for _ in range(4320):
        clock.advance(20.0, 1.0)
        session.sampler.tick()
    held = len(span.notes)
    report = session.end(span)
    assert report.duration_s == pytest.approx(timedelta(days=1).total_seconds())
    assert report.energy.machine.value == pytest.approx(60.0 * 86_400, rel=1e-4)
    assert held < 5000
    assert "wraps-unknown" not in {note.code for note in report.notes}


def test_an_edge_looks_at_no_strangers(tmp_path):
    """A thousand processes on the machine are no file read and no folder listed at an edge."""
    for pid in range(100, 1100):
        folder = tmp_path / f"proc/{pid}"
        folder.mkdir(parents=True)
        (folder / "stat").write_text(f"{pid} (python) S 1 " + "0 " * 30)
    (tmp_path / "proc/stat").write_text("cpu  1 2 3 4 5 6 7 8 9 10\n")
    tree = ProcessTree(tmp_path / "proc", pid=100)
    meter = UsageMeter(Host(tmp_path, {}), FakeClock(), tree)
    meter.scan()
    # Files that are opened or listed would be missed now.
    for pid in range(101, 1100):
        (tmp_path / f"proc/{pid}/stat").unlink()
    (tmp_path / "proc").rename(tmp_path / "gone")
    assert meter.now().machine_s == pytest.approx((1 + 2 + 3 + 6 + 7) / 100)


WATCHED = """
import sys
STARTED = ("subprocess.Popen", "os.fork", "os.posix_spawn", "os.exec", "os.system", "os.forkpty")
seen = []
sys.addaudithook(lambda event, given: seen.append((event, given)) if event in STARTED else None)
import time
import green_notebook as gn
for _ in range(3):
    with gn.measure("x") as m:
        time.sleep(0.15)
    m.report.to_json()
str(gn.doctor())
assert not seen, seen
"""


def test_no_child_process_is_started():
    """Neither sensors nor the place nor doctor start a program."""
    subprocess.run([sys.executable, "-c", WATCHED], check=True, timeout=60)

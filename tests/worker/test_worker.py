"""The worker: lazy, harmless, and gone when the process is."""

import os
import subprocess
import sys
import threading

import pytest

from green_notebook.worker import Worker


@pytest.fixture
def worker():
    made = Worker()
    yield made
    made.close()
    assert not made.running


def test_lazy(worker):
    """No thread until there is a job."""
    before = threading.active_count()
    assert not worker.running
    assert threading.active_count() <= before
    worker.submit(lambda: None)
    assert worker.running


def test_in_order(worker):
    """Jobs run one after another, in order, off this thread."""
    seen = []
    for number in range(20):
        worker.submit(lambda number=number: seen.append((number, threading.current_thread())))
    assert worker.flush()
    assert [one for one, _ in seen] == list(range(20))
    assert threading.current_thread() not in {thread for _, thread in seen}


def test_a_failing_job_harms_nobody(worker, capsys):
    """A job's exception is kept, not printed; the next job runs."""
    seen = []
    worker.submit(lambda: 1 / 0)
    worker.submit(lambda: seen.append(1))
    assert worker.flush()
    assert seen == [1]
    assert isinstance(worker.error, ZeroDivisionError)
    assert capsys.readouterr() == ("", "")


def test_one_of_a_key_waits(worker):
    """While a job of a key waits, another of it is dropped; later it runs again."""
    gate, seen = threading.Event(), []
    worker.submit(gate.wait)
    for _ in range(5):
        worker.submit(lambda: seen.append(1), key="refresh")
    gate.set()
    assert worker.flush()
    worker.submit(lambda: seen.append(2), key="refresh")
    assert worker.flush()
    assert seen == [1, 2]


def test_close_finishes_what_waits():
    """What was submitted before the end is done; after it, nothing is taken."""
    worker, seen = Worker(), []
    worker.submit(lambda: seen.append(1))
    worker.close()
    worker.submit(lambda: seen.append(2))
    worker.close()
    assert seen == [1]


def test_close_does_not_wait_for_ever():
    """A job that hangs does not hold the end up."""
    worker, gate = Worker(), threading.Event()
    worker.submit(gate.wait)
    worker.close(timeout_s=0.05)
    gate.set()


def test_exit_with_a_hanging_job():
    """The interpreter ends although a job hangs."""
    code = (
        "import threading; from green_notebook.worker import Worker\n"
        "w = Worker(); w.submit(threading.Event().wait); print('end')"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert out.stdout.strip() == "end"
    assert out.stderr == ""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_fork():
    """A forked child has a worker of its own, and does none of the parent's jobs."""
    code = """
import os, sys, threading
from green_notebook.worker import Worker
worker, gate, seen = Worker(), threading.Event(), []
worker.submit(gate.wait)
worker.submit(lambda: seen.append(os.getpid()))
child = os.fork()
if child == 0:
    assert not worker.running
    worker.submit(lambda: seen.append("child"))
    assert worker.flush()
    os._exit(0 if seen == ["child"] else 1)
gate.set()
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert worker.flush() and seen == [os.getpid()], seen
"""
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], check=True, timeout=60, capture_output=True
    )

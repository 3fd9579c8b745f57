"""The CPU time of child processes, those that come and go included."""

import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from green_notebook.processes import ProcessTree
from green_notebook.testing import FakeClock, fake_host
from green_notebook.usage import UsageMeter, sharing


def write_process(proc, pid, parent, ticks=(0, 0, 0, 0), name="python", children=None):
    folder = proc / str(pid)
    (folder / "task" / str(pid)).mkdir(parents=True)
    fields = ["S", str(parent), *["0"] * 9, *map(str, ticks), *["0"] * 6, "100", *["0"] * 20]
    (folder / "stat").write_text(f"{pid} ({name}) {' '.join(fields)}\n")
    if children is not None:
        text = " ".join(map(str, children))
        (folder / "task" / str(pid) / "children").write_text(text)


@pytest.mark.parametrize("lists", [True, False], ids=["children files", "parents only"])
def test_all_descendants_count_and_nobody_else(tmp_path, lists):
    """Children and grandchildren with what they reaped; not the kernel, not strangers."""
    family = {10: (1, [20, 21]), 20: (10, [5]), 21: (10, []), 5: (20, []), 99: (1, [])}
    for pid, (parent, children) in family.items():
        write_process(
            tmp_path, pid, parent, (100, 50, 25, 25), "a (b) c", children if lists else None
        )
    tree = ProcessTree(tmp_path, pid=10)
    found = tree.scan()
    assert found.pids == {20, 21, 5}
    assert found.cpu_s == pytest.approx(3 * 200 * tree.tick_s)
    assert found.memory_bytes == 3 * 100 * tree.page_bytes


def test_a_real_child_is_found():
    """A child that sleeps is there, with no CPU time to speak of."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        found = ProcessTree().scan()
        child.communicate(b"\n")
    assert child.pid in found.pids
    assert found.memory_bytes >= 0


def child(work_s):
    """A child that has used ``work_s`` of CPU time, says so, and waits to be told to end."""
    code = (
        "import time\n"
        f"while time.process_time() < {work_s}: pass\n"
        "print('done', flush=True)\ninput()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    process.stdout.readline()
    return process


def meter(folder):
    """The real processes, on a clock that stands still until it is told."""
    clock = FakeClock()
    host = fake_host(folder, {"/proc/stat": "cpu 0 0 0 0 0 0 0 0\n"})
    return UsageMeter(host, clock), clock


def children_s(usage, start, end):
    """The CPU seconds of children between two marks; this process's own are left out."""
    return usage.load(replace(start, own_s=0.0), replace(end, own_s=0.0)).kernel_cpu_s


def test_a_child_that_ends_after_it_was_seen_counts_once(tmp_path):
    """What a scan saw of it, and what it is reaped with, are the same seconds."""
    usage, clock = meter(tmp_path)
    start = usage.now()
    process = child(0.5)
    usage.scan()
    process.communicate(b"\n")
    clock.advance(60.0)
    assert children_s(usage, start, usage.now()) == pytest.approx(0.5, abs=0.15)


@pytest.mark.parametrize("seen", [True, False], ids=["seen before", "never seen"])
@pytest.mark.parametrize("ends", [True, False], ids=["ends inside", "lives on"])
def test_what_a_child_did_between_spans_is_not_the_next_ones(tmp_path, seen, ends):
    """A worker that computed while nobody measured, and then waits, costs the next cell nothing."""
    usage, clock = meter(tmp_path)
    process = child(0.0 if seen else 0.5)
    if seen:
        usage.scan()
    clock.advance(600.0)
    start = usage.now()
    usage.scan()
    if ends:
        process.communicate(b"\n")
    clock.advance(1.0)
    end = usage.now()
    if not ends:
        process.communicate(b"\n")
    assert children_s(usage, start, end) < 0.1


@pytest.mark.skipif(not ProcessTree().lists, reason="this kernel has no lists of children")
def test_a_child_that_no_scan_has_seen_counts_at_the_end(tmp_path):
    """A pool that a short cell starts and leaves alive is the cell's: it began after the last scan."""
    usage, clock = meter(tmp_path)
    start = usage.now(begin=True)
    process = child(0.4)
    clock.advance(0.8)
    end = usage.now()
    usage.scan()
    later = usage.now()
    process.communicate(b"\n")
    assert children_s(usage, start, end) == pytest.approx(0.4, abs=0.1)
    assert children_s(usage, end, later) < 0.1


def test_many_children_are_left_to_the_scans(tmp_path):
    """An edge reads no more processes than it may; what they did unseen is still nobody's."""
    usage, clock = meter(tmp_path)
    tree = usage.tree
    processes = [child(0.0)]
    usage.scan()
    usage._children.MOST = 0
    clock.advance(600.0)
    processes.append(child(0.4))
    start = usage.now()
    usage.scan()
    clock.advance(1.0)
    end = usage.now()
    for process in processes:
        process.communicate(b"\n")
    assert tree.linux
    assert children_s(usage, start, end) < 0.1


@given(st.floats(0, 100), st.floats(0, 100), st.floats(0, 10))
def test_a_share_is_at_most_one(own_s, machine_s, meter_s):
    """Whatever the clocks say, the share lies in 0..1 and busy time below what the CPUs have."""
    clock = FakeClock()
    usage = UsageMeter(HOST, clock)
    start = replace(usage.now(), machine_s=0.0)
    clock.advance(5.0)
    end = replace(start, at_s=clock.now_s, own_s=own_s, machine_s=machine_s, meter_s=meter_s)
    load = usage.load(start, end)
    assert 0 <= load.kernel_share <= 1
    assert 0 <= load.machine_busy <= 1


HOST = fake_host(__import__("pathlib").Path(__import__("tempfile").mkdtemp()))


@pytest.mark.parametrize(
    ("files", "environ", "expected"),
    [
        ({}, {}, (True, 1.0)),
        ({"/sys/fs/cgroup/cpu.max": "max 100000"}, {}, (True, 1.0)),
        ({"/sys/fs/cgroup/cpu.max": "200000 100000"}, {}, (False, 0.5)),
        (
            {
                "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "100000",
                "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
            },
            {},
            (False, 0.25),
        ),
        ({}, {"JUPYTERHUB_USER": "student"}, (False, 1.0)),
        ({"/sys/fs/cgroup/cpu.max": "nonsense"}, {}, (True, 1.0)),
        (
            {
                "/proc/self/cgroup": "0::/user.slice/hub.scope",
                "/sys/fs/cgroup/user.slice/cpu.max": "300000 100000",
                "/sys/fs/cgroup/user.slice/hub.scope/cpu.max": "100000 100000",
            },
            {},
            (False, 0.25),
        ),
    ],
)
def test_a_shared_machine_is_recognised(tmp_path, files, environ, expected):
    """A CPU quota (cgroup v1 or v2) or a hub means that the machine is shared."""
    assert sharing(fake_host(tmp_path, files, **environ), 4) == expected

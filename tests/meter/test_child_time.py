"""The children's CPU time among hundreds of them: complete, and cheap."""

from pathlib import Path

import pytest

from green_notebook.child_time import ChildTime
from green_notebook.processes import ProcessTree

LATER = 10**12  # ticks: after every look of this test


class Proc:
    """A simulated /proc: process 10 is ours, and each has the CPU ticks that it is given."""

    def __init__(self, root: Path, lists: bool) -> None:
        self.root, self.lists = root, lists
        self.parents: dict[int, int] = {}
        self.set(10, 1)
        if lists:
            self._list(10)
        self.tree = ProcessTree(root, pid=10)
        self.looks = 0
        stat = self.tree._stat

        def counted(pid):
            self.looks += 1
            return stat(pid)

        self.tree._stat = counted

    def set(self, pid, parent, ticks=0, born=LATER):
        """A process with so much CPU time, new or old."""
        folder = self.root / str(pid)
        (folder / "task" / str(pid)).mkdir(parents=True, exist_ok=True)
        fields = ["S", parent, *[0] * 9, ticks, 0, 0, 0, *[0] * 4, born, 0, 1, *[0] * 20]
        (folder / "stat").write_text(f"{pid} (x) {' '.join(map(str, fields))}\n")
        new = pid not in self.parents
        self.parents[pid] = parent
        if new and self.lists:
            self._list(pid)
            self._list(parent)

    def _list(self, pid):
        if (self.root / str(pid)).is_dir():
            named = " ".join(str(one) for one, parent in self.parents.items() if parent == pid)
            (self.root / str(pid) / "task" / str(pid) / "children").write_text(named)


@pytest.fixture(params=[True, False], ids=["children files", "parents only"])
def proc(request, tmp_path):
    """Ourselves with 300 children that wait, looked at once."""
    made = Proc(tmp_path, request.param)
    for pid in range(100, 400):
        made.set(pid, 10)
    return made


@pytest.fixture
def time(proc):
    """The count of their time, begun."""
    begun = ChildTime(proc.tree)
    begun.scan(0.0)
    return begun


def seconds(proc, ticks):
    """CPU ticks as seconds."""
    return pytest.approx(ticks * proc.tree.tick_s)


def test_who_works_is_looked_at_and_who_waits_is_not(proc, time):
    """Among 300 children the one that works is counted at a span's edges by one look."""
    proc.set(150, 10, 20)
    time.scan(1.0)
    start = time.edge(1.01, watched=True)
    proc.set(150, 10, 50)
    proc.looks = 0
    assert time.edge(1.1, watched=True) - start == seconds(proc, 30)
    assert proc.looks == 1
    assert time.scan(1.2, full=False).pids == set(range(100, 400))
    assert proc.looks == 2


def test_a_new_child_is_found_by_a_quick_look(proc, time):
    """What a child does that was started inside a span counts, though not all are looked at."""
    start = time.edge(0.01, watched=True)
    proc.set(500, 10, 5)
    proc.set(501, 500, 7)
    proc.set(600, 1, 70)
    assert {500, 501} <= time.scan(1.0, full=False).pids
    proc.set(501, 500, 20)
    assert time.edge(1.1, watched=True) - start == seconds(proc, 25)


def test_at_a_long_spans_edge_all_are_looked_at(proc, time):
    """One that slept at every scan and then worked is in the figure of the span's end."""
    start = time.edge(0.01, watched=True)
    proc.set(333, 10, 40)
    assert time.edge(2.0, watched=True) - start == seconds(proc, 40)
    proc.looks = 0
    time.edge(2.01, watched=True)
    assert proc.looks <= ChildTime.MOST


def test_who_was_reaped_by_another_child_is_counted_once(proc, time):
    """A lively one ends and its time moves to its parent, which nobody looked at: once, not twice."""
    proc.set(500, 100, 30)
    time.scan(1.0)
    start = time.edge(1.01, watched=True)
    for name in ("stat", "task"):
        path = proc.root / "500" / name
        path.rename(proc.root / f"gone-{name}")
    proc.set(100, 10, 35)
    assert time.edge(1.1, watched=True) - start == seconds(proc, 5)
    assert time.scan(1.2).cpu_s == seconds(proc, 35)
    assert time.total_s - start == seconds(proc, 5)

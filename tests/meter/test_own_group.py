"""A control group of our own: its CPU time counts those that left the process tree."""

from dataclasses import replace

import pytest

from green_notebook.processes import ProcessTree
from green_notebook.testing import FakeClock, fake_host
from green_notebook.usage import UsageMeter

US = 10
V2 = "/sys/fs/cgroup/user.slice/run-7.scope"
V1 = "/sys/fs/cgroup/cpu,cpuacct/docker/abc"


def process(root, pid, parent, born=100):
    """A process of the simulated /proc."""
    folder = root / "proc" / str(pid)
    (folder / "task" / str(pid)).mkdir(parents=True, exist_ok=True)
    fields = ["S", parent, *[0] * 9, 0, 0, 0, 0, *[0] * 4, born, 0, 1, *[0] * 20]
    (folder / "stat").write_text(f"{pid} (x) {' '.join(map(str, fields))}\n")


class Machine:
    """Ourselves (10), child of a server (5) of init, in a control group of either version."""

    def __init__(self, root, version, members=(US,)):
        self.root, self.version = root, version
        folder, line, file = (
            (V2, "0::/user.slice/run-7.scope\n", "cpu.stat")
            if version == 2
            else (V1, "9:memory:/x\n4:cpu,cpuacct:/docker/abc\n0::/\n", "cpuacct.usage")
        )
        self.folder, self.file = folder, f"{folder}/{file}"
        for pid, parent, born in ((1, 0, 1), (5, 2, 50), (2, 1, 20), (US, 5, 100)):
            process(root, pid, parent, born)
        files = {"/proc/self/cgroup": line, f"{folder}/cgroup.events": "populated 1\n"}
        self.host = fake_host(root, files)
        self.used(1.0)
        self.hold(*members)
        self.clock = FakeClock()

    def hold(self, *members):
        """The group's processes now."""
        fake_host(
            self.root, {f"{self.folder}/cgroup.procs": "".join(f"{one}\n" for one in members)}
        )

    def used(self, seconds):
        """The group's CPU time now."""
        micro = round(seconds * 1e6)
        text = f"usage_usec {micro}\nuser_usec 1\n" if self.version == 2 else f"{micro * 1000}\n"
        fake_host(self.root, {self.file: text, "/proc/stat": "cpu  0 0 0 0 0 0 0 0 0 0\n"})

    def meter(self):
        """The real reader on it."""
        return UsageMeter(self.host, self.clock, ProcessTree(self.root / "proc", pid=US))


def spent(machine, usage, group_s, own_s=0.0):
    """The load of two seconds in which the group used ``group_s``."""
    start = usage.now()
    usage.scan()
    machine.clock.advance(2.0, own_s / 2.0)
    machine.used(1.0 + group_s)
    return usage.load(start, replace(usage.now(), children_s=start.children_s))


@pytest.mark.parametrize("version", [2, 1])
def test_a_daemon_that_left_the_tree_counts(tmp_path, version):
    """Set off with setsid, its parent is init: its 1.5 CPU seconds are the cell's all the same."""
    machine = Machine(tmp_path, version)
    usage = machine.meter()
    start = usage.now()
    process(tmp_path, 77, 1, 200)
    machine.hold(US, 77)
    usage.scan()
    assert usage.group.folder == machine.folder
    machine.clock.advance(2.0, 0.25)
    machine.used(3.0)
    load = usage.load(start, usage.now())
    assert load.kernel_cpu_s == pytest.approx(2.0)
    assert load.left_cpu_s == pytest.approx(1.5)


@pytest.mark.parametrize("version", [2, 1])
def test_within_a_tick_our_own_clock_is_finer(tmp_path, version):
    """The group is counted at ticks: a difference of one is no daemon."""
    machine = Machine(tmp_path, version)
    load = spent(machine, machine.meter(), 0.51, own_s=0.5)
    assert load.kernel_cpu_s == pytest.approx(0.5)
    assert load.left_cpu_s == 0


@pytest.mark.parametrize(
    "stranger",
    [(5, 2, 50), (66, 5, 200), (66, 1, 50), (0, 0, 0)],
    ids=["the server", "another kernel of the server", "older than we", "outside our namespace"],
)
def test_a_group_with_others_is_not_ours(tmp_path, stranger):
    """A hub's pod or a login's scope: others' work there is not this kernel's."""
    machine = Machine(tmp_path, 2)
    if stranger[0]:
        process(tmp_path, *stranger)
    machine.hold(US, stranger[0])
    usage = machine.meter()
    load = spent(machine, usage, 1.9)
    assert usage.group.folder == ""
    assert (load.kernel_cpu_s, load.left_cpu_s) == (0.0, 0.0)


def test_an_ancestor_that_reaps_may_be_a_daemons_parent(tmp_path):
    """A session's manager takes in who lost its parent, as init does elsewhere."""
    process(tmp_path, 77, 2, 200)
    process(tmp_path, 78, 77, 201)
    machine = Machine(tmp_path, 2, members=(US, 77, 78))
    assert machine.meter().group.alone


def test_a_group_that_gets_company_is_the_measure_no_more(tmp_path):
    """Two readings compare only where the group was ours all the time between."""
    machine = Machine(tmp_path, 2)
    usage = machine.meter()
    start = usage.now()
    process(tmp_path, 66, 5, 300)
    machine.hold(US, 66)
    usage.scan()
    machine.hold(US)
    usage.scan()
    machine.clock.advance(2.0)
    machine.used(2.5)
    assert usage.load(start, usage.now()).left_cpu_s == 0


@pytest.mark.parametrize("version", [2, 1])
def test_the_machines_root_group_is_nobodys(tmp_path, version):
    """The root holds everything, even where it lists us alone."""
    machine = Machine(tmp_path, version)
    if version == 2:
        (tmp_path / f"{V2}/cgroup.events".lstrip("/")).unlink()
    else:
        fake_host(tmp_path, {f"{V1}/release_agent": ""})
    assert not machine.meter().group.alone


def test_a_group_with_groups_below_is_not_ours(tmp_path):
    """Their time is in the figure, and who they are is not in the list."""
    machine = Machine(tmp_path, 2)
    (tmp_path / f"{V2}/below".lstrip("/")).mkdir()
    assert not machine.meter().group.alone


@pytest.mark.parametrize("text", ["", "nonsense", "usage_usec", "usage_usec x"])
def test_a_figure_that_is_none_is_no_figure(tmp_path, text):
    """What cannot be read is never nothing used."""
    machine = Machine(tmp_path, 2)
    usage = machine.meter()
    fake_host(tmp_path, {machine.file: text})
    assert usage.now().group is None

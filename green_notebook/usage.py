"""What the operating system counts: CPU time of this kernel and of everybody, memory.

`UsageMeter.now` is cheap enough for a span's edge; the scan of child processes is done by the
sampler's thread (`UsageMeter.scan`), at most once a second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

from green_notebook.child_time import ChildTime
from green_notebook.clock import Clock
from green_notebook.host import Host
from green_notebook.model import Load
from green_notebook.own_group import OwnGroup
from green_notebook.proc_file import ProcFile
from green_notebook.processes import Descendants, ProcessTree

TICK_S = 0.01
# Both edges of a span fall anywhere within a tick, on each CPU, for busy and for idle time.
TICKS_OF_ERROR = 2
# Of a shorter time the control group tells nothing, since what it has beyond the process tree is
# within its error; new children have used a tick or two, and memory has hardly grown.
TELLING_S = TICKS_OF_ERROR * TICK_S
# The first line of a file of numbers: eleven of them at most.
LINE = 256
# While a span is open there is a scan in one or two seconds.
WATCHED_S = 2.5
# Looks at all descendants may take this part of a core, and are at most so far apart (s).
SCAN_PART = 0.0015
LONGEST_PAUSE_S = 30.0
# Memory as it was so long ago is good enough for a span's begin: it is read each second or two.
MEMORY_S = 2.5


# Not frozen, as one is made at each edge, and that would take twice as long.
@dataclass(slots=True)
class Usage:
    """Running totals at one instant (CPU seconds, bytes). Nobody changes it once its span runs.

    ``own_s`` is this process's; ``children_s`` that of its descendants, ended ones included;
    ``living`` those that run, as last scanned, at ``scanned_at_s``; ``meter_s`` what the meter
    itself took of ``own_s``; ``machine_s`` everybody's, None where it cannot be read. ``group``
    is that of our own control group, with the number of the time that it has been ours.
    """

    at_s: float
    own_s: float
    meter_s: float
    children_s: float
    living: Descendants
    scanned_at_s: float
    machine_s: float | None
    memory_bytes: float
    group: tuple[int, float] | None = None


class UsageMeter:
    """Reads the running totals; one for a session."""

    NOBODY = Descendants()

    def __init__(self, host: Host, clock: Clock, tree: ProcessTree | None = None) -> None:
        self.clock = clock
        self.tree = tree or ProcessTree()
        self._children = ChildTime(self.tree)
        self.threads = max(1, host.cpu.threads)
        self.meter_s = 0.0
        self.living = Descendants()
        self.scanned_at_s = clock.monotonic()
        self._walked_s = -math.inf
        self._pause_s = 0.0
        self.group = OwnGroup(host, self.tree)
        self.group.look({})
        self.exclusive, self.quota = sharing(host, self.threads)
        self._stat = ProcFile(str(host.path("/proc/stat")), LINE)
        self._statm = ProcFile("/proc/self/statm", LINE)
        self._memory: tuple[float, float] = (-math.inf, 0.0)

    def close(self) -> None:
        """Give the files back; totals asked for later come from psutil."""
        self.group.close()
        self._stat.close()
        self._statm.close()

    def scan(self) -> None:
        """Look for the living descendants; the sampler's thread calls this."""
        now_s = self.clock.monotonic()
        full = now_s - self._walked_s >= self._pause_s
        begun_s = self.clock.thread_cpu_s()
        self.living = self._children.scan(now_s, full=full)
        if full:
            # Among many a whole look costs: the longer the less often, with quick ones between.
            self._pause_s = min(LONGEST_PAUSE_S, (self.clock.thread_cpu_s() - begun_s) / SCAN_PART)
            self._walked_s = now_s
        self.group.look(self.living.each)
        self.scanned_at_s = self.clock.monotonic()

    def now(
        self,
        at_s: float | None = None,
        own_s: float | None = None,
        *,
        edge: bool = True,
        begin: bool = False,
        since: Usage | None = None,
    ) -> Usage:
        """The totals at this instant, or just after ``at_s``, when this process's were ``own_s``.

        Between a span's edges children are as last counted, and at its begin memory is as last read.
        At the end of one that began a moment ago, ``since``, what cannot have told anything is as then.
        """
        if at_s is None:
            at_s = self.clock.monotonic()
        short = since is not None and at_s - since.at_s < TELLING_S
        if edge:
            watched = at_s - self.scanned_at_s < WATCHED_S
            children_s = self._children.edge(at_s, watched=watched, last=not (begin or short))
        else:
            children_s = self._children.total_s
        if since is not None and short:
            memory, group = since.memory_bytes, since.group
        else:
            memory = self._memory_bytes(at_s, MEMORY_S if begin else 0.0)
            group = self._group()
        return Usage(
            at_s,
            self.clock.process_cpu_s() if own_s is None else own_s,
            self.meter_s,
            children_s,
            self.living,
            self.scanned_at_s,
            self._machine_s(),
            memory,
            group,
        )

    def _group(self) -> tuple[int, float] | None:
        group_s = self.group.cpu_s()
        return None if group_s is None else (self.group.times, group_s)

    def _machine_s(self) -> float | None:
        text = self._stat.read()
        if text is None:
            import psutil

            times = psutil.cpu_times()
            return float(sum(times) - times.idle - getattr(times, "iowait", 0.0))
        one = text.split(None, 8)
        # cpu, user, nice, system, idle, iowait, irq, softirq, then what is stolen, another guest's.
        return (int(one[1]) + int(one[2]) + int(one[3]) + int(one[6]) + int(one[7])) * TICK_S

    def _memory_bytes(self, at_s: float, oldest_s: float) -> float:
        """This process's memory, as it was at most ``oldest_s`` ago."""
        read_s, memory = self._memory
        if at_s - read_s < oldest_s:
            return memory
        text = self._statm.read()
        if text is not None:
            memory = float(text.split(None, 2)[1]) * self.tree.page_bytes
        else:
            import psutil

            memory = float(psutil.Process().memory_info().rss)
        self._memory = (at_s, memory)
        return memory

    def load(self, start: Usage, end: Usage) -> Load:
        """The work between two instants."""
        duration_s = max(0.0, end.at_s - start.at_s)
        own_s = max(0.0, (end.own_s - start.own_s) - (end.meter_s - start.meter_s))
        children_s = end.children_s - start.children_s
        ceiling_s = duration_s * self.threads
        kernel_s = own_s + max(0.0, children_s)
        left_s = self._left_s(start, end, kernel_s)
        kernel_s = min(kernel_s + left_s, ceiling_s)
        error_s = TICKS_OF_ERROR * TICK_S * self.threads
        if start.machine_s is None or end.machine_s is None:
            machine_s, error_s = kernel_s, ceiling_s
        else:
            machine_s = max(end.machine_s - start.machine_s, kernel_s)
        return Load(
            duration_s,
            kernel_s,
            min(machine_s, ceiling_s),
            min(error_s, ceiling_s),
            self.threads,
            (start.memory_bytes + end.memory_bytes) / 2 + end.living.memory_bytes,
            self.quota,
            self.exclusive,
            left_s,
        )

    def _left_s(self, start: Usage, end: Usage, tree_s: float) -> float:
        """What those used that left the process tree, by the control group that is ours alone.

        The tree's clocks are exact to the microsecond, the group's to a tick of each busy CPU: so
        the group adds what is more than that.
        """
        if not (start.group and end.group and start.group[0] == end.group[0]):
            return 0.0
        group_s = end.group[1] - start.group[1] - (end.meter_s - start.meter_s)
        duration_s = max(end.at_s - start.at_s, TICK_S)
        busy = min(self.threads, 1 + group_s / duration_s)
        left_s = group_s - tree_s
        return left_s if left_s > TICKS_OF_ERROR * TICK_S * busy else 0.0


def sharing(host: Host, threads: int) -> tuple[bool, float]:
    """Whether the machine is this user's alone, and the part of its CPUs that we may use.

    A hub with a CPU quota, or a container with one, shares its machine; its idle draw is then
    charged by the quota.
    """
    quota = _cgroup_quota(host)
    part = 1.0 if quota is None else min(1.0, quota / threads)
    hub = "JUPYTERHUB_API_URL" in host.environ or "JUPYTERHUB_USER" in host.environ
    return (part >= 1.0 and not hub), part


def _cgroup_quota(host: Host) -> float | None:
    """The CPUs that our control group may use, the strictest of it and those above it."""
    quotas = [quota for quota in map(partial(_quota_of, host), _groups(host)) if quota is not None]
    return min(quotas, default=None)


def _groups(host: Host) -> list[str]:
    """The folders of our control group and of those above it, for both versions."""
    own = {"": "/"}
    for line in (host.read("/proc/self/cgroup") or "").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers == "" or "cpu" in controllers.split(","):
            own["cpu" if controllers else ""] = path
    folders = []
    for controller, path in own.items():
        parts = [part for part in path.split("/") if part and part != ".."]
        top = f"/sys/fs/cgroup/{controller}".rstrip("/")
        folders += ["/".join([top, *parts[:depth]]) for depth in range(len(parts) + 1)]
    return [*folders, "/sys/fs/cgroup/cpu"]


def _quota_of(host: Host, folder: str) -> float | None:
    limit, _, period = (host.read(f"{folder}/cpu.max") or "").partition(" ")
    if not limit:
        limit = host.read(f"{folder}/cpu.cfs_quota_us") or ""
        period = host.read(f"{folder}/cpu.cfs_period_us") or ""
    try:
        quota = float(limit) / float(period or 100_000)
    except (ValueError, ZeroDivisionError):  # "max", no such file, or nonsense
        return None
    return quota if quota > 0 else None

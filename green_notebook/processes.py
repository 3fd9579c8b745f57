"""The CPU time and memory of the processes that this kernel started.

The sum over all living descendants of their own time and of that of the children they reaped
never falls and never jumps when somebody is reaped: what a process used moves to its parent.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

try:
    import resource
except ImportError:  # Windows has none
    resource = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Descendants:
    """All living descendants at one instant: their CPU time (s) and memory (B).

    ``each`` has, by process number, its CPU time with that of the children that it reaped, and
    when it was born (seconds since the machine's start).
    """

    cpu_s: float = 0.0
    memory_bytes: float = 0.0
    each: Mapping[int, tuple[float, float]] = field(default_factory=dict)

    @property
    def pids(self) -> frozenset[int]:
        """Their numbers."""
        return frozenset(self.each)


def reaped_cpu_s() -> float:
    """CPU seconds of the children that ended and were waited for."""
    if resource is None:
        return 0.0
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _read(path: str) -> bytes | None:
    """A file of /proc, whole; None where it is gone."""
    try:
        file = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        return None
    try:
        text = os.read(file, 4096)
        while len(text) % 4096 == 0 and (more := os.read(file, 4096)):
            text += more
    except OSError:
        return None
    finally:
        os.close(file)
    return text


class ProcessTree:
    """Finds this process's descendants: by the kernel's lists of children, else by parents."""

    def __init__(self, proc: Path = Path("/proc"), pid: int | None = None) -> None:
        # Paths are put together as text: a thousand Path objects cost more than the reads.
        self._root = str(proc)
        self.pid = os.getpid() if pid is None else pid
        self.tick_s = 1.0 / os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 0.01
        self.page_bytes = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
        self.linux = (proc / str(self.pid) / "stat").exists()
        self.lists = (proc / str(self.pid) / "task" / str(self.pid) / "children").exists()

    def scan(self) -> Descendants:
        """All living descendants now; costs a few file reads for each."""
        if not self.linux:
            return self._scan_with_psutil()
        memory = 0.0
        each = {}
        for pid, fields in self._walk():
            each[pid] = self._life(fields)
            memory += int(fields[21]) * self.page_bytes  # rss is field 24 (proc(5))
        return Descendants(sum(cpu_s for cpu_s, _ in each.values()), memory, each)

    def _life(self, fields: list[bytes]) -> tuple[float, float]:
        # utime, stime, cutime and cstime are fields 14 to 17, starttime field 22 (proc(5)).
        return sum(map(int, fields[11:15])) * self.tick_s, int(fields[19]) * self.tick_s

    def again(self, each: Mapping[int, tuple[float, float]]) -> dict[int, tuple[float, float]]:
        """The same processes now, without those that ended; a few file reads for each."""
        if not self.linux:
            import psutil

            return {pid: life for pid, life in each.items() if psutil.pid_exists(pid)}
        lives = {pid: self._life(fields) for pid in each if (fields := self._stat(pid))}
        # A number may be another's by now.
        return {pid: life for pid, life in lives.items() if life[1] == each[pid][1]}

    def age_s(self) -> float:
        """The time on the clock that births are told on."""
        return time.clock_gettime(time.CLOCK_BOOTTIME) if self.linux else time.time()

    def _walk(self) -> Iterator[tuple[int, list[bytes]]]:
        if self.lists:
            waiting = self._children(self.pid)
            while waiting:
                pid = waiting.pop()
                if fields := self._stat(pid):
                    yield pid, fields
                    waiting.extend(self._children(pid))
            return
        everybody = {
            int(name): fields
            for name in os.listdir(self._root)
            if name.isdigit() and (fields := self._stat(int(name)))
        }
        children: dict[int, list[int]] = {}
        for pid, fields in everybody.items():
            children.setdefault(int(fields[1]), []).append(pid)
        waiting = list(children.get(self.pid, ()))
        while waiting:
            pid = waiting.pop()
            if pid != self.pid:
                yield pid, everybody[pid]
                waiting.extend(children.get(pid, ()))

    def _children(self, pid: int) -> list[int]:
        folder = f"{self._root}/{pid}/task"
        try:
            tasks = os.listdir(folder)
        except OSError:
            return []
        found: list[int] = []
        for task in tasks:
            text = _read(f"{folder}/{task}/children")
            if text:
                found.extend(map(int, text.split()))
        return found

    def _stat(self, pid: int) -> list[bytes] | None:
        # The name in parentheses may hold spaces and parentheses itself.
        fields = (_read(f"{self._root}/{pid}/stat") or b"").rpartition(b")")[2].split()
        return fields if len(fields) > 21 else None

    def _scan_with_psutil(self) -> Descendants:
        import psutil

        memory = 0.0
        each = {}
        try:
            children = psutil.Process(self.pid).children(recursive=True)
        except psutil.Error:
            return Descendants()
        for child in children:
            try:
                times = child.cpu_times()
                memory += child.memory_info().rss
                each[child.pid] = (times.user + times.system, child.create_time())
            except psutil.Error:  # noqa: PERF203 - one that ended leaves the others
                continue
        return Descendants(sum(cpu_s for cpu_s, _ in each.values()), memory, each)


class ChildTime:
    """The CPU seconds of all descendants, ended ones included, as one total that only grows.

    What living ones used moves to their parent when they are reaped, so both are read together:
    at a scan for all, at a span's edge for those known. What a process had used before anybody
    looked is nobody's: it began while no span was open.
    """

    # More known processes than this are not read at an edge, but by the next scan.
    MOST = 32

    def __init__(self, tree: ProcessTree) -> None:
        self._tree = tree
        self._blind_until_s = tree.age_s()
        self._rebase = False
        # The total, what it was counted from, and the processes in it: replaced as one, since the
        # sampler's thread and the spans' threads come here without a lock.
        self._known: tuple[float, float, Mapping[int, tuple[float, float]]] = (
            0.0,
            reaped_cpu_s(),
            {},
        )

    @property
    def total_s(self) -> float:
        """The total as last counted."""
        return self._known[0]

    def scan(self) -> Descendants:
        """Look for all descendants; the sampler's thread calls this."""
        total_s, before_s, known = self._known
        reaped_s = reaped_cpu_s()
        found = self._tree.scan()
        if reaped_s != (reaped_s := reaped_cpu_s()):  # one ended meanwhile
            found = self._tree.scan()
        history_s = sum(
            cpu_s
            for pid, (cpu_s, born_s) in found.each.items()
            # Births are told in whole ticks.
            if born_s + self._tree.tick_s <= self._blind_until_s
            and known.get(pid, (0.0, None))[1] != born_s
        )
        raw_s = reaped_s + found.cpu_s
        grown_s = 0.0 if self._rebase else max(0.0, raw_s - history_s - before_s)
        self._rebase = False
        self._known = (total_s + grown_s, raw_s, found.each)
        return found

    def edge(self, *, watched: bool) -> float:
        """The total now, at a span's edge; ``watched`` tells that the last scan was a moment ago."""
        total_s, before_s, known = self._known
        if not watched:
            self._blind_until_s = self._tree.age_s()
        if len(known) > self.MOST:
            self._rebase = self._rebase or not watched
            return total_s
        reaped_s = reaped_cpu_s()
        each = self._tree.again(known)
        if reaped_s != (reaped_s := reaped_cpu_s()):
            each = self._tree.again(known)
        raw_s = reaped_s + sum(cpu_s for cpu_s, _ in each.values())
        total_s += max(0.0, raw_s - before_s)
        self._known = (total_s, raw_s, each)
        return total_s

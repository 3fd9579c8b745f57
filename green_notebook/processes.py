"""The CPU time and memory of the processes that this kernel started.

The sum over all living descendants of their own time and of that of the children they reaped
never falls and never jumps when somebody is reaped: what a process used moves to its parent.
"""

from __future__ import annotations

import os
import sys
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


def childless() -> bool:
    """Whether this process has no child, dead or alive; one call that waits for nobody."""
    if not hasattr(os, "waitid"):
        return False
    # Children of all kinds and of all threads: __WALL of Linux's wait(2), unknown elsewhere.
    kinds = os.WEXITED | os.WNOHANG | os.WNOWAIT | (0x40000000 if sys.platform == "linux" else 0)
    try:
        os.waitid(os.P_ALL, 0, kinds)
    except ChildProcessError:
        return True
    except OSError:
        return False
    return False


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
        self._real = proc == Path("/proc") and self.pid == os.getpid()
        self.tick_s = 1.0 / os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 0.01
        self.page_bytes = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
        self.linux = (proc / str(self.pid) / "stat").exists()
        # Numbers that a look found to be nobody of ours, where there are no lists of children.
        self._strangers: set[int] = set()
        self.lists = (proc / str(self.pid) / "task" / str(self.pid) / "children").exists()

    def scan(self) -> Descendants:
        """All living descendants now; costs a few file reads for each."""
        if self.childless():
            return Descendants()
        if not self.linux:
            return self._scan_with_psutil()
        memory = 0.0
        each = {}
        for pid, fields in self._walk():
            each[pid] = self._life(fields)
            memory += int(fields[21]) * self.page_bytes  # rss is field 24 (proc(5))
        return Descendants(sum(cpu_s for cpu_s, _ in each.values()), memory, each)

    def childless(self) -> bool:
        """Whether there is nobody to look for: one call, where these are the real processes."""
        return self._real and childless()

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

    def parent_and_birth(self, pid: int) -> tuple[int, float] | None:
        """The parent's number and when it was born (s); None where it is gone."""
        fields = self._stat(pid) if pid > 0 else None
        return (int(fields[1]), self._life(fields)[1]) if fields else None

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
        self._strangers.clear()
        waiting = list(children.get(self.pid, ()))
        while waiting:
            pid = waiting.pop()
            if pid != self.pid:
                yield pid, everybody[pid]
                waiting.extend(children.get(pid, ()))

    def newcomers(
        self, known: Mapping[int, tuple[float, float]], most: int | None = None
    ) -> dict[int, tuple[float, float]]:
        """Descendants that are not in ``known``, by a look at our own children and new numbers.

        Where there are lists of children, ``most`` bounds how many are looked at.

        Far cheaper than a scan among many; children that a known one started are left to that.
        """
        found: dict[int, tuple[float, float]] = {}
        if not self.linux:
            return found
        if self.lists:
            waiting = [pid for pid in self._children(self.pid) if pid not in known]
            while waiting and (most is None or len(found) < most):
                pid = waiting.pop()
                if fields := self._stat(pid):
                    found[pid] = self._life(fields)
                    waiting.extend(self._children(pid))
            return found
        numbers = {int(name) for name in os.listdir(self._root) if name.isdigit()}
        fresh = sorted(numbers - self._strangers - known.keys() - {self.pid})
        self._strangers &= numbers
        # A parent mostly has the lower number; who has not is found by the next scan.
        for pid in fresh:
            fields = self._stat(pid)
            parent = int(fields[1]) if fields else 0
            if fields and (parent == self.pid or parent in known or parent in found):
                found[pid] = self._life(fields)
            else:
                self._strangers.add(pid)
        return found

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

"""The CPU time and memory of the processes that this kernel started.

The sum over all living descendants of their own time and of that of the children they reaped
never falls and never jumps when somebody is reaped: what a process used moves to its parent.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

try:
    import resource
except ImportError:  # Windows has none
    resource = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Descendants:
    """All living descendants at one instant: their CPU time (s), memory (B) and number."""

    cpu_s: float = 0.0
    memory_bytes: float = 0.0
    pids: frozenset[int] = frozenset()


def reaped_cpu_s() -> float:
    """CPU seconds of the children that ended and were waited for."""
    if resource is None:
        return 0.0
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class ProcessTree:
    """Finds this process's descendants: by the kernel's lists of children, else by parents."""

    def __init__(self, proc: Path = Path("/proc"), pid: int | None = None) -> None:
        self.proc = proc
        self.pid = os.getpid() if pid is None else pid
        self.tick_s = 1.0 / os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 0.01
        self.page_bytes = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
        self.linux = (proc / str(self.pid) / "stat").exists()
        self.lists = (proc / str(self.pid) / "task" / str(self.pid) / "children").exists()

    def scan(self) -> Descendants:
        """All living descendants now; costs a few file reads for each."""
        if not self.linux:
            return self._scan_with_psutil()
        cpu_s = memory = 0.0
        pids = set()
        for pid, fields in self._walk():
            pids.add(pid)
            # utime, stime, cutime and cstime are fields 14 to 17, rss field 24 (proc(5)).
            cpu_s += sum(map(int, fields[11:15])) * self.tick_s
            memory += int(fields[21]) * self.page_bytes
        return Descendants(cpu_s, memory, frozenset(pids))

    def _walk(self) -> Iterator[tuple[int, list[str]]]:
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
            for name in os.listdir(self.proc)
            if name.isdigit() and (fields := self._stat(int(name)))
        }
        family = {self.pid}
        # A child's number may be below its parent's after a wrap of pids: go round until stable.
        while True:
            more = {
                pid
                for pid, fields in everybody.items()
                if pid not in family and int(fields[1]) in family
            }
            if not more:
                break
            family |= more
        family.discard(self.pid)
        yield from ((pid, everybody[pid]) for pid in family)

    def _children(self, pid: int) -> list[int]:
        found: list[int] = []
        try:
            tasks = os.listdir(self.proc / str(pid) / "task")
        except OSError:
            return found
        for task in tasks:
            try:
                text = (self.proc / str(pid) / "task" / task / "children").read_text()
            except OSError:
                continue
            found.extend(map(int, text.split()))
        return found

    def _stat(self, pid: int) -> list[str] | None:
        try:
            text = (self.proc / str(pid) / "stat").read_text(errors="replace")
        except OSError:
            return None
        # The name in parentheses may hold spaces and parentheses itself.
        fields = text.rpartition(")")[2].split()
        return fields if len(fields) > 21 else None

    def _scan_with_psutil(self) -> Descendants:
        import psutil

        cpu_s = memory = 0.0
        pids = set()
        try:
            children = psutil.Process(self.pid).children(recursive=True)
        except psutil.Error:
            return Descendants()
        for child in children:
            try:
                times = child.cpu_times()
                cpu_s += times.user + times.system
                memory += child.memory_info().rss
            except psutil.Error:
                continue
            pids.add(child.pid)
        return Descendants(cpu_s, memory, frozenset(pids))

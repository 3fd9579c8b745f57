"""One tool in its own environment, driven over a pipe: `probe.py TOOL`.

Reads a JSON command a line ("open", "span", "idle", "facts"), answers each with a JSON line. What the tool
prints goes to a file and is counted. Instants are CLOCK_MONOTONIC, which the driver shares.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import sys
import threading
import time

import adapters

SAID = "said.txt"
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def rss_mb(pid="self"):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


def children():
    """The processes that descend from this one."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat") as file:
            parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
    found = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {os.getpid()}


def cpu_s():
    """CPU time of this process, of its living descendants, and of children that ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = time.process_time() + ended.ru_utime + ended.ru_stime
    for pid in children():
        with contextlib.suppress(OSError), open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
            spent += (int(fields[11]) + int(fields[12])) * _TICK_S
    return spent


def said():
    """The lines that the tool has printed so far."""
    with open(SAID, errors="replace") as file:
        return file.read().splitlines()


class Probe:
    def __init__(self, name):
        self.name, self.tool = name, None
        self.rss_mb, self.threads = rss_mb(), threading.active_count()

    def open(self, _):
        """Import and first start; then one span of half a second, as a first cell."""
        begun = time.monotonic()
        self.tool = adapters.TOOLS[self.name]()
        self.tool.start()
        startup_s = time.monotonic() - begun
        time.sleep(0.5)
        self.tool.figures(self.tool.stop())
        return {"startup_s": startup_s, "first_lines": len(said())}

    def span(self, order):
        time.sleep(max(0.0, order.get("at", 0.0) - time.monotonic()))
        before, cpu = time.monotonic(), time.thread_time()
        self.tool.start()
        begin = time.monotonic()
        cpu -= time.thread_time()
        time.sleep(order["length_s"])
        cpu += time.thread_time()
        end = time.monotonic()
        told = self.tool.stop()
        after, cpu = time.monotonic(), time.thread_time() - cpu
        figures = self.tool.figures(told)
        return {
            "begin": begin, "end": end, "start_ms": (begin - before) * 1e3,
            "stop_ms": (after - end) * 1e3, "cpu_ms": cpu * 1e3, "figures": figures,
        }  # fmt: skip

    def idle(self, order):
        """CPU time in the background: of all threads and children while the work sleeps."""
        self.tool.start()
        time.sleep(1.0)
        cpu, begun = cpu_s(), time.monotonic()
        time.sleep(order["length_s"])
        share = (cpu_s() - cpu) / (time.monotonic() - begun)
        self.tool.stop()
        return {"cpu_share": share}

    def facts(self, _):
        pids = children()
        return {
            "memory_mb": rss_mb() - self.rss_mb,
            "children": len(pids),
            "children_mb": sum(rss_mb(pid) for pid in pids),
            "threads": threading.active_count() - self.threads,
            "lines": len(said()),
            "told_permission": any("ermission" in line for line in said()),
        }

    def answer(self, order):
        try:
            return getattr(self, order["do"])(order)
        except Exception as error:  # noqa: BLE001 - whatever a tool raises is its answer
            return {"problem": f"{type(error).__name__}: {error}"[:200]}


def main(name):
    orders, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    printed = os.open(SAID, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(printed, 1)
    os.dup2(printed, 2)
    probe = Probe(name)
    for line in orders:
        answers.write(json.dumps(probe.answer(json.loads(line))) + "\n")
    # Some tools' threads and processes do not end by themselves.
    for pid in children():
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])

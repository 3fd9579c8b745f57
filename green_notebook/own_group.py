"""The CPU time of a control group that holds this kernel's processes and nobody else's.

Such a group counts those too that left the process tree: a daemon that was set off with setsid is
nobody's child, but stays in its group. A hub's pod holds the server, and a login's scope other
kernels: then the process tree is the measure. cgroup v2: cpu.stat's usage_usec; v1: cpuacct.usage.
Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/cpuacct.rst.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress

from green_notebook.host import Host
from green_notebook.proc_file import ProcFile
from green_notebook.processes import ProcessTree

# A group of more has work of its own in being looked at.
MOST = 4096
TOP = "/sys/fs/cgroup"


class OwnGroup:
    """Whether our control group is ours alone, and its CPU time.

    `look` decides, with each scan of the children; `cpu_s` is cheap enough for a span's edge.
    """

    def __init__(self, host: Host, tree: ProcessTree) -> None:
        self._host = host
        self._tree = tree
        self._found = _found(host)
        self._file: ProcFile | None = None
        # Counts the times that it became ours: two readings compare within one such time only.
        self.times = 0
        self.alone = False

    @property
    def folder(self) -> str:
        """The group that is ours alone; empty where none is."""
        return self._found[0] if self._found and self.alone else ""

    def look(self, descendants: Mapping[int, object]) -> None:
        """Decide whether everybody in our group is ours."""
        alone = self._found is not None and self._is_ours(self._found[0], descendants)
        if alone and not self.alone and self._found is not None:
            self.times += 1
            self._file = self._file or ProcFile(str(self._host.path(self._found[1])))
        self.alone = alone

    def cpu_s(self) -> float | None:
        """The CPU seconds of everybody who is or was in the group; None where it is not ours."""
        if not self.alone or self._file is None:
            return None
        text = (self._file.read() or b"").split()
        with suppress(ValueError, IndexError):
            if text[:1] == [b"usage_usec"]:
                return int(text[1]) / 1e6
            return int(text[0]) / 1e9
        return None

    def close(self) -> None:
        """Give the file back; more than once does no harm."""
        self.alone = False
        if self._file is not None:
            self._file.close()

    def _is_ours(self, folder: str, descendants: Mapping[int, object]) -> bool:
        text = self._host.read(f"{folder}/cgroup.procs")
        members = {int(one) for one in (text or "").split() if one.isdigit()}
        own = self._tree.parent_and_birth(self._tree.pid)
        if own is None or self._tree.pid not in members or len(members) > MOST:
            return False
        strangers = members - {self._tree.pid, *descendants}
        if self._has_parts(folder) or 0 in strangers:  # 0: one outside our world of numbers
            return False
        parents = {self._tree.pid, *descendants, *strangers}
        if strangers:
            parents |= self._reapers(own[0])
        for pid in strangers:
            one = self._tree.parent_and_birth(pid)
            # Whoever was here before us is not ours, nor is another's child; who is gone is nobody.
            if one is not None and (one[1] < own[1] or one[0] not in parents):
                return False
        return True

    def _reapers(self, parent: int) -> set[int]:
        """Who may have become the parent of ours that lost theirs: init or an ancestor that reaps.

        Not our own parent: its children are our siblings, other kernels of one server.
        """
        found = {1}
        line = self._tree.parent_and_birth(parent)
        while line is not None and line[0] not in (0, *found):
            found.add(line[0])
            line = self._tree.parent_and_birth(line[0])
        return found - {parent}

    def _has_parts(self, folder: str) -> bool:
        """Whether there are groups below: their time is in the figure, their processes not listed."""
        try:
            with os.scandir(self._host.path(folder)) as entries:
                return any(one.is_dir(follow_symlinks=False) for one in entries)
        except OSError:
            return True


def _found(host: Host) -> tuple[str, str] | None:
    """Our control group and the file with its CPU time; None without one, and for the machine's root."""
    for line in (host.read("/proc/self/cgroup") or "").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if ".." in path or (controllers and "cpuacct" not in controllers.split(",")):
            continue
        tops = [f"{TOP}/{controllers}", f"{TOP}/cpuacct"] if controllers else [TOP]
        file = "cpuacct.usage" if controllers else "cpu.stat"
        # A container sees its own group as the top, by whatever path the host calls it.
        for folder in (f"{top}{part}" for part in (path.rstrip("/"), "") for top in tops):
            if host.path(f"{folder}/{file}").exists():
                root = _is_root(host, folder, older=bool(controllers))
                return None if root else (folder, f"{folder}/{file}")
    return None


def _is_root(host: Host, folder: str, *, older: bool) -> bool:
    """Whether a group is the whole machine's: it alone has no events (v2), or an agent (v1)."""
    if older:
        return host.path(f"{folder}/release_agent").exists()
    return not host.path(f"{folder}/cgroup.events").exists()

"""Which GPUs this kernel uses, and what part of each.

Evidence, in order: a pid of ours in the driver's list; ``/dev/nvidia-uvm`` open in our process
tree; a framework that holds an initialised context. In a container the driver numbers processes
as the host does, or lists none, so its list alone proves nothing there.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from green_notebook.host import Host
from green_notebook.model import Note
from green_notebook.sensors import Sensor
from green_notebook.sensors._gpu import GpuState, GpuUse, StateTold, UsersTold

# A look each two seconds; a span is told by the looks in it and those just around it.
AROUND_S = 2.5
LOOKS = 4096
# Without the driver's word on parts, a shared card may be nearly all or nearly none ours.
UNKNOWN_PART_ERROR = 0.5


@dataclass(frozen=True, slots=True)
class Look:
    """One card at one instant: whether it is ours (None: unknown), and what part of its work."""

    at_s: float
    mine: bool | None
    part: float = 1.0
    known: bool = True
    others: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """This kernel's part of one card over a span, with its 95 % half-width."""

    mine: bool | None
    part: float = 1.0
    error: float = 0.0
    looked: bool = True
    notes: tuple[Note, ...] = ()


class GpuUsers:
    """Looks who uses the cards; the sampler's thread calls `look`."""

    def __init__(self, host: Host, pid: int | None = None) -> None:
        self._host = host
        self._pid = os.getpid() if pid is None else pid
        self._looks: dict[str, deque[Look]] = {}
        self._states: dict[str, deque[tuple[float, GpuState]]] = {}
        self.container = in_container(host)

    def look(self, sensors: Iterable[Sensor], descendants: Iterable[int], now_s: float) -> None:
        """Ask each card for its users now (0.1 to 1 ms a card)."""
        ours = {self._pid, *descendants}
        context: bool | None = None
        for sensor in sensors:
            if not isinstance(sensor, UsersTold):
                continue
            use = sensor.users()
            if context is None and (self.container or use.pids is None):
                context = self._has_context(ours)
            if isinstance(sensor, StateTold):
                states = self._states.setdefault(sensor.spec.id, deque(maxlen=LOOKS))
                states.append((now_s, sensor.state()))
            kept = self._looks.setdefault(sensor.spec.id, deque(maxlen=LOOKS))
            kept.append(self._judge(use, ours, context, now_s))

    def _judge(self, use: GpuUse, ours: set[int], context: bool | None, now_s: float) -> Look:
        if use.visible is False:
            return Look(now_s, mine=False)
        if use.pids is not None and ours & use.pids:
            return _shared(use, ours, now_s)
        if use.pids is not None and not self.container:
            return Look(now_s, mine=False, others=bool(use.pids))
        return Look(now_s, mine=context)

    def _has_context(self, ours: set[int]) -> bool | None:
        """Whether a process of ours holds a context on some card; None where it cannot be told."""
        told = False
        for pid in ours:
            with suppress(OSError):
                folder = self._host.path(f"/proc/{pid}/fd")
                names = os.listdir(folder)
                told = True
                for name in names:
                    with suppress(OSError):
                        if os.readlink(folder / name).startswith("/dev/nvidia-uvm"):
                            return True
        if framework_context():
            return True
        return False if told else None

    def states(self, sensor: str, start_s: float, end_s: float) -> list[GpuState]:
        """What the looks at one card found from ``start_s`` to ``end_s``."""
        return [one for at_s, one in self._states.get(sensor, ()) if start_s <= at_s <= end_s]

    def part(self, sensor: str, start_s: float, end_s: float) -> Part:
        """This kernel's part of one card from ``start_s`` to ``end_s``."""
        kept = self._looks.get(sensor)
        if not kept:
            return Part(mine=None, looked=True)
        near = [one for one in kept if start_s - AROUND_S <= one.at_s <= end_s + AROUND_S]
        looked = kept[-1].at_s >= end_s
        near = near or [kept[-1]]
        ours = [one for one in near if one.mine]
        if not ours:
            unknown = any(one.mine is None for one in near)
            return Part(mine=None if unknown else False, looked=looked)
        # While others alone used it, none of it was ours; while nobody did, nobody's work is told.
        theirs = sum(1 for one in near if one.mine is False and one.others)
        part = sum(one.part for one in ours) / (len(ours) + theirs)
        known = all(one.known for one in ours)
        notes: tuple[Note, ...] = ()
        error = 0.0
        if part < 1.0:
            how = "by its part of the work" if known else "in equal parts: the driver tells no more"
            notes = (Note("gpu-shared", f"others use this GPU too; its energy is divided {how}"),)
            error = 0.1 * part if known else UNKNOWN_PART_ERROR * part
        return Part(True, part, error, looked, notes)


def _shared(use: GpuUse, ours: set[int], now_s: float) -> Look:
    others = (use.pids or frozenset()) - ours
    if not others:
        return Look(now_s, mine=True)
    total = sum(use.sm.values()) if use.sm else 0.0
    if use.sm is not None and total > 0:
        own = sum(part for pid, part in use.sm.items() if pid in ours)
        return Look(now_s, mine=True, part=own / total)
    own_count = len((use.pids or frozenset()) & ours)
    return Look(now_s, mine=True, part=own_count / (own_count + len(others)), known=False)


def framework_context() -> bool:
    """Whether a loaded framework says that it initialised a GPU; imports and calls nothing."""
    torch_cuda = sys.modules.get("torch.cuda")
    if torch_cuda is not None and vars(torch_cuda).get("_initialized") is True:
        return True
    bridge = sys.modules.get("jax._src.xla_bridge")
    backends = vars(bridge).get("_backends") if bridge is not None else None
    return isinstance(backends, dict) and any(name in backends for name in ("cuda", "gpu", "rocm"))


def in_container(host: Host) -> bool:
    """Whether processes are numbered otherwise here than on the host."""
    if host.path("/.dockerenv").exists() or host.path("/run/.containerenv").exists():
        return True
    if "KUBERNETES_SERVICE_HOST" in host.environ or host.colab:
        return True
    text = host.read("/proc/1/cgroup") or ""
    return any(word in text for word in ("docker", "kubepods", "containerd", "lxc"))

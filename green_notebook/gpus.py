"""Which GPUs this kernel uses, and what part of each.

Evidence, in order: a pid of ours in the driver's list; ``/dev/nvidia-uvm`` open in our process
tree; a framework that holds an initialised context; of several cards on which nobody is listed,
those that work. In a container the driver numbers processes as the host does, or lists none, so
its list alone proves nothing there.
"""

from __future__ import annotations

import os
import sys
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path

from green_notebook.gpu_looks import Crowd, Look, judge
from green_notebook.host import Host
from green_notebook.model import Note
from green_notebook.sensors import Sensor
from green_notebook.sensors._gpu import GpuState

# A look each two seconds, each five in a long span (chores.py); a span is told by the looks in it
# and those just around it.
AROUND_S = 2.5
LOOKS = 4096
# A look at a process's open files takes tens of microseconds: so many at a time.
ASKED = 32
# Without the driver's word on parts, a shared card may be nearly all or nearly none ours.
UNKNOWN_PART_ERROR = 0.5
# What a process has open that holds a context: CUDA's memory, or ROCm's compute driver.
DEVICES = ("/dev/nvidia-uvm", "/dev/kfd")
SHARED = {
    "sm": "others use this GPU too; its energy is divided by its part of the work",
    "equal": "others use this GPU too; its energy is divided in equal parts: the driver tells no more",
    "numbers": "several processes use this GPU, under numbers of the host's: which are yours cannot "
    "be told, so its energy is divided in equal parts and may be anything up to all of it",
    "mig": "this GPU is divided (MIG) and only the whole card's energy is known: it is divided by "
    "the slices in use, and yours may be anything from your slices' part to all of it",
}

_at = attrgetter("at_s")


@dataclass(frozen=True, slots=True)
class Part:
    """This kernel's part of one card over a span, with its 95 % half-width.

    Where nobody can tell whether it is ours, ``mine`` is None and ``part`` the middle of what it
    may be. Where the part is a guess, it lies between ``low`` and ``high``; ``idle`` is our part of the
    idle draw.
    """

    mine: bool | None
    part: float = 1.0
    error: float = 0.0
    low: float | None = None
    high: float = 1.0
    idle: float = 1.0
    looked: bool = True
    notes: tuple[Note, ...] = ()


class GpuUsers:
    """Looks who uses the cards; the sampler's thread calls `look`."""

    def __init__(self, host: Host, pid: int | None = None) -> None:
        self._host = host
        self._pid = os.getpid() if pid is None else pid
        self._looks: dict[str, deque[Look]] = {}
        self._states: dict[str, deque[tuple[float, GpuState]]] = {}
        # Those of ours that hold a device open, and the last of the others that was asked.
        self._held: set[int] = set()
        self._asked = 0
        self.container = in_container(host)

    def look(self, sensors: Iterable[Sensor], descendants: Iterable[int], now_s: float) -> None:
        """Ask each card for its users now (0.1 to 1 ms a card)."""
        ours = frozenset({self._pid, *descendants})
        # To ask `isinstance` of a protocol takes longer than to ask the driver.
        told = [(one, users()) for one in sensors if (users := getattr(one, "users", None))]
        if not told:
            return
        crowd = Crowd.of(
            (use for _, use in told), ours, container=self.container or self._beside_tree()
        )
        if crowd.renamed or any(use.pids is None for _, use in told):
            crowd = replace(
                crowd, holders=self._holders(ours, max(1, crowd.strangers, crowd.cards))
            )
        for sensor, use in told:
            spec, busy = sensor.spec, None
            tell = getattr(sensor, "state", None)
            if tell is not None:
                state: GpuState = tell()
                busy = state.busy
                self._states.setdefault(spec.id, deque(maxlen=LOOKS)).append((now_s, state))
            kept = self._looks.setdefault(spec.id, deque(maxlen=LOOKS))
            kept.append(judge(use, crowd, now_s, busy))

    def _holders(self, ours: frozenset[int], enough: int) -> int | None:
        """How many of our processes hold a context on some card; None where it cannot be told.

        It counts no further than to ``enough``. Of many children a few more are asked each time.
        """
        count, told = 0, False
        for pid in self._worth_asking(ours):
            holds = self._holds(pid)
            told = told or holds is not None
            (self._held.add if holds else self._held.discard)(pid)
            count += holds is True
            if count == enough:
                return count
        if not count and framework_context():
            return 1
        return count if told else None

    def _worth_asking(self, ours: frozenset[int]) -> list[int]:
        """Ourselves, those that held a device last time, and the next few of all others."""
        self._held &= ours
        first = [self._pid, *(self._held - {self._pid})]
        rest = sorted(ours - set(first))
        later = [pid for pid in rest if pid > self._asked] + rest
        some = list(dict.fromkeys(later))[:ASKED]
        self._asked = some[-1] if some else 0
        return first + some

    def _holds(self, pid: int) -> bool | None:
        told = _holds_device(self._host.path(f"/proc/{pid}/fd"))
        return True if told is None and pid == self._pid and self._beside_tree() else told

    def _beside_tree(self) -> bool:
        """Whether we hold a device where a simulated tree shows no such process: that is real."""
        here = self._host.simulated and self._pid == os.getpid()
        if not here or self._host.path(f"/proc/{self._pid}").exists():
            return False
        return _holds_device(Path("/proc/self/fd")) is True

    def states(self, sensor: str, start_s: float, end_s: float) -> list[GpuState]:
        """What the looks at one card found from ``start_s`` to ``end_s``."""
        told = list(self._states.get(sensor, ()))
        return [one for at_s, one in told if start_s <= at_s <= end_s]

    def part(self, sensor: str, start_s: float, end_s: float) -> Part:
        """This kernel's part of one card from ``start_s`` to ``end_s``."""
        kept = self._looks.get(sensor)
        if not kept:
            return Part(mine=None, part=UNKNOWN_PART_ERROR, looked=True)
        near = _near(kept, start_s, end_s)
        looked = kept[-1].at_s >= end_s
        ours = [one for one in near if one.mine]
        if not ours:
            unknown = [one for one in near if one.mine is None]
            if not unknown:
                return Part(mine=False, looked=looked)
            return replace(self._by_work(unknown, start_s, end_s), looked=looked)
        # While others alone used it, none of it was ours; while nobody did, nobody's work is told.
        theirs = sum(1 for one in near if one.mine is False and one.others)
        return _part_of(ours, len(ours) + theirs, looked=looked)

    def _by_work(self, looks: list[Look], start_s: float, end_s: float) -> Part:
        """Whether a card of several is ours by the work on them.

        One that worked is ours as long as no more did than processes of ours hold a device; one
        that did not, while another did, is not. Else each is as likely as the next.
        """
        if any(one.how != "work" for one in looks):
            return Part(mine=None, part=UNKNOWN_PART_ERROR)
        cards = [_near(kept, start_s, end_s) for kept in list(self._looks.values())]
        cards = [near for near in cards if any(one.how == "work" for one in near)]
        worked, holders = sum(map(_worked, cards)), max(one.holders for one in looks)
        if worked and all(one.busy is not None for one in looks):
            if not _worked(looks):
                return Part(mine=False)
            if worked <= holders:
                return Part(mine=True)
        return Part(mine=None, part=min(UNKNOWN_PART_ERROR, holders / len(cards)))


def _near(kept: Sequence[Look], start_s: float, end_s: float) -> list[Look]:
    """The looks of a span and just around it; the last one where there are none."""
    # In one piece: the sampler's thread may add a look while the cell's makes its report.
    listed = list(kept)
    first = bisect_left(listed, start_s - AROUND_S, key=_at)
    last = bisect_right(listed, end_s + AROUND_S, key=_at)
    return listed[first:last] or [listed[-1]]


def _worked(looks: list[Look]) -> bool:
    return any(one.mine is None and one.busy for one in looks)


def _part_of(ours: list[Look], count: int, *, looked: bool) -> Part:
    """Our part from the looks that found us, of ``count`` that found anybody."""
    part = sum(one.part for one in ours) / count
    idle = sum(one.part if one.idle is None else one.idle for one in ours) / count
    guessed = [one for one in ours if one.low is not None]
    low = sum(one.part if one.low is None else one.low for one in ours) / count
    if part >= 1.0 and not guessed:
        return Part(mine=True, looked=looked)
    how = (
        guessed[0].how if guessed else "equal" if any(one.how == "equal" for one in ours) else "sm"
    )
    error = 0.0 if guessed else part * (UNKNOWN_PART_ERROR if how == "equal" else 0.1)
    return Part(
        mine=True,
        part=part,
        error=error,
        low=low if guessed else None,
        high=len(ours) / count,
        idle=idle,
        looked=looked,
        notes=(Note("gpu-mig" if how == "mig" else "gpu-shared", SHARED[how]),),
    )


def _holds_device(folder: Path) -> bool | None:
    """Whether one of a process's open files is a device that a context needs; None: not told."""
    try:
        names = os.listdir(folder)
    except OSError:
        return None
    for name in names:
        with suppress(OSError):
            if os.readlink(f"{folder}/{name}").startswith(DEVICES):
                return True
    return False


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

"""A folder shaped like /sys/class/powercap, with counters of known energy.

tree = PowercapTree(root, two_sockets())
tree.set_time(12.5)                # counters as they stand 12.5 s after the origin, no clock
with tree.running():               # or live: a child updates them each millisecond
    tree.truth("intel-rapl:0", start, end)   # joules between two values of time.monotonic()
"""

from __future__ import annotations

import ctypes
import mmap
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from brackets import Bracket
from simulated_build import compiled
from waveforms import CWave, Waveform, constant

ZONES, TICKS = 16, 262144
# 2**32 - 1 units of 1/2**14 J, as on most processors; servers' DRAM has 65712999613.
RANGE_UJ = 262_143_328_850


@dataclass(frozen=True)
class Zone:
    """One zone: its folder, the text of ``name``, and what its counter follows."""

    folder: str
    name: str
    wave: Waveform = field(default_factory=lambda: constant(60.0))
    gain: float = 1.0
    base: float = 123_456.0
    range_uj: int = RANGE_UJ
    max_power_uw: int | None = None
    frozen_from: float = -1.0

    def energy_uj(self, seconds: float) -> int:
        """What the counter shows so many seconds after the origin."""
        if 0 <= self.frozen_from < seconds:
            seconds = self.frozen_from
        joules = self.base + self.gain * self.wave.energy(0.0, seconds)
        return int(joules % (self.range_uj / 1e6) * 1e6)


class _Zone(ctypes.Structure):
    _fields_ = (
        ("path", ctypes.c_char * 400),
        *((name, ctypes.c_double) for name in ("gain", "base", "range", "frozen_from")),
        ("wave", CWave),
    )


class _Tree(ctypes.Structure):
    _fields_ = (
        ("zones", ctypes.c_uint32),
        ("stop", ctypes.c_uint32),
        ("origin", ctypes.c_double),
        ("step", ctypes.c_double),
        ("ticks", ctypes.c_uint64),
        ("at", ctypes.c_double * TICKS),
        ("done", ctypes.c_double * TICKS),
        ("zone", _Zone * ZONES),
    )


class PowercapTree:
    """The folder below ``root`` (``root/sys/class/powercap``), written once or kept moving."""

    def __init__(self, root: Path, zones: Sequence[Zone]) -> None:
        self.root = root
        self.folder = root / "sys/class/powercap"
        self.zones = {zone.folder: zone for zone in zones}
        self.origin = time.monotonic()
        self._tree: _Tree | None = None
        for zone in zones:
            self._make(zone)

    def _make(self, zone: Zone) -> None:
        folder = self.folder / zone.folder
        folder.mkdir(parents=True)
        (folder / "name").write_text(zone.name + "\n")
        (folder / "max_energy_range_uj").write_text(f"{zone.range_uj}\n")
        if zone.max_power_uw is not None:
            (folder / "constraint_0_name").write_text("long_term\n")
            (folder / "constraint_0_max_power_uw").write_text(f"{zone.max_power_uw}\n")
        self.energy_file(zone.folder).write_text(f"{zone.energy_uj(0.0):012d}\n")

    def energy_file(self, folder: str) -> Path:
        """The counter's file of one zone."""
        return self.folder / folder / "energy_uj"

    def set_time(self, seconds: float) -> None:
        """Write every counter as it stands then: for tests with a clock of their own."""
        for zone in self.zones.values():
            path = self.energy_file(zone.folder)
            if path.exists():
                with path.open("r+") as file:  # in place: a reader's open file sees it
                    file.write(f"{zone.energy_uj(seconds):012d}\n")

    def set_counter(self, folder: str, microjoules: int) -> None:
        """Write one counter."""
        with self.energy_file(folder).open("r+") as file:
            file.write(f"{microjoules:012d}\n")

    def remove(self, folder: str) -> None:
        """Take a zone away, as when a module is unloaded: those who have it open read nothing."""
        self.energy_file(folder).write_text("")
        shutil.rmtree(self.folder / folder)

    @contextmanager
    def running(self, step: float = 0.001) -> Iterator[PowercapTree]:
        """Keep the counters moving in a child process until the block ends."""
        path = self.root / "powercap.bin"
        path.write_bytes(bytes(ctypes.sizeof(_Tree)))
        with path.open("r+b") as file:
            shared = mmap.mmap(file.fileno(), 0)
        tree = self._tree = _Tree.from_buffer(shared)
        tree.step = step
        self.origin = tree.origin = time.monotonic()
        for index, zone in enumerate(self.zones.values()):
            raw = tree.zone[index]
            raw.path = str(self.energy_file(zone.folder)).encode()
            raw.gain, raw.base, raw.range = zone.gain, zone.base, zone.range_uj / 1e6
            raw.frozen_from = zone.frozen_from
            zone.wave.fill(raw.wave)
        tree.zones = len(self.zones)
        child = subprocess.Popen([compiled("powercap.c", "powercap-writer"), path])
        try:
            while not tree.ticks:
                assert child.poll() is None, "the writer ended"
                time.sleep(0.001)
            yield self
        finally:
            tree.stop = 1
            child.wait(timeout=5)
            del raw, tree
            self._tree = None
            shared.close()

    def truth(self, folder: str, start: float, end: float) -> float:
        """A zone's true joules between two instants of ``time.monotonic()``."""
        return self.zones[folder].wave.energy(start - self.origin, end - self.origin)

    def shown_s(self, at: float) -> float:
        """The instant of the last write before ``at``: what a reader saw is as old as that."""
        assert self._tree is not None
        count = int(self._tree.ticks)
        # The newest first: most who ask mean an instant just gone. The ring begins anew when full.
        kept = (self._tree.at[one % TICKS] for one in range(count - 1, max(-1, count - TICKS), -1))
        return next(one for one in kept if one <= at - self.origin) + self.origin

    def between(self, folder: str, first: Bracket, last: Bracket) -> tuple[float, float]:
        """The least and the most joules that two readings of a live zone may lie apart.

        A reading shows an instant between the last write that was over before it began, and its
        own end: true however long the writer or the reader had to wait for a CPU.
        """
        least = self.truth(folder, first[1], max(first[1], self._written_s(last[0])))
        return least, self.truth(folder, self._written_s(first[0]), last[1])

    def longest_pause_s(self, start: float, end: float) -> float:
        """How long at most nobody wrote between two instants: the writer wants a CPU too."""
        assert self._tree is not None
        count = int(self._tree.ticks)
        seen = [end]
        for one in range(count - 1, max(-1, count - TICKS), -1):
            seen.append(float(self._tree.done[one % TICKS]) + self.origin)
            if seen[-1] < start:
                break
        return max((later - sooner for later, sooner in pairwise(seen)), default=0.0)

    def _written_s(self, before: float) -> float:
        """The instant that the last write shows which was over ``before``."""
        assert self._tree is not None
        count = int(self._tree.ticks)
        kept = (one % TICKS for one in range(count - 1, max(-1, count - TICKS), -1))
        found = next(one for one in kept if self._tree.done[one] <= before - self.origin)
        return float(self._tree.at[found]) + self.origin


def one_socket(wave: Waveform | None = None, **fields: object) -> list[Zone]:
    """A package with its cores, and memory beside it."""
    wave = wave or constant(60.0)
    half = Waveform(tuple((t, w / 2) for t, w in wave.points), wave.lines, wave.repeat, wave.shift)
    return [
        Zone("intel-rapl:0", "package-0", wave, **fields),  # type: ignore[arg-type]
        Zone("intel-rapl:0:0", "core", half),
        Zone("intel-rapl:0:1", "dram", constant(5.0)),
    ]


def two_sockets(wave: Waveform | None = None) -> list[Zone]:
    """Two packages whose counters are equal: no mirrors of one another."""
    wave = wave or constant(60.0)
    return [Zone("intel-rapl:0", "package-0", wave), Zone("intel-rapl:1", "package-1", wave)]


def laptop(wave: Waveform | None = None) -> list[Zone]:
    """A package seen twice (MSR and MMIO), cores, graphics and memory in it, and the platform."""
    wave = wave or constant(12.0)
    return [
        Zone("intel-rapl:0", "package-0", wave, max_power_uw=15_000_000),
        Zone("intel-rapl:0:0", "core", wave),
        Zone("intel-rapl:0:1", "uncore", constant(0.2)),
        Zone("intel-rapl:0:2", "dram", constant(1.0)),
        Zone("intel-rapl:1", "psys", constant(20.0)),
        Zone("intel-rapl-mmio:0", "package-0", wave, max_power_uw=15_000_000),
    ]

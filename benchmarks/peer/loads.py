"""What the simulated machine does: a card and a processor that follow waveforms of known energy."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests" / "hardware"))

from simulated_nvml import Gpu, Process, SimulatedGpus  # noqa: E402 - found by the line above
from simulated_powercap import RANGE_UJ, PowercapTree, Zone  # noqa: E402
from waveforms import Waveform, constant, square, steps  # noqa: E402

PACKAGE = "intel-rapl/intel-rapl:0"
CORE = f"{PACKAGE}/intel-rapl:0:0"
LENGTHS_S = (0.05, 0.13, 0.33, 1.07, 3.0)
WRAP_RANGE_UJ = 600_000_000
FORBIDDEN = "forbidden"


@dataclass(frozen=True)
class Load:
    """One load: the card's and the processor's power, the spans' lengths, what is special.

    ``share`` is the part of the rounds that it gets.
    """

    name: str
    title: str
    gpu: Waveform
    cpu: Waveform
    lengths_s: tuple[float, ...] = LENGTHS_S
    share: float = 1.0
    range_uj: int = RANGE_UJ
    tools: tuple[str, ...] | None = None

    @property
    def wraps(self) -> bool:
        """Whether spans are laid around the counter's wraps."""
        return self.range_uj != RANGE_UJ


def training(low: float, high: float, pause: float) -> Waveform:
    """Twenty steps of 0.2 s of work and 0.07 s of waiting for data, then 0.6 s of saving."""
    points = []
    for step in range(20):
        points += [(step * 0.27, high), (step * 0.27 + 0.2, low)]
    return steps([*points, (5.4, pause), (6.0, pause)], repeat=True)


def idle(low: float, high: float) -> Waveform:
    """Idle, with a burst of 0.4 s every 7 s."""
    return steps([(0.0, low), (6.6, high), (7.0, low)], repeat=True)


# The card's power first, then the processor's, in watts.
LOADS = (
    Load("square", "square wave of 0.35 s: card 80/350 W, processor 25/90 W",
         square(), square(25.0, 90.0)),
    Load("constant", "constant: card 200 W, processor 60 W", constant(200.0), constant(60.0)),
    Load("training", "training loop (20 steps of 0.27 s, then a pause of 0.6 s): "
         "card 310/180/90 W, processor 70/45/30 W",
         training(180.0, 310.0, 90.0), training(70.0, 45.0, 30.0)),
    Load("idle", "long idle, a burst of 0.4 s every 7 s: card 60/300 W, processor 8/70 W",
         idle(60.0, 300.0), idle(8.0, 70.0), share=0.5),
    Load("wraps", "processor at 200 W, its counter wraps every 3 s, and once in each span",
         constant(200.0), constant(200.0), (0.05, 0.2, 1.07), share=0.5, range_uj=WRAP_RANGE_UJ),
    Load(FORBIDDEN, "processor at 60 W, its counter may not be read",
         constant(200.0), constant(60.0), (1.0,), share=0.5),
    # A card of 0 W: what eco2AI's sum has beside the card.
    Load("dark", "card at 0 W", constant(0.0), constant(60.0), share=0.25, tools=("eco2ai",)),
)  # fmt: skip


class Machine:
    """The card and the tree of one load, while they run."""

    def __init__(self, load: Load, gpus: SimulatedGpus, tree: PowercapTree | None) -> None:
        self.load, self.gpus, self.tree = load, gpus, tree

    def truth(self, begin_s: float, end_s: float) -> tuple[float, float | None]:
        """The true joules of the card and of the processor between two monotonic instants."""
        cpu_j = self.tree.truth(PACKAGE, begin_s, end_s) if self.tree else None
        return self.gpus.truth(0, begin_s, end_s), cpu_j

    def late_ms(self, begin_s: float, end_s: float) -> float | None:
        """How old the processor's counter was at the worse edge: a millisecond, if all is well."""
        if self.tree is None:
            return None
        return max(1e3 * (at_s - self.tree.shown_s(at_s)) for at_s in (begin_s, end_s))

    def _turns(self, at_s: float) -> float:
        assert self.tree is not None
        zone = self.tree.zones[PACKAGE]
        joules = zone.base + zone.wave.energy(0.0, at_s - self.tree.origin)
        return joules / (zone.range_uj / 1e6)

    def wraps(self, begin_s: float, end_s: float) -> int:
        """How often the processor's counter wrapped in between."""
        if self.tree is None:
            return 0
        return math.floor(self._turns(end_s)) - math.floor(self._turns(begin_s))

    def next_wrap_s(self, after_s: float) -> float:
        """The monotonic instant of the next wrap; the load is constant."""
        assert self.tree is not None
        period_s = self.load.range_uj / 1e6 / self.load.cpu.power(0.0)
        return after_s + (1 - self._turns(after_s) % 1) * period_s

    def uses(self, pids: list[int]) -> None:
        """These processes compute on the card."""
        self.gpus.change(0, processes=tuple(Process(pid, sm=90 // len(pids)) for pid in pids))


def seen_by(tree: Path) -> list[str] | None:
    """The command that shows the tree to what follows it at /sys/class/powercap; None: cannot."""
    script = [str(HERE / "see_tree.sh"), str(tree)]
    for how in (["unshare"], ["unshare", "--map-root-user"]):
        command = [*how, "--mount", "--propagation", "private", "sh", *script]
        try:
            subprocess.run([*command, "true"], check=True, capture_output=True, timeout=30)
        except (OSError, subprocess.SubprocessError):
            continue
        return command
    return None


def _tree(root: Path, load: Load) -> PowercapTree:
    """A tree laid out as sysfs has it: zones inside one another, and all of them flat beside."""
    half = tuple((at, watts / 2) for at, watts in load.cpu.points)
    core = Waveform(half, load.cpu.lines, load.cpu.repeat)
    limits = {"range_uj": load.range_uj, "max_power_uw": 250_000_000}
    package = Zone(PACKAGE, "package-0", load.cpu, **limits)
    tree = PowercapTree(root, [package, Zone(CORE, "core", core)])
    for zone in (PACKAGE, CORE):
        (tree.folder / Path(zone).name).symlink_to(zone)
    (tree.folder / "intel-rapl/subsystem").symlink_to("..")
    return tree


@contextmanager
def simulated(load: Load, *, powercap: bool) -> Iterator[Machine]:
    """The machine of a load, from here on."""
    # Counters are written a thousand times a second: into memory, where there is such a folder.
    memory = Path("/dev/shm")
    within = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=within) as folder:
        root = Path(folder)
        card = Gpu(wave=load.gpu, step=0.1, step_phase=0.0371, instant=True)
        if not powercap:
            gpus = SimulatedGpus(root, [card])
            yield Machine(load, gpus, None)
            gpus.close()
            return
        tree = _tree(root, load)
        with tree.running():
            if load.name == FORBIDDEN:
                for zone in tree.zones:
                    tree.energy_file(zone).chmod(0)
            gpus = SimulatedGpus(root, [card])
            yield Machine(load, gpus, tree)
            gpus.close()

"""The processor's power from its load, where no sensor tells it.

A virtual machine is a part of a server: watts per hardware thread of its CPU generation, measured
at the wall (SPECpower), make the component ``node``: memory, fans and power supply are in it. On
bare metal a curve over the maker's design power makes the component ``cpu:0``, all packages
together; of a single-board computer, watts measured on such boards, its memory's among them. All
are weak, and their intervals say so; docs/method.md has the formulas.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from green_notebook.host import Cpu, Host
from green_notebook.model import Basis, Load, Quantity, SensorSpec
from green_notebook.sensors import (
    Estimate,
    Model,
    Sensor,
    _board,
    _cpu,
    _cpu_name,
    _package,
)

NAME = "CPU model"
SLOW = False

# Servers are tuned for the benchmark, and with little memory: others draw more. Reckoned from their
# packages (rapl_load, rapl_blind) twice the benchmark's watts, one at a meter as well. A fifth more
# lies within 30 % of the one and within half of the other; the interval holds both.
_TUNED = 1.2
# How far the truth lies from the curve then (95 %), beyond the spread of a generation's servers:
# below and above, at idle and from 10 % load on (tests/sensors/test_cpu_model_data.py).
_NODE = (0.38, 2.7), (0.52, 2.1)
# The same of small servers, workstations and laptops, by their design power.
_SMALL = (0.45, 2.2), (0.62, 1.55)
# Where the name tells the design power of a core: watts per thread grow with it (a slope of 0.94
# over 212 servers within their generation). A generation's is 1.05 x the wall's watts of a core.
_CORE_W, _GROWTH, _SCALED = 1.05, 0.9, (0.5, 2.5)
# A laptop's chip draws a third of a small server's (15-45 W against 65-125).
_LAPTOP = 0.35
# Instances whose vCPU is a whole core, without a second thread (AWS: M7a, C7a, R7a; M8a).
_WHOLE_CORES = ("9r14", "9r45")

# Where a model keeps its curve; the shape has points at tenths, the interval bends below the first.
_POINTS = (0.0, 0.002, 0.005, 0.01, 0.02, 0.05, *(tenth / 10 for tenth in range(1, 11)))


def power_w(
    cpu: Cpu, busy: float, *, virtual: bool, threads: int, battery: bool = False, board: str = ""
) -> Quantity:
    """The power (W) at a part ``busy`` (0 to 1) of ``threads`` hardware threads.

    ``virtual``: the share of a whole server at the wall; else the processor packages alone, and of
    a ``board`` (as `_board.name` tells it) with its memory.
    """
    busy = min(1.0, max(0.0, busy))
    if virtual:
        value, low, high = _node(cpu, busy, max(1, threads))
        basis = Basis.MODELLED
    elif board:
        value, low, high = _board.chips_w(board, threads, busy)
        basis = Basis.MODELLED
    else:
        (value, low, high), known = _package.power_w(cpu, busy, max(1, threads), battery)
        basis = Basis.MODELLED if known else Basis.ASSUMED
    return Quantity(value, min(low, value), max(high, value), "W", basis)


def host_power_w(host: Host, busy: float) -> Quantity:
    """The power (W) of this machine's processors at a part ``busy`` of all their threads."""
    return power_w(
        host.cpu,
        busy,
        virtual=host.hypervisor is not None,
        threads=host.cpu.threads,
        battery=host.battery,
        board=_board.name(host),
    )


def _node(cpu: Cpu, busy: float, threads: float) -> _package.Range:
    each = [_thread_w(_package.generation(name), busy) for name in _cpu.generations(cpu)]
    if any(part in cpu.name.lower() for part in _WHOLE_CORES):
        threads *= 2
    threads *= _client_scale(cpu) * _server_scale(cpu)
    value = _cpu.median(value for value, _, _ in each)
    idle, loaded = _NODE if _cpu.generations(cpu) != (_cpu.CLIENT,) else _SMALL
    down, up = _package.blend(idle, loaded, busy / 0.1)
    low, high = min(low for _, low, _ in each), max(high for _, _, high in each)
    return value * threads, low * down * threads, high * up * threads


def _client_scale(cpu: Cpu) -> float:
    """How a named desktop's or laptop's chip compares with the small servers of its row.

    A guest of a laptop (WSL, VirtualBox) shares 15 W, not a workstation's 95: at full load its
    design power and 1.3 x for losses, over two threads a core.
    """
    if _cpu.generations(cpu) != (_cpu.CLIENT,):
        return 1.0
    per_core = _cpu.tdp_per_core_w(cpu)
    if per_core is None:
        return _LAPTOP if _cpu.chip_class(cpu) == "laptop" else 1.0
    return min(1.5, max(0.1, 1.3 * per_core / 2 / float(_package.generation(_cpu.CLIENT)["max_w"])))


def _server_scale(cpu: Cpu) -> float:
    """How a server's named chip compares with its generation's, by the design power of a core."""
    names = _cpu.generations(cpu)
    if names == (_cpu.CLIENT,):
        return 1.0
    each = _cpu.tdp_per_core_w(cpu)
    if each is None or len(names) > 1:
        return _TUNED
    threads = 1 if names[0] in _cpu.ONE_THREAD else 2
    typical = _CORE_W * threads * float(_package.generation(names[0])["max_w"])
    least, most = _SCALED
    return _TUNED * min(most, max(least, float((each / typical) ** _GROWTH)))


def _thread_w(row: _package.Row, busy: float) -> _package.Range:
    """Watts of one thread's part of a server: the median, and the bounds of the generation."""
    part = _package.at(row["shape"], busy)
    value, low, high = (
        row[f"idle_{which}"] + (row[f"max_{which}"] - row[f"idle_{which}"]) * part
        for which in ("w", "low", "high")
    )
    return value, low, high


class CpuModel:
    """The energy of all processors (or of a virtual machine) from the CPU time of a span."""

    def __init__(self, host: Host) -> None:
        self._cpu = _cpu_name.named(host)
        self._virtual = host.hypervisor is not None
        self._battery = host.battery
        self._board = _board.name(host)
        self._threads = self._cpu.threads
        # Once for all spans: an estimate stands in the way of the cell's end.
        self._curve = [self._power_at(busy) for busy in _POINTS]
        self._notes = self._remarks()
        half, full, idle = (self._power(busy) for busy in (0.5, 1.0, 0.0))
        self.spec = SensorSpec(
            id="cpu-model",
            component="node" if self._virtual else "cpu:0",
            kind="power",
            basis=half.basis,
            gain_error=(1 - half.low / half.value, half.high / half.value - 1),
            max_power_w=full.high,
            idle_power_w=idle.value,
            covers=self._covers(),
            label=self._label(),
        )

    def _covers(self) -> tuple[str, ...]:
        if self._virtual:
            return ("node", "cpu:0", "ram", "rest")
        return ("cpu:0", "ram") if self._board else ("cpu:0",)

    def estimate(self, load: Load, chips_j: float) -> Estimate:
        """Power at the span's mean load times its duration; ``chips_j`` plays no part."""
        busy = load.machine_busy
        machine = self._power(busy)
        seconds = max(0.0, load.duration_s)
        error = load.machine_cpu_error_s / (seconds * load.threads) if seconds else 0.0
        swing = self._power(busy + error).value - self._power(busy - error).value
        energy = Quantity.within(
            machine.value * seconds,
            "J",
            machine.basis,
            systematic=(
                (machine.value - machine.low) * seconds,
                (machine.high - machine.value) * seconds,
            ),
            random=swing / 2 * seconds,
        )
        return Estimate(energy, self._power(0.0).scaled(seconds, "J"), None, self._notes)

    def _power(self, busy: float) -> Quantity:
        """Between the points of the curve: monotonic, as they are."""
        busy = min(1.0, max(0.0, busy))
        step = min(bisect_right(_POINTS, busy), len(_POINTS) - 1)
        part = (busy - _POINTS[step - 1]) / (_POINTS[step] - _POINTS[step - 1])
        before, after = self._curve[step - 1 : step + 1]
        value, low, high = (
            first + (last - first) * part
            for first, last in (
                (before.value, after.value),
                (before.low, after.low),
                (before.high, after.high),
            )
        )
        return Quantity(value, min(low, value), max(high, value), "W", before.basis)

    def _power_at(self, busy: float) -> Quantity:
        return power_w(
            self._cpu,
            busy,
            virtual=self._virtual,
            threads=self._threads,
            battery=self._battery,
            board=self._board,
        )

    def _label(self) -> str:
        if self._board:
            return f"{self._board}: processor and memory, watts of such boards x load"
        if not self._virtual:
            return f"{self._cpu.name or 'unknown processor'}, design power x load"
        names = _cpu.generations(self._cpu)
        told = names[0] if len(names) == 1 else f"one of {len(names)} generations"
        if _cpu.contradictory(self._cpu):
            # Said here, where doctor shows it, and not with every cell: the interval holds it.
            told = f"its number and features disagree; one of {', '.join(names)}"
        return f"{self._threads} threads of a server ({told}), watts per thread x load"

    def _remarks(self) -> tuple[tuple[str, str], ...]:
        if self._board:
            text = "this board's power is not in the table: it is guessed from its cores"
            return () if _board.known(self._board) else (("cpu-unknown", text),)
        if self._curve[0].basis is Basis.ASSUMED:
            text = "the CPU's design power is not in the table: it is guessed from its threads"
            return (("cpu-unknown", text),)
        return ()


def discover(host: Host, options: Mapping[str, Any]) -> list[Sensor | Model]:  # noqa: ARG001 - taken whole
    """Always one: every machine has a processor."""
    return [CpuModel(host)]

"""GPUs of known energy under the real pynvml: our own libnvidia-ml.so.1, and what it shows.

    gpus = SimulatedGpus(folder, [Gpu(wave=square())])
    env = gpus.environment()       # for a child process: LD_LIBRARY_PATH finds the library
    gpus.truth(0, start, end)      # joules between two values of time.monotonic()

The library reads the shared file at each call, so that ``change`` and ``at`` take effect at once.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import time
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from brackets import Bracket
from simulated_build import compiled
from waveforms import CWave, Waveform, constant

NAME = "libnvidia-ml.so.1"
GPUS, FAULTS, PROCESSES, INSTANCES, ON_INSTANCE = 8, 16, 16, 7, 4
FOREVER = 1e18
ARCHITECTURES = {
    "kepler": 2, "maxwell": 3, "pascal": 4, "volta": 5, "turing": 6, "ampere": 7, "ada": 8,
    "hopper": 9, "blackwell": 10,
}  # fmt: skip
CAPABILITY = {
    "kepler": (3, 7), "maxwell": (5, 2), "pascal": (6, 0), "volta": (7, 0), "turing": (7, 5),
    "ampere": (8, 0), "ada": (8, 9), "hopper": (9, 0), "blackwell": (10, 0),
}  # fmt: skip
NO_PERMISSION, NOT_SUPPORTED, GPU_IS_LOST, UNKNOWN = 4, 3, 15, 999
# What pynvml says of a function that the driver's library does not have.
FUNCTION_NOT_FOUND = 13


@dataclass(frozen=True)
class Fault:
    """From ``start`` to ``end`` (s since the origin) functions named so fail with ``code``.

    ``function`` is a part of the name ("TotalEnergy"); an empty one means all.
    """

    code: int
    function: str = ""
    start: float = -FOREVER
    end: float = FOREVER


@dataclass(frozen=True)
class Process:
    """A process on a GPU: its SM utilisation in percent, its memory in bytes."""

    pid: int
    sm: int = 50
    memory: int = 1 << 30


@dataclass(frozen=True)
class Instance:
    """A part of a divided GPU: so many of its seven slices, and the processes on them."""

    slices: int = 1
    uuid: str = ""
    processes: tuple[Process, ...] = ()


@dataclass(frozen=True)
class Gpu:
    """One device. ``step`` 0: the counter moves continuously; ``counter`` False: it has none."""

    wave: Waveform = field(default_factory=lambda: constant(200.0))
    name: str = "NVIDIA A100-SXM4-80GB"
    uuid: str = ""
    mig_uuid: str = ""
    architecture: str = "ampere"
    counter: bool = True
    step: float = 0.1
    step_phase: float = 0.0
    counter_base: float = 12345.0
    period: float = 0.1
    phase: float = 0.0
    window: float = 0.025
    instant: bool = False
    instant_window: float = 0.025
    gain: float = 1.0
    limit: float = 400.0
    limit_min: float = 100.0
    limit_max: float = 400.0
    idle: float = 60.0
    memory: int = 80 << 30
    memory_used: int = 1 << 30
    mig: bool = False
    reset_at: float = -1.0
    frozen_from: float = -1.0
    faults: tuple[Fault, ...] = ()
    processes: tuple[Process, ...] = ()
    instances: tuple[Instance, ...] = ()


class _Fault(ctypes.Structure):
    _fields_ = (
        ("function", ctypes.c_char * 56),
        ("code", ctypes.c_int32),
        ("pad", ctypes.c_uint32),
        ("start", ctypes.c_double),
        ("end", ctypes.c_double),
    )


class _Process(ctypes.Structure):
    _fields_ = (("pid", ctypes.c_uint32), ("sm", ctypes.c_uint32), ("memory", ctypes.c_uint64))


class _Instance(ctypes.Structure):
    _fields_ = (
        ("uuid", ctypes.c_char * 96),
        ("slices", ctypes.c_uint32),
        ("gpu_instance", ctypes.c_uint32),
        ("compute_instance", ctypes.c_uint32),
        ("processes", ctypes.c_uint32),
        ("process", _Process * ON_INSTANCE),
    )


class _Gpu(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_char * 96) for name in ("name", "uuid", "mig_uuid")),
        *(
            (name, ctypes.c_uint32)
            for name in (
                "architecture", "major", "minor", "has_counter", "mig", "faults", "processes",
                "has_instant",
            )
        ),
        *(
            (name, ctypes.c_double)
            for name in (
                "step", "step_phase", "counter_base", "period", "phase", "window",
                "instant_window", "gain", "limit", "limit_min", "limit_max", "idle", "reset_at",
                "frozen_from",
            )
        ),
        ("memory", ctypes.c_uint64),
        ("memory_used", ctypes.c_uint64),
        ("fault", _Fault * FAULTS),
        ("process", _Process * PROCESSES),
        ("wave", CWave),
        ("instances", ctypes.c_uint32),
        ("pad", ctypes.c_uint32),
        ("instance", _Instance * INSTANCES),
    )  # fmt: skip


class _Machine(ctypes.Structure):
    _fields_ = (
        ("driver", ctypes.c_char * 80),
        ("gpus", ctypes.c_uint32),
        ("pad", ctypes.c_uint32),
        ("origin", ctypes.c_double),
        ("fixed_now", ctypes.c_double),
        ("init_delay", ctypes.c_double),
        ("calls", ctypes.c_uint64),
        ("gpu", _Gpu * GPUS),
    )


class SimulatedGpus:
    """The library's devices: made, changed, and their truth told, from outside."""

    def __init__(
        self,
        folder: Path,
        gpus: Sequence[Gpu],
        *,
        driver: str = "550.54.15",
        init_delay: float = 0.0,
        origin: float | None = None,
    ) -> None:
        self.library = compiled(
            "nvml.c", NAME, "-fPIC", "-shared", "-fvisibility=hidden", f"-Wl,-soname,{NAME}"
        )
        self.path = folder / "gpus.bin"
        # In place where it exists: a library that has it open sees the new machine.
        with self.path.open("r+b" if self.path.exists() else "w+b") as file:
            file.write(bytes(ctypes.sizeof(_Machine)))
            file.flush()
            self._map = mmap.mmap(file.fileno(), 0)
        self._machine = _Machine.from_buffer(self._map)
        self._machine.driver = driver.encode()
        self._machine.init_delay = init_delay
        self._machine.fixed_now = -1.0
        # A little before now: readings look back over their window.
        self.origin = time.monotonic() - 10.0 if origin is None else origin
        self._machine.origin = self.origin
        self.gpus: list[Gpu] = []
        for index, gpu in enumerate(gpus):
            self.gpus.append(gpu)
            self._write(index)
        self._machine.gpus = len(self.gpus)

    def environment(self, environ: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment in which a child process finds the library."""
        env = dict(os.environ if environ is None else environ)
        paths = [str(self.library.parent), env.get("LD_LIBRARY_PATH", "")]
        env["LD_LIBRARY_PATH"] = os.pathsep.join(filter(None, paths))
        env["SIMULATED_NVML"] = str(self.path)
        return env

    def install(self, environ: MutableMapping[str, str]) -> None:
        """Let this process find the library: the loader knows an open one by its name."""
        ctypes.CDLL(str(self.library), mode=ctypes.RTLD_GLOBAL)
        environ["SIMULATED_NVML"] = str(self.path)

    def change(self, index: int, **fields: Any) -> Gpu:
        """Replace fields of a device, from now on."""
        gpu = self.gpus[index]
        self.gpus[index] = type(gpu)(**{**gpu.__dict__, **fields})
        self._write(index)
        return self.gpus[index]

    def at(self, seconds: float | None) -> None:
        """Stop the simulation's clock at an instant since the origin; None lets it run."""
        self._machine.fixed_now = -1.0 if seconds is None else seconds

    @property
    def calls(self) -> int:
        """How many calls named a device, so far."""
        return int(self._machine.calls)

    def truth(self, index: int, start: float, end: float) -> float:
        """The device's true joules between two instants of ``time.monotonic()``."""
        return self.gpus[index].wave.energy(start - self.origin, end - self.origin)

    def between(self, index: int, first: Bracket, last: Bracket) -> tuple[float, float]:
        """The least and the most joules that two readings of a counter may lie apart.

        A reading shows an instant between one step before it began, and its own end.
        """
        step_s = self.gpus[index].step
        least = self.truth(index, first[1], max(first[1], last[0] - step_s))
        return least, self.truth(index, first[0] - step_s, last[1])

    def close(self) -> None:
        """Let the mapping go; the file stays for those who have it open."""
        del self._machine
        self._map.close()

    def _write(self, index: int) -> None:
        gpu, raw = self.gpus[index], self._machine.gpu[index]
        number = ARCHITECTURES[gpu.architecture]
        raw.architecture = number
        raw.major, raw.minor = CAPABILITY[gpu.architecture]
        raw.name = gpu.name.encode()
        raw.uuid = (gpu.uuid or f"GPU-{index:08x}-0000-4000-8000-{index:012x}").encode()
        raw.mig_uuid = (gpu.mig_uuid or f"MIG-{index:08x}-0000-5000-8000-{index:012x}").encode()
        raw.has_counter, raw.has_instant, raw.mig = gpu.counter, gpu.instant, gpu.mig
        for name in (
            "step", "step_phase", "counter_base", "period", "phase", "window", "instant_window",
            "gain", "limit", "limit_min", "limit_max", "idle", "reset_at", "frozen_from", "memory",
            "memory_used",
        ):  # fmt: skip
            setattr(raw, name, getattr(gpu, name))
        gpu.wave.fill(raw.wave)
        for slot, fault in enumerate(gpu.faults):
            raw.fault[slot] = _Fault(fault.function.encode(), fault.code, 0, fault.start, fault.end)
        raw.faults = len(gpu.faults)
        for slot, one in enumerate(gpu.processes):
            raw.process[slot] = _Process(one.pid, one.sm, one.memory)
        raw.processes = len(gpu.processes)
        for slot, part in enumerate(gpu.instances):
            uuid = part.uuid or f"MIG-{index:04x}{slot:04x}-0000-5000-8000-{slot:012x}"
            on_it = [_Process(one.pid, one.sm, one.memory) for one in part.processes]
            raw.instance[slot] = _Instance(
                uuid.encode(), part.slices, slot + 1, 0, len(on_it), tuple(on_it)
            )
        raw.instances = len(gpu.instances)


@pytest.fixture
def gpus(tmp_path, monkeypatch):
    """Make GPUs that this process's own pynvml finds: ``gpus(Gpu(...), Gpu(...), driver=...)``."""
    made: list[SimulatedGpus] = []

    def make(*devices: Gpu, **options: Any) -> SimulatedGpus:
        made.append(SimulatedGpus(tmp_path, devices, **options))
        monkeypatch.setenv("SIMULATED_NVML", str(made[-1].path))  # goes with the test
        made[-1].install({})
        return made[-1]

    yield make
    for one in made:
        one.close()

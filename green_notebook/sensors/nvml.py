"""NVIDIA GPUs, by the driver's management library (NVML) through nvidia-ml-py.

An energy counter where the card has one (Volta and newer), else its power. The library is the
driver's; opening it can take up to a second and wakes a sleeping laptop GPU, so that is asked of
/sys first. Calls that read are cheap (about 10 us): one for the energy, one for the power.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Mapping
from typing import Any

from green_notebook.errors import Unavailable
from green_notebook.host import Host
from green_notebook.model import SensorSpec
from green_notebook.sensors import Model, Sensor, _gpu, _mig
from green_notebook.sensors._gpu import GpuState, GpuUse
from green_notebook.sensors._nvml_kinds import PEAK, SHORT_PEAK, best_power, kind_of
from green_notebook.sensors._nvml_library import (
    CLOSED,
    CURE_DRIVER,
    Library,
    as_text,
    counted,
    load,
    why_not,
)

NAME = "NVIDIA GPU"
SLOW = True

# Nothing that a driver names draws more; for cards without a limit of their own (W).
_MAX_W = 1500.0


class NvmlGpu:
    """One card."""

    def __init__(self, library: Library, index: int, environ: Mapping[str, str]) -> None:
        self._library = library
        self.index = index
        self._environ = environ
        nvml = library.nvml
        self._handle = nvml.nvmlDeviceGetHandleByIndex(index)
        # Old and partial libraries do not tell names or identifiers; energy is what counts.
        self._name = as_text(library.ask("nvmlDeviceGetName", self._handle) or "")
        self.uuid = as_text(library.ask("nvmlDeviceGetUUID", self._handle) or "")
        self._energy = counted(nvml, "nvmlDeviceGetTotalEnergyConsumption", ctypes.c_uint64)
        self._usage = counted(nvml, "nvmlDeviceGetPowerUsage", ctypes.c_uint32)
        self._failed = nvml.NVMLError
        # 186 since driver 530; older copies of the library have no name for it.
        self._instant = getattr(nvml, "NVML_FI_DEV_POWER_INSTANT", 186)
        capability = library.ask("nvmlDeviceGetCudaComputeCapability", self._handle)
        self._capability = (int(capability[0]), int(capability[1])) if capability else None
        self._kind = kind_of(
            library.ask("nvmlDeviceGetArchitecture", self._handle), self._capability, self._name
        )
        self._by_field = self._kind.instant is not None and self._field_w() is not None
        self._power = best_power(
            self._kind,
            instant=self._by_field,
            driver=as_text(library.ask("nvmlSystemGetDriverVersion") or ""),
        )
        self._seen_us = 0
        self.alike = True
        self.cards: list[tuple[str, ...]] = [()] * index + [(self.uuid,)]
        self.spec = self._spec()
        library.opened()

    def _field_w(self) -> float | None:
        values = self._library.ask("nvmlDeviceGetFieldValues", self._handle, [self._instant])
        if not values or values[0].nvmlReturn != self._library.nvml.NVML_SUCCESS:
            return None
        return float(values[0].value.uiVal) / 1e3

    def _spec(self) -> SensorSpec:
        known = _gpu.kind(self._name)
        counter = self._library.ask("nvmlDeviceGetTotalEnergyConsumption", self._handle)
        if counter is None:
            self._usage(self._handle)  # neither: not a sensor, and the caller hears why
        limit = self._limit_w() or known.max_w
        # Limits hold on average; power over short windows shows peaks (Yang et al., fig. 5).
        peaks = SHORT_PEAK if counter is None else PEAK
        return SensorSpec(
            id=f"nvml:{self.index}",
            component=f"gpu:{self.index}",
            kind="power" if counter is None else "energy",
            gain_error=self._kind.gain,
            step_s=self._power.period_s if counter is None else self._kind.step_s,
            window_s=self._power.window_s,
            resolution_j=0.001,
            max_power_w=peaks * limit if limit else _MAX_W,
            idle_power_w=known.idle_w,
            covers=(f"gpu:{self.index}",),
            label=self._name or f"NVIDIA GPU {self.index}",
        )

    def _limit_w(self) -> float | None:
        """The highest limit that may be set; where that is not told, the one that is set."""
        ask, handle = self._library.ask, self._handle
        limits = ask("nvmlDeviceGetPowerManagementLimitConstraints", handle)
        limit = limits[1] if limits else None
        limit = limit or ask("nvmlDeviceGetEnforcedPowerLimit", handle)
        limit = limit or ask("nvmlDeviceGetPowerManagementLimit", handle)
        return limit / 1e3 if limit else None

    def read(self) -> float:
        """The counter (J), or the power (W) of a card without one."""
        if self.spec.kind == "power":
            return self.read_power()
        return float(self._energy(self._handle)) / 1e3

    def read_power(self) -> float:
        """The power (W), a mean over the spec's ``window_s``."""
        if self._by_field:
            watts = self._field_w()
            if watts is None:
                raise OSError(f"{self.spec.label} does not tell its power")
            return watts
        return float(self._usage(self._handle)) / 1e3

    def power_samples(self, after_s: float) -> list[tuple[float, float]]:
        """The driver's own buffer: (monotonic s, W) later than ``after_s``; empty without one.

        It fills the time in which no thread of ours could run.
        """
        offset_s = time.time() - time.monotonic()
        nvml = self._library.nvml
        found = self._library.ask(
            "nvmlDeviceGetSamples",
            self._handle,
            nvml.NVML_TOTAL_POWER_SAMPLES,
            max(0, int((after_s + offset_s) * 1e6)),
        )
        samples = found[1] if found else ()
        pairs = ((one.timeStamp / 1e6 - offset_s, one.sampleValue.uiVal / 1e3) for one in samples)
        return sorted(pair for pair in pairs if pair[0] > after_s)

    def users(self) -> GpuUse:
        """Who uses the card now, and whether this kernel may."""
        mode = self._library.ask("nvmlDeviceGetMigMode", self._handle)
        mig = bool(mode and mode[0])
        running = _mig.running(self._library.ask, self._handle)
        ask, listed = self._library.ask, self._environ.get("CUDA_VISIBLE_DEVICES")
        parts = _mig.instances(ask, self._handle, self.uuid, listed) if mig else ()
        named = _mig.visible(ask, self.uuid, listed, parts)
        return GpuUse(
            pids=running,
            sm=None if mig else self._shares(),
            visible=self._visible() if named is None else named,
            mig=mig,
            instances=parts,
            problem="" if running is not None else "the driver does not tell who uses the GPU",
        )

    def state(self) -> GpuState:
        """How busy the card is now; None for what it does not tell (MIG: utilisation)."""
        ask, handle = self._library.ask, self._handle
        rates, memory = (
            ask("nvmlDeviceGetUtilizationRates", handle),
            ask("nvmlDeviceGetMemoryInfo", handle),
        )
        limit = ask("nvmlDeviceGetEnforcedPowerLimit", handle)
        return GpuState(
            busy=None if rates is None else rates.gpu / 100,
            memory=memory.used / memory.total if memory and memory.total else None,
            memory_bytes=int(memory.total) if memory else None,
            power_limit_w=limit / 1e3 if limit else None,
            compute_capability=self._capability,
        )

    def _shares(self) -> dict[int, float] | None:
        nvml = self._library.nvml
        try:
            samples = nvml.nvmlDeviceGetProcessUtilization(self._handle, self._seen_us)
        except nvml.NVMLError as error:
            # "Not found" is its word for no work since the last call.
            return {} if error.value == nvml.NVML_ERROR_NOT_FOUND else None
        sums: dict[int, list[int]] = {}
        for one in samples:
            self._seen_us = max(self._seen_us, int(one.timeStamp))
            sums.setdefault(int(one.pid), []).append(int(one.smUtil))
        return {pid: sum(each) / len(each) / 100 for pid, each in sums.items()}

    def _visible(self) -> bool | None:
        text = self._environ.get("CUDA_VISIBLE_DEVICES")
        # CUDA numbers different cards by their speed unless told otherwise, NVML by their slots.
        by_slot = self._environ.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID"
        if text and _gpu.numbered(text) and not (self.alike or by_slot):
            return None
        return _gpu.visible(text, self.index, self.cards)

    def close(self) -> None:
        """Let the library go with the last card."""
        library, self._library = self._library, CLOSED
        library.closed()


def discover(host: Host, options: Mapping[str, Any]) -> list[Sensor | Model]:  # noqa: ARG001 - taken whole
    """Every card that the driver shows; raises Unavailable."""
    if _sleeps(host):
        raise Unavailable(
            "the GPU sleeps, and asking would wake it",
            "use the GPU once, then load the extension again",
        )
    library = load()
    sensors: list[NvmlGpu] = []
    counted = library.ask("nvmlDeviceGetCount")
    count = counted or 0
    problem, cure = "the driver shows no GPU", ""
    if counted is None:
        problem, cure = "the driver does not tell its GPUs (nvmlDeviceGetCount)", CURE_DRIVER
    for index in range(count):
        try:
            sensors.append(NvmlGpu(library, index, host.environ))
        except library.nvml.NVMLError as error:  # noqa: PERF203 - one lost card leaves the others
            problem, cure = why_not(library, index, error)
    if not sensors:
        library.shutdown()
        raise Unavailable(problem, cure)
    alike = len({one.spec.label for one in sensors}) == 1
    ids = {one.index: (one.uuid,) for one in sensors if one.uuid}
    for one in sensors:
        one.alike = alike
        one.cards = [ids.get(index, ()) for index in range(count)]
    return list(sensors)


def _sleeps(host: Host) -> bool:
    """Whether every NVIDIA card is suspended, as a laptop's is while nobody uses it."""
    folder = "/sys/bus/pci/devices"
    try:
        names = [one.name for one in host.path(folder).iterdir()]
    except OSError:
        return False
    states = [
        host.read(f"{folder}/{name}/power/runtime_status")
        for name in names
        if host.read(f"{folder}/{name}/vendor") == "0x10de"
        and (host.read(f"{folder}/{name}/class") or "").startswith("0x03")
    ]
    return bool(states) and all(state == "suspended" for state in states)

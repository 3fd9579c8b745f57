"""AMD's graphics cards: by amdsmi where it is installed, else by the driver's hardware monitor.

amdsmi (ROCm's management library) has an energy accumulator on accelerators since MI100; the
monitor of ``amdgpu`` (Documentation/gpu/amdgpu/thermal.rst) has ``power1_average`` or, on newer
chips, ``power1_input``. Graphics inside a processor show their whole package's power, which RAPL
counts: they are the ones with a northbridge voltage, ``in1_label`` "vddnb".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from green_notebook.errors import Unavailable
from green_notebook.host import Host
from green_notebook.model import SensorSpec
from green_notebook.sensors import Model, Sensor, _gpu
from green_notebook.sensors._gpu import GpuUse
from green_notebook.sensors._hwmon import Chip, FileSensor, chips, opened, readable
from green_notebook.sensors._kfd import pids

NAME = "AMD GPU"
# amdsmi talks to every card when it starts.
SLOW = True

CURE_READ = "sudo chmod a+r /sys/class/hwmon/hwmon*/power1_*"
CURE = "install ROCm's amdsmi: %pip install amdsmi (of your ROCm version)"
# The maker states none; a tenth is our assumption (2026), from what is published of NVIDIA's cards
# (Yang et al. 2023, arXiv 2312.02741).
_GAIN = (0.10, 0.10)
# The firmware's table of metrics is refreshed about so often (drivers/gpu/drm/amd/pm/swsmu).
_STEP_S = 0.1
_MAX_W = 1500.0
_VISIBLE = ("ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES")


Ids = Sequence[tuple[str, ...]]


def _users(host: Host, index: int, slot: str, cards: Ids) -> GpuUse:
    """Who uses a card, by the kernel's lists; each of ROCm's variables may hide it."""
    seen = [_gpu.visible(host.environ.get(name), index, cards) for name in _VISIBLE]
    found = pids(host, slot)
    return GpuUse(
        pids=found,
        visible=False if False in seen else None if None in seen else True,
        problem="" if found is not None else "the kernel does not tell who uses the GPU",
    )


class AmdMonitor(FileSensor):
    """One card by its hardware monitor: power (W)."""

    def __init__(self, host: Host, chip: Chip, file: str, spec: SensorSpec, count: int) -> None:
        self._host = host
        self._index = int(spec.id.rpartition(":")[2])
        self._slot = chip.slot
        self._cards: Ids = [()] * count
        super().__init__(chip.file(file), spec)

    def users(self) -> GpuUse:
        """Who uses the card now."""
        return _users(self._host, self._index, self._slot, self._cards)


class _Library:
    """The loaded amdsmi, shut down when the last card closes."""

    def __init__(self, smi: Any) -> None:
        self.smi = smi
        self._cards = 0
        smi.amdsmi_init()

    def ask(self, name: str, *arguments: Any) -> Any:
        """What a function answers; None where card, driver or library do not have it."""
        with suppress(self.smi.AmdSmiException, AttributeError):
            return getattr(self.smi, name)(*arguments)
        return None

    def opened(self) -> None:
        self._cards += 1

    def closed(self) -> None:
        self._cards -= 1
        if self._cards == 0:
            self.ask("amdsmi_shut_down")


class AmdSmiGpu:
    """One card by amdsmi: an energy accumulator where it has one, else power."""

    def __init__(self, host: Host, library: _Library, index: int, handle: Any) -> None:
        self._host = host
        self._library: _Library | None = library
        self._smi = library.smi
        self.index = index
        self._handle = handle
        self._slot = str(library.ask("amdsmi_get_gpu_device_bdf", handle) or "").lower()
        uuid = str(library.ask("amdsmi_get_gpu_device_uuid", handle) or "")
        self.ids = (uuid, f"GPU-{uuid}") if uuid else ()
        self.cards: Ids = [()] * index + [self.ids]
        asic = library.ask("amdsmi_get_gpu_asic_info", handle) or {}
        name = str(asic.get("market_name") or "AMD GPU")
        counter = library.ask("amdsmi_get_energy_count", handle)
        counts = counter is not None and _joules(counter) > 0
        if not counts:
            self.read_power()  # neither: not a sensor, and the caller hears why
        cap = library.ask("amdsmi_get_power_cap_info", handle) or {}
        known = _gpu.kind(name)
        limit = _number(cap.get("max_power_cap")) or 0.0
        # Older libraries give the cap in watts, newer ones in microwatts.
        limit = (limit / 1e6 if limit > 1e5 else limit) or known.max_w or 0.0
        component = f"gpu:amd{index}"
        self.spec = SensorSpec(
            id=f"amd-gpu:{index}",
            component=component,
            kind="energy" if counts else "power",
            gain_error=_GAIN,
            step_s=_STEP_S,
            window_s=0.0 if counts else _STEP_S,
            resolution_j=float(counter["counter_resolution"]) / 1e6 if counts else 0.0,
            max_power_w=1.5 * limit if limit else _MAX_W,
            idle_power_w=known.idle_w,
            covers=(component,),
            label=name,  # as the table of embodied carbon knows it
        )
        library.opened()

    def read(self) -> float:
        """The accumulator (J), or the power (W) of a card without one."""
        if self.spec.kind == "power":
            return self.read_power()
        return _joules(self._smi.amdsmi_get_energy_count(self._handle))

    def read_power(self) -> float:
        """The power (W): of the moment where the card tells that, else its average."""
        told = self._smi.amdsmi_get_power_info(self._handle)
        for name in ("current_socket_power", "socket_power", "average_socket_power"):
            watts = _number(told.get(name))
            # 65535 is the library's word for a card that does not tell.
            if watts is not None and watts < 0xFFFF:
                return watts
        raise OSError("the card does not tell its power")

    def users(self) -> GpuUse:
        """Who uses the card now."""
        return _users(self._host, self.index, self._slot, self.cards)

    def close(self) -> None:
        """Let the library go with the last card."""
        library, self._library = self._library, None
        if library is not None:
            library.closed()


def discover(host: Host, options: Mapping[str, Any]) -> list[Sensor | Model]:  # noqa: ARG001 - taken whole
    """Every card; raises Unavailable."""
    found = list(chips(host, "amdgpu"))
    if not found:
        raise Unavailable("no AMD graphics card")
    by_library = _by_amdsmi(host)
    if by_library:
        return by_library
    cards = [chip for chip in found if chip.text("in1_label") != "vddnb"]
    if not cards:
        raise Unavailable("the graphics inside the processor are counted with its package")
    if not any(chip.number(_file(chip)) is not None for chip in cards):
        raise Unavailable("the driver does not tell the card's power", CURE)
    return readable(
        (
            opened(partial(AmdMonitor, host, chip, _file(chip), _spec(chip, index), len(cards)))
            for index, chip in enumerate(cards)
        ),
        "the card's power cannot be read",
        CURE_READ,
    )


def _by_amdsmi(host: Host) -> list[Sensor | Model]:
    """The cards that amdsmi shows; none where it is not installed."""
    if host.simulated:
        return []
    try:
        import amdsmi
    except Exception:  # noqa: BLE001 - it loads the driver's library, which may fail in any way
        return []
    return shown_by(amdsmi, host)


def shown_by(amdsmi: Any, host: Host) -> list[Sensor | Model]:
    """The cards that the library shows; none where it does not work."""
    try:
        library = _Library(amdsmi)
        handles = list(amdsmi.amdsmi_get_processor_handles())
    except amdsmi.AmdSmiException:
        return []
    cards: list[AmdSmiGpu] = []
    for index, handle in enumerate(handles):
        with suppress(amdsmi.AmdSmiException, OSError):
            cards.append(AmdSmiGpu(host, library, index, handle))
    if not cards:
        library.ask("amdsmi_shut_down")
    known = {one.index: one.ids for one in cards}
    for one in cards:
        one.cards = [known.get(index, ()) for index in range(len(handles))]
    return list(cards)


def _joules(counter: Mapping[str, Any]) -> float:
    """Accumulator x resolution (uJ); libraries before ROCm 6 call the accumulator "power"."""
    ticks = counter.get("energy_accumulator", counter.get("power"))
    if ticks is None:
        raise OSError("amdsmi tells no energy")
    return float(ticks) * float(counter["counter_resolution"]) / 1e6


def _number(value: Any) -> float | None:
    """A number of amdsmi's; None for its "N/A"."""
    return float(value) if isinstance(value, int | float) else None


def _file(chip: Chip) -> str:
    """An average loses less between two readings than a moment's value does."""
    averaged = chip.number("power1_average") is not None
    return "power1_average" if averaged else "power1_input"


def _spec(chip: Chip, index: int) -> SensorSpec:
    component = f"gpu:amd{index}"
    limit = (chip.number("power1_cap_max") or chip.number("power1_cap") or 0.0) / 1e6
    averaged = _file(chip) == "power1_average"
    return SensorSpec(
        id=f"amd-gpu:{index}",
        component=component,
        kind="power",
        gain_error=_GAIN,
        step_s=_STEP_S,
        window_s=_STEP_S if averaged else 0.0,
        max_power_w=1.5 * limit if limit else _MAX_W,
        covers=(component,),
        label=f"AMD graphics card (amdgpu, {chip.slot or chip.path.name})",
    )

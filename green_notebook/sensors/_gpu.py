"""What the sensors of graphics cards share: who uses a card, and what is known of its kind."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol, runtime_checkable

from green_notebook.data import records


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance of a divided card (MIG).

    ``size`` is its part (0 to 1) of the card's compute slices, ``pids`` who is on it: None where
    the driver does not tell. ``named`` is whether CUDA_VISIBLE_DEVICES names this very instance.
    """

    uuid: str = ""
    size: float | None = None
    pids: frozenset[int] | None = None
    named: bool = False


@dataclass(frozen=True, slots=True)
class GpuUse:
    """Who uses one GPU now.

    ``pids`` are the processes with a context on it, as the driver numbers them (in a container:
    the host's numbers, or none at all); None where it does not tell. ``sm`` is each process's mean
    part of the compute units (0 to 1) since the last call; None where that is unavailable (MIG,
    old cards). ``visible`` is whether CUDA_VISIBLE_DEVICES lets this kernel use it; None where
    that cannot be told. ``mig`` is whether the card is divided, ``instances`` into what.
    """

    pids: frozenset[int] | None = None
    sm: Mapping[int, float] | None = None
    visible: bool | None = None
    mig: bool = False
    instances: tuple[Instance, ...] = ()
    problem: str = ""


@runtime_checkable
class UsersTold(Protocol):
    """A sensor of a device that knows who uses it.

    Where it also has ``state() -> GpuState``, that is asked as often.
    """

    def users(self) -> GpuUse:
        """Who uses the device now: a few calls, 0.1-1 ms; never at a span's edge."""


@dataclass(frozen=True, slots=True)
class GpuState:
    """What one GPU does now: parts (0 to 1) of its time and memory, and what it is (W, B)."""

    busy: float | None = None
    memory: float | None = None
    memory_bytes: int | None = None
    power_limit_w: float | None = None
    compute_capability: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class GpuKind:
    """Limits of one model of card (W), None where unknown."""

    architecture: str = ""
    max_w: float | None = None
    idle_w: float | None = None
    names: tuple[str, ...] = field(default=(), repr=False)


@cache
def _kinds() -> dict[str, Mapping[str, Any]]:
    return {plain(name): row for row in records("gpu") for name in row["names"] if name}


def plain(name: str) -> str:
    """A card's name as all drivers write it: those before R470 omit "NVIDIA "."""
    return " ".join(re.sub(r"^(nvidia|amd)\s+", "", name.lower()).split())


def kind(name: str) -> GpuKind:
    """What is known of a card by its name; all unknown where it is not in the table."""
    row = _kinds().get(plain(name))
    if row is None:
        return GpuKind()
    return GpuKind(row["architecture"], row["max_w"], row["idle_w"], tuple(row["names"]))


def visible(text: str | None, index: int, cards: Sequence[tuple[str, ...]]) -> bool | None:
    """Whether a list like CUDA_VISIBLE_DEVICES names the device ``index`` of ``cards``.

    ``cards`` has the identifiers of every device, empty where they are not known. Entries are
    indices, ``GPU-`` identifiers or the beginning of one; the list ends at the first entry that
    names no device (CUDA programming guide, "CUDA environment variables"). Without a list every
    device is visible.
    """
    if text is None:
        return True
    all_told = all(cards)
    for entry in (one.strip() for one in text.split(",")):
        if re.fullmatch(r"\d+", entry):
            found = int(entry) if int(entry) < len(cards) else None
        elif not entry or entry.startswith("-") or entry.lower() in ("nodevfiles", "void", "none"):
            return False
        else:
            found = _named(entry, cards)
            if found is None and not all_told:
                continue
        if found is None or found == index:
            return found == index
    return False


def _named(entry: str, cards: Sequence[tuple[str, ...]]) -> int | None:
    """The device with an identifier that begins so."""
    for number, ids in enumerate(cards):
        if any(one.lower().startswith(entry.lower()) for one in ids):
            return number
    return None


def numbered(text: str) -> bool:
    """Whether a list like CUDA_VISIBLE_DEVICES names devices by number."""
    return re.match(r"\s*\d+\s*(,|$)", text) is not None

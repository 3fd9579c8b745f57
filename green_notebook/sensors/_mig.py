"""The instances of a divided NVIDIA card (MIG): how large each is, who is on it, which is named.

Only the whole card has an energy counter. What NVML tells of the parts is their size, in compute
slices of seven, and their processes (NVML API reference, "Multi Instance GPU Management").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from green_notebook.sensors._gpu import Instance

Ask = Callable[..., Any]
_OLDER = re.compile(r"mig-(gpu-[0-9a-f-]+)/(\d+)/(\d+)")


def running(ask: Ask, handle: Any) -> frozenset[int] | None:
    """The processes that compute on a card or an instance; None where the driver does not tell."""
    found = ask("nvmlDeviceGetComputeRunningProcesses", handle)
    if found is None:  # libraries before R510 know the older form only
        found = ask("nvmlDeviceGetComputeRunningProcesses_v2", handle)
    return None if found is None else frozenset(int(one.pid) for one in found)


def instances(ask: Ask, card: Any, uuid: str, listed: str | None) -> tuple[Instance, ...]:
    """The instances of a divided card that this process may see."""
    most = int(ask("nvmlDeviceGetMaxMigDeviceCount", card) or 0)
    handles = [ask("nvmlDeviceGetMigDeviceHandleByIndex", card, index) for index in range(most)]
    return tuple(_instance(ask, one, most, (uuid, listed)) for one in handles if one is not None)


def _instance(ask: Ask, handle: Any, most: int, listed: tuple[str, str | None]) -> Instance:
    told = ask("nvmlDeviceGetAttributes", handle)
    # A compute instance may be a part of its GPU instance.
    slices = getattr(told, "computeInstanceSliceCount", 0) or 0
    uuid = ask("nvmlDeviceGetUUID", handle) or ""
    uuid = uuid.decode(errors="replace") if isinstance(uuid, bytes) else uuid
    place = (
        ask("nvmlDeviceGetGpuInstanceId", handle),
        ask("nvmlDeviceGetComputeInstanceId", handle),
    )
    # As many instances as a card has slices: seven, or four of an A30.
    size = min(1.0, slices / most) if slices else None
    return Instance(uuid, size, running(ask, handle), _named(listed, uuid, place))


def visible(ask: Ask, card: str, listed: str | None, found: Iterable[Instance]) -> bool | None:
    """Whether the list names an instance of a card; None where it names no instances."""
    if not listed or "MIG-" not in listed.upper():
        return None
    if any(one.named for one in found):
        return True
    return any(_within(ask, one.strip(), card) for one in listed.split(","))


def _named(listed: tuple[str, str | None], uuid: str, place: tuple[int, int]) -> bool:
    """Whether the list names this instance: ``MIG-<id>``, before R470 ``MIG-<card>/<gi>/<ci>``.

    CUDA takes a whole identifier or its beginning (MIG user guide, "CUDA device enumeration").
    """
    card, text = listed
    for entry in (one.strip().lower() for one in (text or "").split(",")):
        older = _OLDER.fullmatch(entry)
        if older and card.lower().startswith(older.group(1)):
            if (int(older.group(2)), int(older.group(3))) == place:
                return True
        elif len(entry) > len("mig-") and uuid.lower().startswith(entry):
            return True
    return False


def _within(ask: Ask, entry: str, card: str) -> bool:
    """Whether an entry names an instance of the card that the driver does not list."""
    older = _OLDER.fullmatch(entry.lower())
    if older:
        return card.lower().startswith(older.group(1))
    handle = ask("nvmlDeviceGetHandleByUUID", entry)
    parent = handle and ask("nvmlDeviceGetDeviceHandleFromMigDeviceHandle", handle)
    uuid = (ask("nvmlDeviceGetUUID", parent) if parent else None) or ""
    return bool(uuid) and (uuid.decode() if isinstance(uuid, bytes) else uuid) == card

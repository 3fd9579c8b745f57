"""Who computes on AMD's cards, as the kernel's compute driver (KFD) and DRM tell.

Documentation/ABI/testing/sysfs-class-kfd and drivers/gpu/drm/amd/amdkfd: a folder for each process
with compute queues, ``vram_<id>`` its memory on the card of that id; the topology has each id's
place on the bus. Graphics and video work shows in fdinfo alone.
"""

from __future__ import annotations

import os
import re

from green_notebook.host import Host
from green_notebook.sensors._drm import works_on

TOPOLOGY = "/sys/class/kfd/kfd/topology/nodes"
PROCESSES = "/sys/class/kfd/kfd/proc"


def pids(host: Host, slot: str) -> frozenset[int] | None:
    """The processes that work on the card at a PCI address; None where nobody tells."""
    computing = _computing(host, slot)
    mine = works_on(host, slot)
    if computing is None and mine is None:
        return None
    return (computing or frozenset()) | frozenset({os.getpid()} if mine else ())


def _computing(host: Host, slot: str) -> frozenset[int] | None:
    card = _id_at(host, slot)
    names = _list(host, PROCESSES)
    if card is None or names is None:
        return None
    return frozenset(
        int(name)
        for name in names
        if name.isdigit() and _positive(host.read(f"{PROCESSES}/{name}/vram_{card}"))
    )


def _id_at(host: Host, slot: str) -> str | None:
    """The driver's id of the card at "0000:03:00.0"."""
    found = re.fullmatch(r"([0-9a-f]+):([0-9a-f]+):([0-9a-f]+)\.([0-7])", slot.lower())
    if not found:
        return None
    domain, bus, device, function = (int(part, 16) for part in found.groups())
    place = (domain, bus << 8 | device << 3 | function)
    for node in _list(host, TOPOLOGY) or ():
        text = host.read(f"{TOPOLOGY}/{node}/properties") or ""
        fields = dict(line.split(None, 1) for line in text.splitlines() if " " in line.strip())
        if (_whole(fields.get("domain")), _whole(fields.get("location_id"))) == place:
            return host.read(f"{TOPOLOGY}/{node}/gpu_id")
    return None


def _list(host: Host, folder: str) -> list[str] | None:
    try:
        return os.listdir(host.path(folder))
    except OSError:
        return None


def _whole(text: str | None) -> int:
    return int(text) if text and text.strip().isdigit() else 0


def _positive(text: str | None) -> bool:
    return _whole(text) > 0

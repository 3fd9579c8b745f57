"""Single-board computers: which board this is, and what its chips draw.

A board is known by its device tree, or by the last lines of /proc/cpuinfo where a container hides
the tree. Servers of the same cores have tables of their firmware (DMI) and no such tree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from green_notebook.data import records
from green_notebook.host import Host
from green_notebook.sensors import _cpu

# How such boards call themselves, whatever firmware they were started by.
_NAMES = re.compile(
    r"raspberry pi|jetson|orange pi|banana pi|\brock\b|rock ?pi|radxa|odroid|pine64|quartz64|nanopi|"
    r"tinker board|khadas|libre computer|beaglebone|rock ?\d"
)
# The trees of guests that have no DMI either.
_GUESTS = re.compile(r"dummy-virt|qemu|xen|crosvm|\bvirt")
# An unknown board is taken for a small one up to so many cores (assumed, 2026: Rockchip's RK3588 and
# the like have eight; the next larger are made for servers and network equipment).
_MOST_CORES = 8
_DMI = "/sys/class/dmi/id/sys_vendor"

Range = tuple[float, float, float]


def name(host: Host) -> str:
    """The board's name in small letters; empty where this is no single-board computer."""
    if host.system != "Linux" or host.hypervisor is not None:
        return ""
    told = _told(host)
    if not told or _GUESTS.search(told):
        return ""
    if _NAMES.search(told):
        return told
    small = _cpu.vendor_of(host.cpu) == "Arm" and host.cpu.threads <= _MOST_CORES
    return told if small and not host.battery and host.read(_DMI) is None else ""


def _told(host: Host) -> str:
    tree = host.read("/proc/device-tree/model")
    if not tree:
        # The kernel of Raspberry Pi ends /proc/cpuinfo so; x86 has "model", a number.
        found = re.search(r"^Model\s*: (.+)$", host.read("/proc/cpuinfo") or "", re.MULTILINE)
        tree = found.group(1) if found else ""
    return tree.strip("\0 \n").lower()


def known(board: str) -> bool:
    """Whether the table has a row for this very board."""
    return bool(_row(board)["board"])


@cache
def _row(board: str) -> Mapping[str, Any]:
    fits = [
        (len(one), row)
        for row in records("cpu_boards")
        for one in row["names"]
        if one in board.replace("-", " ") or one in board
    ]
    return max(fits, key=lambda fit: fit[0])[1] if fits else records("cpu_boards")[-1]


def chips_w(board: str, cores: int, busy: float) -> Range:
    """Watts of a board's processor and memory at a part ``busy`` of its cores, with the bounds.

    Linear in load, as the published models of boards are (cpu_boards.json); a board without a row
    of its own is reckoned per core.
    """
    row = _row(board)
    size = 1 if row["board"] else max(1, cores)
    value, low, high = (
        size * (row[f"idle_{which}"] + (row[f"full_{which}"] - row[f"idle_{which}"]) * busy)
        for which in ("w", "low", "high")
    )
    return value, low, high

"""The share of a machine's manufacture that a span used: its time, over the machine's life.

SCI specification (ISO/IEC 21031:2024): M = TE x TS x RS: total embodied emissions, the share of
the life, the share of the machine.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from green_notebook.data import records
from green_notebook.host import Host
from green_notebook.model import Basis, Place, Quantity, product, total

YEAR_S = 365 * 86400.0

# Threads of the server that a virtual machine is cut from: 96 (two sockets of 24 cores) with
# anything from 32 to 256 in use at clouds (their instance families of 2018 to 2025).
SERVER_THREADS = (96.0, 32.0, 256.0)
# A person's device is not at work round the clock, as the table's lifetime counts it: at eight
# hours a day each of them carries three times as much.
IN_USE_PART = 1 / 3
# Lifetimes are known to about a quarter: 3 to 5 years for 4.
LIFETIME_ERROR = 0.25


def embodied(
    place: Place,
    host: Host,
    duration_s: float,
    *,
    quota: float = 1.0,
    gpus: Sequence[str] = (),
) -> Quantity:
    """Grams of CO2e of manufacture for ``duration_s`` of this machine.

    ``quota`` is the part of the machine that this kernel answers for (`Load.idle_part`); ``gpus`` names the GPUs that it
    used. A virtual machine counts as its threads' part of a server.
    """
    parts = [("machine", _machine(place, host, quota))]
    if place.kind != "laptop":  # whose figure holds all that is inside
        parts += [("gpu", gpu_rate(name)) for name in gpus]
    return total(parts, "g/s").scaled(max(0.0, duration_s), "g")


def _machine(place: Place, host: Host, quota: float) -> Quantity:
    if place.kind == "laptop":
        return _device("device", "laptop").scaled(quota)
    if place.kind == "desktop":
        return _device("device", "desktop (tower)").scaled(quota)
    server = _device("server", "rack server (manufacturer PCFs)").scaled(quota)
    if host.hypervisor is None and place.kind != "cloud":
        return server
    typical, fewest, most = SERVER_THREADS
    threads = float(host.cpu.threads)
    part = Quantity(
        min(1.0, threads / typical),
        min(1.0, threads / most),
        min(1.0, threads / fewest),
        "1",
        Basis.ASSUMED,
    )
    return product(server, part, unit="g/s")


@cache
def _device(category: str, item: str) -> Quantity:
    return rate(_row(category, item), personal=category == "device")


def rate(row: dict[str, Any], *, personal: bool = False) -> Quantity:
    """Grams of CO2e per second of a device in the table, over its whole life."""
    kg = float(row["kg"])
    low = float(row["low"] or 0.7 * kg)
    high = float(row["high"] or 1.5 * kg)
    made = Quantity(min(max(kg, low), high), low, high, "g", Basis.ASSUMED).scaled(1000.0)
    life_s = float(row["years"]) * YEAR_S
    longest, shortest = life_s * (1 + LIFETIME_ERROR), life_s * (1 - LIFETIME_ERROR)
    if personal:
        shortest *= IN_USE_PART
    per_second = Quantity(1 / life_s, 1 / longest, 1 / shortest, "1/s", Basis.ASSUMED)
    return product(made, per_second, unit="g/s")


@cache
def gpu_rate(name: str) -> Quantity:
    """Grams of CO2e per second of one GPU, by its NVML name.

    A maker's figure where there is one; a model's bottom-up figure, 3 to 5 times higher, is the
    upper bound; else the generic card.
    """
    generic = _row("gpu", "GPU card, generic default")
    own = _named("gpu", name) or generic
    modelled = _named("gpu (Boavizta model)", name)
    high = max(float(own["high"] or own["kg"]), float(generic["high"]))
    if modelled is not None:
        high = max(high, float(modelled["kg"]))
    low = min(float(own["low"] or own["kg"]) * 0.8, float(generic["low"]))
    return rate({**own, "low": low, "high": high})


def _row(category: str, item: str) -> dict[str, Any]:
    return next(
        row
        for row in records("embodied")
        if row["category"] == category and row["item"].startswith(item)
    )


def _named(category: str, name: str) -> dict[str, Any] | None:
    """The row whose item shares the model's word ("A100", "T4") with ``name``, the fullest first."""
    words = _words(name)
    best: tuple[float, dict[str, Any] | None] = (0, None)
    for row in records("embodied"):
        known = _words(row["item"].split("(")[0])
        models = {word for word in known if re.search(r"\d", word) and not word.endswith("gb")}
        if row["category"] == category and models and (models & words):
            alike = len(known & words) / math.sqrt(len(known))
            if alike > best[0]:
                best = (alike, row)
    return best[1]


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+[0-9]+[a-z0-9]*|[0-9]+gb|[a-z]+|[0-9]+", text.lower()))

"""Whose a card is at one instant, from what its driver and the operating system tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from green_notebook.sensors._gpu import GpuUse, Instance


@dataclass(frozen=True, slots=True)
class Look:
    """One card at one instant: whether it is ours (None: unknown), and what part of its work.

    ``low`` is the least part that may be ours where the part is a guess (it may then be all of
    it), ``idle`` our part of its idle draw where that is another. ``how`` says how the part was
    found: "alone", "sm" (the driver's word), "equal", "numbers" (processes under numbers that are
    not ours), "mig" or "work": one of several cards on which nobody is listed, which only the work
    on them tells apart. ``busy`` is then the part of the time (0 to 1) that the card worked, and
    ``holders`` how many of our processes hold a device.
    """

    at_s: float
    mine: bool | None
    part: float = 1.0
    how: str = "alone"
    others: bool = False
    low: float | None = None
    idle: float | None = None
    busy: float | None = None
    holders: int = 0


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who is on the cards, all of them together.

    ``ours`` are this kernel's processes, as numbered here; ``renamed`` is whether the driver's
    numbers are others than ours; ``holders`` how many of our processes hold a GPU's device open
    (None: cannot be told); ``strangers`` the processes on visible cards that are not ours; ``cards``
    the visible cards.
    """

    ours: frozenset[int]
    renamed: bool = False
    holders: int | None = None
    strangers: int = 0
    cards: int = 1

    @classmethod
    def of(cls, uses: Iterable[GpuUse], ours: frozenset[int], *, container: bool) -> Crowd:
        """Who is there; ``holders`` is asked apart, since it costs more."""
        listed: set[int] = set()
        cards = 0
        for use in uses:
            if use.visible is not False:
                cards += 1
                listed |= on_card(use) or frozenset()
        # Where one of ours is listed, the driver counts as we do.
        return cls(ours, container and not ours & listed, None, len(listed - ours), cards)


def on_card(use: GpuUse) -> frozenset[int] | None:
    """The processes on a card and its instances; None where nobody tells."""
    told = [one for one in (use.pids, *(part.pids for part in use.instances)) if one is not None]
    return frozenset().union(*told) if told else None


def judge(use: GpuUse, crowd: Crowd, now_s: float, busy: float | None = None) -> Look:
    """Whose the card is; ``busy`` is the part of the time (0 to 1) that it worked just now."""
    pids = on_card(use)
    listed = pids is not None and bool(crowd.ours & pids)
    if use.visible is False:
        return Look(now_s, mine=False)
    if pids is not None and not listed and not crowd.renamed:
        return Look(now_s, mine=False, others=bool(pids))
    if not listed and not crowd.holders:
        return Look(now_s, mine=None if crowd.holders is None else False)
    if use.instances:
        return _instance(use.instances, crowd.ours, now_s)
    if listed:
        return _shared(use, pids or frozenset(), crowd.ours, now_s)
    return _renamed(pids, crowd, now_s, busy)


def _renamed(pids: frozenset[int] | None, crowd: Crowd, now_s: float, busy: float | None) -> Look:
    """A card of which we hold one, under numbers that are not ours."""
    if pids is not None and not pids and crowd.strangers:
        # The driver lists those on other cards, and nobody here.
        return Look(now_s, mine=False)
    holders = crowd.holders or 0
    if not crowd.strangers and crowd.cards > 1:
        # Open device files do not tell which: CUDA and NVML open those of every card.
        return Look(now_s, mine=None, how="work", busy=busy, holders=holders)
    if crowd.strangers <= holders:
        return Look(now_s, mine=True)
    # Some of them are ours, each as likely as the next.
    return Look(now_s, mine=True, part=holders / crowd.strangers, how="numbers", low=0.0)


def _shared(use: GpuUse, pids: frozenset[int], ours: frozenset[int], now_s: float) -> Look:
    others = pids - ours
    if not others:
        return Look(now_s, mine=True)
    total = sum(use.sm.values()) if use.sm else 0.0
    if use.sm is not None and total > 0:
        own = sum(part for pid, part in use.sm.items() if pid in ours)
        return Look(now_s, mine=True, part=own / total, how="sm")
    return Look(now_s, mine=True, part=len(pids & ours) / len(pids), how="equal")


def _instance(parts: tuple[Instance, ...], ours: frozenset[int], now_s: float) -> Look:
    """A divided card: its energy is known for the whole, and shared by the slices in use."""
    seen = [one for one in parts if one.pids and one.pids & ours]
    own = seen or [one for one in parts if one.named]
    # Who is on the others is known only where our own are seen on theirs.
    rivals = [one for one in parts if one not in own and (one.pids or not seen)]
    if not own:
        # One of them, nobody tells which; CUDA uses one at a time.
        sizes = [_size(one, parts) for one in parts]
        return Look(
            now_s, True, 1 / len(parts), "mig", low=min(sizes), idle=sum(sizes) / len(parts)
        )
    mine = sum(_size(one, parts) * _crowded(one, ours) for one in own)
    whole = sum(_size(one, parts) for one in (*own, *rivals))
    if mine >= 1.0:
        return Look(now_s, mine=True)
    return Look(now_s, True, mine / whole, "mig", low=mine, idle=mine)


def _size(one: Instance, parts: tuple[Instance, ...]) -> float:
    return one.size or 1 / len(parts)


def _crowded(one: Instance, ours: frozenset[int]) -> float:
    """Our part of an instance, in equal parts where others are on it too."""
    pids = one.pids or frozenset()
    return len(pids & ours) / len(pids) if pids & ours else 1.0

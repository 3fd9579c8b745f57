"""The CPU time of all children as one total, cheap among many of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from green_notebook.processes import Descendants, ProcessTree, reaped_cpu_s

Lives = Mapping[int, tuple[float, float]]

# A look at one process takes about this (s); no more than this part of the time may go to them
# at a span's edges.
LOOK_S = 12e-6
EDGE_PART = 0.02


class ChildTime:
    """The CPU seconds of all descendants, ended ones included, as one total that only grows.

    What living ones used moves to their parent when they are reaped, so both are read together:
    at a scan for all, at a span's edge for those known. What a process had used before anybody
    looked is nobody's: it began while no span was open. Of many children only those that work are
    looked at often: those whose time grew between the last two looks at all, and new ones.
    """

    # Of more known processes than this an edge, and a quick scan, look at the lively ones.
    MOST = 32

    def __init__(self, tree: ProcessTree) -> None:
        self._tree = tree
        self._blind_until_s = tree.age_s()
        self._rebase = False
        self._living = Descendants()
        # When all of them were looked at (s, on the caller's clock), and who worked since before.
        self._looked_s = 0.0
        self._looked: Lives = {}
        self._lively: frozenset[int] = frozenset()
        # The total, what it was counted from (of that, the reaped ones' part), and the processes in
        # it: replaced as one, since the sampler's thread and the spans' come here without a lock.
        reaped_s = reaped_cpu_s()
        self._known: tuple[float, float, float, Lives] = (0.0, reaped_s, reaped_s, {})

    @property
    def total_s(self) -> float:
        """The total as last counted."""
        return self._known[0]

    def scan(self, at_s: float, *, full: bool = True) -> Descendants:
        """Look for all descendants, or quickly for new and lively ones; for the sampler's thread."""
        total_s, before_s, gone_s, known = self._known
        alone = not known and self._tree.childless()
        reaped_s = reaped_cpu_s()
        if alone:
            self._known = (total_s + max(0.0, reaped_s - before_s), reaped_s, reaped_s, {})
            self._living = Descendants()
            return self._living
        quick = not full and len(known) > self.MOST and reaped_s == gone_s
        each = self._quick(known) if quick else None
        if each is None or reaped_s != reaped_cpu_s():
            reaped_s, self._living = self._all(reaped_s)
            each = self._living.each
            self._note(each, at_s)
        raw_s = reaped_s + _sum(each)
        grown_s = 0.0 if self._rebase else max(0.0, raw_s - self._history_s(each, known) - before_s)
        self._rebase = False
        self._known = (total_s + grown_s, raw_s, reaped_s, each)
        self._living = replace(self._living, cpu_s=raw_s - reaped_s, each=each)
        return self._living

    def edge(self, at_s: float, *, watched: bool, last: bool = False) -> float:
        """The total now, at a span's edge; ``watched`` tells that the last scan was a moment ago.

        At its ``last`` one, children that no scan has seen yet are the span's.
        """
        total_s, before_s, gone_s, known = self._known
        if not (watched or last):
            self._blind_until_s = self._tree.age_s()
        many = len(known) > self.MOST
        if many and not watched:
            # The next scan counts from what it finds: nobody looked at the rest meanwhile.
            self._rebase = True
            return total_s
        reaped_s = reaped_cpu_s()
        new = self._newborn(known) if last else {}
        if not (known or new):
            total_s += max(0.0, reaped_s - before_s)
            self._known = (total_s, reaped_s, reaped_s, known)
            return total_s
        each = known
        if known:
            reaped_s, each = self._seen(known, reaped_s, gone_s, at_s)
        raw_s = reaped_s + _sum(each)
        total_s += max(0.0, raw_s - before_s) + _sum(new) - self._history_s(new, known)
        self._known = (total_s, raw_s + _sum(new), reaped_s, {**each, **new} if new else each)
        return total_s

    def _seen(
        self, known: Lives, reaped_s: float, gone_s: float, at_s: float
    ) -> tuple[float, Lives]:
        """The reaped ones' time and the known ones' as they are together."""
        long_ago = len(known) * LOOK_S <= EDGE_PART * (at_s - self._looked_s)
        # Who was reaped may be a known one: then its time is in both until all are looked at.
        some = len(known) > self.MOST and not long_ago and reaped_s == gone_s
        each = self._again(known, self._lively) if some else None
        if each is None:
            each = self._tree.again(known)
            self._note(each, at_s)
        if reaped_s != (reaped_s := reaped_cpu_s()):
            each = self._tree.again(known)
        return reaped_s, each

    def _newborn(self, known: Lives) -> Lives:
        """Those that are not known yet, a few at most: most cells have no child at all."""
        if not self._tree.lists or self._tree.childless():
            return {}
        return self._tree.newcomers(known, self.MOST)

    def _history_s(self, each: Lives, known: Lives) -> float:
        """What those that are not known yet used while no span was open."""
        return sum(
            cpu_s
            for pid, (cpu_s, born_s) in each.items()
            # Births are told in whole ticks.
            if born_s + self._tree.tick_s <= self._blind_until_s
            and known.get(pid, (0.0, None))[1] != born_s
        )

    def _all(self, reaped_s: float) -> tuple[float, Descendants]:
        found = self._tree.scan()
        if reaped_s != (reaped_s := reaped_cpu_s()):  # one ended meanwhile
            found = self._tree.scan()
        return reaped_s, found

    def _quick(self, known: Lives) -> Lives | None:
        """The known ones with the lively ones' time now, and new ones; None where one has ended."""
        each = self._again(known, self._lively)
        if each is None:
            return None
        new = self._tree.newcomers(known)
        self._lively = frozenset([*new, *self._lively][: self.MOST])
        return {**each, **new}

    def _again(self, known: Lives, some: frozenset[int]) -> Lives | None:
        """All known ones, some of them read anew; None where one of those has ended."""
        asked = {pid: known[pid] for pid in some if pid in known}
        found = self._tree.again(asked)
        # Its time is its parent's now, or the reaped ones': all are to be read together.
        return {**known, **found} if len(found) == len(asked) == len(some) else None

    def _note(self, each: Lives, at_s: float) -> None:
        """All were looked at: who worked since the last time, most of all first."""
        if len(each) <= self.MOST:
            self._looked, self._lively = each, frozenset(each)
            return
        before = self._looked
        grown = {pid: life[0] - before.get(pid, (0.0, 0.0))[0] for pid, life in each.items()}
        lively = sorted((pid for pid, more_s in grown.items() if more_s > 0), key=grown.__getitem__)
        self._lively = frozenset(lively[-self.MOST :])
        self._looked_s, self._looked = at_s, each


def _sum(each: Lives) -> float:
    return sum(cpu_s for cpu_s, _ in each.values())

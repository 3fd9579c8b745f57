"""What the sampler's thread does each time it wakes: read what is due, do chores, tell when to wake.

What a wake costs is mostly waking: 50 to 100 us for a thread that then does nothing, and the
caches are cold. So sensors share their instants, and chores those of the sensors; and in a calm time
no more code runs than the reading of coarse counters takes (their power comes with the others).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from green_notebook.channel import SOON_S
from green_notebook.chores import Chores
from green_notebook.inventory import Inventory
from green_notebook.pace import Pace

Monotonic = Callable[[], float]


class Rounds:
    """The open sensors' readings between a span's edges, for the one thread that takes them."""

    def __init__(self, inventory: Inventory, chores: Chores) -> None:
        self.pace = Pace()
        # Somebody else has read sensors or wants chores: when each is due is to be settled anew.
        self.news = False
        # Whether the next reading is at an instant of its own, not one of the pace's.
        self.exact = False
        self._inventory = inventory
        self._chores = chores
        # Whether the last readings were those of a session at rest.
        self._rested = False
        # Until then coarse counters alone are read, at the second next; all else is done at the third.
        self._calm_until_s = self._calm_due_s = self._others_due_s = 0.0
        self._glances: list[Callable[[], None]] = []

    def round(self, monotonic: Monotonic, *, near: bool, busy: bool) -> float:
        """Read and do what is due; how long (s) until something is due again.

        ``near`` is false for a session at rest; ``busy`` is whether anybody measures.
        """
        chores, pace = self._chores, self.pace if near else None
        due_s = self._read_due(monotonic, pace)
        now_s = monotonic()
        if chores.ready(now_s, due_s):
            self._follow(now_s)
            for channel in self._inventory.channels:
                channel.renew(now_s)
            chores.do(now_s, pace, busy=busy)
            due_s = self._read_due(monotonic, pace)
            now_s = monotonic()
        self._calm_down(due_s if near else 0.0)
        return max(SOON_S, min(due_s, chores.after(now_s, due_s)) - now_s)

    def _calm_down(self, due_s: float) -> None:
        """Settle until when coarse counters alone are read, next at ``due_s``, and no plan is asked."""
        self._calm_until_s, self._calm_due_s, self._others_due_s = 0.0, due_s, math.inf
        if self.exact or self.news or not due_s:
            return
        calm_until_s = math.inf
        self._glances = []
        for channel in self._inventory.channels:
            if channel.foretells:
                self._glances.append(channel.glance)
                calm_until_s = min(calm_until_s, channel.calm_until_s)
            else:
                self._others_due_s = min(self._others_due_s, channel.due_s)
        self._others_due_s = min(self._others_due_s, self._chores.due_s)
        self._calm_until_s = calm_until_s if math.isfinite(calm_until_s) else 0.0

    def calm_round(self, monotonic: Monotonic) -> float:
        """Most rounds of a long span, in few lines: the wait (s), or 0 where there is more to do."""
        if self.news or not self._calm_until_s:
            return 0.0
        soon_s, due_s = monotonic() + SOON_S, self._calm_due_s
        until_s = self._others_due_s
        if soon_s >= until_s or soon_s >= due_s >= self._calm_until_s:
            return 0.0
        if soon_s >= due_s:
            for glance in self._glances:
                glance()
            self._calm_due_s = due_s = self.pace.next_s(due_s)
        return max(SOON_S, min(until_s, due_s) - soon_s)

    def _follow(self, now_s: float) -> None:
        """Keep the pace clear of the steps of all counters whose rhythm is known."""
        told = [steps for one in self._inventory.channels if (steps := one.steps)]
        if self.pace.follow(told, now_s):
            self.news = True

    def _read_due(self, monotonic: Monotonic, pace: Pace | None) -> float:
        """Read what is due; when the next reading is."""
        # Set after what it tells of, and taken back before that is looked at: none is missed.
        news, self.news = self.news, False
        news = news or self._rested is (pace is not None)
        self._rested = pace is None
        now_s, due_s, exact = monotonic(), math.inf, False
        for channel in self._inventory.channels:
            if news:
                channel.plan(now_s, pace)
            if channel.due_s <= now_s + SOON_S:
                channel.take()
                now_s = monotonic()
                channel.plan(now_s, pace)
            if channel.due_s < due_s:
                due_s, exact = channel.due_s, channel.exact
        self.exact = exact
        return due_s

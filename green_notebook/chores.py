"""What the sampler's thread does beside reading sensors: rarely, and never before a reading."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress

from green_notebook.clock import Clock
from green_notebook.gpus import GpuUsers
from green_notebook.inventory import Inventory
from green_notebook.pace import RESTING_PERIOD_S, Pace, resting_s
from green_notebook.traces import REFINE_S
from green_notebook.usage import UsageMeter

PERIOD_S = 1.0
# So long after an edge, where no child is to be watched and nobody else wants them.
CALM_PERIOD_S = 2.0
CALM_AFTER_S = 3.0
# Chores give way to a reading that is due this soon, but not for ever.
GIVE_WAY_S = 0.005
OVERDUE_S = 0.05
# Within a span; its edges have looks of their own. From so long after one on they are rarer, yet
# often enough for a piece of 10 s to have two of its own.
LOOK_PERIOD_S = 1.9
LONG_S = 10.0
LONG_LOOK_PERIOD_S = 4.9

# A span's end is told a moment after its edge.
MOMENT_S = 0.001

# Told the time; says in how many seconds it wants to hear again (None: when chores come again).
Listener = Callable[[float], float | None]


class Chores:
    """Slow sensors, child processes, users of GPUs, listeners: once in one or two seconds, and after an edge.

    Any thread calls `edge` and `settle`; everything else is the sampler's thread's.
    """

    def __init__(
        self, inventory: Inventory, usage: UsageMeter, gpus: GpuUsers, clock: Clock
    ) -> None:
        self.listeners: list[Listener] = []
        self._inventory = inventory
        self._usage = usage
        self._gpus = gpus
        self._clock = clock
        self._next_s = -math.inf
        # A span's end is settled when the counter's step after it has come.
        self._settle_s = math.inf
        # And sooner, where that step is foretold.
        self._sooner_s = math.inf
        self._wanted_s = math.inf
        self._looked_s = -math.inf
        self._edge_s = -math.inf

    def edge(self, at_s: float, ask_s: float) -> None:
        """A span begins or ends now: what ended is settled after its counters' next steps.

        Who the children are and whose the GPUs is to be asked at ``ask_s``.
        """
        self._edge_s = at_s
        self._settle_s = at_s + REFINE_S + MOMENT_S
        self._wanted_s = ask_s

    def settle(self, at_s: float) -> None:
        """Listeners can settle a span at ``at_s``, if the reading that is foretold comes."""
        self._sooner_s = min(self._sooner_s, at_s + MOMENT_S)

    @property
    def due_s(self) -> float:
        """When there is something to do."""
        return min(self._next_s, self._settle_s, self._sooner_s, self._wanted_s)

    def ready(self, now_s: float, reading_s: float) -> bool:
        """Whether they are to be done now, with the next reading due at ``reading_s``."""
        due_s = self.due_s
        if now_s < due_s:
            return False
        return reading_s - now_s > GIVE_WAY_S or now_s - due_s > OVERDUE_S

    def after(self, now_s: float, reading_s: float) -> float:
        """When to wake for them: if they give way to a reading, not in vain before it."""
        due_s = self.due_s
        if due_s > now_s:
            return due_s
        # Without a sensor no reading is ever due.
        return min(reading_s, now_s + OVERDUE_S)

    def do(self, now_s: float, pace: Pace | None, *, busy: bool) -> None:
        """All that is due, and the next time: an instant at which sensors are read anyhow."""
        # Sensors are let go when nobody's report rests on them any more.
        idle = not busy and self._settle_s == math.inf
        if now_s >= self._settle_s:
            self._settle_s = math.inf
        if now_s >= self._sooner_s:
            self._sooner_s = math.inf
        self._inventory.open_slow(idle=idle)
        wanted, self._wanted_s = self._wanted_s < math.inf, math.inf
        if wanted or (busy and now_s - self._usage.scanned_at_s >= 0.9 * PERIOD_S):
            self._scan(now_s, wanted=wanted)
        calm = now_s - self._edge_s > CALM_AFTER_S and not self._usage.living.each
        wait_s = CALM_PERIOD_S if calm else PERIOD_S
        for listener in tuple(self.listeners):
            with suppress(Exception):
                wait_s = min(wait_s, listener(now_s) or wait_s)
        # The nearest instant: `next_s` gives the one that is a period after it.
        then_s = now_s + wait_s
        if pace is None:
            self._next_s = resting_s(then_s - RESTING_PERIOD_S)
        else:
            self._next_s = pace.next_s(then_s - pace.period_s)

    def _scan(self, now_s: float, *, wanted: bool) -> None:
        with suppress(Exception):
            self._usage.scan()
        long = now_s - self._edge_s > LONG_S
        if wanted or now_s - self._looked_s >= (LONG_LOOK_PERIOD_S if long else LOOK_PERIOD_S):
            self._looked_s = now_s
            with suppress(Exception):
                sensors = self._inventory.choice.sensors
                self._gpus.look(sensors, self._usage.living.pids, now_s)

"""The session's power over time, and what the kernel drew while no cell ran."""

from __future__ import annotations

from collections import deque
from datetime import datetime

from green_notebook.accountant import Accountant
from green_notebook.clock import Clock
from green_notebook.model import Quantity, total
from green_notebook.usage import Usage

# A point in four seconds while a cell runs, one in five between cells: a working day in some 100 kB.
BUSY_S = 4.0
RESTING_S = 5.0
POINTS = 20_000


class Chronicle:
    """Told of every tick of the sampler; keeps a bounded record."""

    def __init__(self, accountant: Accountant, clock: Clock) -> None:
        self._accountant = accountant
        self._clock = clock
        self._last: Usage | None = None
        self._was_busy = False
        self._begun_s = 0.0
        self.began_at: datetime | None = None
        self.power: deque[tuple[float, float | None]] = deque(maxlen=POINTS)
        self.idle: Quantity | None = None
        self.idle_s = 0.0

    def tick(self, now: Usage, *, busy: bool) -> None:
        """One look: a new point where enough time has passed or a cell began or ended."""
        last = self._last
        if last is None:
            self._last, self._begun_s, self._was_busy = now, now.at_s, busy
            self.began_at = self._clock.wall()
            return
        passed_s = now.at_s - last.at_s
        turned = busy != self._was_busy
        if passed_s < (BUSY_S if busy else RESTING_S) and not (turned and passed_s > 0.1):
            return
        piece = self._accountant.between(last, now)
        self.power.append((now.at_s - self._begun_s, piece.value / passed_s))
        if not self._was_busy and not busy:
            self.idle_s += passed_s
            self.idle = piece if self.idle is None else total([("", self.idle), ("", piece)])
        self._last, self._was_busy = now, busy

"""The session's power over time, and what the kernel drew while no cell ran."""

from __future__ import annotations

from collections import deque
from datetime import datetime

from green_notebook.accountant import Accountant
from green_notebook.clock import Clock
from green_notebook.model import Quantity, total
from green_notebook.usage import Usage

# A point in five seconds between cells, one in four while a cell runs that somebody follows. Else
# the pieces into which a running cell is folded anyhow are the points, one in ten seconds: to add
# up the same stretch twice would cost as much again. A working day is some 100 kB.
FOLLOWED_S = 4.0
RESTING_S = 5.0
POINTS = 20_000
# A cell begins a moment before the tick that sees it.
MEETS_S = 1.5
# Where no piece went on from the last point for so long, a point of its own leads up to one.
PATIENCE_S = 15.0


class Chronicle:
    """Told of every tick of the sampler; keeps a bounded record."""

    def __init__(self, accountant: Accountant, clock: Clock) -> None:
        self._accountant = accountant
        self._clock = clock
        self._last: Usage | None = None
        self._was_busy = False
        self._begun_s = 0.0
        # Whoever shows the record while it grows.
        self.followers: set[object] = set()
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
        if busy and not turned and not self.followers:
            self._folded(last)
        elif passed_s >= (FOLLOWED_S if busy else RESTING_S) or (turned and passed_s > 0.1):
            piece = self._point(last, now)
            if piece is not None and not self._was_busy and not busy:
                self.idle_s += passed_s
                self.idle = piece if self.idle is None else total([("", self.idle), ("", piece)])
            self._was_busy = busy

    def _folded(self, last: Usage) -> None:
        """A point for each piece of a running cell that was folded since the last one."""
        later = [one for one in list(self._accountant.folds) if one.end.at_s > last.at_s]
        for fold in later:
            if abs(fold.start.at_s - last.at_s) <= MEETS_S:
                self.power.append((fold.end.at_s - self._begun_s, fold.power_w))
                self._last = fold.end
                return
        if later and later[-1].end.at_s - last.at_s > PATIENCE_S:
            # Cells side by side, or a follower left.
            self._point(last, later[-1].end)

    def _point(self, last: Usage, now: Usage) -> Quantity | None:
        """A point of its own, up to ``now``: a gap where nothing could be read."""
        piece = self._accountant.known_between(last, now)
        power_w = None if piece is None else piece.value / (now.at_s - last.at_s)
        self.power.append((now.at_s - self._begun_s, power_w))
        self._last = now
        return piece

"""What each part draws when nobody computes, learned between cells."""

from __future__ import annotations

from collections import deque

from green_notebook.host import Host
from green_notebook.idle_table import idle_power
from green_notebook.model import Basis, Quantity, SensorSpec
from green_notebook.sampler import Sampler
from green_notebook.usage import Usage

# Busy less than this part of all CPUs counts as nobody computing.
QUIET = 0.05
# A window shorter than this has too few clock ticks and counter steps to tell.
WINDOW_S = 2.0
WINDOWS = 60
MINIMUM = 2
# A table's idle figure may be half of this machine's or double (gpu_power: T4 9 W, with a CUDA
# context 25-30 W).
TABLE_ERROR = (0.5, 1.0)


class Baseline:
    """The idle power (W) of each sensor's part, from quiet windows of a few seconds."""

    def __init__(self, host: Host | None = None) -> None:
        self._host = host
        self._tables: dict[str, Quantity | None] = {}
        self._windows: dict[str, deque[float]] = {}
        self._begun: Usage | None = None

    def learn(self, sensor: str, power_w: float, busy: float) -> None:
        """One window between cells: mean power, and the part of all CPUs that was busy."""
        if busy <= QUIET and power_w >= 0:
            self._windows.setdefault(sensor, deque(maxlen=WINDOWS)).append(power_w)

    def rest(self, sampler: Sampler, now: Usage) -> None:
        """No span is open: close the window when it is long enough, and open the next."""
        begun = self._begun
        if begun is None:
            self._begun = now
            return
        if now.at_s - begun.at_s < WINDOW_S:
            return
        self._begun = now
        busy = sampler.usage.load(begun, now).machine_busy
        if busy > QUIET:
            return
        for trace in list(sampler.traces.values()):
            measured = sampler.energy(trace, begun.at_s, now.at_s)
            if measured.quantity is not None:
                power_w = measured.quantity.value / (now.at_s - begun.at_s)
                self.learn(trace.spec.id, power_w, busy)

    def stir(self) -> None:
        """A span is open: the window that was going on is void."""
        self._begun = None

    def power_w(self, spec: SensorSpec) -> Quantity | None:
        """The idle power with its interval; None where neither learned nor in a table."""
        windows = sorted(self._windows.get(spec.id, ()))
        if len(windows) >= MINIMUM:
            # Others' short work only adds to a window: the lower quarter is the idle draw.
            value = windows[len(windows) // 4]
            spread = max(windows[len(windows) // 2] - windows[0], 0.02 * value)
            return Quantity.within(value, "W", Basis.MEASURED, random=spread)
        if spec.idle_power_w:
            below, above = TABLE_ERROR
            return Quantity.within(
                spec.idle_power_w,
                "W",
                Basis.ASSUMED,
                systematic=(below * spec.idle_power_w, above * spec.idle_power_w),
            )
        if spec.id not in self._tables:
            self._tables[spec.id] = idle_power(self._host, spec) if self._host else None
        return self._tables[spec.id]

"""What each part draws when nobody computes, learned between cells."""

from __future__ import annotations

from collections import deque

from green_notebook.model import Basis, Quantity, SensorSpec

# Busy less than this part of all CPUs counts as nobody computing.
QUIET = 0.05
WINDOWS = 60
MINIMUM = 2
# A table's idle figure may be half or double of this machine's (gpu_power: T4 9 W, with a CUDA
# context 25-30 W).
TABLE_ERROR = (0.5, 1.0)


class Baseline:
    """The idle power (W) of each sensor's part, from quiet windows of about a second."""

    def __init__(self) -> None:
        self._windows: dict[str, deque[float]] = {}

    def learn(self, sensor: str, power_w: float, busy: float) -> None:
        """One window between cells: mean power, and the part of all CPUs that was busy."""
        if busy <= QUIET and power_w >= 0:
            self._windows.setdefault(sensor, deque(maxlen=WINDOWS)).append(power_w)

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
        return None

"""What a sensor says of itself, and what it said when."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from green_notebook.model.quantity import Basis

Kind = Literal["energy", "power"]


@dataclass(frozen=True, slots=True)
class SensorSpec:
    """What is known of one source of energy (a counter, J) or power (W) before it is read.

    ``gain_error`` is the published relative 95 % error of the true value around the reading:
    ``(0.03, 0.08)`` means that the truth lies between 3 % below and 8 % above what it says.
    ``step_s`` is how often the value moves; ``window_s`` the time a power reading averages over
    (0: an instant). ``wrap_j`` is where a counter starts again, None where it never does.
    ``covers`` names the components the value includes (a package counter covers its cores; a
    whole-node meter covers "node"), so that nothing is counted twice.
    """

    id: str
    component: str
    kind: Kind
    basis: Basis = Basis.MEASURED
    gain_error: tuple[float, float] = (0.0, 0.0)
    step_s: float = 0.001
    window_s: float = 0.0
    resolution_j: float = 0.0
    wrap_j: float | None = None
    max_power_w: float | None = None
    idle_power_w: float | None = None
    covers: tuple[str, ...] = ()
    label: str = ""
    tried_on_hardware: bool = False


class Reading(NamedTuple):
    """One value (J since some origin, or W) at one instant of the monotonic clock.

    ``value`` is None where the read failed: a gap, never zero.
    """

    # A tuple, since there are hundreds a second: a frozen dataclass takes twice as long to make.

    at_s: float
    value: float | None
    took_s: float = 0.0


@dataclass(slots=True)
class Trace:
    """The readings of one sensor, oldest first, in a bounded ring.

    ``power`` holds the same device's power readings beside an energy counter, where it has both:
    they tell how a counter step's energy was spread over its time.
    """

    spec: SensorSpec
    readings: deque[Reading] = field(default_factory=lambda: deque(maxlen=4096))
    power: deque[Reading] = field(default_factory=lambda: deque(maxlen=4096))

    def between(self, start_s: float, end_s: float) -> Iterator[Reading]:
        """The readings from ``start_s`` to ``end_s``, both included."""
        return (one for one in list(self.readings) if start_s <= one.at_s <= end_s)

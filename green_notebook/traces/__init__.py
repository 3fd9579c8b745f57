"""From a sensor's readings to the joules of a span: pure functions of a `Trace`."""

from __future__ import annotations

from green_notebook.model import Trace
from green_notebook.traces.counter import HISTORY_S, counter_between
from green_notebook.traces.measured import REFINE_S, Measured
from green_notebook.traces.plans import watch_plan
from green_notebook.traces.power import power_between
from green_notebook.traces.refuted import believed, widened
from green_notebook.traces.rhythm import Rhythm
from green_notebook.traces.slow import is_slow, slow_between
from green_notebook.traces.steps import StepClock
from green_notebook.traces.watch import Plan, Watch

__all__ = [
    "HISTORY_S",
    "REFINE_S",
    "Measured",
    "Plan",
    "Rhythm",
    "StepClock",
    "Watch",
    "energy_between",
    "watch_plan",
]


def energy_between(
    trace: Trace, start_s: float, end_s: float, rhythm: Rhythm | None = None
) -> Measured:
    """The energy (J) of a span from one sensor's readings, with its 95 % interval.

    ``rhythm`` is what a `Plan` learned of the counter's steps; without one it is learned from the
    trace. ``quantity`` is None where the readings do not tell: a gap, with a note.
    """
    if is_slow(trace.spec):
        return slow_between(trace, start_s, end_s)
    if trace.spec.kind == "power":
        spec = believed(trace, start_s, end_s)
        if spec is trace.spec:
            return power_between(trace, start_s, end_s, rhythm)
        return widened(power_between(Trace(spec, trace.readings, trace.power), start_s, end_s))
    return counter_between(trace, start_s, end_s, rhythm)

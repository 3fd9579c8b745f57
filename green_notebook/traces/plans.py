"""Which plan of readings a sensor needs."""

from __future__ import annotations

from green_notebook.model import SensorSpec
from green_notebook.traces.often import often
from green_notebook.traces.refresh import RefreshWatch
from green_notebook.traces.steps import FINE_STEP_S
from green_notebook.traces.watch import SLOW_REFRESH_S, Plan, Scatter, Watch

# Refreshes up to this far apart are looked for; rarer ones are a slow meter's.
LONGEST_REFRESH_S = 0.2


def watch_plan(spec: SensorSpec) -> Plan | None:
    """The plan for a sensor; None where the background's readings do as they come."""
    if spec.kind == "energy":
        return Watch(spec) if spec.step_s > FINE_STEP_S else often(spec)
    if spec.step_s < SLOW_REFRESH_S:
        return Scatter(spec.step_s)
    # Only where it is known over what time a value is a mean is its instant worth a search.
    if spec.step_s <= LONGEST_REFRESH_S and spec.window_s > 0:
        return RefreshWatch(spec)
    return None

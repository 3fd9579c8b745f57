"""Power readings that move faster than the mean that they are said to be.

A card that nobody knows is taken to show the mean of the last second, as most new ones do. Such a
mean cannot change by more than ``P step / window`` at a refresh, P being the most that the part can
draw: at one end of the window a step's power comes in, at the other one goes out. Readings that
change by more are means over a short time, and are treated as such.
"""

from __future__ import annotations

import math
from dataclasses import replace

from green_notebook.model import Quantity, SensorSpec, Trace
from green_notebook.traces.averages import LONG_WINDOW_S
from green_notebook.traces.measured import Measured
from green_notebook.traces.ring import window
from green_notebook.traces.wraps import DEFAULT_MAX_POWER_W, PEAK_MARGIN

# So much of the past is looked at, and so many contradictions are needed: one may be a bad reading.
PAST_S = 30.0
CONTRADICTIONS = 2
# Between the shortest window known (10 ms) and the usual one (100 ms).
SHORT_WINDOW_S = 0.05
# Readings a little more than a step apart may still be of neighbouring refreshes.
LATE = 0.05
# How long the windows are is then a guess: the interval is wider by this, and by a part of the value.
WIDER = 1.5
UNSURE = 0.05


def believed(trace: Trace, start_s: float, end_s: float) -> SensorSpec:
    """The specification, with a short window where the readings refute a long one."""
    spec = trace.spec
    if spec.kind != "power" or spec.window_s < LONG_WINDOW_S:
        return spec
    refresh_w = (
        PEAK_MARGIN * (spec.max_power_w or DEFAULT_MAX_POWER_W) * spec.step_s / spec.window_s
    )
    found = 0
    before_s, before_w = -math.inf, None
    for at_s, watts, _ in window(trace.readings, start_s - PAST_S, end_s + 1.0):
        # Most readings differ by less than a single refresh allows.
        if before_w is not None and watts is not None and abs(watts - before_w) > refresh_w:
            refreshes = math.floor((at_s - before_s) / spec.step_s + LATE) + 1
            found += abs(watts - before_w) > refreshes * refresh_w
        before_s, before_w = at_s, watts
        if found >= CONTRADICTIONS:
            return replace(spec, window_s=SHORT_WINDOW_S)
    return spec


def widened(measured: Measured) -> Measured:
    """A figure by a guessed window: its interval holds the other windows that there are."""
    one = measured.quantity
    if one is None:
        return measured
    random = math.hypot(WIDER * one.random, UNSURE * one.value)
    quantity = Quantity.within(
        one.value, one.unit, one.basis, systematic=one.systematic, random=random
    )
    return replace(measured, quantity=quantity)

"""What power readings of every kind share: which of them are good, and the figure of a span."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable

from green_notebook.model import Note, Quantity, Reading, SensorSpec
from green_notebook.traces.wraps import PEAK_MARGIN

COVERAGE = 1.96
# A reading's rounding, and the instants of reads and marks, leave at least this part.
FLOOR = 0.002


def sorted_out(
    readings: Iterable[Reading], spec: SensorSpec, span: tuple[float, float]
) -> tuple[list[Reading], list[Note]]:
    """The good readings, and notes on those within the span that are not."""
    start_s, end_s = span
    most = sys.float_info.max
    if spec.kind == "power" and spec.max_power_w:
        most = PEAK_MARGIN * spec.max_power_w
    good: list[Reading] = []
    notes: dict[str, Note] = {}
    for one in readings:
        at_s, value, _ = one
        # What is no number is not between any, nor is what is infinite.
        if value is not None and 0 <= value <= most:
            good.append(one)
        elif start_s <= at_s <= end_s:
            if value is None or not math.isfinite(value) or value < 0:
                notes["read-failed"] = Note("read-failed", "readings of the sensor failed")
            else:
                text = "readings above what the part can draw were left out"
                notes["reading-implausible"] = Note("reading-implausible", text)
    return good, list(notes.values())


def unread(hidden_s: float) -> Note:
    """The note on a time whose power nobody knows."""
    return Note("power-unread", f"the power could not be read for {hidden_s:.2g} s")


def figure(spec: SensorSpec, joules: float, sigma_j: float, duration_s: float) -> Quantity:
    """The energy (J) of a span, at least nothing and at most what the part can draw."""
    value = max(0.0, joules)
    if spec.max_power_w:
        value = min(value, PEAK_MARGIN * spec.max_power_w * duration_s)
    below, above = spec.gain_error
    return Quantity.within(
        value,
        "J",
        spec.basis,
        systematic=(below * value, above * value),
        random=math.hypot(COVERAGE * sigma_j, FLOOR * value),
    )

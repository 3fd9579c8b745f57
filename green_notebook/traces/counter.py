"""The joules of a span from an energy counter: the difference of two instants, never an integral.

Knots are instants at which the counter's joules are the true ones: its steps. Between them
`shape.py` shares a step's energy. What a fault hides is bridged from the power around it, as wide
as the part can draw; where more than half of a span is hidden, nothing is said.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from green_notebook.model import Note, Quantity, Reading, SensorSpec, Trace
from green_notebook.traces.faults import Bridged, bridge
from green_notebook.traces.knots import knots_of
from green_notebook.traces.measured import REFINE_S, Measured
from green_notebook.traces.rhythm import Rhythm
from green_notebook.traces.ring import window
from green_notebook.traces.shape import Curve, Knot
from green_notebook.traces.steps import FINE_STEP_S, LONGEST_STEP_S, StepClock
from green_notebook.traces.wraps import count

# So much of the past tells the rhythm of the steps and the levels of the load.
HISTORY_S = 2.2
# After a refining step was due, so long until it is surely read.
READ_WITHIN_S = 0.004
# The last step waited for comes so long before the end of the wait: a thread may be late.
SLACK_S = 0.03
COVERAGE = 1.96
Told = Sequence[tuple[float, float]]
MOST_HIDDEN = 0.5
# Where power readings show one side of a load only, its range is so many times what is seen.
ONE_SIDE = 2.0
# Beyond the last knot the power may be the lowest or the highest around, all the time.
BEYOND = 0.7
# Readings came to a side of the load where they are within this part of the range of it.
ENDS = 0.1
# A driver may show a step's energy up to an instant before it; how long before is not known.
LATE_S = 0.0006


@dataclass(frozen=True, slots=True)
class Span:
    """A span's edges on the monotonic rhythm."""

    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        """How long it lasted."""
        return self.end_s - self.start_s


def counter_between(
    trace: Trace, start_s: float, end_s: float, rhythm: Rhythm | None = None
) -> Measured:
    """The energy of a span from a counter's readings; ``rhythm`` saves learning its rhythm anew."""
    spec, span = trace.spec, Span(start_s, end_s)
    readings = _relevant(trace, span)
    if rhythm is None or not rhythm.known:
        rhythm = _learned(spec, readings)
    counted = count(spec, readings, step_of(spec, rhythm), rhythm)
    beside = window(trace.power, start_s - HISTORY_S, end_s + HISTORY_S)
    bridged = bridge(spec, counted, beside, (start_s, end_s), rhythm)
    settled, refine_s = _refinement(spec, readings, rhythm, end_s)
    notes = list(bridged.notes)
    knots = knots_of(spec, bridged, rhythm, (start_s, end_s))
    told = [(one.at_s, one.value) for one in beside if one.value is not None]
    hidden_s = sum(one.within(start_s, end_s) for one in bridged.bridges)
    quantity = None
    if knots and hidden_s <= MOST_HIDDEN * span.duration_s:
        quantity = _difference(spec, span, knots, bridged, told)
    if quantity is None and not notes:
        text = "the counter did not move within reach of this span: too short or too few readings"
        notes.append(Note("no-step-seen", text))
    return Measured(quantity, tuple(notes), settled, None if settled else refine_s)


def step_of(spec: SensorSpec, rhythm: Rhythm) -> float:
    """How much of the past one step may hold (s): stated, learned, or the longest there is."""
    if spec.step_s <= FINE_STEP_S:
        return spec.step_s
    return max(spec.step_s, LONGEST_STEP_S, rhythm.period_s)


def _relevant(trace: Trace, span: Span) -> list[Reading]:
    """The readings of the span, with the past that explains its start and all that came after."""
    return window(trace.readings, span.start_s - HISTORY_S, span.end_s + HISTORY_S, before=1)


def _learned(spec: SensorSpec, readings: Sequence[Reading]) -> Rhythm:
    clock = StepClock(spec.step_s)
    if spec.step_s > FINE_STEP_S:
        for one in readings:
            clock.saw(one.at_s, one.value, one.took_s)
    return clock.rhythm


def _refinement(
    spec: SensorSpec, readings: Sequence[Reading], rhythm: Rhythm, end_s: float
) -> tuple[bool, float | None]:
    """Whether the steps after the end were read, and until when that is worth waiting for."""
    last_s = end_s + REFINE_S
    if spec.step_s <= FINE_STEP_S:
        return True, None
    if rhythm.known:
        due_s = rhythm.before(last_s - SLACK_S)
        if due_s <= end_s:
            due_s += rhythm.period_s
        last_s = min(last_s, due_s + READ_WITHIN_S)
        wanted_s = due_s - rhythm.error_s
    else:
        wanted_s = last_s - READ_WITHIN_S
    value, changed_s = None, -math.inf
    # When the value that was read last was read first.
    for one in reversed(readings):
        if one.value is not None:
            if value is not None and one.value != value:
                break
            value, changed_s = one.value, one.at_s
    read_s = readings[-1].at_s if readings else -math.inf
    return (changed_s >= wanted_s or read_s >= end_s + REFINE_S - 0.001), last_s


def _difference(
    spec: SensorSpec, span: Span, knots: list[Knot], bridged: Bridged, told: Told
) -> Quantity | None:
    """The curve's difference between the edges, with its interval."""
    whole = _reaching(knots, told, span)
    if whole is None:
        return None
    curve = Curve(whole, told, spec.window_s)
    first, then = curve.at(span.start_s), curve.at(span.end_s)
    value = max(0.0, then.joules - first.joules)
    parts_j: tuple[float, ...] = (first.sigma_j, then.sigma_j, spec.resolution_j / math.sqrt(6))
    if spec.step_s > FINE_STEP_S:
        parts_j = (*parts_j, LATE_S * abs(curve.power(span.start_s) - curve.power(span.end_s)))
    random = COVERAGE * math.hypot(*parts_j, first.alike_j + then.alike_j)
    # However little is known of the edges, the part drew no more than the largest power around.
    if random > value:
        most_w = max(curve.most_w(span.start_s), curve.most_w(span.end_s))
        random = min(random, max(value, most_w * span.duration_s - value))
    for one in bridged.bridges:
        part_s = one.within(span.start_s, span.end_s)
        if part_s > 0:
            random = math.hypot(random, one.half_w * part_s)
    below, above = spec.gain_error
    return Quantity.within(
        value, "J", spec.basis, systematic=(below * value, above * value), random=random
    )


def _reaching(knots: list[Knot], beside: Told, span: Span) -> list[Knot] | None:
    """Knots that enclose the span: what lies outside is continued at the power known there."""
    # The last ones; of a long span there are hundreds.
    powers = [_power(first, then) for first, then in pairwise(knots[-6:])]
    told = [watts for at_s, watts in beside if span.start_s - 0.5 <= at_s <= span.end_s + 0.2]
    known = powers + told
    if not known:
        return None
    spread_w = max(max(known) - min(known), 0.05 * max(known))
    if (
        told
        and powers
        and not (
            min(told) <= min(powers) + ENDS * spread_w
            and max(told) >= max(powers) - ENDS * spread_w
        )
    ):
        # Readings in step with the load met one side of it only.
        spread_w *= ONE_SIDE
    first, last = knots[0], knots[-1]
    whole = list(knots)
    if span.start_s < first.at_s:
        lacking_s = first.at_s - span.start_s
        lacking_j = (_power(*knots[:2]) if powers else told[0]) * lacking_s
        sigma_j = BEYOND * spread_w * lacking_s
        whole.insert(0, Knot(span.start_s, first.joules - lacking_j, first.error_s, sigma_j))
    if span.end_s > last.at_s:
        lacking_s = span.end_s - last.at_s
        lacking_j = (told[-1] if told else powers[-1]) * lacking_s
        sigma_j = BEYOND * spread_w * lacking_s
        whole.append(Knot(span.end_s, last.joules + lacking_j, last.error_s, sigma_j))
    return whole if len(whole) > 1 else None


def _power(first: Knot, then: Knot) -> float:
    """The mean power (W) from one knot to the next."""
    return (then.joules - first.joules) / (then.at_s - first.at_s)

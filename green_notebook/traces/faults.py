"""What a counter did not tell, and how wide that makes the figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from green_notebook.model import Note, Reading, SensorSpec
from green_notebook.traces.rhythm import Rhythm
from green_notebook.traces.stalls import Beat, missing_steps, unlikely
from green_notebook.traces.steps import FINE_STEP_S
from green_notebook.traces.stretches import Stretch, stretches_of
from green_notebook.traces.wraps import DEFAULT_MAX_POWER_W, Counted, Fault, Point

# The power so long before and after a fault tells what it was like within.
AROUND_S = 2.0
# A counter of 1 ms moves each millisecond, or a little later where the machine is busy.
FINE_PATIENCE_S = 0.02
# Fewer power readings than this do not tell a mean by themselves.
TELLING = 5
# The largest power is a limit that short peaks pass a little.
PEAKS = 1.1
# A counter that gained less than this part of the power expected did not count.
STOOD_STILL = 0.4


@dataclass(frozen=True, slots=True)
class Bridge:
    """A time without the counter: its power is taken as ``power_w``, give or take ``half_w``.

    ``lost_s`` is for how long energy may be missing in it, ``likely_s`` for how long it probably
    is; readings after ``told_s`` do not count.
    """

    start_s: float
    end_s: float
    power_w: float
    half_w: float
    lost_s: float
    told_s: float
    likely_s: float

    def within(self, start_s: float, end_s: float) -> float:
        """How much (s) of what is missing may lie in a time."""
        return min(max(0.0, min(self.end_s, end_s) - max(self.start_s, start_s)), self.lost_s)


@dataclass(frozen=True, slots=True)
class Bridged:
    """Points whose joules go on across faults, the bridges, and what to tell people.

    ``stretches`` are the values of the points, for a counter whose steps are coarse.
    """

    points: tuple[Point, ...]
    stretches: Sequence[Stretch]
    bridges: tuple[Bridge, ...]
    notes: tuple[Note, ...]


def patience_s(spec: SensorSpec) -> float:
    """How long a counter may stand still, or not be read, before that is a fault."""
    if spec.step_s <= FINE_STEP_S:
        return max(10 * spec.step_s, FINE_PATIENCE_S)
    return 3.2 * max(spec.step_s, 0.1)


def bridge(
    spec: SensorSpec,
    counted: Counted,
    power: Sequence[Reading],
    span: tuple[float, float],
    rhythm: Rhythm | None = None,
) -> Bridged:
    """Find the times without the counter in a span, and go across them."""
    points, (start_s, end_s) = counted.points, span
    stretches: Sequence[Stretch] = ()
    if spec.step_s > FINE_STEP_S:
        beat, stretches = Beat.of(spec, rhythm), stretches_of(points)
        frozen = [*missing_steps(stretches, power, beat), *unlikely(spec, stretches, power, beat)]
    else:
        frozen = _frozen(spec, points)
    faults = sorted(
        (
            *counted.faults,
            *(rest for one in frozen if (rest := _after(one, counted.faults, spec))),
            *_unread(spec, counted, start_s, end_s),
        ),
        key=lambda one: one.start_s,
    )
    bridges = tuple(_bridge(spec, one, points, faults, power) for one in faults)
    touching = [one for one in faults if one.end_s > start_s and one.start_s < end_s]
    notes = {one.code: Note(one.code, one.text) for one in touching}
    if any(start_s - spec.step_s <= at_s <= end_s + spec.step_s for at_s in counted.failed):
        notes.setdefault("read-failed", Note("read-failed", "readings of the sensor failed"))
    if any(start_s <= at_s <= end_s for at_s in counted.spurious):
        text = "single readings that cannot be true were left out"
        notes.setdefault("reading-implausible", Note("reading-implausible", text))
    if faults:
        points = _across(points, bridges)
        stretches = stretches_of(points) if stretches else ()
    return Bridged(points, stretches, bridges, tuple(notes.values()))


def _after(fault: Fault, others: Sequence[Fault], spec: SensorSpec) -> Fault | None:
    """What is left of a fault behind those that it touches; None where they explain it."""
    touched = [one for one in others if one.start_s < fault.end_s and one.end_s > fault.start_s]
    if not touched:
        return fault
    # A counter that fell back and then stood still did both.
    start_s = max(one.end_s for one in touched)
    if spec.step_s <= FINE_STEP_S or fault.end_s - start_s <= patience_s(spec):
        return None
    return Fault(start_s, fault.end_s, fault.code, fault.text)


def _frozen(spec: SensorSpec, points: Sequence[Point]) -> list[Fault]:
    """Times in which the counter stood still for longer than its steps explain."""
    found: list[Fault] = []
    patience = patience_s(spec)
    text = "the energy counter stood still"
    begun = 0
    for index in range(1, len(points) + 1):
        if index < len(points) and points[index].joules == points[begun].joules:
            continue
        first, last = points[begun], points[index - 1]
        if last.at_s - first.at_s > patience:
            if index == len(points):
                found.append(Fault(first.at_s, last.at_s, "counter-frozen", text))
            elif _stood_still(spec, points, begun, index):
                found.append(Fault(first.at_s, points[index].at_s, "counter-frozen", text))
        begun = index
    return found


def _stood_still(spec: SensorSpec, points: Sequence[Point], begun: int, resumed: int) -> bool:
    """Whether energy was lost, not only told late."""
    first, last, then = points[begun], points[resumed - 1], points[resumed]
    others = _around(points, first.at_s, then.at_s, ())
    usual_w = min(others, default=0.0)
    # It resumed some time before that was seen: what it gained since is not of the stillness.
    gained_j = then.joules - first.joules - usual_w * (then.at_s - last.at_s)
    gained_w = gained_j / (last.at_s - first.at_s)
    return gained_w < STOOD_STILL * (spec.idle_power_w or usual_w)


def _unread(spec: SensorSpec, counted: Counted, start_s: float, end_s: float) -> list[Fault]:
    """The parts of the span before the first and after the last good reading."""
    points, patience = counted.points, patience_s(spec)
    if not points:
        return [Fault(start_s, end_s, "sensor-lost", "the sensor could not be read")]
    found = []
    if points[0].at_s - start_s > patience:
        text = "the sensor joined after the start"
        found.append(Fault(start_s, points[0].at_s, "sensor-late", text))
    if end_s - points[-1].at_s > patience:
        text = "the sensor could no longer be read"
        found.append(Fault(points[-1].at_s, end_s, "sensor-lost", text))
    return found


def _bridge(
    spec: SensorSpec,
    fault: Fault,
    points: Sequence[Point],
    faults: Sequence[Fault],
    power: Sequence[Reading],
) -> Bridge:
    known = [
        one.value
        for one in power
        if one.value is not None and fault.start_s <= one.at_s <= fault.end_s
    ]
    if len(known) < TELLING:
        known += _around(points, fault.start_s, fault.end_s, faults)
    most_w = spec.max_power_w or (3 * max(known) if known else DEFAULT_MAX_POWER_W)
    mean_w = sum(known) / len(known) if known else most_w / 2
    half_w = PEAKS * max(mean_w, most_w - mean_w)
    lost_s = fault.end_s - fault.start_s if fault.lost_s is None else fault.lost_s
    told_s = fault.start_s if fault.told_s is None else fault.told_s
    likely_s = lost_s if fault.likely_s is None else fault.likely_s
    return Bridge(fault.start_s, fault.end_s, mean_w, half_w, lost_s, told_s, likely_s)


def _around(
    points: Sequence[Point], start_s: float, end_s: float, faults: Sequence[Fault]
) -> list[float]:
    """The mean powers (W) before and after a time."""
    found = []
    for low_s, high_s in ((start_s - AROUND_S, start_s), (end_s, end_s + AROUND_S)):
        inside = [one for one in points if low_s <= one.at_s <= high_s]
        if any(one.start_s < high_s and one.end_s > low_s for one in faults):
            others = [one for one in faults if one.start_s < high_s and one.end_s > low_s]
            inside = [
                one
                for one in inside
                if not any(other.start_s < one.at_s < other.end_s for other in others)
            ]
        if len(inside) > 1 and inside[-1].at_s > inside[0].at_s:
            gained_j = inside[-1].joules - inside[0].joules
            if gained_j > 0:
                found.append(gained_j / (inside[-1].at_s - inside[0].at_s))
    return found


def _across(points: Sequence[Point], bridges: Sequence[Bridge]) -> tuple[Point, ...]:
    """Points with each bridge's energy added from its end on; points inside it are dropped."""
    moved = []
    for one in points:
        if any(other.told_s < one.at_s < other.end_s for other in bridges):
            continue
        told_j = one.joules
        for other in bridges:
            if other.end_s <= one.at_s:
                told_j += other.power_w * other.likely_s - _gained(points, other)
        moved.append(one._replace(joules=told_j))
    return tuple(moved)


def _gained(points: Sequence[Point], one: Bridge) -> float:
    """What the counter itself gained across a bridge."""
    before = [point.joules for point in points if point.at_s <= one.told_s]
    after = [point.joules for point in points if point.at_s >= one.end_s]
    return after[0] - before[-1] if before and after else 0.0

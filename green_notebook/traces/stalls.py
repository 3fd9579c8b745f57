"""Steps of a coarse counter that did not come, and steps that hold more than a part can draw.

Both are told by the counter's rhythm, by its other steps and by the power readings beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from green_notebook.model import Reading, SensorSpec
from green_notebook.traces.rhythm import Rhythm
from green_notebook.traces.steps import LONGEST_STEP_S
from green_notebook.traces.stretches import Stretch
from green_notebook.traces.wraps import GLANCE, QUICK_STEP_S, Fault

# The steps and readings so long before and after tell what is usual.
AROUND_S = 2.0
# A counter stood still where so many steps did not come that were due; without a known rhythm more.
MISSED_STEPS = 2
MISSED_UNKNOWN = 3.2
# It told what it had missed where it then gained more than so many times the largest step around,
# or so much of the largest power that was read meanwhile.
ONE_STEP = 1.15
TOLD_LATE = 0.8
# A step above the part's limit is believed where others, or readings, come so near to it.
OTHERS_NEAR = 1.3
# Readings this part of a period apart can show no two steps that were missed.
NEAR_PART = 0.45


@dataclass(frozen=True, slots=True)
class Beat:
    """When a counter steps, as far as that is known."""

    period_s: float
    rhythm: Rhythm | None = None

    @classmethod
    def of(cls, spec: SensorSpec, rhythm: Rhythm | None) -> Beat:
        """By its rhythm, or by the slowest that there is."""
        if rhythm is not None and rhythm.known:
            return cls(rhythm.period_s, rhythm)
        return cls(max(spec.step_s, LONGEST_STEP_S))

    def shown_s(self, at_s: float, side: int = 1) -> float:
        """The step that a reading shows; the reading itself without a rhythm."""
        if self.rhythm is None:
            return at_s
        return self.rhythm.before(at_s + side * self.rhythm.error_at(at_s))

    def steps(self, first_s: float, then_s: float) -> float:
        """How many steps lie between two readings of different values, one at least."""
        return max(1.0, (self.shown_s(then_s) - self.shown_s(first_s)) / self.period_s)

    def missed(self, first_s: float, last_s: float) -> bool:
        """Whether so many steps were due between two readings that one value is a fault."""
        due = (self.shown_s(last_s, -1) - self.shown_s(first_s)) / self.period_s
        return due > (MISSED_UNKNOWN if self.rhythm is None else MISSED_STEPS - 0.5)


def missing_steps(
    stretches: Sequence[Stretch], power: Sequence[Reading], beat: Beat
) -> list[Fault]:
    """Times in which steps did not come that were due, and energy was lost."""
    found: list[Fault] = []
    text = "the energy counter stood still"
    near_s = NEAR_PART * beat.period_s
    for index, one in enumerate(stretches):
        first_s, last_s = one.first.at_s, one.last.at_s
        if last_s - first_s <= near_s or not beat.missed(first_s, last_s):
            continue
        if one.then is None:
            found.append(Fault(one.first.at_s, one.last.at_s, "counter-frozen", text))
            continue
        end_s = one.then.at_s
        told = _told(power, one.first.at_s, end_s)
        lasted_s = beat.period_s * beat.steps(one.first.at_s, end_s)
        step_j = ONE_STEP * beat.period_s * max(_usual(stretches, index, beat), default=0.0)
        likely_j = TOLD_LATE * max(told) * (lasted_s - beat.period_s) if told else step_j
        if one.gained_j < min(step_j, likely_j):
            found.append(_fault(one, beat, "counter-frozen", text, one.first.at_s))
    return found


def unlikely(
    spec: SensorSpec, stretches: Sequence[Stretch], power: Sequence[Reading], beat: Beat
) -> list[Fault]:
    """Steps above the part's limit that neither the others nor the power readings come near to."""
    if not spec.max_power_w or beat.rhythm is None or beat.period_s < QUICK_STEP_S:
        return []
    found: list[Fault] = []
    # What one step may bring, any number of them may.
    sure_j = GLANCE * spec.max_power_w * beat.period_s
    for index, one in enumerate(stretches):
        if one.then is None or one.then.joules - one.first.joules <= sure_j:
            continue
        watts = one.gained_j / (beat.period_s * beat.steps(one.first.at_s, one.then.at_s))
        if watts <= spec.max_power_w:
            continue
        told = _told(power, one.first.at_s - AROUND_S, one.then.at_s + AROUND_S)
        others = [*told, *_usual(stretches, index, beat)]
        if others and watts > OTHERS_NEAR * max(others):
            text = "the energy counter jumped by more than the part can draw"
            found.append(_fault(one, beat, "counter-jump", text, one.last.at_s))
    return found


def _fault(one: Stretch, beat: Beat, code: str, text: str, told_s: float) -> Fault:
    assert one.then is not None
    if beat.rhythm is None:
        return Fault(one.first.at_s, one.then.at_s, code, text)
    lost_s = beat.period_s * beat.steps(one.first.at_s, one.then.at_s)
    start_s = min(beat.shown_s(one.first.at_s), one.first.at_s)
    return Fault(start_s, one.then.at_s, code, text, lost_s, told_s)


def _usual(stretches: Sequence[Stretch], index: int, beat: Beat) -> Iterator[float]:
    """The mean power (W) of the other steps around one."""
    middle_s = stretches[index].first.at_s
    for other, one in enumerate(stretches):
        if one.then is None or other == index:
            continue
        if abs(one.first.at_s - middle_s) < AROUND_S:
            yield one.gained_j / (beat.period_s * beat.steps(one.first.at_s, one.then.at_s))


def _told(power: Sequence[Reading], start_s: float, end_s: float) -> list[float]:
    return [one.value for one in power if one.value is not None and start_s < one.at_s <= end_s]

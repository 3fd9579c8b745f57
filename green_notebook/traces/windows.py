"""The joules of a span from power windows whose instants are known: what was seen and what was not.

Number k is the mean over the ``window_s`` before refresh ``origin + k x period``. What lies between
two windows is on the straight line from one to the other: the mean of all places at which a load
may have switched once. Windows that fill all of the time are a counter's steps (`shape.py`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

from green_notebook.model import SensorSpec
from green_notebook.traces.rhythm import Rhythm
from green_notebook.traces.shape import Curve, Knot
from green_notebook.traces.texture import Texture, sequence_texture
from green_notebook.traces.turns import Turns, turns_of

COVERAGE = 1.96
# Windows longer than this part of a refresh leave nothing unseen.
FILLED = 0.9
# Readings further apart than this leave a gap.
GAP_S = 0.6
LEAST_S = 1e-6
# A switch seen between two windows lies anywhere between them, 1 / sqrt(12) of their distance, and
# there may have been three.
SWITCH = 0.35
# Across a longer gap than the usual one neighbours tell nothing of what lies between.
WIDE = 1.5
UNEVEN = 1.0
# What no reading shows is taken as so much of the range.
UNSHOWN = 0.05
# Past the last window the power is as far from it as windows in a row differ.
BEYOND = 0.8
# Within a window the power may differ from its mean by so much of what neighbours do.
INSIDE = 0.35
# Values that stand alone were further from the rest for a part of their time.
ALONE = 2.0
WITHIN = 1.0
# Where the load is known to move between two levels, and some of its switches were met, a value that
# stands alone is a short level, and gaps beside the other switches hide less.
KNOWN = 0.5
SINGLE = 0.3
MET = 0.65
NO_TURNS: Turns = MappingProxyType({})
# So much before and after a span tells how restless the load is.
NEAR_S = (3.0, 1.0)


@dataclass(frozen=True, slots=True)
class Part:
    """Joules and their standard deviation."""

    joules: float
    sigma_j: float
    hidden_s: float = 0.0


class Piece(NamedTuple):
    """A stretch of time: a window's mean, or from one window's to the next one's."""

    from_s: float
    to_s: float
    first_w: float
    then_w: float
    seen: bool

    def within(self, start_s: float, end_s: float) -> tuple[float, float]:
        """The joules between two instants, and how long of the piece that is."""
        low_s, high_s = max(self.from_s, start_s), min(self.to_s, end_s)
        lasts_s = high_s - low_s
        if lasts_s <= 0:
            return 0.0, 0.0
        part = ((low_s + high_s) / 2 - self.from_s) / (self.to_s - self.from_s)
        return lasts_s * (self.first_w + part * (self.then_w - self.first_w)), lasts_s


@dataclass(frozen=True, slots=True)
class Windows:
    """Numbered values of a sensor, oldest first, and what is known of their instants."""

    values: Sequence[tuple[int, float]]
    rhythm: Rhythm
    error_s: float
    spec: SensorSpec

    def at(self, number: int) -> float:
        """When a value was refreshed."""
        return self.rhythm.origin_s + number * self.rhythm.period_s

    def texture(self, near: Sequence[tuple[int, float]]) -> Texture:
        """How restless the load is about a span."""
        part = min(1.0, self.spec.window_s / self.rhythm.period_s)
        return sequence_texture(near, part)

    def near(self, start_s: float, end_s: float) -> Sequence[tuple[int, float]]:
        """The values about a span, or all."""
        before_s, after_s = NEAR_S
        found = [
            one for one in self.values if start_s - before_s <= self.at(one[0]) <= end_s + after_s
        ]
        return found or self.values

    def pieces(self, start_s: float, end_s: float, turns: Turns = NO_TURNS) -> Iterator[Piece]:
        """Windows and gaps that touch a span; the first and last value held beyond.

        A gap beside a window that holds a switch is at the level on its side.
        """
        window_s = min(self.spec.window_s, self.rhythm.period_s)
        last = self.values[0][0] - 1
        until_s, last_w = min(start_s, self.at(self.values[0][0]) - window_s) - 1e-9, None
        origin_s, period_s = self.rhythm.origin_s, self.rhythm.period_s
        for number, watts in self.values:
            to_s = origin_s + number * period_s
            if to_s >= start_s and until_s < end_s:
                from_s = max(until_s, to_s - window_s)
                # Windows that fill the time leave nothing between them but a rounding.
                if from_s > until_s + LEAST_S:
                    first_w, then_w = (watts if last_w is None else last_w), watts
                    if number in turns:
                        first_w = then_w = turns[number][0]
                    elif last in turns:
                        first_w = then_w = turns[last][1]
                    yield Piece(until_s, from_s, first_w, then_w, False)
                else:
                    from_s = until_s
                yield Piece(from_s, to_s, watts, watts, True)
            until_s, last, last_w = to_s, number, watts
        if end_s > until_s and last_w is not None:
            yield Piece(until_s, end_s + 1e-9, last_w, last_w, False)

    def unseen(self, piece: Piece, lasts_s: float, known: Texture) -> tuple[float, bool]:
        """The standard deviation (J) of what lay between two windows, and whether it is a gap."""
        apart_s = piece.to_s - piece.from_s
        if apart_s > GAP_S:
            most_w = self.spec.max_power_w or 2 * max(watts for _, watts in self.values)
            return lasts_s * max(most_w - piece.first_w, piece.first_w) / COVERAGE, True
        lone_w = known.lone_w
        if apart_s > WIDE * self.rhythm.period_s:
            lone_w = max(lone_w, known.spread_w / 2)
        step_w = SWITCH * abs(piece.then_w - piece.first_w)
        if piece.to_s > self.at(self.values[-1][0]):
            step_w = BEYOND * known.change_w
        return lasts_s * math.hypot(step_w, UNEVEN * lone_w, UNSHOWN * known.spread_w), False


def seen_between(windows: Windows, start_s: float, end_s: float) -> Part:
    """The energy of a span of which windows saw a part."""
    near = windows.near(start_s, end_s)
    turns, known = turns_of(near), windows.texture(near)
    if turns:
        known = replace(known, lone_w=SINGLE * known.lone_w, alike_w=MET * known.alike_w)
    period_s, lasts_s = windows.rhythm.period_s, end_s - start_s
    variance = 2 * (windows.error_s * known.spread_w) ** 2 / 3
    variance += known.alike_w**2 * lasts_s * min(lasts_s, known.beat * period_s)
    joules = hidden_s = between = 0.0
    for piece in windows.pieces(start_s, end_s, turns):
        if piece.seen and piece.from_s >= start_s and piece.to_s <= end_s:
            joules += piece.first_w * (piece.to_s - piece.from_s)
            continue
        part_j, part_s = piece.within(start_s, end_s)
        if part_s <= 0:
            continue
        joules += part_j
        if piece.seen:
            room_s = part_s * (1 - part_s / (piece.to_s - piece.from_s))
            variance += (INSIDE * known.change_w * room_s) ** 2
            continue
        sigma_j, gap = windows.unseen(piece, part_s, known)
        hidden_s += part_s if gap else 0.0
        # A value that was missed is missed once, not in each repetition.
        if gap or piece.to_s - piece.from_s > WIDE * period_s:
            variance += sigma_j**2
        else:
            between += sigma_j**2
    if turns and known.repeats:
        # What the same gaps hide in each repetition is the part that is alike.
        between *= min(1.0, known.repeats * period_s / lasts_s)
    return Part(joules, math.sqrt(variance + between), hidden_s)


def filled_between(windows: Windows, start_s: float, end_s: float) -> Part:
    """The energy of a span of which windows saw everything but what was not read."""
    known = windows.texture(windows.near(start_s, end_s))
    knots: list[Knot] = []
    joules = variance = hidden_s = 0.0
    error_s = windows.error_s
    # No further than there are values: what lies beyond is no gap between any.
    from_s = max(start_s - NEAR_S[0], min(windows.at(windows.values[0][0] - 1), start_s))
    until_s = min(end_s + NEAR_S[1], max(windows.at(windows.values[-1][0]), end_s))
    for piece in windows.pieces(from_s, until_s):
        if not knots:
            knots.append(Knot(piece.from_s, 0.0, error_s))
        joules += (piece.first_w + piece.then_w) / 2 * (piece.to_s - piece.from_s)
        knots.append(Knot(piece.to_s, joules, error_s))
        if piece.seen:
            continue
        lasts_s = min(piece.to_s, end_s) - max(piece.from_s, start_s)
        if lasts_s > 0:
            sigma_j, gap = windows.unseen(piece, lasts_s, known)
            variance += sigma_j**2
            hidden_s += lasts_s if gap else 0.0
    curve = Curve(knots, (), windows.spec.window_s)
    first, then = curve.at(start_s), curve.at(end_s)
    variance += first.sigma_j**2 + then.sigma_j**2 + (first.alike_j + then.alike_j) ** 2
    for edge, at_s in ((first, start_s), (then, end_s)):
        sure = KNOWN if edge.levels else 1.0
        part = (at_s - windows.rhythm.origin_s) / windows.rhythm.period_s % 1.0
        room_s = part * (1 - part) * windows.rhythm.period_s
        variance += (sure * math.hypot(ALONE * known.lone_w, WITHIN * known.change_w) * room_s) ** 2
    return Part(then.joules - first.joules, math.sqrt(variance), hidden_s)


def windows_between(windows: Windows, start_s: float, end_s: float) -> Part:
    """The energy of a span from windows of known instants."""
    filled = windows.spec.window_s >= FILLED * windows.rhythm.period_s
    return (filled_between if filled else seen_between)(windows, start_s, end_s)

"""A counter's values one after another: each with the first and the last point that shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from green_notebook.traces.wraps import Point


class Stretch(NamedTuple):
    """One value of a counter: its first and last reading, and the first of the next value."""

    first: Point
    last: Point
    then: Point | None

    @property
    def gained_j(self) -> float:
        """The energy of the step that ended it."""
        return 0.0 if self.then is None else self.then.joules - self.first.joules


def stretches_of(points: Sequence[Point]) -> list[Stretch]:
    """The values of points in order of time."""
    if not points:
        return []
    found: list[Stretch] = []
    first = last = points[0]
    shown_j = first.joules
    for one in points:
        if one.joules != shown_j:
            found.append(Stretch(first, last, one))
            first, shown_j = one, one.joules
        last = one
    found.append(Stretch(first, last, None))
    return found

"""``gn.verify``: is the candidate really cheaper, and is it as good? And what advice changed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from green_notebook.actions._told import Row, Told, change
from green_notebook.comparing import compare
from green_notebook.errors import GreenNotebookError
from green_notebook.model import Comparison, Report

# A span lasts at least so long: two counter steps of the slowest GPUs.
SPAN_S = 0.25
MIN_PAIRS = 4
MAX_PAIRS = 200
MOST_REPEATS = 100_000
NAMES = ("baseline", "candidate")


class Measured(Protocol):
    """A measured block: its report, once it has ended."""

    @property
    def report(self) -> Report:
        """The block's report, final."""
        ...


Measure = Callable[[str], AbstractContextManager[Measured]]
Work = Callable[[], Any]


@dataclass(frozen=True, slots=True, repr=False)
class Verified(Told):
    """Two ways of doing one thing, run alternately.

    ``comparison`` has the candidate's energy over the baseline's, for one run of each, with its
    95 % interval; ``quality`` the mean of both, None where it was not asked for. ``reached`` tells
    whether the random part got as small as was asked.
    """

    comparison: Comparison
    pairs: int
    runs: tuple[int, int]
    quality: tuple[float, float] | None
    reached: bool
    duration_s: float

    def lines(self) -> list[str]:
        """What the candidate takes, its quality, and how long that was looked at."""
        lines = [f"per run, the candidate takes {change(self.comparison, 'the baseline')}"]
        if self.quality is not None:
            before, after = self.quality
            lines.append(f"quality {before:.4g} -> {after:.4g} ({after - before:+.2g})")
        lines.append(f"looked at for {self.duration_s:.3g} s")
        if not self.reached:
            lines.append("stopped at the limit before the random part was small enough")
        return lines

    def rows(self) -> list[Row]:
        """Both, per run."""
        one = self.comparison
        pairs = zip((one.first_energy, one.second_energy), self.runs, strict=True)
        return [
            (name, energy, f"{count} run{'' if count == 1 else 's'}")
            for name, (energy, count) in zip(NAMES, pairs, strict=True)
        ]


@dataclass(slots=True)
class _Side:
    """One of the two: how often a span runs it, its reports, its quality."""

    name: str
    work: Work
    repeats: int = 1
    reports: list[Report] = field(default_factory=list)
    quality: list[float] = field(default_factory=list)

    def run(self, measure: Measure, quality: Callable[[Any], float] | None, *, keep: bool) -> None:
        result = None
        with measure(self.name) as measured:
            for _ in range(self.repeats):
                result = self.work()
        report = measured.report
        if not keep:
            # The first run is warm-up; it also tells how many fit into a span.
            wanted = math.ceil(SPAN_S / max(report.duration_s, SPAN_S / MOST_REPEATS))
            self.repeats = max(1, wanted)
            return
        self.reports.append(replace(report, repeats=self.repeats))
        if quality is not None:
            self.quality.append(_number(quality(result)))


def verify(
    baseline: Work,
    candidate: Work,
    *,
    quality: Callable[[Any], float] | None = None,
    measure: Measure | None = None,
    precision: float = 0.05,
    limit_s: float = 120.0,
    clock: Callable[[], float] = time.monotonic,
) -> Verified:
    """Run two callables alternately until the difference of their energy is known.

    Both run once to warm up; then in pairs, each pair in the other order, so that a drift of the
    machine falls on both alike. It ends when the random half-width (95 %) of the ratio is
    ``precision`` of it, or after ``limit_s`` seconds. ``quality`` takes what a callable returned
    and gives a number; it is not measured. ``measure`` is `green_notebook.measure` unless given.
    Stopping looks at the width alone, never at which is ahead: that would find differences that
    are none (Anscombe 1953, Chow and Robbins 1965).
    """
    _check(baseline, candidate, precision, limit_s)
    sides = (_Side(NAMES[0], baseline), _Side(NAMES[1], candidate))
    if measure is None:
        from green_notebook.measuring import measure as own

        measure = own
    began = clock()
    for side in sides:
        side.run(measure, quality, keep=False)
    pairs = 0
    comparison: Comparison | None = None
    while pairs < MAX_PAIRS and (pairs < 2 or clock() - began < limit_s):
        for side in sides if pairs % 2 == 0 else reversed(sides):
            side.run(measure, quality, keep=True)
        pairs += 1
        comparison = _compared(sides)
        if pairs >= MIN_PAIRS and comparison is not None and _known(comparison, precision):
            break
    # Once more, so that "too little energy" is said as it is.
    final = comparison or compare(sides[0].reports, sides[1].reports, NAMES)
    return Verified(
        final,
        pairs,
        (pairs * sides[0].repeats, pairs * sides[1].repeats),
        _qualities(sides),
        _known(final, precision),
        clock() - began,
    )


def _compared(sides: tuple[_Side, _Side]) -> Comparison | None:
    try:
        return compare(sides[0].reports, sides[1].reports, NAMES)
    except GreenNotebookError:
        return None


def _known(comparison: Comparison, precision: float) -> bool:
    return comparison.ratio.random <= precision * comparison.ratio.value


def _qualities(sides: tuple[_Side, _Side]) -> tuple[float, float] | None:
    first, second = (side.quality for side in sides)
    if not first or not second:
        return None
    return math.fsum(first) / len(first), math.fsum(second) / len(second)


def _number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise GreenNotebookError(f"quality gives one number, not {type(value).__name__}")
    return number


def _check(baseline: Any, candidate: Any, precision: float, limit_s: float) -> None:
    for name, work in zip(NAMES, (baseline, candidate), strict=True):
        if not callable(work):
            raise GreenNotebookError(
                f"{name} is what to run, a function without arguments, not"
                f" {type(work).__name__}: try lambda: ..."
            )
    if not 0 < precision < 1:
        raise GreenNotebookError(f"precision is between 0 and 1, not {precision:g}")
    if limit_s <= 0:
        raise GreenNotebookError("limit_s is more than nothing")

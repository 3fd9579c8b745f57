"""Intensity over time: points, their weighted mean over a span, and time stamps of all kinds."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

UTC = timezone.utc
# No grid emits more: lignite alone is about 1,200 g/kWh. What lies above is nonsense.
MOST_G = 3000.0
# A report with a series stays small in the notebook.
SERIES_LIMIT = 12


@dataclass(frozen=True, slots=True)
class Point:
    """``g`` gCO2e/kWh from ``start`` to ``end`` (UTC); ``forecast`` where nobody has seen it yet."""

    start: datetime
    end: datetime
    g: float
    forecast: bool = False


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean over a span, the part of it that points cover, and the points used."""

    g: float
    covered: float
    points: tuple[Point, ...]

    @property
    def forecast(self) -> bool:
        """Whether any of it was forecast."""
        return any(one.forecast for one in self.points)


def parsed(text: str) -> datetime:
    """A provider's time stamp in UTC; without an offset it is UTC. Raises ValueError.

    "2026-11-21T18", "2018-01-20T12:00Z", "2024-10-08T18:00:00+02:00".
    """
    text = text.strip().replace(" ", "T")
    if len(text) == 13 and text[10] == "T":  # an hour, as EIA writes it
        text += ":00"
    if text[-1:] in "Zz" and text:
        text = text[:-1] + "+00:00"
    head, dot, tail = text.partition(".")
    if dot:  # fractions of a second in any number of digits, which Python 3.10 does not take
        digits = len(tail) - len(tail.lstrip("0123456789"))
        text = head + tail[digits:]
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def plausible(value: object) -> float | None:
    """A number that an intensity can be; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) and 0 <= number <= MOST_G else None


def spread(instants: Iterable[tuple[datetime, float, bool]], step_s: float) -> tuple[Point, ...]:
    """Points from values at instants: each holds until the next, or for one step before a gap.

    Of two values for one instant a measured one is kept before a forecast, else the later one.
    """
    latest: dict[datetime, tuple[float, bool]] = {}
    for at, g, forecast in instants:
        if at not in latest or latest[at][1] or not forecast:
            latest[at] = (g, forecast)
    times = sorted(latest)
    step = timedelta(seconds=step_s)
    made = []
    for place, at in enumerate(times):
        after = times[place + 1] if place + 1 < len(times) else at + step
        made.append(Point(at, after if after - at <= 2 * step else at + step, *latest[at]))
    return tuple(made)


def weighted(points: Sequence[Point], start: datetime, duration_s: float) -> Mean | None:
    """The mean over a span, each point weighted by its time in it; None where none touches it.

    ``points`` stand in the order of their times.
    """
    end = start + timedelta(seconds=max(0.0, duration_s))
    first = bisect_right(points, start, key=lambda one: one.end)
    points = points[first : bisect_right(points, end, key=lambda one: one.start)]
    if end == start:
        here = tuple(one for one in points if one.start <= start < one.end)[:1]
        return Mean(here[0].g, 1.0, here) if here else None
    shares = [(one, (min(one.end, end) - max(one.start, start)).total_seconds()) for one in points]
    used = [(one, seconds) for one, seconds in shares if seconds > 0]
    covered_s = math.fsum(seconds for _, seconds in used)
    if not used or covered_s <= 0:
        return None
    mean = math.fsum(one.g * seconds for one, seconds in used) / covered_s
    return Mean(mean, min(1.0, covered_s / duration_s), tuple(one for one, _ in used))


def series(points: Sequence[Point]) -> tuple[tuple[str, float], ...] | None:
    """``(ISO time, g/kWh)`` of a long span, at most `SERIES_LIMIT` of them; None for one point."""
    if len(points) < 2:
        return None
    size = math.ceil(len(points) / SERIES_LIMIT)
    chunks = [points[place : place + size] for place in range(0, len(points), size)]
    return tuple(
        (
            chunk[0].start.strftime("%Y-%m-%dT%H:%MZ"),
            round(sum(one.g for one in chunk) / len(chunk), 1),
        )
        for chunk in chunks
    )

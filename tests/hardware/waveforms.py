"""Waveforms of power with exact integrals: the truth that simulated hardware follows.

The same tables and formulas as waves.h; times are seconds since the simulation's origin.
"""

from __future__ import annotations

import ctypes
import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

POINTS = 512


class CWave(ctypes.Structure):
    """``Wave`` of waves.h."""

    _fields_ = (
        ("count", ctypes.c_uint32),
        ("lines", ctypes.c_uint32),
        ("repeat", ctypes.c_uint32),
        ("pad", ctypes.c_uint32),
        ("shift", ctypes.c_double),
        ("at", ctypes.c_double * POINTS),
        ("watts", ctypes.c_double * POINTS),
        ("sum", ctypes.c_double * POINTS),
    )


@dataclass(frozen=True)
class Waveform:
    """Points of (seconds, watts): steps that hold until the next, or lines that join them.

    After the last point it holds, or starts again where ``repeat`` (the last point then ends the
    period). ``shift`` is the table's time at the origin.
    """

    points: tuple[tuple[float, float], ...]
    lines: bool = False
    repeat: bool = False
    shift: float = 0.0
    _sums: tuple[float, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        assert 1 <= len(self.points) <= POINTS
        assert not self.repeat or len(self.points) > 1
        sums = [0.0]
        for (t0, w0), (t1, w1) in zip(self.points, self.points[1:], strict=False):
            assert t1 > t0
            sums.append(sums[-1] + (t1 - t0) * ((w0 + w1) / 2 if self.lines else w0))
        object.__setattr__(self, "_sums", tuple(sums))

    @property
    def _start(self) -> float:
        return self.points[0][0]

    @property
    def _period(self) -> float:
        return self.points[-1][0] - self._start

    def _index(self, at: float) -> int:
        return max(0, bisect_right(self.points, at, key=lambda point: point[0]) - 1)

    def _slope(self, index: int) -> float:
        if not self.lines or index + 1 >= len(self.points):
            return 0.0
        (t0, w0), (t1, w1) = self.points[index : index + 2]
        return (w1 - w0) / (t1 - t0)

    def _within(self, at: float) -> float:
        index = self._index(at)
        start, watts = self.points[index]
        past = at - start
        return self._sums[index] + past * (watts + self._slope(index) * past / 2)

    def _joules(self, at: float) -> float:
        place = at + self.shift - self._start
        if not self.repeat:
            return place * self.points[0][1] if place < 0 else self._within(place + self._start)
        turns = math.floor(place / self._period)
        rest = self._start + place - turns * self._period
        return turns * self._sums[-1] + self._within(rest)

    def energy(self, start: float, end: float) -> float:
        """Joules between two instants."""
        return self._joules(end) - self._joules(start)

    def power(self, at: float) -> float:
        """Watts at one instant."""
        place = at + self.shift - self._start
        if self.repeat:
            place -= math.floor(place / self._period) * self._period
        index = self._index(max(0.0, place) + self._start)
        start, watts = self.points[index]
        return watts + self._slope(index) * (max(0.0, place) + self._start - start)

    def fill(self, wave: CWave) -> None:
        """Write it into the memory that the C side reads."""
        wave.lines, wave.repeat, wave.shift = self.lines, self.repeat, self.shift
        for index, (at, watts) in enumerate(self.points):
            wave.at[index], wave.watts[index] = at, watts
            wave.sum[index] = self._sums[index]
        wave.count = len(self.points)


def constant(watts: float) -> Waveform:
    """The same power for ever."""
    return Waveform(((0.0, watts),))


def square(
    low: float = 80.0,
    high: float = 350.0,
    period: float = 0.35,
    duty: float = 0.5,
    shift: float = 0.0,
) -> Waveform:
    """High for ``duty`` of each period, then low."""
    points = ((0.0, high), (period * duty, low), (period, low))
    return Waveform(points, repeat=True, shift=shift)


def steps(points: Sequence[tuple[float, float]], *, repeat: bool = False) -> Waveform:
    """Levels from given instants on."""
    return Waveform(tuple(points), repeat=repeat)


def ramp(start: float, end: float, seconds: float) -> Waveform:
    """From one power to another in a straight line, then held."""
    return Waveform(((0.0, start), (seconds, end)), lines=True)


def table(points: Sequence[tuple[float, float]], *, repeat: bool = False) -> Waveform:
    """Straight lines between points."""
    return Waveform(tuple(points), lines=True, repeat=repeat)

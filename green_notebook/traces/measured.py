"""What one sensor's readings come to for one span."""

from __future__ import annotations

from dataclasses import dataclass

from green_notebook.model import Note, Quantity

# The counter's step after a span's end is waited for at most so long.
REFINE_S = 0.15


@dataclass(frozen=True, slots=True)
class Measured:
    """The energy (J) of one span as one sensor saw it.

    ``quantity`` is None where nothing is known: a gap, with a note that says why. Where ``settled``
    is False, readings until ``refine_until_s`` (monotonic, at most 150 ms after the end) would
    sharpen the figure.
    """

    quantity: Quantity | None
    notes: tuple[Note, ...] = ()
    settled: bool = True
    refine_until_s: float | None = None

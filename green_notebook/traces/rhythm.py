"""What is known of a counter's steps: a frozen word that one thread writes and others read."""

from __future__ import annotations

import math
from dataclasses import dataclass

# Foretold worse than this part of a period, which step a reading shows is open: nothing is numbered.
LOST = 0.4


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Steps come at ``origin_s + k x period_s``, give or take ``error_s``.

    ``period_error_s`` is the half-width of the period: a step k periods away from number
    ``middle`` is that many times as uncertain. ``error_s`` is infinite where nothing is known.
    """

    period_s: float
    origin_s: float = 0.0
    error_s: float = math.inf
    period_error_s: float = 0.0
    middle: float = 0.0

    @property
    def known(self) -> bool:
        """Whether period and phase are known."""
        return math.isfinite(self.error_s)

    def error_at(self, at_s: float) -> float:
        """The half-width of a foretold step about then: it grows away from the steps seen."""
        if not self.known:
            return math.inf
        number = (at_s - self.origin_s) / self.period_s
        return self.error_s + self.period_error_s * abs(number - self.middle)

    def before(self, at_s: float) -> float:
        """The last step at or before a time, as foretold."""
        steps = math.floor((at_s - self.origin_s) / self.period_s + 1e-9)
        return self.origin_s + steps * self.period_s

"""Two measured pieces of work side by side."""

from __future__ import annotations

from dataclasses import dataclass

from green_notebook.model.quantity import Quantity


@dataclass(frozen=True, slots=True)
class Comparison:
    """``ratio`` is the second's energy over the first's (unit "1"), with its interval.

    ``real`` tells whether the interval leaves out 1: the difference is then more than chance and
    the sensors' errors explain. ``first_runs`` and ``second_runs`` count the reports behind each.
    """

    first: str
    second: str
    ratio: Quantity
    first_energy: Quantity
    second_energy: Quantity
    first_runs: int = 1
    second_runs: int = 1

    @property
    def real(self) -> bool:
        """Whether the two differ for certain (95 %)."""
        return self.ratio.low > 1 or self.ratio.high < 1

    @property
    def change(self) -> tuple[float, float, float]:
        """What the second changes: low, value and high as fractions, -0.4 is 40 % less."""
        return self.ratio.low - 1, self.ratio.value - 1, self.ratio.high - 1

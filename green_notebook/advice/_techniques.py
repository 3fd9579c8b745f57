"""The vocabulary of techniques: what each saves, how sure that is, and which studies say so."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from green_notebook.data import load

# How much a strength counts when pieces of advice are put in order. Our own weights: A is
# measured energy of many models, E an engineer's reasoning.
WEIGHT = {"A": 1.0, "B": 0.85, "C": 0.7, "D": 0.4, "E": 0.25}

_GRADES = {
    "computed": "computed from its data",
    "read": "read at the source",
    "recall": "quoted from memory, not read again",
    "reasoned": "by reasoning, not measured",
}


class Technique(NamedTuple):
    """One technique: fractions of ``of`` saved, strength A to E, when it helps and when not."""

    id: str
    of: str
    low: float | None
    typical: float | None
    high: float | None
    strength: str
    precondition: str
    contraindication: str
    studies: tuple[tuple[str, int, str, str], ...]
    never_first: str

    @property
    def evidence(self) -> str:
        """Source, year, strength; and how it was checked where that is less than reading it."""
        if not self.studies:
            return f"strength {self.strength}"
        # The strongest study first; among equals the one that was really read.
        order = ("computed", "read", "reasoned", "recall")
        citation, year, strength, grade = min(
            self.studies, key=lambda study: (study[2], order.index(study[3]))
        )
        dated = citation if str(year) in citation else f"{citation}, {year}"
        checked = f"; {_GRADES[grade]}" if grade in {"recall", "reasoned"} else ""
        return f"{dated} (strength {strength}{checked})"


@cache
def techniques() -> dict[str, Technique]:
    """Every technique by its id."""
    return {
        row[0]: Technique._make([*row[:8], tuple(tuple(study) for study in row[8]), row[9]])
        for row in load("techniques")["rows"]
    }

"""``%carbon compare A B``: two named measurements side by side."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from green_notebook.actions._told import Row, Told, change
from green_notebook.comparing import compare, disturbed, ran_once
from green_notebook.errors import GreenNotebookError
from green_notebook.model import Basis, Comparison, Report

if TYPE_CHECKING:
    from green_notebook.session import Session

HELP = "two named cells side by side, and whether they really differ: %carbon compare A B"
NAMES = True


@dataclass(frozen=True, slots=True, repr=False)
class SideBySide(Told):
    """A comparison as people read it.

    ``once`` tells whether a side is one run alone, ``disturbed`` whether others were busy.
    """

    comparison: Comparison
    once: bool = False
    disturbed: bool = False

    def lines(self) -> list[str]:
        """What the second takes beside the first, and whether that is real."""
        one = self.comparison
        lines = [
            f"{one.second} took {change(one, one.first)}; {self._verdict()}",
            "Each holds the sensors' own error; what both share of it cancels in the comparison.",
        ]
        if one.ratio.basis is not Basis.MEASURED:
            lines.append(
                "Partly modelled: work of two kinds may differ by more or less than a model of the load sees."
            )
        if self.disturbed:
            lines.append("Other processes were busy meanwhile: a quiet machine tells more.")
        return lines

    def _verdict(self) -> str:
        one = self.comparison
        if one.real:
            return "the difference is real (95 %)"
        if self.once:
            least = 100 * math.expm1(one.ratio.random / one.ratio.value)
            return (
                f"one run does not tell chance from a difference of less than about {least:.0f} %:"
                " run both several times, or with %%carbonit"
            )
        return "a smaller difference shows when both are repeated more often, or with %%carbonit"

    def rows(self) -> list[Row]:
        """Both, with their own intervals."""
        one = self.comparison
        return [
            (one.first, one.first_energy, _runs(one.first_runs)),
            (one.second, one.second_energy, _runs(one.second_runs)),
        ]


def _runs(count: int) -> str:
    return f"mean of {count} measurements" if count > 1 else ""


def run(session: Session, argv: list[str]) -> SideBySide:
    """Compare the two names in ``argv``; raises GreenNotebookError for an unknown one."""
    if len(argv) != 2:
        raise GreenNotebookError("%carbon compare takes two names: %carbon compare small large")
    reports = session.reports
    first, second = (find(reports, name) for name in argv)
    return SideBySide(
        compare(first, second, (argv[0], argv[1])),
        ran_once(first) or ran_once(second),
        disturbed([*first, *second]),
    )


def find(reports: list[Report], name: str) -> list[Report]:
    """The reports of that name, or of that execution count."""
    found = [
        one
        for one in reports
        if one.status == "ok" and (one.name == name or str(one.execution_count) == name)
    ]
    if found:
        return found
    names = sorted({one.name for one in reports if one.name})
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]}?" if near else f"measured: {', '.join(names) or 'nothing yet'}"
    raise GreenNotebookError(f"no finished measurement is called {name!r}: {hint}")

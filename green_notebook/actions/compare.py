"""``%carbon compare A B``: two named measurements side by side."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from green_notebook.comparing import compare
from green_notebook.errors import GreenNotebookError
from green_notebook.model import Comparison, Report

if TYPE_CHECKING:
    from green_notebook.session import Session

HELP = "two named cells side by side, and whether they really differ: %carbon compare A B"


@dataclass(frozen=True, slots=True)
class SideBySide:
    """A comparison as people read it."""

    comparison: Comparison

    def __str__(self) -> str:
        low, value, high = (f"{100 * one:+.0f}" for one in self.comparison.change)
        one = self.comparison
        runs = ""
        if one.first_runs + one.second_runs > 2:
            runs = f" over {one.first_runs} and {one.second_runs} runs"
        verdict = (
            "the difference is real (95 %)"
            if one.real
            else "that may be chance: repeat both, or use %%carbonit"
        )
        return (
            f"{one.second} took {value} % energy ({low}..{high}) against {one.first}"
            f"{runs}: {one.second_energy.value:.3g} J and {one.first_energy.value:.3g} J; {verdict}"
        )

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<p>{escape(str(self))}</p>"


def run(session: Session, argv: list[str]) -> SideBySide:
    """Compare the two names in ``argv``; raises GreenNotebookError for an unknown one."""
    if len(argv) != 2:
        raise GreenNotebookError("%carbon compare takes two names: %carbon compare small large")
    reports = session.reports
    first, second = (find(reports, name) for name in argv)
    return SideBySide(compare(first, second, (argv[0], argv[1])))


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

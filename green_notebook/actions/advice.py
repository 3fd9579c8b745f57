"""``%carbon advice [CELL]``: all advice for a cell, and why other techniques were not proposed."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from html import escape
from typing import TYPE_CHECKING

from green_notebook.actions._lines import Parser
from green_notebook.actions._memory import memory_of
from green_notebook.advice import AdviceMemory, Verdict, explain, together, vocabulary
from green_notebook.errors import GreenNotebookError
from green_notebook.model import Advice, Report, Saving

if TYPE_CHECKING:
    from green_notebook.session import Session

HELP = "what would have cost less, why, and why not: [CELL], dismiss TECHNIQUE, recall TECHNIQUE"
OPTIONS = ("dismiss", "recall")

# Silence for these reasons says nothing of this cell: they are left to the end of the list.
_NOT_HERE = ("the cell did not", "the cell neither", "it is about", "its evidence is about")


@dataclass(frozen=True, slots=True)
class Explanation:
    """Advice in full, what it would save together, and the reasons for silence."""

    title: str
    advice: tuple[Advice, ...]
    silent: tuple[Verdict, ...]
    dismissed: frozenset[str] = frozenset()
    both: Saving | None = None

    def __str__(self) -> str:
        lines = [self.title]
        for number, one in enumerate(self.advice, 1):
            lines += [f"\n{number}. {one.title} ({saving(one)})", f"   {one.text}"]
            lines += [f"   {one.caveat}", f"   Evidence: {one.evidence}"]
            lines += [f"       {line}" for line in one.snippet.splitlines()]
            lines += [f"   %carbon advice dismiss {one.technique}"]
        if self.both is not None and len(self.advice) > 1:
            lines.append(f"\n{together_text(self.both)}")
        lines.append("\nNot proposed:")
        lines += [f"  {one.technique}: {one.reason}" for one in self.silent]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        parts = [f"<div><b>{escape(self.title)}</b></div>"]
        parts += [
            f"<div style='margin-top:.6em'><b>{escape(one.title)}</b> "
            f"({escape(saving(one))})</div><div>{escape(one.text)}</div>"
            f"<div>{escape(one.caveat)}</div>"
            f"<div style='opacity:.75'>Evidence: {escape(one.evidence)}</div>"
            f"<pre>{escape(one.snippet)}</pre>"
            for one in self.advice
        ]
        if self.both is not None and len(self.advice) > 1:
            parts.append(f"<div>{escape(together_text(self.both))}</div>")
        rows = "".join(
            f"<tr><td style='text-align:left'><code>{escape(one.technique)}</code></td>"
            f"<td style='text-align:left'>{escape(one.reason)}</td></tr>"
            for one in self.silent
        )
        parts.append(f"<details><summary>Not proposed</summary><table>{rows}</table></details>")
        return "".join(parts)


def saving(one: Advice) -> str:
    """A saving in words: "energy -12 to -50 %, typically -30 %"."""
    if one.saving is None:
        return "saving unknown"
    low, typical, high = (
        round(100 * part) for part in (one.saving.low, one.saving.typical, one.saving.high)
    )
    return f"{one.saving.of} -{low} to -{high} %, typically -{typical} %"


def together_text(both: Saving) -> str:
    """What all of it would save, which is less than the sum."""
    low, high = round(100 * both.low), round(100 * both.high)
    return (
        f"All of it together would save {low} to {high} % of the {both.of}: savings do not add up."
    )


def find(reports: list[Report], cell: str) -> Report:
    """The latest report of a cell by its name or execution count; the last without one."""
    if not reports:
        raise GreenNotebookError("nothing was measured yet: begin a cell with %%carbon")
    if not cell:
        return reports[-1]
    number = cell.strip("[]")
    for report in reversed(reports):
        if report.name == cell or str(report.execution_count) == number:
            return report
    names = sorted({one.name for one in reports if one.name})
    near = get_close_matches(cell, names, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names) or 'no names'}"
    raise GreenNotebookError(f"no measured cell is called {cell!r}: {hint}")


def _technique(name: str) -> str:
    known = vocabulary()
    if name in known:
        return name
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else "%carbon advice lists them"
    raise GreenNotebookError(f"there is no technique {name!r}: {hint}")


def run(session: Session, argv: list[str]) -> Explanation | str:
    """The advice of a cell with its reasons, or a change of what is shown."""
    parser = Parser("advice", HELP)
    parser.add_argument("cell", nargs="?", default="")
    parser.add_argument("technique", nargs="?", default="")
    given = parser.parse_args(argv)
    memory = memory_of(session)
    if given.cell in OPTIONS:
        if not given.technique:
            raise GreenNotebookError(f"%carbon advice {given.cell} needs the name of a technique")
        name = _technique(given.technique)
        if given.cell == "dismiss":
            memory.dismiss(name)
            return f"{name} is not proposed again (%carbon advice recall {name} undoes it)"
        memory.recall(name)
        return f"{name} may be proposed again"
    if given.technique:
        raise GreenNotebookError("%carbon advice takes one cell, or dismiss or recall TECHNIQUE")
    report = find(session.reports, given.cell)
    return explanation(session, report, memory)


def explanation(session: Session, report: Report, memory: AdviceMemory) -> Explanation:
    """All that the rules make of one report's cell."""
    label = report.name or (f"[{report.execution_count}]" if report.execution_count else "the cell")
    facts = memory.facts_of(report.id)
    if facts is None:
        told = report.advice
        reason = "nothing is known of what this cell did" if not told else "its facts are not kept"
        return Explanation(f"Advice for {label}: {len(told)} ({reason})", told, ())
    verdicts = explain(facts, session.settings.tolerance)
    shown = [one for one in verdicts if one.speaks and one.technique not in memory.dismissed]
    advice = tuple(one.advice for one in shown if one.advice is not None)
    silent = [one for one in verdicts if not one.speaks]
    silent.sort(key=lambda one: (one.reason.startswith(_NOT_HERE), one.technique))
    away = [
        Verdict(one.technique, speaks=False, reason="you dismissed it")
        for one in verdicts
        if one.speaks and one.technique in memory.dismissed
    ]
    title = f"Advice for {label}" if advice else f"No advice for {label}"
    return Explanation(
        title, advice, (*away, *silent), memory.dismissed, together(advice) if advice else None
    )

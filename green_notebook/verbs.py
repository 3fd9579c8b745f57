"""The verbs of ``%carbon``: a table of one line each, and the six that belong to the magic itself.

A verb of ``actions/`` is a module there with ``magic(session, words)``: it returns what is to be
shown (text, a Report, anything with ``_repr_html_``; None for nothing) and raises
GreenNotebookError with one line for what it cannot do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any, Protocol

from green_notebook.errors import GreenNotebookError
from green_notebook.model import Report, total


class Extension(Protocol):
    """What the verbs need of the loaded extension."""

    always: bool

    @property
    def problems(self) -> list[str]:
        """What went wrong so far, one line each."""

    def session(self) -> Any:
        """The kernel's session."""

    def running(self) -> int:
        """How many cells are being measured now."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb: what it does in a few words, its options for completion, and how it is run."""

    help: str
    run: Callable[[Extension, Sequence[str]], Any]
    options: tuple[str, ...] = ()


def action(module: str, text: str, *options: str) -> Verb:
    """A verb that lives in ``green_notebook.actions.<module>``, imported when it is used."""

    def run(extension: Extension, words: Sequence[str]) -> Any:
        return import_module(f"green_notebook.actions.{module}").magic(extension.session(), words)

    return Verb(text, run, options)


def dispatch(extension: Extension, line: str) -> Any:
    """Run the verb of a ``%carbon`` line; raises GreenNotebookError with the closest verb."""
    words = line.split()
    if not words:
        return status(extension, ())
    verb = VERBS.get(words[0])
    if verb is None:
        close = get_close_matches(words[0], VERBS, n=1)
        cure = f"did you mean %carbon {close[0]}?" if close else f"it knows {', '.join(VERBS)}"
        raise GreenNotebookError(f"%carbon has no verb {words[0]!r}: {cure}")
    return verb.run(extension, words[1:])


def on(extension: Extension, _words: Sequence[str]) -> str:
    """Measure every cell from the next one on."""
    extension.always = True
    return "every cell is measured from the next one on (%carbon off ends it)"


def off(extension: Extension, _words: Sequence[str]) -> str:
    """Measure only cells that begin with %%carbon."""
    extension.always = False
    return "only cells that begin with %%carbon are measured"


def status(extension: Extension, _words: Sequence[str]) -> str:
    """What is being measured, with what, and where."""
    session = extension.session()
    mode = "every cell" if extension.always else "cells that begin with %%carbon"
    running = f", {extension.running()} running" if extension.running() else ""
    sensors = [f"{one.component or one.kind} {one.basis}" for one in session.doctor().in_use]
    reports = session.reports
    where = f"{reports[-1].place.zone} ({reports[-1].place.how})" if reports else None
    lines = [
        f"measuring: {mode}; {len(reports)} measured so far{running}",
        f"sensors: {', '.join(sensors) or 'none'} (%carbon doctor tells more)",
        f"zone: {where or session.settings.zone or 'found out with the first cell'}",
    ]
    return "\n".join([*lines, *session.settings.problems, *extension.problems])


def last(extension: Extension, _words: Sequence[str]) -> Report:
    """The last report again."""
    reports: list[Report] = extension.session().reports
    if not reports:
        raise GreenNotebookError("nothing was measured yet: begin a cell with %%carbon")
    return reports[-1]


def total_(extension: Extension, _words: Sequence[str]) -> str:
    """What this session's cells came to; nested spans count once, in their outermost."""
    from green_notebook.show._units import duration, shown

    reports: list[Report] = extension.session().reports
    known = {one.id for one in reports}
    top = [one for one in reports if one.parent_id not in known]
    if not top:
        raise GreenNotebookError("nothing was measured yet: begin a cell with %%carbon")
    # One machine's sensors and one place's table: their systematic errors are shared.
    energy = total(("machine", one.energy.kernel) for one in top)
    co2e = total((("place", one.footprint.co2e) for one in top), "g")
    cells = "1 cell" if len(top) == 1 else f"{len(top)} cells"
    took = duration(sum(one.duration_s for one in top))
    return (
        f"this session: {cells}, {shown(co2e).text('CO2e')}, {shown(energy).text()}, "
        f"{took} measured"
    )


def doctor(extension: Extension, _words: Sequence[str]) -> Any:
    """Each sensor: in use, or why not and what cures it."""
    return extension.session().doctor()


# One line each. A verb of actions/ is: "report": action("report", "what it shows", "--option"),
VERBS: dict[str, Verb] = {
    "on": Verb("measure every cell", on),
    "off": Verb("measure only %%carbon cells", off),
    "status": Verb("what is measured, with what, where", status),
    "last": Verb("the last report again", last),
    "total": Verb("what this session came to", total_),
    "doctor": Verb("each sensor: in use, or why not and the cure", doctor),
}

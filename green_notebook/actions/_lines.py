"""What the verbs share: a parser whose errors are one line, and tables as text and HTML."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import NoReturn

from green_notebook.errors import GreenNotebookError


class Parser(argparse.ArgumentParser):
    """A parser of ``%carbon VERB ...`` that raises GreenNotebookError and never exits.

    What raises is shown as it is, so ``--help`` raises the verb's help.
    """

    def __init__(self, verb: str, description: str) -> None:
        super().__init__(
            prog=f"%carbon {verb}", description=description, add_help=False, allow_abbrev=False
        )
        self.add_argument(
            "-h", "--help", action=_Help, nargs=0, default=argparse.SUPPRESS, help="this"
        )

    def error(self, message: str) -> NoReturn:
        """One line, with the closest option."""
        unknown = message.partition("unrecognized arguments: ")[2].split()
        if unknown and unknown[0].startswith("-"):
            known = [flag for action in self._actions[1:] for flag in action.option_strings]
            near = difflib.get_close_matches(unknown[0], known, n=1)
            hint = f"it knows {', '.join(known)}" if known else "it has none"
            hint = f"did you mean {near[0]}?" if near else hint
            raise GreenNotebookError(f"{self.prog} has no option {unknown[0]}: {hint}")
        raise GreenNotebookError(f"{self.prog}: {message}; {' '.join(self.format_usage().split())}")


class _Help(argparse.Action):
    """``--help``."""

    def __call__(self, parser: argparse.ArgumentParser, *_given: object) -> NoReturn:
        """The verb's help, all of it."""
        raise GreenNotebookError(parser.format_help().rstrip())


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that read well as text and as HTML; ``notes`` stand below."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        listed: list[Sequence[str]] = [self.columns, *self.rows]
        widths = [max(len(row[place]) for row in listed) for place in range(len(self.columns))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in listed
        ]
        return "\n".join([self.title, *lines, *self.notes])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = "".join(f"<th style='text-align:left'>{escape(one)}</th>" for one in self.columns)
        body = "".join(
            "<tr>"
            + "".join(f"<td style='text-align:left'>{escape(one)}</td>" for one in row)
            + "</tr>"
            for row in self.rows
        )
        notes = "".join(f"<div>{escape(one)}</div>" for one in self.notes)
        return f"<div><b>{escape(self.title)}</b></div><table><tr>{head}</tr>{body}</table>{notes}"

"""The options of ``%%carbon``: one table feeds the parser, the help and the completion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from green_notebook.errors import GreenNotebookError


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its spellings and what argparse is told of it."""

    flags: tuple[str, ...]
    told: dict[str, Any]


OPTIONS = (
    Option(("words",), {"nargs": "*", "metavar": "NAME", "help": "A name for the summary."}),
    Option(("--name",), {"metavar": "NAME", "help": "The same, for names that begin with -."}),
    Option(
        ("-z", "--zone"),
        {"metavar": "ZONE", "help": "Where the electricity comes from: FR, US-CA, France."},
    ),
    Option(
        ("--pue",),
        {"type": float, "metavar": "X", "help": "Power usage effectiveness, at least 1."},
    ),
    Option(("-q", "--quiet"), {"action": "store_true", "help": "No live view, only the summary."}),
)


@dataclass(frozen=True, slots=True)
class Options:
    """What one ``%%carbon`` line asks for; None where it leaves the setting as it is."""

    name: str | None = None
    zone: str | None = None
    pue: float | None = None
    quiet: bool = False


def flags() -> list[str]:
    """Every option as it is typed."""
    return [flag for option in OPTIONS for flag in option.flags if flag.startswith("-")]


def documented(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` with the parser of the table, and the table in its docstring."""
    from IPython.core.magic_arguments import argument, magic_arguments

    for option in reversed(OPTIONS):
        function = argument(*option.flags, **option.told)(function)
    decorated: Callable[..., Any] = magic_arguments()(function)
    return decorated


def parse(function: Callable[..., Any], line: str) -> Options:
    """Read a ``%%carbon`` line with the parser of a `documented` function.

    Raises GreenNotebookError with one line that names the closest option.
    """
    from IPython.core.error import UsageError
    from IPython.core.magic_arguments import parse_argstring

    try:
        found = parse_argstring(function, line)
    except (UsageError, ValueError) as error:
        raise GreenNotebookError(_explained(str(error))) from None
    name = found.name or " ".join(found.words)
    return Options(
        name=_unquoted(name) or None,
        zone=None if found.zone is None else _unquoted(found.zone),
        pue=found.pue,
        quiet=found.quiet,
    )


def _unquoted(text: str) -> str:
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return text


def _explained(problem: str) -> str:
    unknown = problem.rpartition("unrecognized arguments:")[2].split()
    if "unrecognized" not in problem or not unknown:
        return f"%%carbon: {problem}"
    from difflib import get_close_matches

    close = get_close_matches(unknown[0].partition("=")[0], flags(), n=1)
    cure = f"did you mean {close[0]}?" if close else f"it knows {', '.join(flags())}"
    return f"%%carbon has no option {unknown[0]}: {cure}"

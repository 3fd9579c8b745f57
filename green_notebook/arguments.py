"""The options of ``%%carbon`` and ``%%carbonit``: a table feeds parser, help and completion."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any

from green_notebook.errors import GreenNotebookError


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its spellings and what argparse is told of it."""

    flags: tuple[str, ...]
    told: dict[str, Any]


_NAME = (
    Option(("words",), {"nargs": "*", "metavar": "NAME", "help": "A name for the summary."}),
    Option(("--name",), {"metavar": "NAME", "help": "The same, for names that begin with -."}),
)
_WHERE = (
    Option(
        ("-z", "--zone"),
        {"metavar": "ZONE", "help": "Where the electricity comes from: FR, US-CA, France."},
    ),
    Option(
        ("--pue",),
        {"type": float, "metavar": "X", "help": "Power usage effectiveness, at least 1."},
    ),
)
CARBON = (
    *_NAME,
    *_WHERE,
    Option(("-q", "--quiet"), {"action": "store_true", "help": "No live view, only the summary."}),
    Option(
        ("--budget",),
        {"metavar": "AMOUNT", "help": "Warn at 80 %% of it: 5g, 3Wh, 1km, 10min of a household."},
    ),
    Option(
        ("--sync",),
        {"action": "store_true", "help": "Wait for the GPU's work before the cell ends."},
    ),
    Option(("--stop",), {"action": "store_true", "help": "Interrupt the cell at its budget."}),
)
CARBONIT = (
    *_NAME,
    Option(
        ("--random",),
        {
            "type": float,
            "default": 5.0,
            "metavar": "PERCENT",
            "help": "Repeat until the random part is at most this (5).",
        },
    ),
    Option(
        ("--seconds",),
        {"type": float, "default": 20.0, "metavar": "S", "help": "For so long at most (20)."},
    ),
    Option(("--joules",), {"type": float, "metavar": "J", "help": "For so much energy at most."}),
    *_WHERE,
)


@dataclass(frozen=True, slots=True)
class Options:
    """What one ``%%carbon`` line asks for; None where it leaves the setting as it is."""

    name: str | None = None
    zone: str | None = None
    pue: float | None = None
    quiet: bool = False
    budget: str | None = None
    stop: bool = False
    sync: bool = False


def flags(options: Iterable[Option]) -> list[str]:
    """Every option as it is typed."""
    return [flag for option in options for flag in option.flags if flag.startswith("-")]


def documented(function: Callable[..., Any], options: Iterable[Option]) -> Callable[..., Any]:
    """``function`` with the parser of a table, and the table in its docstring."""
    from IPython.core.magic_arguments import argument, magic_arguments

    for option in reversed(tuple(options)):
        function = argument(*option.flags, **option.told)(function)
    decorated: Callable[..., Any] = magic_arguments()(function)
    return decorated


def parse(function: Callable[..., Any], line: str) -> Options:
    """Read a ``%%carbon`` line with the parser of a `documented` function.

    Raises GreenNotebookError with one line that names the closest option.
    """
    found = read(function, CARBON, line)
    if found.stop and not found.budget:
        raise GreenNotebookError("%%carbon --stop needs a budget to stop at: --budget 5g --stop")
    return Options(
        name=name_of(found),
        zone=zone_of(found),
        pue=found.pue,
        quiet=found.quiet,
        budget=None if found.budget is None else _unquoted(found.budget),
        stop=found.stop,
        sync=found.sync,
    )


def read(function: Callable[..., Any], options: Iterable[Option], line: str) -> Any:
    """The namespace of a line; raises GreenNotebookError with one line, or with the help."""
    from IPython.core.error import UsageError
    from IPython.core.magic_arguments import parse_argstring

    if {"-h", "--help"}.intersection(line.split()):
        # The usage stands first, as a literal block.
        raise GreenNotebookError(cleandoc(function.__doc__ or "").removeprefix("::").strip())
    try:
        return parse_argstring(function, line)
    except (UsageError, ValueError) as error:
        magic = f"%%{function.__name__}"
        raise GreenNotebookError(_explained(magic, flags(options), str(error))) from None


def name_of(found: Any) -> str | None:
    """The name in a namespace, None where there is none."""
    return _unquoted(found.name or " ".join(found.words)) or None


def zone_of(found: Any) -> str | None:
    """The zone in a namespace, None where there is none."""
    return None if found.zone is None else _unquoted(found.zone)


def _unquoted(text: str) -> str:
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return text


def _explained(magic: str, known: list[str], problem: str) -> str:
    unknown = problem.rpartition("unrecognized arguments:")[2].split()
    if "unrecognized" not in problem or not unknown:
        return f"{magic}: {problem}"
    from difflib import get_close_matches

    close = get_close_matches(unknown[0].partition("=")[0], known, n=1)
    cure = f"did you mean {close[0]}?" if close else f"it knows {', '.join(known)}"
    return f"{magic} has no option {unknown[0]}: {cure}"

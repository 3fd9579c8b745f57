"""Finds the ``%%carbon`` line at the head of a cell and takes it out. Pure: text in, text out.

The cell's own code is then run by IPython as if the line were a comment, so that everything about
it stays as it is: outputs, history, traceback line numbers, top-level await, Ctrl-C.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

# ``%%carbon?`` is a question about the magic, and ``%%carbonit`` is another magic.
_CARBON = re.compile(r"%%carbon(?:[ \t]+(?P<options>.*?))?[ \t]*$")
_MAGIC = re.compile(r"%%(?P<name>\w+|!)(?P<rest>.*)$")
# Prompts that IPython strips from pasted cells before magics are looked for.
_PROMPT = re.compile(r"(?:>>> |In \[\d+\]: |\s*\.\.\.+: ?|\.\.\. )")

# Below these, the rest of the cell is code that runs, and a comment with # means nothing to it.
_PYTHON = frozenset({"time", "timeit", "capture", "prun"})
_SHELL = frozenset({"bash", "sh", "system", "sx", "!"})
# The language of these is not known to have # comments: an empty line keeps the numbers too.
_SCRIPT = frozenset({"script", "python", "python2", "python3", "pypy", "perl", "ruby"})


@dataclass(frozen=True, slots=True)
class Found:
    """Where the line is, its options, and the name of the last magic above it ("" if none)."""

    index: int
    options: str
    below: str


def find(lines: Sequence[str]) -> Found | None:
    """The ``%%carbon`` line among the leading ``%%`` lines and comments; None where there is none.

    Only magics whose body is run as code are looked below: ``%%writefile`` and ``%%html`` keep
    the line as text.
    """
    below = ""
    for index, raw in enumerate(lines):
        line = _PROMPT.sub("", raw, count=1).strip()
        if not line or line.startswith("#"):
            continue
        carbon = _CARBON.match(line)
        if carbon:
            return Found(index, carbon["options"] or "", below)
        magic = _MAGIC.match(line)
        if magic is None or magic["name"] not in _PYTHON | _SHELL | _SCRIPT:
            return None
        if magic["rest"].startswith("?"):
            return None
        below = magic["name"]
    return None


def options(cell: str) -> str | None:
    """What stands behind ``%%carbon`` in a raw cell; None where the cell does not begin with it."""
    if "%%carbon" not in cell:
        return None
    found = find(cell.splitlines())
    return None if found is None else found.options


def transform(lines: list[str]) -> list[str]:
    """The cell's lines without ``%%carbon``: what IPython is to run.

    The line becomes a comment, so that line numbers stay. It is dropped where another magic
    follows, which must come first in a cell.
    """
    found = find(lines)
    while found is not None:
        lines = _without(lines, found)
        found = find(lines)
    return lines


# IPython calls transformers without side effects to see whether a cell typed in the terminal is
# complete. It must see the %% there, else it takes the first line for the whole cell.
transform.has_side_effects = True  # type: ignore[attr-defined]


def _without(lines: list[str], found: Found) -> list[str]:
    before, after = lines[: found.index], lines[found.index + 1 :]
    following = next((n for n, line in enumerate(after) if line.strip()), None)
    if following is not None and after[following].lstrip().startswith("%%"):
        return before + after[following:]
    if found.below in _SCRIPT:
        return [*before, "\n", *after]
    return [*before, f"# {lines[found.index].strip()}\n", *after]

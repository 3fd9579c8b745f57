"""The verbs of ``%carbon``: six that belong to the magic itself, and every file of ``actions/``.

A verb there is a module with ``HELP``, its line of help, and ``run(session, argv)``, which returns
what is to be shown (text, a Report, anything with ``_repr_html_``; None for nothing) and raises
GreenNotebookError with one line for what it cannot do. ``OPTIONS``, where it has any, is completed;
so are the names of measured cells where ``NAMES`` is true.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from green_notebook import actions
from green_notebook.errors import GreenNotebookError

if TYPE_CHECKING:
    from green_notebook.model import Report


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


Run = Callable[[Extension, list[str]], Any]


def names() -> list[str]:
    """Every verb, our own first; nothing is imported for it."""
    from pkgutil import iter_modules

    walked = (info.name for info in iter_modules(actions.__path__))
    more = (name.replace("_", "-") for name in walked if not name.startswith("_"))
    return list(dict.fromkeys([*OWN, *sorted(set(more) - NO_VERBS)]))


def helps() -> dict[str, str]:
    """What each verb does, in a few words."""
    found = {name: (run.__doc__ or "").partition("\n")[0].rstrip(".") for name, run in OWN.items()}
    for name in names():
        if name not in found:
            found[name] = getattr(_module(name), "HELP", "")
    return found


def options(name: str) -> list[str]:
    """What may follow a verb."""
    return [] if name in OWN or name not in names() else list(getattr(_module(name), "OPTIONS", ()))


def measured(name: str, reports: list[Report]) -> list[str]:
    """The names of measured work that may follow a verb."""
    asks = name not in OWN and name in names() and getattr(_module(name), "NAMES", False)
    return sorted({one.name for one in reports if one.name}) if asks else []


def dispatch(extension: Extension, line: str) -> Any:
    """Run the verb of a ``%carbon`` line; raises GreenNotebookError with the closest verb."""
    try:
        words = shlex.split(line) or ["status"]
    except ValueError as error:
        raise GreenNotebookError(f"%carbon {line}: {error}") from None
    name, argv = words[0], words[1:]
    if name in HELP_FLAGS:
        name = "help"
    if HELP_FLAGS.intersection(argv) and name in names() and not _parses(name):
        return f"%carbon {name}: {helps()[name]}"
    if name in OWN:
        if argv:
            raise GreenNotebookError(f"%carbon {name} takes nothing more, not {' '.join(argv)!r}")
        return OWN[name](extension, argv)
    if name in names():
        return _module(name).run(extension.session(), argv)
    from difflib import get_close_matches

    close = get_close_matches(name, names(), n=1)
    cure = f"did you mean %carbon {close[0]}?" if close else f"it knows {', '.join(names())}"
    raise GreenNotebookError(f"%carbon has no verb {name!r}: {cure}")


def _parses(name: str) -> bool:
    """Whether the verb's own parser tells of its options."""
    return name not in OWN and hasattr(_module(name), "Parser")


def _module(name: str) -> Any:
    return import_module(f"{actions.__name__}.{name.replace('-', '_')}")


def on(extension: Extension, _argv: list[str]) -> str:
    """Measure every cell from the next one on."""
    extension.always = True
    return "every cell is measured from the next one on (%carbon off ends it)"


def off(extension: Extension, _argv: list[str]) -> str:
    """Measure only cells that begin with %%carbon."""
    extension.always = False
    return "only cells that begin with %%carbon are measured"


def status(extension: Extension, _argv: list[str]) -> str:
    """What is being measured, with what, and where."""
    session = extension.session()
    mode = "every cell" if extension.always else "cells that begin with %%carbon"
    running = f", {extension.running()} running" if extension.running() else ""
    found = session.doctor()
    sensors = [f"{one.component or one.kind} {one.basis}" for one in found.in_use]
    reports = session.reports
    where = f"{reports[-1].place.zone} ({reports[-1].place.how})" if reports else None
    lines = [
        f"measuring: {mode}; {len(reports)} measured so far{running}",
        f"sensors: {', '.join(sensors) or 'none'} (%carbon doctor tells more)",
        f"zone: {where or session.settings.zone or 'found out with the first cell'}",
    ]
    return "\n".join([*lines, *found.problems, *extension.problems])


def last(extension: Extension, _argv: list[str]) -> Report:
    """The last report again."""
    reports: list[Report] = extension.session().reports
    if not reports:
        raise GreenNotebookError("nothing was measured yet: begin a cell with %%carbon")
    return reports[-1]


def total_(extension: Extension, _argv: list[str]) -> str:
    """What this session's cells came to; what is nested or side by side counts once."""
    from green_notebook.account import by_boundary
    from green_notebook.model import total
    from green_notebook.model.summary import counted
    from green_notebook.show._units import duration, shown

    session = extension.session()
    cells, top = len(counted(session.reports)), session.counted
    if not top:
        raise GreenNotebookError("nothing was measured yet: begin a cell with %%carbon")
    # One machine's sensors: their systematic errors are shared. Boundaries are never mixed.
    energy = total(("machine", one.energy.kernel) for one in top)
    sums = by_boundary(top)
    grams = [
        shown(one).text("CO2e" if len(sums) == 1 else f"CO2e {boundary}")
        for boundary, one in sums.items()
    ]
    took = duration(sum(one.duration_s for one in top))
    listed = "1 cell" if cells == 1 else f"{cells} cells"
    line = f"this session: {listed}, {' and '.join(grams)}, {shown(energy).text()}, {took} measured"
    beside = cells - len(top)
    return f"{line} (what ran side by side counts once)" if beside else line


def doctor(extension: Extension, _argv: list[str]) -> Any:
    """Each sensor: in use, or why not and what cures it."""
    return extension.session().doctor()


def help_(_extension: Extension, _argv: list[str]) -> str:
    """Every verb in one line."""
    width = max(map(len, names()))
    lines = [f"%carbon {name:<{width}}  {text}" for name, text in helps().items()]
    return "\n".join([*lines, "%%carbon at the head of a cell measures it; %%carbon? tells more"])


OWN: dict[str, Run] = {
    "on": on,
    "off": off,
    "status": status,
    "last": last,
    "total": total_,
    "doctor": doctor,
    "help": help_,
}
# Files of actions/ that are no verbs: %%carbonit is a magic of its own, gn.verify takes functions.
NO_VERBS = frozenset({"repeat", "verify"})
HELP_FLAGS = frozenset({"-h", "--help"})

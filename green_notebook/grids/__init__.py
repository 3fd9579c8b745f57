"""Where the intensity of electricity comes from: the `Grid` protocol; then one file a provider.

``annual`` needs no network. A live provider is off until it is chosen with
``%config GreenNotebook.grid``; other packages add theirs by the entry-point group
``green_notebook.grids`` (a module with ``NAME`` and
``make(settings, part)``).
"""

from __future__ import annotations

import difflib
import pkgutil
from collections.abc import Callable
from datetime import datetime
from functools import cache
from importlib import import_module, metadata
from typing import Any, Protocol, runtime_checkable

from green_notebook.errors import GreenNotebookError
from green_notebook.grids._zones import WORLD, Zone, closest, completions, resolve, zones
from green_notebook.model import Intensity

__all__ = [
    "GROUP",
    "WORLD",
    "Grid",
    "Zone",
    "closest",
    "completions",
    "grid",
    "names",
    "resolve",
    "zones",
]

GROUP = "green_notebook.grids"


@runtime_checkable
class Grid(Protocol):
    """A source of intensity."""

    name: str

    def intensity(self, zone: str, at: datetime, duration_s: float) -> Intensity:
        """gCO2e per kWh in ``zone`` over ``duration_s`` from ``at`` (with its time zone).

        Answers at once, without a network; raises GreenNotebookError for an unknown zone.
        """


@cache
def _modules() -> dict[str, str]:
    """The module of each provider that is part of the package, by the provider's name."""
    found = {}
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda one: one.name):
        if not info.name.startswith("_"):
            found[info.name.replace("_", "-")] = f"{__name__}.{info.name}"
    return found


def names() -> list[str]:
    """The names that ``%config GreenNotebook.grid`` takes."""
    return sorted({*_modules(), *(one.name for one in metadata.entry_points(group=GROUP))})


def grid(
    name: str = "annual", settings: Any = None, submit: Callable[..., object] | None = None
) -> Grid:
    """The provider called ``name``; raises GreenNotebookError with the closest names.

    "neso:London" is the part of a provider after the colon. A live one asks its service by
    ``submit(job, key)``, in the worker's thread; without it, only when it is told to.
    """
    wanted, _, part = name.strip().partition(":")
    wanted = wanted.casefold().replace("_", "-") or "annual"
    if wanted in _modules():
        module: Any = import_module(_modules()[wanted])
    else:
        entries = {one.name: one for one in metadata.entry_points(group=GROUP)}
        if wanted not in entries:
            near = difflib.get_close_matches(wanted, names(), n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names())}"
            raise GreenNotebookError(f"unknown grid {name!r}: {hint}")
        return _others(entries[wanted], settings, part.strip(), submit)
    made: Grid = module.make(settings, part.strip())
    if submit is not None and hasattr(made, "submit"):
        made.submit = submit
    return made


def _others(
    entry: metadata.EntryPoint, settings: Any, part: str, submit: Callable[..., object] | None
) -> Grid:
    """Another package's provider; raises GreenNotebookError where it is none."""
    try:
        made = entry.load().make(settings, part)
        if submit is not None and hasattr(made, "submit"):
            made.submit = submit
    except GreenNotebookError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 - another package
        raise GreenNotebookError(
            f"the grid {entry.name} of another package is broken: {type(error).__name__}: {error}"
        ) from None
    if not isinstance(made, Grid):
        raise GreenNotebookError(
            f"the grid {entry.name} of another package is broken: make gives {type(made).__name__}"
        )
    return made

"""What the objects of a notebook are: one file per framework, named as its top-level package.

A file here has ``MARKS``, from the name of a class of that package to a function
``look(obj, clock) -> Finding | None``. An object goes to the most special class of its MRO that
is marked. A file is imported only when its package is among the keys of ``sys.modules``: without
it, no object of it can exist. Adding a framework is adding one file.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any, TypeAlias

from green_notebook.advice.detect import _probe as probe

# Packages whose classes another file knows.
SAME = {
    "tf_keras": "keras",
    "tensorflow": "keras",
    "pytorch_lightning": "lightning",
}


@dataclass(slots=True)
class Finding:
    """What one object is. ``facts`` has dotted paths of docs/facts.md.

    ``role`` is "model", "transform", "search", "trainer", "pipeline", "loader", "optimizer",
    "history", "scaler", "data", "inputs", "study" or "wrapper". ``holds`` are the objects inside that are to
    be looked at too; they are let go when the look is over.
    """

    role: str
    framework: str
    facts: dict[str, Any] = field(default_factory=dict)
    holds: tuple[Any, ...] = ()
    names: list[str] = field(default_factory=list)
    key: int = 0
    inner: list[Finding] = field(default_factory=list)
    level: int = 0

    def put(self, path: str, value: Any) -> None:
        """Note a fact; None is no fact."""
        if value is not None:
            self.facts[path] = value

    @property
    def params(self) -> int:
        """The parameters of the model, 0 where unknown."""
        found = self.facts.get("model.params")
        return found if type(found) is int else 0


Look: TypeAlias = Callable[[Any, probe.Clocked], "Finding | None"]


@cache
def _files() -> frozenset[str]:
    return frozenset(
        one.name for one in pkgutil.iter_modules(__path__) if not one.name.startswith("_")
    )


def detectors() -> dict[str, Any]:
    """The files for the packages that are imported, by package."""
    found = {}
    for package in probe.loaded():
        name = SAME.get(package, package)
        if name in _files():
            found[package] = import_module(f"{__name__}.{name}")
    return found


def marked(cls: type, known: Mapping[str, Any]) -> tuple[Any, str] | None:
    """The file that knows a class, and the name of the class or base that is marked there."""
    for package, name in probe.marks(cls):
        module = known.get(package)
        if module is not None and name in module.MARKS:
            return module, name
    return None


def look(obj: Any, known: Mapping[str, Any], clock: probe.Clocked) -> Finding | None:
    """What an object is; None where nobody knows it or the look fails."""
    found = marked(type(obj), known)
    if found is None:
        return None
    module, name = found
    clock.next_object()
    try:
        seen: Finding | None = module.MARKS[name](obj, clock)
    except probe.OutOfTime:
        return None
    except Exception:  # noqa: BLE001 - an odd object is no reason to disturb anybody
        return None
    if seen is not None and not seen.key:
        seen.key = id(obj)
    return seen


def constructed(cls: type, given: Mapping[str, Any], known: Mapping[str, Any]) -> Finding | None:
    """What a call of a class makes, told by the class and the plain arguments alone."""
    found = marked(cls, known)
    make = None if found is None else getattr(found[0], "constructed", None)
    if make is None:
        return None
    seen: Finding | None = make(cls, given)
    return seen

"""Reading objects of the user without running a line of their code.

No isinstance, hasattr, len, repr, ==, truth or attribute access on an object that is not known:
each may run a property, a remote call or a computation (docs/facts.md tells what was seen).
What is left is `type`, the class's own tables and the instance's own dictionary.
"""

from __future__ import annotations

import sys
import types
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

OBJECT_S = 0.05  # longest look at one object, in seconds

_mro = type.__dict__["__mro__"].__get__
_class_dict = type.__dict__["__dict__"].__get__
_class_name = type.__dict__["__name__"].__get__

_module_dict: Callable[[Any], dict[str, Any]] = types.ModuleType.__dict__["__dict__"].__get__  # type: ignore[index]

_PLAIN = (bool, int, float, str, type(None))
_DICTS = (dict, OrderedDict, types.MappingProxyType)


class OutOfTime(Exception):
    """The look at an object or at the cell took too long: what was found so far stands."""


class Clocked:
    """The time budget of one cell (s): ``check`` raises OutOfTime once it or the object's is spent."""

    def __init__(self, clock: Callable[[], float], cell_s: float) -> None:
        self._clock = clock
        self._cell_end = clock() + cell_s
        self._object_end = self._cell_end
        self.partial = False

    def next_object(self) -> None:
        """Start the time of one more object."""
        self._object_end = min(self._cell_end, self._clock() + OBJECT_S)

    def check(self) -> None:
        """Raise OutOfTime when the time is spent."""
        if self._clock() >= self._object_end:
            self.partial = True
            raise OutOfTime

    @property
    def spent(self) -> bool:
        """Whether the cell's time is spent."""
        return self._clock() >= self._cell_end


def mro(obj: Any) -> tuple[type, ...]:
    """The classes of an object, most special first."""
    return class_mro(type(obj))


def class_mro(cls: type) -> tuple[type, ...]:
    """The classes of a class: itself first; not what a metaclass pretends."""
    found: tuple[type, ...] = _mro(cls)
    return found


def class_dict(cls: type) -> Mapping[str, Any]:
    """A class's own table."""
    found: Mapping[str, Any] = _class_dict(cls)
    return found


def module_of(cls: type) -> str:
    """The module that a class says it is from, "" where it says something odd."""
    name = class_dict(cls).get("__module__")
    # Classes written in C carry it in their full name alone; asking them is safe.
    if type(name) is str:
        return name
    return _c_module(cls)


def _c_module(cls: type) -> str:
    if cls.__flags__ & (1 << 9):  # Py_TPFLAGS_HEAPTYPE: made by a class statement
        return ""
    found = type.__dict__["__module__"].__get__(cls)
    return found if type(found) is str else ""


def package_of(cls: type) -> str:
    """The top-level package of a class."""
    return module_of(cls).partition(".")[0]


def name_of(cls: type) -> str:
    """A class's name."""
    found: str = _class_name(cls)
    return found


def marks(cls: type) -> Iterator[tuple[str, str]]:
    """(top-level package, name) of a class and its bases, most special first."""
    for one in class_mro(cls):
        yield package_of(one), name_of(one)


def is_a(obj: Any, package: str, *names: str) -> bool:
    """Whether a class of that package and name is among the object's classes."""
    return any(pair[0] == package and pair[1] in names for pair in marks(type(obj)))


def from_package(obj: Any, *packages: str) -> bool:
    """Whether the object's very class comes from one of these packages: its methods are known."""
    return package_of(type(obj)) in packages


def is_class(obj: Any) -> bool:
    """Whether the object is itself a class."""
    return any(one is type for one in mro(obj))


def own(obj: Any) -> dict[str, Any]:
    """The instance's own dictionary, {} where it has none or hides it behind code."""
    for cls in mro(obj):
        entry = class_dict(cls).get("__dict__")
        if entry is None:
            continue
        if not exactly(entry, types.GetSetDescriptorType, types.MemberDescriptorType):
            return {}
        found = entry.__get__(obj, cls)
        return found if type(found) is dict else {}
    return {}


def field(obj: Any, name: str, default: Any = None) -> Any:
    """A field of the instance: from its own dictionary or one of its slots, else ``default``."""
    table = own(obj)
    if name in table:
        return table[name]
    for cls in mro(obj):
        entry = class_dict(cls).get(name)
        if type(entry) is types.MemberDescriptorType:
            try:
                return entry.__get__(obj, cls)
            except AttributeError:
                return default
    return default


def exactly(value: Any, *kinds: type) -> bool:
    """Whether the value's class is one of these; `in` would ask a metaclass for its ==."""
    return any(type(value) is one for one in kinds)


def plain(value: Any) -> Any:
    """The value if it is exactly a bool, int, float, str or None, else None."""
    return value if exactly(value, *_PLAIN) else None


def number(value: Any) -> float | int | None:
    """The value if it is a number of Python or a scalar of numpy, else None."""
    if exactly(value, int, float):
        return value  # type: ignore[no-any-return]
    if from_package(value, "numpy") and is_a(value, "numpy", "number"):
        return value.item()  # type: ignore[no-any-return]
    return None


def whole(value: Any) -> int | None:
    """The value if it is an int (and no bool), else None."""
    found = number(value)
    return found if type(found) is int else None


def flag(value: Any) -> bool | None:
    """The value if it is exactly a bool, else None."""
    return value if type(value) is bool else None


def text(value: Any) -> str | None:
    """The value if it is exactly a str, else None."""
    return value if type(value) is str else None


def table(value: Any) -> Mapping[Any, Any]:
    """The value if it is exactly a dictionary of Python, else an empty one."""
    return value if exactly(value, *_DICTS) else {}


def items(value: Any, limit: int = 50) -> list[Any]:
    """The first members of a list or tuple of Python or of a subclass; else none."""
    for kind in (list, tuple):
        if any(one is kind for one in mro(value)):
            return list(kind.__getitem__(value, slice(0, limit)))
    return []


def loaded() -> frozenset[str]:
    """The top-level packages that are imported, told by the keys of sys.modules alone."""
    return frozenset(name for name in list(sys.modules) if "." not in name)


def member(obj: Any, path: tuple[str, ...]) -> Any:
    """What a dotted path leads to, through the tables of modules alone; None elsewhere."""
    for name in path:
        if type(obj) is not types.ModuleType:
            return None
        obj = _module_dict(obj).get(name)
    return obj


def function_module(obj: Any) -> str:
    """The module that a function says it is from, "" for anything that is no plain function."""
    if not exactly(obj, types.FunctionType, types.BuiltinFunctionType):
        return ""
    name = obj.__module__
    return name if type(name) is str else ""

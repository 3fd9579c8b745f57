"""The names that the user's own functions use, read from their compiled code.

`train_model(model)` tells nothing of `backward`; its code object does. Functions of the notebook
and of the user's own modules are followed, those of installed packages are not.
"""

from __future__ import annotations

import os
import types
from collections.abc import Iterator, Mapping
from typing import Any

from green_notebook.advice.detect import _probe as probe

FOLLOWED = 200  # code objects looked into, at most
DEPTH = 4
LIBRARY = os.path.dirname(os.__file__)
INSTALLED = ("site-packages", "dist-packages", f"{os.sep}green_notebook{os.sep}")


def names(used: set[str], owners: set[str], namespace: Mapping[str, Any]) -> set[str]:
    """The names in the compiled code that the cell reaches.

    ``used`` are the cell's names, ``owners`` those whose methods it calls.
    """
    reached: set[str] = set()
    seen: set[int] = set()
    waiting = [(one, 0) for one in _functions(used, namespace)]
    for name in owners:
        waiting += [(one, 0) for one in _of_class(type(namespace.get(name)))]
    while waiting and len(seen) < FOLLOWED:
        function, depth = waiting.pop()
        if id(function) in seen:
            continue
        seen.add(id(function))
        found = _within(function.__code__)
        reached |= found
        if depth < DEPTH:
            waiting += [(one, depth + 1) for one in _functions(found, function.__globals__)]
    return reached


def _within(code: types.CodeType) -> set[str]:
    """The names of a code object and of those in it, such as lambdas and comprehensions."""
    found = set(code.co_names)
    for one in code.co_consts:
        if type(one) is types.CodeType:
            found |= _within(one)
    return found


def _functions(used: set[str], namespace: Mapping[str, Any]) -> Iterator[types.FunctionType]:
    for name in used:
        found = namespace.get(name)
        if type(found) is types.FunctionType:
            if _users(found):
                yield found
        elif found is not None and probe.is_class(found):
            yield from _of_class(found)


def _of_class(cls: type) -> Iterator[types.FunctionType]:
    for found in list(probe.class_dict(cls).values()):
        if type(found) is types.FunctionType and _users(found):
            yield found


def _users(function: types.FunctionType) -> bool:
    """Whether a function was written by the user: in the notebook or beside it."""
    place = function.__code__.co_filename
    installed = any(part in place for part in INSTALLED)
    return not installed and not place.startswith((LIBRARY, "<frozen"))

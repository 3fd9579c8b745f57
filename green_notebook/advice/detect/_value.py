"""Values and lengths of expressions, from constants and metadata alone."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from green_notebook.advice.detect import _code, _shape
from green_notebook.advice.detect import _probe as probe


def value(node: ast.expr | None, namespace: Mapping[str, Any]) -> Any:
    """A constant, or a name's plain value: a bool, int, float or str; else None."""
    if isinstance(node, ast.Constant):
        return probe.plain(node.value)
    if isinstance(node, ast.Name):
        return probe.plain(namespace.get(node.id))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = probe.number(value(node.operand, namespace))
        return None if inner is None else -inner
    return None


def count(node: ast.expr | None, namespace: Mapping[str, Any]) -> int | None:
    """How many times a loop over this runs, where metadata tell it; else None."""
    if isinstance(node, (ast.List, ast.Tuple)):
        return len(node.elts)
    if isinstance(node, ast.Name):
        return _shape.length(namespace.get(node.id))
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        return _slice_count(node, namespace)
    if isinstance(node, ast.Call):
        return _call_count(node, namespace)
    if isinstance(node, (ast.Subscript, ast.Attribute)):
        # A column of a frame has as many rows as the frame.
        owner = namespace.get(_code.path(node.value)[0])
        return _shape.length(owner) if probe.is_a(owner, "pandas", "DataFrame") else None
    return None


def _slice_count(node: ast.Subscript, namespace: Mapping[str, Any]) -> int | None:
    cut = node.slice
    whole = count(node.value, namespace)
    if not isinstance(cut, ast.Slice) or cut.step is not None or whole is None:
        return None
    ends = [value(one, namespace) for one in (cut.lower, cut.upper)]
    if any(one is not None and type(one) is not int for one in ends):
        return None
    return len(range(*slice(*ends).indices(whole)))


def _call_count(node: ast.Call, namespace: Mapping[str, Any]) -> int | None:
    where = _code.path(node.func)
    if where == ("range",) and not node.keywords:
        ends = [_end(one, namespace) for one in node.args]
        if ends and all(type(one) is int for one in ends) and 0 not in ends[2:]:
            return len(range(*ends))
        return None
    if where[-1] in ("tqdm", "trange", "enumerate", "list", "iter", "reversed", "sorted", "zip"):
        if where[-1] == "trange" and node.args:
            found = value(node.args[0], namespace)
            return found if type(found) is int else None
        return count(node.args[0], namespace) if node.args else None
    if where[-1] in ("iterrows", "itertuples", "items", "values", "keys") and len(where) == 2:
        return _shape.length(namespace.get(where[0]))
    return None


def _end(node: ast.expr, namespace: Mapping[str, Any]) -> Any:
    """An argument of range: a number, or len(..) of something known."""
    if isinstance(node, ast.Call) and _code.path(node.func) == ("len",) and node.args:
        return count(node.args[0], namespace)
    return value(node, namespace)


def repeats(call: _code.Call, namespace: Mapping[str, Any]) -> int | None:
    """How many times a call ran by its loops; 1 outside of loops, None where one is unknown."""
    total = 1
    for loop in call.loops:
        one = count(loop.over, namespace)
        if one is None:
            return None
        total *= one
    return total

"""What data the cell worked on: shapes and metadata alone, never a value."""

from __future__ import annotations

import ast
from typing import Any

from green_notebook.advice.detect import Finding, _code, _value
from green_notebook.advice.detect import _probe as probe
from green_notebook.advice.detect._walk import Seen
from green_notebook.advice.detect._work import TRAINING, Work

DATA_KEYWORDS = (
    "X",
    "x",
    "inputs",
    "data",
    "sentences",
    "texts",
    "dataset",
    "train_dataset",
    "prompts",
)
LABEL_KEYWORDS = ("y", "labels", "targets")
COUNTED = 20_000  # members of a list that are told apart by identity


def data(seen: Seen, done: list[Work], doing: str, model: Finding | None) -> dict[str, Any]:
    """The facts `data.*` and `run.items`."""
    found = _of_parts(model)
    for work in [one for one in done if one.kind == doing]:
        node = _first(work.call)
        if node is not None:
            facts = _of_expression(node, seen)
            if facts.get("data.rows", 0) > found.get("data.rows", 0):
                found = {**found, **facts}
                if work.kind == TRAINING and _has_labels(work.call):
                    found["data.labelled"] = facts["data.rows"]
    if "data.rows" not in found:
        found = {**_of_loaders(seen), **found}
    if "data.rows" not in found:
        found = {**_largest(seen), **found}
    if doing == "inference" and "data.rows" in found:
        found["run.items"] = found["data.rows"]
    return found


def _of_parts(model: Finding | None) -> dict[str, Any]:
    if model is None:
        return {}
    found = {}
    for part in [*model.inner, model]:
        if part.role in ("data", "loader", "trainer"):
            found.update({k: v for k, v in part.facts.items() if k.startswith("data.")})
    return found


def _first(call: _code.Call) -> ast.expr | None:
    places = 1 if call.name in ("cross_val_score", "cross_validate", "cross_val_predict") else 0
    if len(call.args) > places:
        return call.args[places]
    return next((call.keywords[one] for one in DATA_KEYWORDS if one in call.keywords), None)


def _has_labels(call: _code.Call) -> bool:
    places = 3 if call.name.startswith("cross_") else 2
    return len(call.args) >= places or any(one in call.keywords for one in LABEL_KEYWORDS)


def _of_expression(node: ast.expr, seen: Seen) -> dict[str, Any]:
    name = _code.path(node)[0] if isinstance(node, (ast.Name, ast.Attribute)) else _root(node)
    finding = seen.by_name.get(name)
    if finding is not None and finding.role in ("data", "loader", "inputs"):
        facts = {key: value for key, value in finding.facts.items() if key.startswith("data.")}
        columns = _columns(node)
        if columns is not None and "data.columns" in facts:
            facts["data.columns"] = columns
        return facts
    obj = seen.namespace.get(name) if isinstance(node, ast.Name) else None
    if probe.exactly(obj, list, tuple):
        return _of_list(obj)
    rows = _value.count(node, seen.namespace)
    return {} if rows is None else {"data.rows": rows, "data.kind": "list"}


def _root(node: ast.AST) -> str:
    """The name that an expression such as `df[["a"]].values` begins with."""
    while True:
        if isinstance(node, ast.Name):
            return node.id
        if isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            return "?"


def _columns(node: ast.expr) -> int | None:
    if not isinstance(node, ast.Subscript):
        return None
    if isinstance(node.slice, (ast.List, ast.Tuple)):
        return len(node.slice.elts)
    return 1 if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str) else None


def _of_list(listed: Any) -> dict[str, Any]:
    """A list: its length, and how many members are one and the same object."""
    facts: dict[str, Any] = {"data.rows": len(listed), "data.kind": "list"}
    if not listed:
        return facts
    if type(listed[0]) is str:
        facts["data.kind"] = "texts"
    if probe.exactly(listed[0], str, bytes, dict, list):
        part = listed[:COUNTED]
        twice = 1 - len({id(one) for one in part}) / len(part)
        # Equal values may be different objects: no twin found says nothing.
        if twice > 0:
            facts["data.duplicate_share"] = round(twice, 4)
    return facts


def _of_loaders(seen: Seen) -> dict[str, Any]:
    """What the loader gives that feeds the model: the one named for training, else the largest."""
    loaders = [one for one in seen.of_role("loader") if "data.rows" in one.facts]
    if not loaders:
        return {}

    def rank(one: Finding) -> tuple[bool, int]:
        named = any("train" in name.lower() for name in one.names)
        return named, probe.whole(one.facts["data.rows"]) or 0

    facts = max(loaders, key=rank).facts
    return {key: value for key, value in facts.items() if key.startswith("data.")}


def _largest(seen: Seen) -> dict[str, Any]:
    frames = [one for one in seen.of_role("data") if one.names and "data.rows" in one.facts]
    if not frames:
        return {}
    largest = max(frames, key=lambda one: _cells(one.facts))
    return {key: value for key, value in largest.facts.items() if key.startswith("data.")}


def _cells(facts: dict[str, Any]) -> int:
    rows = probe.whole(facts.get("data.rows")) or 0
    return rows * (probe.whole(facts.get("data.columns")) or 1)

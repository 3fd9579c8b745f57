"""From a namespace to findings: the names that the cell used, one level into containers."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from green_notebook.advice import detect
from green_notebook.advice.detect import Finding, _code, _value
from green_notebook.advice.detect import _probe as probe

HIDDEN = frozenset({"In", "Out", "get_ipython", "exit", "quit", "open"})
FEW = 50  # members of a container that are looked at
NO_OBJECTS = (
    types.ModuleType,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    bool,
    int,
    float,
    str,
    bytes,
    type(None),
)
NESTED = 4  # wrappers unwrapped, at most


@dataclass(slots=True)
class Seen:
    """All that is known of one cell before it is put in words."""

    code: _code.Code
    namespace: Mapping[str, Any]
    clock: probe.Clocked
    imported: frozenset[str]
    findings: list[Finding] = field(default_factory=list)
    by_name: dict[str, Finding] = field(default_factory=dict)
    made: list[Finding] = field(default_factory=list)

    def of_role(self, *roles: str) -> Iterator[Finding]:
        """The findings of these roles, those inside others too."""
        for one in [*self.findings, *(part for f in self.findings for part in _within(f))]:
            if one.role in roles:
                yield one

    def value(self, call: _code.Call, *keywords: str) -> Any:
        """The plain value of the first of these keywords that a call gives."""
        for keyword in keywords:
            found = _value.value(call.keywords.get(keyword), self.namespace)
            if found is not None:
                return found
        return None


def _within(finding: Finding) -> Iterator[Finding]:
    for one in finding.inner:
        yield one
        yield from _within(one)


def walk(namespace: Mapping[str, Any], code: _code.Code, clock: probe.Clocked) -> Seen:
    """Look at what the cell used."""
    seen = Seen(code, namespace, clock, probe.loaded())
    known = detect.detectors()
    by_key: dict[int, Finding] = {}
    for name, obj, level in _used(namespace, code):
        if clock.spent:
            clock.partial = True
            break
        found = by_key.get(id(obj)) or _look(obj, known, clock, NESTED)
        if found is None:
            continue
        first = by_key.setdefault(found.key, found)
        by_key[id(obj)] = first
        if first is not found:
            first.facts = {**found.facts, **first.facts}
        if name not in first.names:
            first.names.append(name)
        if first is found and not any(one is found for one in seen.findings):
            first.level = level
            seen.findings.append(first)
        if level == 0:
            seen.by_name[name] = first
    seen.made = list(_made(seen, known))
    return seen


def _look(obj: Any, known: Mapping[str, Any], clock: probe.Clocked, depth: int) -> Finding | None:
    found = detect.look(obj, known, clock)
    if found is None or depth == 0:
        return found
    for part in found.holds:
        inner = _look(part, known, clock, depth - 1)
        if inner is not None:
            found.inner.append(inner)
    found.holds = ()
    if found.role == "wrapper" and found.inner:
        # What is wrapped is the model; the wrapper adds what it does to it.
        inner = found.inner[0]
        inner.facts.update(found.facts)
        return inner
    return found


def _used(namespace: Mapping[str, Any], code: _code.Code) -> Iterator[tuple[str, Any, int]]:
    """(name, object, level) of what the cell names, then of what its functions name."""
    names = list(code.names) if code.parsed else []
    names += [name for name in sorted(code.reached) if name not in code.names]
    for level in (0, 1):
        for name in names:
            obj = namespace.get(name)
            if name in HIDDEN or name.startswith("_") or _no_object(obj):
                continue
            if level == 0:
                yield name, obj, 0
            else:
                for part in _members(obj):
                    yield name, part, 1


def _no_object(obj: Any) -> bool:
    return probe.exactly(obj, *NO_OBJECTS) or probe.is_class(obj)


def _members(obj: Any) -> Iterator[Any]:
    """The objects in a small container of Python or in an object of the user's own class."""
    parts: list[Any] = []
    if probe.exactly(obj, list, tuple) and len(obj) <= FEW:
        parts = list(obj)
    elif type(obj) is dict and len(obj) <= FEW:
        parts = list(obj.values())
    elif probe.module_of(type(obj)) == "__main__" or _is_dataclass(obj):
        parts = list(probe.own(obj).values())[:FEW]
    for one in parts:
        if type(one) is tuple:
            # ("name", model) pairs
            yield from (part for part in one[:4] if not _no_object(part))
        elif not _no_object(one):
            yield one


def _is_dataclass(obj: Any) -> bool:
    return any("__dataclass_fields__" in probe.class_dict(one) for one in probe.mro(obj))


def _made(seen: Seen, known: Mapping[str, Any]) -> Iterator[Finding]:
    """What calls of classes make without giving it a name: `Forest(n_estimators=9).fit(X, y)`."""
    for call in seen.code.calls:
        if call.root == "?":
            continue
        cls = probe.member(seen.namespace.get(call.root), call.path[1:])
        if cls is None or not probe.is_class(cls):
            continue
        given = {key: _value.value(node, seen.namespace) for key, node in call.keywords.items()}
        found = detect.constructed(cls, given, known)
        if found is not None:
            found.key = id(call)
            yield found

"""What earlier cells tell: runs of the same source, curves that were kept, models kept by Out."""

from __future__ import annotations

import ast
import hashlib
import re
import secrets
import weakref
from collections import Counter
from collections.abc import Mapping
from typing import Any

from green_notebook.advice import detect
from green_notebook.advice.detect import Finding, _value
from green_notebook.advice.detect import _probe as probe
from green_notebook.advice.detect._walk import Seen
from green_notebook.advice.detect._work import INFERENCE, Work

VAL_LOSS = re.compile(r"(val|valid|validation|test|dev|eval)_?(loss(es)?)")
VAL_ACC = re.compile(
    r"(val|valid|validation|test|dev|eval)_?(acc(s|uracy|uracies)?|f1s?|auc|scores?)|val_\w*accuracy"
)
POINTS = 5000
KEPT = 20  # entries of Out looked at, the latest first
LARGE = 1_000_000  # parameters that are worth a word when Out keeps them


class Memory:
    """What is kept from cell to cell of one session: counts, names of published models, fingerprints.

    Sources are kept as salted hashes. Of a model its identity is kept, a weak reference to know
    when it is gone, and the number of changes that its weights had.
    """

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(16)
        self._runs: Counter[bytes] = Counter()
        self._changes: dict[int, tuple[weakref.ref[Any], int]] = {}
        self._models: dict[str, None] = {}

    def run(self, source: str) -> int:
        """Count one more run of a source; how often it ran before."""
        text = "\n".join(line.rstrip() for line in source.strip().splitlines())
        key = hashlib.blake2b(text.encode("utf-8", "replace"), key=self._salt).digest()
        self._runs[key] += 1
        return self._runs[key] - 1

    def models(self, now: list[str]) -> list[str]:
        """The published models of earlier cells, and take note of those of this one."""
        before = [one for one in self._models if one not in now]
        self._models.update(dict.fromkeys(now))
        return before

    def changed(self, obj: Any, changes: int) -> bool | None:
        """Whether a model's weights changed since the last look; None at the first."""
        before = self._changes.get(id(obj))
        try:
            self._changes[id(obj)] = (weakref.ref(obj), changes)
        except TypeError:
            return None
        if before is None or before[0]() is not obj:
            return None
        return before[1] != changes


def session(seen: Seen, source: str, done: list[Work], memory: Memory | None) -> dict[str, Any]:
    """The facts `session.*`."""
    found: dict[str, Any] = {}
    if memory is not None:
        found["session.reruns"] = memory.run(source)
    same = _identical(seen, done)
    if same > 1:
        found["session.repeated_identical_calls"] = same
    return found


def _identical(seen: Seen, done: list[Work]) -> int:
    """How often a loop made one and the same call: nothing in it depends on the loop."""
    if any(one.kind != INFERENCE for one in done):
        return 0
    most = 0
    for work in done:
        nodes = [*work.call.args, *work.call.keywords.values()]
        used = {one.id for node in nodes for one in ast.walk(node) if isinstance(one, ast.Name)}
        used.add(work.call.root)
        calls = any(isinstance(one, ast.Call) for node in nodes for one in ast.walk(node))
        # A method called on an argument within the loop may have changed it.
        touched = {f"{name}." for name in used - {work.call.root}} & seen.code.changed
        drawn = "do_sample" in work.call.keywords or "temperature" in work.call.keywords
        if work.call.loops and not (used & seen.code.changed or touched or calls or drawn):
            most = max(most, _value.repeats(work.call, seen.namespace) or 0)
    return most


def kept(outputs: Any, seen: Seen, clock: probe.Clocked) -> dict[str, Any]:
    """Large models that only an entry of Out keeps alive."""
    if type(outputs) is not dict or clock.spent:
        return {}
    known = detect.detectors()
    named = {id(one) for one in list(seen.namespace.values())}
    found = []
    for number, obj in list(outputs.items())[: -KEPT - 1 : -1]:
        if id(obj) in named or type(number) is not int:
            continue
        finding = detect.look(obj, known, clock)
        if finding is not None and finding.role == "model" and finding.params >= LARGE:
            name = finding.facts.get("model.class_name")
            found.append({"out": number, "class_name": name, "params": finding.params})
    return {"session.kept_by_output": found} if found else {}


def history(seen: Seen, model: Finding | None) -> dict[str, Any]:
    """The curves `history.val_loss` and `history.val_acc` of this cell."""
    found: dict[str, Any] = {}
    for name in [*seen.code.names, *sorted(seen.code.reached)]:
        obj = seen.namespace.get(name)
        found.update(_named(name, obj))
        if type(obj) is dict and len(obj) <= 20:
            for key, values in obj.items():
                if type(key) is str:
                    found.update(_named(key, values))
    for part in seen.of_role("history"):
        found.update(part.facts)
    if model is not None:
        found.update({k: v for k, v in model.facts.items() if k.startswith("history.")})
    return found


def curves(logged: Mapping[Any, Any]) -> dict[str, list[float]]:
    """The curves in a dictionary of lists, such as that of a History of Keras."""
    found: dict[str, list[float]] = {}
    for key, values in logged.items():
        if type(key) is str:
            found.update(_named(key, values))
    return found


def _named(name: str, values: Any) -> dict[str, list[float]]:
    if type(values) is not list or not 2 <= len(values) <= POINTS:
        return {}
    lower = name.lower()
    if VAL_LOSS.fullmatch(lower):
        path = "history.val_loss"
    elif VAL_ACC.fullmatch(lower):
        path = "history.val_acc"
    else:
        return {}
    numbers = [probe.number(one) for one in values]
    if any(one is None for one in numbers):
        return {}
    return {path: [float(one) for one in numbers if one is not None]}

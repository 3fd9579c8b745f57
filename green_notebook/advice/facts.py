"""What a cell did, told by its source and by the objects it left: the input of advice.

Called after the span has closed, in the main thread. No framework is imported, no line of the
user's code is run, no reference is kept, no value of the user's data is read. What could not be
seen in the time is left out, and `session.partial` says so.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from green_notebook.advice.detect import (
    Finding,
    _code,
    _data,
    _identity,
    _origin,
    _remote,
    _session,
    _settings,
    _walk,
    _work,
)
from green_notebook.advice.detect import _probe as probe
from green_notebook.advice.detect._session import Memory
from green_notebook.model import Facts

__all__ = ["Memory", "detect"]

BUDGET_S = 0.2
IDLE_PERCENT = 5.0  # below this, neither CPU nor GPU did work
MODEL_PARTS = ("model.", "hpo.", "task", "optim.", "loader.", "gen.", "history.")
FRAME_METHODS = ("iterrows", "itertuples")


def detect(
    namespace: Mapping[str, Any],
    source: str,
    *,
    outputs: Any = None,
    budget_s: float = BUDGET_S,
    clock: Callable[[], float] = time.perf_counter,
    run: Mapping[str, Any] | None = None,
    previous: Memory | None = None,
) -> Facts:
    """The facts of a cell that has just run.

    ``outputs`` is IPython's ``Out``. ``run`` holds what the sampler saw, by section: {"run": ..,
    "hardware": .., "grid": .., "user": ..}. ``previous`` is the session's memory: it is read and
    brought up to date. At most ``budget_s`` seconds are spent. Never raises.
    """
    given = {key: dict(part) for key, part in (run or {}).items() if isinstance(part, Mapping)}
    watch = probe.Clocked(clock, budget_s)
    flat: dict[str, Any] = {}
    try:
        _detect(namespace, source, outputs, previous, watch, flat)
    except probe.OutOfTime:
        watch.partial = True
    except Exception:  # noqa: BLE001 - whatever the user's objects do, the cell is over
        flat["session.partial"] = True
    if watch.partial:
        flat["session.partial"] = True
    return Facts(_nested(flat, given))


def _detect(
    namespace: Mapping[str, Any],
    source: str,
    outputs: Any,
    previous: Memory | None,
    watch: probe.Clocked,
    flat: dict[str, Any],
) -> None:
    code = _code.read(source, namespace)
    seen = _walk.walk(namespace, code, watch)
    done = _work.works(seen)
    doing = _changed(seen, previous) or _work.phase(seen, done)
    model, also = _work.main(seen, done, doing)
    flat["phase"] = doing
    flat.update(_rows(seen))
    flat.update(_data.data(seen, done, doing, model))
    if model is not None:
        flat.update(_model(model, source, seen, flat))
        flat.update(_settings.settings(seen, done, doing, model))
        if also:
            flat["model.also"] = sorted({_name(one) for one in also})
        if previous is not None:
            now = [one for one in (flat.get("model.id"), *flat.get("model.also", ())) if one]
            flat["session.models"] = previous.models([one for one in now if "/" in one]) or None
        flat.update(_torch_wide(flat))
        if doing == _work.TRAINING:
            flat.update(_session.history(seen, model))
    else:
        away = _remote.uses(code, namespace)
        if away:
            flat.update(_remote.facts(away))
        else:
            flat["model"] = None
            _framework_alone(seen, flat)
    flat.update(_session.session(seen, source, done, previous))
    flat.update(_session.kept(outputs, seen, watch))


def _changed(seen: _walk.Seen, previous: Memory | None) -> str | None:
    """ "training" where the weights of a model that the cell names changed since the last look."""
    trained = False
    if previous is None:
        return None
    for name in seen.by_name:
        found = seen.by_name[name]
        changes = found.facts.get("_changes")
        if type(changes) is int:
            now = previous.changed(seen.namespace.get(name), changes) is True
            # Weights that were loaded changed too, but were not trained.
            loads = "load_state_dict" in seen.code.words
            trained |= now and found.facts.get("_gradients") is True and not loads
    return _work.TRAINING if trained else None


def _name(one: Finding) -> str:
    """A published model's id, else the class."""
    known = _identity.identify(one)
    strong = known["model.identified_by"] not in ("size", "class name")
    return str(known["model.id"] if strong else one.facts.get("model.class_name", one.framework))


def _torch_wide(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Torch's own setting for products of float32 matrices; it says nothing on the CPU."""
    if flat.get("model.device") != "cuda":
        return {}
    ask = probe.member(sys.modules.get("torch"), ("get_float32_matmul_precision",))
    if probe.function_module(ask) != "torch":
        return {}
    return {"optim.matmul_precision": probe.text(ask())}


def _model(
    model: Finding, source: str, seen: _walk.Seen, flat: Mapping[str, Any]
) -> dict[str, Any]:
    """The facts of the model: its own, over those of the parts that it holds."""
    merged = Finding(model.role, model.framework, names=model.names, inner=model.inner)
    for part in [*reversed(list(_parts(model))), model]:
        if part is model or part.role in ("model", "pipeline", "trainer", "search"):
            merged.facts.update(part.facts)
            merged.framework = _deeper(merged.framework, part.framework)
    if model.role in ("trainer", "pipeline"):
        # Told by what it holds; the class that the user sees comes second.
        inner = next((one for one in _parts(model) if "model.class_name" in one.facts), None)
        if inner is not None:
            merged.facts["model.class_name"] = inner.facts["model.class_name"]
    for key, value in _origin.origin(merged, source, seen).items():
        merged.facts.setdefault(key, value)
    facts = {k: v for k, v in merged.facts.items() if k.startswith(MODEL_PARTS)}
    if "task" not in facts:
        facts["task"] = _table_task(merged.facts.get("_mlp"), flat, seen)
    facts.update(_identity.identify(merged))
    facts["framework"] = merged.framework
    facts.setdefault("model.names", model.names or None)
    return {key: value for key, value in facts.items() if value is not None}


CLASSIFIES = re.compile(r"(?i).*(cross_?entropy|nll_?loss|bceloss|bcewithlogits).*")
REGRESSES = re.compile(r"(?i)(mse|l1|smooth_?l1|huber)_?loss|mse|mae|mean_(squared|absolute)_error")
MOST_COLUMNS = 500  # of a table; an image that was flattened has more


def _table_task(sizes: Any, flat: Mapping[str, Any], seen: _walk.Seen) -> str | None:
    """The task of a plain network on a table: as many inputs as the table has columns."""
    columns = flat.get("data.columns")
    if type(sizes) is not list or type(columns) is not int or not 2 <= columns <= MOST_COLUMNS:
        return None
    inputs, outputs = sizes
    if inputs is not None and inputs != columns:
        return None
    words = seen.code.words | {str(one.facts["_loss"]) for one in seen.of_role("loss")}
    if any(CLASSIFIES.fullmatch(word) for word in words):
        return "tabular-classification"
    if any(REGRESSES.fullmatch(word) for word in words):
        return "tabular-regression"
    return "tabular-classification" if type(outputs) is int and outputs > 1 else None


def _parts(model: Finding) -> list[Finding]:
    found = []
    for part in model.inner:
        found += [part, *_parts(part)]
    return found


def _deeper(outer: str, inner: str) -> str:
    """The framework that names the work best: the more special one."""
    special = ("peft", "sentence-transformers", "transformers", "diffusers", "timm", "torchvision")
    return next((one for one in special if one in (outer, inner)), inner)


def _framework_alone(seen: _walk.Seen, flat: dict[str, Any]) -> None:
    kinds = [one.framework for one in seen.findings if one.framework != "numpy"]
    if kinds:
        flat["framework"] = max(set(kinds), key=kinds.count)


def _rows(seen: _walk.Seen) -> dict[str, Any]:
    """Loops over the rows of a frame."""
    found: dict[str, Any] = {}
    kinds = []
    for call in seen.code.calls:
        by_row = call.name == "apply" and seen.value(call, "axis") in (1, "columns")
        if (call.name in FRAME_METHODS or by_row) and _is_frame(call.root, seen):
            kinds.append(call.name)
    kinds += ["iloc" for name in seen.code.row_reads_in_loop if _is_frame(name, seen)]
    if "pandas" in seen.imported and not kinds:
        kinds += [name for name in FRAME_METHODS if name in seen.code.reached]
    if kinds:
        found["code.uses_iterrows"] = True
        found["code.row_loop"] = kinds[0]
    return found


def _is_frame(name: str, seen: _walk.Seen) -> bool:
    found = seen.by_name.get(name)
    if found is None:
        # A frame that is gone, or the middle of an expression.
        return "pandas" in seen.imported and seen.namespace.get(name) is None
    return found.framework == "pandas"


def _nested(flat: Mapping[str, Any], given: dict[str, dict[str, Any]]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for path, value in flat.items():
        if path.startswith("_") or (value is None and path != "model"):
            continue
        section, _, key = path.partition(".")
        if key:
            inner = data.setdefault(section, {})
            if isinstance(inner, dict):
                inner[key] = value
        else:
            data[section] = value
    for section, part in given.items():
        # What was measured is stronger than what was seen.
        data[section] = {**(data.get(section) or {}), **part}
    if data.get("phase") == "none" and _is_idle(data.get("run") or {}):
        data["phase"] = "idle"
    return data


def _is_idle(run: Mapping[str, Any]) -> bool:
    cpu = run.get("cpu_util")
    return cpu is not None and cpu < IDLE_PERCENT and (run.get("gpu_util_mean") or 0) < IDLE_PERCENT

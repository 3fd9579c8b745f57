"""Keras (and tf.keras): models by their own variables, and the curves of a History."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from green_notebook.advice.detect import Finding, _session
from green_notebook.advice.detect import _probe as probe

PRECISION = {"mixed_float16": "fp16", "mixed_bfloat16": "bf16"}
# Where Keras 3, then Keras 2, keep a layer's variables.
TRAINABLE = ("_trainable_variables", "_trainable_weights")
FROZEN = ("_non_trainable_variables", "_non_trainable_weights")
IMAGES = ("Conv2D", "DepthwiseConv2D", "SeparableConv2D")
TABLES = {
    "InputLayer",
    "Dense",
    "Dropout",
    "BatchNormalization",
    "Activation",
    "ReLU",
    "Normalization",
}
DEPTH = 8


def model(obj: Any, clock: probe.Clocked) -> Finding:
    """A Keras model: its variables where it is built, its precision, its application's name."""
    state = probe.own(obj)
    found = Finding("model", "keras", {"model.class_name": probe.name_of(type(obj))})
    found.put("_application", probe.text(state.get("name")) or probe.text(state.get("_name")))
    if state.get("built") is not False:
        _count(obj, found, clock)
    policy = probe.own(state.get("_dtype_policy"))
    name = probe.text(policy.get("_name"))
    found.put("model.dtype", probe.text(policy.get("_variable_dtype")))
    if name is not None and state.get("optimizer") is not None:
        found.facts["optim.amp"] = PRECISION.get(name, False)
    found.put("model.quantized", probe.text(policy.get("_quantization_mode")))
    history = probe.own(probe.own(obj).get("history")).get("history")
    found.facts.update(_session.curves(probe.table(history)))
    return found


def _count(obj: Any, found: Finding, clock: probe.Clocked) -> None:
    total = trainable = 0
    kinds: dict[str, int] = {}
    sizes: list[int] = []
    seen: set[int] = set()
    for layer in _layers(obj, DEPTH):
        clock.check()
        state = probe.own(layer)
        name = probe.name_of(type(layer))
        kinds[name] = kinds.get(name, 0) + 1
        if name == "Dense" and (units := probe.whole(state.get("units"))) is not None:
            sizes.append(units)
        on = state.get("_trainable") is not False
        for keys, trains in ((TRAINABLE, on), (FROZEN, False)):
            for one in [part for key in keys for part in probe.items(state.get(key), 1000)]:
                if id(one) in seen:
                    continue
                seen.add(id(one))
                numel = _size(one)
                if numel is None or _is_seed(one):
                    continue
                total += numel
                trainable += numel if trains else 0
    if total:
        found.put("model.params", total)
        found.put("model.stored_numel", total)
        found.put("model.trainable_share", round(trainable / total, 6))
    _task(kinds, sizes, found)


def _task(kinds: dict[str, int], sizes: list[int], found: Finding) -> None:
    if any(kinds.get(name) for name in IMAGES) and sizes:
        found.put("task", "image-classification")
    inner = set(kinds) - {"Sequential", "Functional", "Model"}
    if sizes and inner <= TABLES:
        found.put("_mlp", [None, sizes[-1]])


def _layers(obj: Any, depth: int) -> Iterator[Any]:
    yield obj
    if depth == 0:
        return
    state = probe.own(obj)
    parts = probe.items(state.get("_layers"), 5000)
    if not parts:
        parts = probe.items(state.get("_self_tracked_trackables"), 5000)
    for one in parts:
        yield from _layers(one, depth - 1)


def _size(variable: Any) -> int | None:
    shape = probe.own(variable).get("_shape")
    if type(shape) is not tuple:
        return None
    total = 1
    for one in shape:
        size = probe.whole(one)
        if size is None:
            return None
        total *= size
    return total


def _is_seed(variable: Any) -> bool:
    """The state of a random generator is no weight."""
    return probe.text(probe.own(variable).get("_name")) == "seed_generator_state"


def history(obj: Any, _: probe.Clocked) -> Finding:
    """The History that fit returns: its curves."""
    kept = probe.table(probe.own(obj).get("history"))
    return Finding("history", "keras", dict(_session.curves(kept)))


MARKS = {"Model": model, "Sequential": model, "Functional": model, "History": history}

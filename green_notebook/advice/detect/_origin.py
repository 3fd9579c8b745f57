"""How a model came to be, from the source that made it: pretrained or not, and its constructor's name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from green_notebook.advice.detect import Finding, _code, _value
from green_notebook.advice.detect import _probe as probe
from green_notebook.advice.detect._walk import Seen

CELLS = 200  # earlier cells searched, the latest first
PARSED = 20
VISION = ("torchvision", "keras", "tf_keras", "tensorflow", "timm")


def origin(model: Finding, source: str, seen: Seen) -> dict[str, Any]:
    """`model.weights` and the constructor's name; {} where the source is not found."""
    names = {*model.names, *(name for part in model.inner for name in part.names)}
    for call in _makers(names, source, seen):
        found = _read(call, model, seen)
        if found:
            return found
    return {}


def _makers(names: set[str], source: str, seen: Seen) -> Iterator[_code.Call]:
    parsed = 0
    for text in (source, *_earlier(seen)):
        if parsed >= PARSED or seen.clock.spent:
            return
        if not any(re.search(rf"\b{re.escape(name)}\b[^=\n]*=[^=]", text) for name in names):
            continue
        parsed += 1
        for call in reversed(_code.calls(text)):
            if names & set(call.assigned):
                yield call


def _earlier(seen: Seen) -> list[str]:
    cells = probe.items(seen.namespace.get("In"), 100_000)[-CELLS:]
    return [one for one in reversed(cells) if type(one) is str]


def _read(call: _code.Call, model: Finding, seen: Seen) -> dict[str, Any]:
    package = _package(call, seen)
    if call.name in ("from_pretrained", "SentenceTransformer"):
        return {"model.weights": "pretrained"}
    if call.name == "from_config" or (
        package == "transformers" and call.name == model.facts.get("model.class_name")
    ):
        return {"model.weights": "random"}
    if call.name == "create_model" and package == "timm":
        pretrained = seen.value(call, "pretrained")
        return {"model.weights": "imagenet" if pretrained is True else "random"}
    if package in VISION:
        found = {"model.weights": _weights(call, package, seen)}
        if package == "torchvision":
            found["_constructor"] = f"torchvision/{call.name}"
        elif package != "timm":
            found["_constructor"] = f"keras.applications/{call.name}"
        return found
    return {}


def _weights(call: _code.Call, package: str, seen: Seen) -> str:
    node = call.keywords.get("weights")
    if node is None:
        # torchvision's models are untrained unless told otherwise, those of Keras trained.
        if package == "torchvision":
            return "imagenet" if seen.value(call, "pretrained") is True else "random"
        return "imagenet"
    given = _value.value(node, seen.namespace)
    is_none = getattr(node, "value", 0) is None
    return (
        "random"
        if is_none
        else "imagenet"
        if given in (None, "imagenet", "DEFAULT")
        else "pretrained"
    )


def _package(call: _code.Call, seen: Seen) -> str:
    """The package that the called function is from; of Keras and torchvision, only the models."""
    target = probe.member(seen.namespace.get(call.root), call.path[1:])
    if target is None:
        return ""
    if probe.is_class(target):
        return probe.package_of(target)
    name = probe.function_module(target)
    package = name.partition(".")[0]
    if package == "torchvision" and not name.startswith("torchvision.models"):
        return ""
    if package in ("keras", "tf_keras", "tensorflow") and "applications" not in name:
        return ""
    return package

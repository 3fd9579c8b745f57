"""model2vec: static embeddings, a table of vectors."""

from __future__ import annotations

from typing import Any

from green_notebook.advice.detect import Finding, _identity, _shape
from green_notebook.advice.detect import _probe as probe


def model(obj: Any, _: probe.Clocked) -> Finding:
    """A StaticModel: as many parameters as its table has numbers."""
    state = probe.own(obj)
    found = Finding("model", "model2vec", {"model.class_name": "StaticModel"})
    found.put("task", "text-embedding")
    found.put("model.params", _shape.size(state.get("embedding")))
    found.put("model.static", True)
    found.put("_hub_id", _identity.hub_id(state.get("base_model_name")))
    return found


MARKS = {"StaticModel": model}

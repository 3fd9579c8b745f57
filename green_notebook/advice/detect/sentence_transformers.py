"""Sentence Transformers: embedding models and cross-encoders."""

from __future__ import annotations

from typing import Any

from green_notebook.advice.detect import Finding, _config, _identity, _weights
from green_notebook.advice.detect import _probe as probe

FRAMEWORK = "sentence-transformers"


def embedder(obj: Any, clock: probe.Clocked) -> Finding:
    """A SentenceTransformer: a sequence of modules whose first holds the network."""
    found = _model(obj, clock)
    found.facts["task"] = "text-embedding"
    return found


def ranker(obj: Any, clock: probe.Clocked) -> Finding:
    """A CrossEncoder."""
    found = _model(obj, clock)
    found.facts["task"] = "text-ranking"
    return found


def _model(obj: Any, clock: probe.Clocked) -> Finding:
    found = Finding("model", FRAMEWORK, {"model.class_name": probe.name_of(type(obj))})
    _weights.note(_weights.weigh(obj, clock), found.put)
    for name in ("_mlp", "_convolves"):
        found.facts.pop(name, None)
    for module in _weights.modules(obj):
        clock.check()
        if probe.is_a(module, "transformers", "PreTrainedModel"):
            _config.configured(probe.own(module).get("config"), found)
            break
        if probe.name_of(type(module)) == "StaticEmbedding":
            found.put("model.static", True)
    found.facts.pop("gen.use_cache", None)
    card = probe.own(probe.own(obj).get("model_card_data"))
    base = _identity.hub_id(card.get("model_id")) or _identity.hub_id(card.get("base_model"))
    # The checkpoint's own name says more than that of the network below it.
    if base is not None:
        found.facts["_hub_id"] = base
    return found


MARKS = {"SentenceTransformer": embedder, "CrossEncoder": ranker}

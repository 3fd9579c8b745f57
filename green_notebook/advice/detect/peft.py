"""PEFT: a base model with adapters; few of its weights train."""

from __future__ import annotations

from typing import Any

from green_notebook.advice.detect import Finding, _weights
from green_notebook.advice.detect import _probe as probe


def model(obj: Any, clock: probe.Clocked) -> Finding:
    """A model with adapters: their kind, their rank, and the model below."""
    state = probe.own(obj)
    outer = probe.table(state.get("_modules")).get("base_model")
    inner = probe.table(probe.own(outer).get("_modules")).get("model", outer)
    found = Finding("model", "peft", holds=() if inner is None else (inner,))
    weights = _weights.weigh(obj, clock)
    _weights.note(weights, found.put)
    for name in ("_mlp", "_convolves"):
        found.facts.pop(name, None)
    found.put("model.training", probe.flag(state.get("training")))
    configs = probe.table(state.get("peft_config")) or probe.table(state.get("_peft_config"))
    if not configs:
        configs = probe.table(probe.own(outer).get("peft_config"))
    for one in list(configs.values())[:1]:
        config = probe.own(one)
        kind = probe.own(config.get("peft_type")).get("_value_")
        found.put("model.peft", kind.lower() if type(kind) is str else None)
        found.put("model.peft_rank", probe.whole(config.get("r")))
    return found


MARKS = {"PeftModel": model}

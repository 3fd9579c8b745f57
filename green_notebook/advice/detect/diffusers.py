"""diffusers: pipelines, by the modules that they hold."""

from __future__ import annotations

from typing import Any

from green_notebook.advice.detect import Finding, _identity, _weights
from green_notebook.advice.detect import _probe as probe

PARTS = ("unet", "transformer", "prior", "vae", "text_encoder", "text_encoder_2", "text_encoder_3")


def pipeline(obj: Any, clock: probe.Clocked) -> Finding:
    """A DiffusionPipeline: its weights over all parts, and its scheduler."""
    state = probe.own(obj)
    name = probe.name_of(type(obj))
    found = Finding("model", "diffusers", {"model.class_name": name})
    found.put("task", "text-to-video" if "Video" in name else "text-to-image")
    total = 0
    for part in PARTS:
        if state.get(part) is not None:
            weights = _weights.weigh(state[part], clock)
            total += weights.logical
            if part in ("unet", "transformer"):
                _weights.note(weights, found.put)
    found.put("model.params", total or None)
    found.put("model.stored_numel", total or None)
    for key in ("_mlp", "_convolves"):
        found.facts.pop(key, None)
    scheduler = state.get("scheduler")
    if scheduler is not None:
        found.put("gen.scheduler", probe.name_of(type(scheduler)))
    config = state.get("_internal_dict")
    if config is not None and any(one is dict for one in probe.mro(config)):
        found.put("_hub_id", _identity.hub_id(dict.get(config, "_name_or_path")))
    return found


MARKS = {"DiffusionPipeline": pipeline}

"""vLLM: an engine whose weights live elsewhere; its configuration tells the model."""

from __future__ import annotations

from typing import Any

from green_notebook.advice.detect import Finding, _config, _identity
from green_notebook.advice.detect import _probe as probe


def engine(obj: Any, _: probe.Clocked) -> Finding:
    """An LLM: model and dtype by its configuration."""
    found = Finding("model", "vllm", {"model.class_name": "LLM", "task": "text-generation"})
    config = probe.own(probe.own(probe.own(obj).get("llm_engine")).get("model_config"))
    _config.configured(config.get("hf_config"), found)
    found.put("_hub_id", _identity.hub_id(config.get("model")))
    found.put("model.quantized", probe.text(config.get("quantization")))
    dtype = config.get("dtype")
    if dtype is not None and probe.from_package(dtype, "torch"):
        found.put("model.dtype", str(dtype).removeprefix("torch."))
    return found


MARKS = {"LLM": engine}

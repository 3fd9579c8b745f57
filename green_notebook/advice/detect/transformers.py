"""Transformers: models, pipelines, the Trainer, encoded inputs."""

from __future__ import annotations

from typing import Any

from green_notebook.advice.detect import Finding, _config, _shape, _weights
from green_notebook.advice.detect import _probe as probe

FRAMEWORK = "transformers"
LOSSES = ("eval_loss",)
SCORES = ("eval_accuracy", "eval_f1", "eval_macro_f1", "eval_exact_match")


def model(obj: Any, clock: probe.Clocked) -> Finding:
    """A pretrained model, or one made from a configuration."""
    state = probe.own(obj)
    found = Finding("model", FRAMEWORK)
    found.put("model.class_name", _class_name(obj))
    found.put("model.training", probe.flag(state.get("training")))
    _weights.note(_weights.weigh(obj, clock), found.put)
    for name in ("_mlp", "_convolves"):
        found.facts.pop(name, None)
    _config.configured(state.get("config"), found)
    if state.get("hf_device_map") is not None:
        found.put("model.device_map", True)
    if state.get("_compiled_call_impl") is not None:
        found.put("model.compiled", True)
    return found


def _class_name(obj: Any) -> str:
    """FSDP2 swaps the class for one named FSDP..: the next one is the model's."""
    names = [probe.name_of(cls) for cls in probe.mro(obj)]
    return names[1] if names[0].startswith("FSDP") else names[0]


def pipeline(obj: Any, _: probe.Clocked) -> Finding:
    """A pipeline: its task, its batch size and the model in it."""
    state = probe.own(obj)
    found = Finding("pipeline", FRAMEWORK, holds=(state.get("model"),))
    task = probe.text(state.get("task"))
    if task is not None and task.startswith("translation_"):
        languages = task.removeprefix("translation_").split("_to_")
        found.put("gen.language", languages[0] if len(languages) == 2 else None)
        task = "translation"
    found.put("task", task)
    found.put("gen.batch_size", probe.whole(state.get("_batch_size")))
    given = probe.table(state.get("_forward_params"))
    for key in ("max_new_tokens", "max_length", "num_beams"):
        found.put(f"gen.{key}", probe.whole(given.get(key)))
    return found


def trainer(obj: Any, _: probe.Clocked) -> Finding:
    """A Trainer: its arguments, its log, the model in it."""
    state = probe.own(obj)
    inner = tuple(one for one in (state.get("model"),) if one is not None)
    found = Finding("trainer", FRAMEWORK, holds=inner)
    arguments(state.get("args"), found)
    found.put("optim.early_stopping", _stops_early(state.get("callback_handler")))
    rows = _rows(state.get("train_dataset"))
    found.put("data.rows", rows)
    found.put("data.labelled", rows)
    logged = probe.items(probe.own(state.get("state")).get("log_history"), 5000)
    found.facts.update(_curves(logged))
    return found


def arguments(args: Any, found: Finding) -> None:
    """Write what TrainingArguments tell as facts."""
    state = probe.own(args)
    if not state:
        return
    bf16, fp16 = state.get("bf16") is True, state.get("fp16") is True
    found.facts["optim.amp"] = "bf16" if bf16 else "fp16" if fp16 else False
    found.put("optim.batch_size", probe.whole(state.get("per_device_train_batch_size")))
    found.put("optim.grad_accum", probe.whole(state.get("gradient_accumulation_steps")))
    epochs = probe.number(state.get("num_train_epochs"))
    steps = probe.whole(state.get("max_steps"))
    if epochs is not None and (steps is None or steps <= 0):
        found.put("optim.epochs", int(epochs) if epochs == int(epochs) else None)
    sampling = probe.text(state.get("train_sampling_strategy"))
    grouped = probe.flag(state.get("group_by_length"))
    found.put(
        "optim.group_by_length", grouped if sampling is None else sampling == "group_by_length"
    )
    found.put("loader.num_workers", probe.whole(state.get("dataloader_num_workers")))
    found.put("loader.pin_memory", probe.flag(state.get("dataloader_pin_memory")))
    if state.get("gradient_checkpointing") is True:
        found.put("model.gradient_checkpointing", True)
    if state.get("torch_compile") is True:
        found.put("model.compiled", True)


def _stops_early(handler: Any) -> bool | None:
    callbacks = probe.items(probe.own(handler).get("callbacks"))
    if not callbacks:
        return None
    return any(probe.is_a(one, "transformers", "EarlyStoppingCallback") for one in callbacks)


def _rows(data: Any) -> int | None:
    rows = _shape.length(data)
    if rows is not None:
        return rows
    return _shape.dataset_rows(data) if probe.is_a(data, "datasets", "Dataset") else None


def _curves(logged: list[Any]) -> dict[str, Any]:
    found: dict[str, list[float]] = {}
    for entry in logged:
        row = probe.table(entry)
        for keys, path in ((LOSSES, "history.val_loss"), (SCORES, "history.val_acc")):
            values = [probe.number(row.get(key)) for key in keys]
            value = next((one for one in values if one is not None), None)
            if value is not None:
                found.setdefault(path, []).append(float(value))
    return {path: values for path, values in found.items() if len(values) > 1}


def inputs(obj: Any, _: probe.Clocked) -> Finding | None:
    """Encoded inputs: how many, and how long, by their shape."""
    data = probe.table(probe.own(obj).get("data"))
    shape = _shape.shape(data.get("input_ids"))
    if shape is None or len(shape) != 2:
        return None
    facts = {"gen.batch_size": shape[0], "_tokens": shape[1], "data.rows": shape[0]}
    return Finding("inputs", FRAMEWORK, facts)


MARKS = {
    "PreTrainedModel": model,
    "Pipeline": pipeline,
    "Trainer": trainer,
    "BatchEncoding": inputs,
}

"""How the cell was told to work: batch sizes, epochs, precision, generation, from keywords and objects."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from green_notebook.advice.detect import Finding, _code, _shape, _value
from green_notebook.advice.detect import _probe as probe
from green_notebook.advice.detect._walk import Seen
from green_notebook.advice.detect._work import INFERENCE, TORCH, TRAINING, Work

STOPS = {
    "EarlyStopping",
    "EarlyStoppingCallback",
    "EarlyStopper",
    "early_stopping",
    "early_stopping_rounds",
    "early_stop",
    "patience",
}
AUGMENTS = re.compile(
    r"Random(?!Forest|Sampler|Search|State|ized|Over|Under|Split)[A-Z]\w+|AutoAugment|RandAugment|TrivialAugmentWide|ImageDataGenerator"
)
MIXED = {"autocast", "GradScaler", "custom_fwd"}
NO_GRADIENTS = {"no_grad", "inference_mode", "set_grad_enabled"}
GENERATES = {"generate", "create_completion", "create_chat_completion", "chat"}
GENERATION = (
    "max_new_tokens",
    "max_length",
    "num_inference_steps",
    "height",
    "width",
    "use_cache",
    "num_beams",
    "num_return_sequences",
    "language",
)
ENCODE_BATCH = 32  # default of SentenceTransformer.encode
KERAS_BATCH = 32  # default of keras.Model.fit


def settings(seen: Seen, done: list[Work], doing: str, model: Finding | None) -> dict[str, Any]:
    """The facts `optim.*`, `loader.*` and `gen.*`."""
    found: dict[str, Any] = {}
    parts = list(seen.of_role("loader", "scaler", "optimizer", "inputs"))
    # Of several loaders, the one for training has the last word.
    parts.sort(key=lambda one: any("train" in name.lower() for name in one.names))
    for part in parts:
        found.update(
            {
                key: value
                for key, value in part.facts.items()
                if key.startswith(("loader.", "optim.")) and doing == TRAINING
            }
        )
        if doing == INFERENCE and part.role == "loader":
            found.update({k: v for k, v in part.facts.items() if k.startswith("loader.")})
    if doing == TRAINING:
        found.update(_training(seen, done, model))
    elif doing == INFERENCE:
        found.update(_generation(seen, done))
    found.update(_tokenizing(seen, "optim" if doing == TRAINING else "gen"))
    return found


def _training(seen: Seen, done: list[Work], model: Finding | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for call in _calls(done, TRAINING):
        for keyword, path in (
            ("epochs", "epochs"),
            ("batch_size", "batch_size"),
            ("num_epochs", "epochs"),
        ):
            number = probe.whole(seen.value(call, keyword))
            if number is not None:
                found[f"optim.{path}"] = number
        if model is not None and model.framework == "keras":
            found.update(_keras_fit(call, seen))
    epochs = list(_epochs(seen))
    if epochs and "optim.epochs" not in found:
        found["optim.epochs"] = max(epochs)
    if STOPS & seen.code.words or any(
        "early_stopping_rounds" in c.keywords for c in seen.code.calls
    ):
        found["optim.early_stopping"] = True
    if any(AUGMENTS.fullmatch(word) for word in seen.code.words):
        found["optim.augmentation"] = True
    found.update(_by_hand(seen, model))
    found.update(_study(seen, done))
    return found


def _study(seen: Seen, done: list[Work]) -> dict[str, Any]:
    """optuna: as many combinations as trials; a pruner counts where trials ask it."""
    found: dict[str, Any] = {}
    for work in done:
        if work.finding is None or work.finding.role != "study":
            continue
        trials = seen.value(work.call, "n_trials")
        if trials is None and len(work.call.args) > 1:
            trials = _value.value(work.call.args[1], seen.namespace)
        if type(trials) is int:
            found["hpo.combinations"] = trials
        pruner = work.finding.facts.get("_pruner")
        if pruner is not None and "should_prune" in seen.code.words:
            found["hpo.pruner"] = pruner
    return found


def _keras_fit(call: _code.Call, seen: Seen) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if call.name != "fit":
        return found
    if "batch_size" not in call.keywords and call.args and _is_array(call.args[0], seen):
        found["optim.batch_size"] = KERAS_BATCH
    if "epochs" not in call.keywords and len(call.args) < 4:
        found["optim.epochs"] = 1
    if "callbacks" not in call.keywords:
        found["optim.early_stopping"] = False
    return found


def _is_array(node: ast.expr, seen: Seen) -> bool:
    found = seen.by_name.get(node.id) if isinstance(node, ast.Name) else None
    return found is not None and found.role == "data"


def _epochs(seen: Seen) -> Iterator[int]:
    for loop in seen.code.loops:
        if any("epoch" in name.lower() for name in loop.targets):
            count = _value.count(loop.over, seen.namespace)
            if count is not None:
                yield count


def _by_hand(seen: Seen, model: Finding | None) -> dict[str, Any]:
    """A loop that the user wrote: what it does not name, it does not do."""
    words = seen.code.words
    if model is None or "backward" not in words or "Accelerator" in words or "accelerator" in words:
        return {}
    found: dict[str, Any] = {}
    if not MIXED & words and not any(True for _ in seen.of_role("scaler")):
        found["optim.amp"] = False
    elif "bfloat16" in words:
        found["optim.amp"] = "bf16"
    else:
        found["optim.amp"] = "fp16"
    if not STOPS & words and not seen.code.breaks and "backward" in seen.code.attributes:
        found["optim.early_stopping"] = False
    return found


def _calls(done: list[Work], kind: str) -> Iterator[_code.Call]:
    return (one.call for one in done if one.kind == kind)


def _generation(seen: Seen, done: list[Work]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for work in done:
        if work.kind == INFERENCE and _generates(work):
            found.update(_generation_call(work, seen))
    called = [one.finding for one in done if len(one.call.path) == 1 and one.finding is not None]
    if any(one.role == "model" and one.framework in TORCH for one in called):
        # Pipelines, generate and encode switch gradients off themselves; a bare call does not.
        found["model.grad_enabled"] = not NO_GRADIENTS & seen.code.words
    return found


def _generates(work: Work) -> bool:
    if work.call.name in GENERATES or work.call.name == "encode":
        return True
    if work.finding is None:
        return False
    by_calling = work.finding.framework in ("diffusers", "llama_cpp")
    return work.finding.role == "pipeline" or (work.finding.role == "model" and by_calling)


def _generation_call(work: Work, seen: Seen) -> dict[str, Any]:
    call = work.call
    found: dict[str, Any] = {}
    for key in GENERATION:
        value = seen.value(call, key)
        if value is not None:
            found[f"gen.{key}"] = value
    labels = _labels(call, seen)
    if labels:
        found["gen.labels"] = labels
    calls = _value.repeats(call, seen.namespace)
    size = probe.whole(seen.value(call, "batch_size"))
    listed = _value.count(call.args[0], seen.namespace) if call.args else None
    if work.finding is not None and work.finding.role == "pipeline":
        size = size or probe.whole(work.finding.facts.get("gen.batch_size")) or 1
        calls = None if calls is None else calls * -(-(listed or 1) // size)
    elif call.name == "encode":
        size = size or (ENCODE_BATCH if listed != 1 else 1)
        if call.loops and listed is None:
            size = 1
    found.update(_shapes(call, seen, size))
    if calls is not None:
        found["gen.calls"] = calls
    return found


def _shapes(call: _code.Call, seen: Seen, size: int | None) -> dict[str, Any]:
    """Batch and tokens by the shapes of what went in and what came out."""
    found: dict[str, Any] = {}
    inputs = next((one for one in seen.of_role("inputs") if one.names), None)
    tokens = None
    if inputs is not None and call.name == "generate":
        size = size or probe.whole(inputs.facts.get("gen.batch_size"))
        tokens = probe.whole(inputs.facts.get("_tokens"))
        if tokens is not None:
            found["gen.mean_input_tokens"] = float(tokens)
    for name in call.assigned:
        shape = _shape.shape(seen.namespace.get(name))
        if call.name == "generate" and shape is not None and len(shape) == 2:
            size = size or shape[0]
            owner = seen.by_name.get(call.root)
            alone = owner is not None and owner.facts.get("model.encoder_decoder") is False
            if alone and tokens is not None and shape[1] >= tokens:
                found["gen.mean_output_tokens"] = float(shape[1] - tokens)
    if size is not None:
        found["gen.batch_size"] = size
    return found


def _labels(call: _code.Call, seen: Seen) -> list[str]:
    node = call.keywords.get("candidate_labels")
    if isinstance(node, ast.Name):
        return [one for one in probe.items(seen.namespace.get(node.id)) if type(one) is str]
    if isinstance(node, (ast.List, ast.Tuple)):
        values = [_value.value(one, seen.namespace) for one in node.elts]
        return [one for one in values if type(one) is str]
    return []


def _tokenizing(seen: Seen, section: str) -> dict[str, Any]:
    """`padding=` and `max_length=` of a call of a tokenizer."""
    found: dict[str, Any] = {}
    for call in seen.code.calls:
        padding = seen.value(call, "padding")
        if padding in ("max_length", "longest") or padding is True:
            found[f"{section}.padding"] = "max_length" if padding == "max_length" else "longest"
            limit = probe.whole(seen.value(call, "max_length"))
            if limit is not None:
                found[f"{section}.max_length"] = limit
    return found

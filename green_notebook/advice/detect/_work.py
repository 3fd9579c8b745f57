"""What the cell did, and with which model: calls brought together with findings."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from green_notebook.advice.detect import Finding, _code
from green_notebook.advice.detect import _probe as probe
from green_notebook.advice.detect._walk import Seen

TRAINING = "training"
INFERENCE = "inference"

# Methods that train or use, by the role of the object that they belong to.
TRAINS = {
    "model": {
        "fit",
        "partial_fit",
        "fit_predict",
        "fit_transform",
        "fit_generator",
        "fit_resample",
        "train_on_batch",
        "old_fit",
        "update",
    },
    "search": {"fit"},
    "trainer": {"train", "fit", "fine_tune"},
    "study": {"optimize"},
}
USES = {
    "model": {
        "predict",
        "predict_proba",
        "predict_log_proba",
        "predict_on_batch",
        "decision_function",
        "score",
        "evaluate",
        "generate",
        "encode",
        "encode_query",
        "encode_document",
        "forward",
        "transform",
        "create_completion",
        "create_chat_completion",
        "chat",
        "embed",
    },
    "search": {"predict", "predict_proba", "score", "decision_function"},
    "trainer": {"predict", "evaluate", "test", "validate"},
    "pipeline": {"predict", "encode"},
}
CALLED = {"model", "pipeline"}  # objects that are used by calling them
# Functions that train what they are given.
CROSS = {
    "cross_val_score",
    "cross_validate",
    "cross_val_predict",
    "learning_curve",
    "validation_curve",
}
BOOSTERS = {"xgboost", "lightgbm", "catboost"}
# Words that a training loop of torch or an inference loop cannot do without.
LOOP_TRAINS = {"backward"}
# Methods that tell training within a function that the cell calls.
FUNCTION_TRAINS = {"fit", "partial_fit", "fit_generator", "train_on_batch"}
LOOP_USES = {
    "no_grad",
    "inference_mode",
    "eval",
    "argmax",
    "softmax",
    "logits",
    "predict",
    "generate",
}
LEARNERS = {"torch", "keras", "tensorflow", "sklearn", "xgboost", "lightgbm", "catboost", "jax"}
ROLES = ("trainer", "search", "pipeline", "model", "study")


@dataclass(frozen=True, slots=True)
class Work:
    """One call that trains or uses a model."""

    kind: str
    call: _code.Call
    finding: Finding | None


def works(seen: Seen) -> list[Work]:
    """The calls of the cell that train or use a model."""
    return [one for call in seen.code.calls if (one := _work(call, seen)) is not None]


def phase(seen: Seen, done: list[Work]) -> str:
    """ "training", "inference" or "none"."""
    if any(one.kind == TRAINING for one in done):
        return TRAINING
    torch = any(one.framework in TORCH for one in seen.of_role("model"))
    if torch and LOOP_TRAINS & seen.code.words:
        return TRAINING
    if FUNCTION_TRAINS & seen.code.reached and any(True for _ in seen.of_role(*ROLES)):
        return TRAINING
    if done:
        return INFERENCE
    given = [one for one in seen.of_role("model") if _is_argument(one, seen)]
    if given and LOOP_USES & seen.code.reached:
        return INFERENCE
    return "none"


TORCH = {
    "torch",
    "transformers",
    "peft",
    "timm",
    "torchvision",
    "sentence-transformers",
    "diffusers",
}


def main(seen: Seen, done: list[Work], doing: str) -> tuple[Finding | None, list[Finding]]:
    """The model that the cell worked with, and other models that it worked with too."""
    candidates = [one for one in [*seen.findings, *seen.made] if one.role in ROLES]
    if not candidates or doing == "none":
        return None, []

    def rank(one: Finding) -> tuple[bool, bool, bool, int, int]:
        received = [work.kind for work in done if work.finding is one]
        return (
            doing in received,
            bool(received) or _is_argument(one, seen),
            bool(one.names),
            -ROLES.index(one.role),
            _params(one),
        )

    ordered = sorted(candidates, key=rank, reverse=True)
    best = ordered[0]
    if best.role == "trainer" and not best.inner:
        best.inner += [one for one in ordered if one.role == "model" and _is_argument(one, seen)][
            :1
        ]
    held = {part.key for part in _all(best)}
    also = [one for one in ordered[1:] if one.key not in held and rank(one)[0] and one.names]
    return best, also


def _params(one: Finding) -> int:
    return max(part.params for part in _all(one))


def _all(one: Finding) -> Iterator[Finding]:
    yield one
    for part in one.inner:
        yield from _all(part)


def _work(call: _code.Call, seen: Seen) -> Work | None:
    owner = _owner(call, seen)
    if owner is not None:
        kind = _kind(call, owner, seen)
        return None if kind is None else Work(kind, call, owner)
    if call.name in CROSS:
        return Work(TRAINING, call, _argument(call, seen))
    if call.name in ("train", "cv") and _module(call, seen) in BOOSTERS:
        return Work(TRAINING, call, _assigned(call, seen))
    if call.root == "?" and LEARNERS & seen.imported:
        made = [one for one in seen.made if one.role in ROLES]
        found = made[-1] if made else None
        given = _assigned(call, seen)
        if given is not None and given.role in ROLES and call.name == "fit":
            # fit returns the model itself.
            found = given
        if call.name in TRAINS["model"] and (found is not None or call.name == "fit"):
            return Work(TRAINING, call, found)
        if call.name in ("predict", "predict_proba", "generate") or (
            found and call.name == "encode"
        ):
            return Work(INFERENCE, call, found)
    return None


def _owner(call: _code.Call, seen: Seen) -> Finding | None:
    if len(call.path) <= 2:
        return seen.by_name.get(call.root)
    # model.model.encode(..), self.trainer.train(): the outer object stands for the inner one.
    found = seen.by_name.get(call.root)
    return found if found is not None and found.role in ROLES else None


def _kind(call: _code.Call, owner: Finding, seen: Seen) -> str | None:
    if len(call.path) == 1:
        used = owner.role in CALLED and not _trains_by_hand(owner, seen)
        return INFERENCE if used else None
    if call.name in TRAINS.get(owner.role, ()):
        # Only a clustering both fits and transforms as its work; a scaler is no model.
        return TRAINING
    return INFERENCE if call.name in USES.get(owner.role, ()) else None


def _trains_by_hand(owner: Finding, seen: Seen) -> bool:
    return owner.framework in TORCH and bool(LOOP_TRAINS & seen.code.words)


def _argument(call: _code.Call, seen: Seen) -> Finding | None:
    for node in [*call.args, *call.keywords.values()]:
        if isinstance(node, ast.Name) and node.id in seen.by_name:
            found = seen.by_name[node.id]
            if found.role in ROLES:
                return found
    return next((one for one in reversed(seen.made) if one.role in ROLES), None)


def _assigned(call: _code.Call, seen: Seen) -> Finding | None:
    return next((seen.by_name[name] for name in call.assigned if name in seen.by_name), None)


def _is_argument(one: Finding, seen: Seen) -> bool:
    return any(
        isinstance(node, ast.Name) and node.id in one.names
        for call in seen.code.calls
        for node in [*call.args, *call.keywords.values()]
    )


def _module(call: _code.Call, seen: Seen) -> str | None:
    """The package that a dotted call or an imported function belongs to."""
    target = probe.member(seen.namespace.get(call.root), call.path[1:])
    return probe.function_module(target).partition(".")[0] or None

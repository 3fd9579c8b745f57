"""Smaller models by name: alternatives on the frontier of the catalogue, distilled twins."""

from __future__ import annotations

from dataclasses import replace

from green_notebook.advice import _situation as now
from green_notebook.advice import _words as words
from green_notebook.advice import catalogue
from green_notebook.advice._rule import Case, Proposal, rule
from green_notebook.advice.rules import _choose, _swap
from green_notebook.advice.rules._choose import Choice

_H100 = {"name": "NVIDIA H100 80GB HBM3", "compute_capability": [9, 0]}
_RUN = {"duration_s": 900, "energy_wh": 60}


def _inference(case: Case) -> None:
    case.need(now.phase(case) == "inference", "its evidence is about inference")
    case.need(not now.remote(case), "the model is a hosted one")
    case.need(case.flag("user.pinned_model") is not True, "the model is pinned for comparison")


def _is_twin(choice: Choice) -> bool:
    return choice.after.id in choice.before.twins


@rule(
    "smaller_model",
    group="model",
    speaks={
        "phase": "inference",
        "task": "text-embedding",
        "language": "en",
        "model": {"id": "intfloat/e5-large-v2"},
        "hardware": _H100,
        "run": _RUN,
    },
    silent={
        "phase": "inference",
        "task": "text-embedding",
        "language": "fr",
        "model": {"id": "intfloat/e5-large-v2"},
        "hardware": _H100,
        "run": _RUN,
    },
)
def smaller_model(case: Case) -> Proposal:
    """Needs the model in the catalogue and one of the same benchmark below 0.7 of its cost."""
    _inference(case)
    case.need(now.task(case) != "object-detection", "smaller_model_detect speaks of detection")
    choice = _choose.choose(case, lambda one: not _is_twin(one) and not one.near_chance)
    return _swap.proposal(case, choice, "does the same work as")


@rule(
    "smaller_model_detect",
    group="model",
    speaks={
        "phase": "inference",
        "task": "object-detection",
        "model": {"id": "ultralytics/yolov8x.pt"},
        "run": _RUN,
    },
    silent={
        "phase": "inference",
        "task": "object-detection",
        "model": {"id": "ultralytics/yolo26n.pt"},
        "run": _RUN,
    },
)
def smaller_model_detect(case: Case) -> Proposal:
    """The same for detectors of the 80 COCO classes."""
    _inference(case)
    case.need(now.task(case) == "object-detection", "the task is not object detection")
    choice = _choose.choose(case, lambda one: not _is_twin(one))
    made = _swap.proposal(case, choice, "detects the same classes as")
    more = "Both know the 80 COCO classes only; classes of your own need training again."
    return replace(made, caveat=f"{made.caveat} {more}")


@rule(
    "efficient_architecture",
    group="model",
    speaks={
        "phase": "inference",
        "task": "image-classification",
        "framework": "torchvision",
        "model": {"id": "torchvision/vgg16"},
        "run": _RUN,
    },
    silent={
        "phase": "inference",
        "task": "image-classification",
        "framework": "torchvision",
        "model": {"id": "torchvision/mobilenet_v3_small"},
        "run": _RUN,
    },
)
def efficient_architecture(case: Case) -> Proposal:
    """An image classifier with over three times the compute of one that is at least as good."""
    _inference(case)
    case.need(now.task(case) in {"image-classification", ""}, "it is about image classifiers")
    rows = _choose.found(case)
    case.need(rows[0].task == "image-classification", "it is about image classifiers")

    def measured(one: Choice) -> bool:
        return one.level == "energy"

    def wasteful(one: Choice) -> bool:
        before, after = one.before.gmacs, one.after.gmacs
        return one.loss <= 0 and bool(before and after and 3 * after < before)

    before = next(iter(_choose.current(rows)), None)
    case.need(before, "no quality on a shared benchmark is known for this model")
    assert before is not None
    known = _choose.candidates(case, before)
    better = any(measured(one) and one.ratio < _choose.CHEAPER for one in known)
    case.need(not better, "smaller_model has measured energies to go by")
    choice = _choose.choose(case, lambda one: wasteful(one) and not measured(one))
    ratio = (choice.after.gmacs or 0) / (choice.before.gmacs or 1)
    made = _swap.proposal(case, choice, "is at least as good as")
    times = 1 / ratio
    return replace(
        made,
        text=(
            f"{words.spent(case)}{choice.after.id} needs {times:.0f} times less compute than "
            f"{case.text('model.id') or choice.before.id} at no loss: {_swap.quality(choice)}."
        ),
        saving=(0.9 * (1 - ratio), 1 - ratio, 1 - ratio),
        of="compute",
        caveat=f"{made.caveat} Energy falls less than compute does.",
    )


@rule(
    "distillation",
    group="model",
    speaks={
        "phase": "inference",
        "task": "automatic-speech-recognition",
        "language": "en",
        "model": {"id": "openai/whisper-large-v3"},
        "run": _RUN,
    },
    silent={
        "phase": "inference",
        "task": "automatic-speech-recognition",
        "language": "fr",
        "model": {"id": "openai/whisper-large-v3"},
        "run": _RUN,
    },
)
def distillation(case: Case) -> Proposal:
    """A ready distilled twin of the model in use, within the tolerance."""
    _inference(case)
    rows = _choose.found(case)
    case.need("distil" not in rows[0].id.lower(), "the model is distilled already")
    case.need(any(row.twins for row in rows), "no distilled twin of this model is known")
    wanted = rows[0].twins
    for before in _choose.current(rows):
        choices = {one.after.id: one for one in _choose.candidates(case, before)}
        for name in wanted:
            choice = choices.get(name)
            if choice is not None and choice.ratio < 0.95:
                return _twin(case, choice)
    return case.silent("its distilled twin is beyond the tolerance, or of another language")


def _twin(case: Case, choice: Choice) -> Proposal:
    made = _swap.proposal(case, choice, "is a distilled twin of")
    technique_high = 0.77  # the table's planning range, measured over 5 studies
    low, typical, high = made.saving or (0.0, 0.0, 0.0)
    if choice.level != "energy" and choice.after.task == "automatic-speech-recognition":
        # Three distilled Whispers were measured beside their teachers (T013).
        low, typical, high = 0.48, 0.72, 0.75
        made = replace(
            made,
            text=(
                f"{words.spent(case)}{choice.after.id} is a distilled twin of "
                f"{case.text('model.id')}: {_swap.quality(choice)}. Its siblings used "
                f"{words.percent(low)} to {words.percent(high)} less energy than their teachers."
            ),
            of="energy",
            strength="A",
            evidence="AI Energy Score, 2025; Open ASR leaderboard, 2026 (strength A)",
        )
    sibling = catalogue.by_id(choice.after.id, choice.after.group)
    easy = 0.9 if sibling is not None and choice.after.task != "text-encoding" else 0.3
    return replace(
        made, saving=(low, typical, max(high, typical, min(high, technique_high))), ease=easy
    )

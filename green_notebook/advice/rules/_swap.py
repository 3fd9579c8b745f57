"""What a change of model would save, and how it is said."""

from __future__ import annotations

from green_notebook.advice import _situation as now
from green_notebook.advice import _words as words
from green_notebook.advice import catalogue
from green_notebook.advice._rule import Case, Proposal
from green_notebook.advice.catalogue import Scaling
from green_notebook.advice.rules._choose import OWN_TOOLKIT, Choice

# The fit that predicts each task's energy from its size.
_FITS = {
    "image-classification": "aies:image_classification",
    "object-detection": "aies:object_detection",
    "text-encoding": "aies:text_classification:encoders_only",
    "text-classification": "aies:text_classification",
    "text-embedding": "aies:sentence_similarity",
    "text-generation": "aies:text_generation:classA",
    "question-answering": "aies:question_answering",
    "automatic-speech-recognition": "aies:asr",
    "text-to-image": "aies:image_generation",
}
# A ratio measured on one H100 carries over to other hardware about so well: our own allowance.
ELSEWHERE = 1.25
MISLEADING = 0.9  # sizes this close say nothing: the compute is scaled instead
WORTH = 0.1  # a smaller saving is not worth a change of model
TELLING = 0.3  # below this R2 a fit tells nothing of a single pair: their speeds do


def predicted(choice: Choice) -> tuple[float, float, float] | None:
    """(low, typical, high) fraction of the energy saved; None where no fit is known.

    Measured on both models, else the task's fit energy ~ size^exponent with its residual.
    """
    if choice.level == "energy":
        return _range(choice.ratio, ELSEWHERE)
    fit = _fit(choice)
    before, after = choice.before.working_m, choice.after.working_m
    if fit is None or not before or not after:
        return None
    size = after / before
    misleads = size >= MISLEADING or "albert" in choice.before.id  # it shares its layers
    if misleads and choice.before.gmacs and choice.after.gmacs:
        size = choice.after.gmacs / choice.before.gmacs
    return _range(size**fit.exponent, fit.residual)


def _range(ratio: float, residual: float) -> tuple[float, float, float]:
    return 1 - ratio * residual, 1 - ratio, 1 - ratio / residual


def _fit(choice: Choice) -> Scaling | None:
    """The fit that predicts this task's energy, None where there is none worth the name."""
    fit = catalogue.scalings().get(_FITS.get(choice.after.task, ""))
    return fit if fit is not None and fit.r2 >= TELLING else None


def in_kind(choice: Choice) -> tuple[tuple[float, float, float], str] | None:
    """What is saved, and of what: energy where it can be told, else time, else compute."""
    energy = predicted(choice)
    timed = choice.level == "speed"
    if energy is not None and (energy[1] >= WORTH or not timed):
        return energy, "energy"
    if timed:
        return _range(choice.ratio, ELSEWHERE), "time"
    if choice.before.gmacs and choice.after.gmacs:
        ratio = choice.after.gmacs / choice.before.gmacs
        return (1 - ratio, 1 - ratio, 1 - ratio), "compute"
    return None


def strength(choice: Choice) -> str:
    """A where both energies were measured, else by the fit; D where a quality is from memory."""
    if "recall" in {choice.before.grade, choice.after.grade}:
        return "D"
    if choice.level == "energy":
        return "A"
    fit = _fit(choice)
    return "B" if fit is not None and fit.r2 >= 0.8 else "C"


def evidence(choice: Choice) -> str:
    """Where the quality and the saving come from."""
    quality = f"{choice.benchmark.label}: {choice.after.source}"
    if choice.level == "energy":
        how = "energy of both measured on one H100 (AI Energy Score 2025, ML.ENERGY 2026)"
    else:
        fit, known = _fit(choice), in_kind(choice)
        timed = known is not None and known[1] == "time"
        how = (
            f"{'speed measured' if timed else 'compute counted'}, energy not measured"
            if fit is None or timed
            else f"energy predicted from size^{fit.exponent:.2f} (AI Energy Score 2025, "
            f"{fit.n} models, R2 {fit.r2:.2f})"
        )
    return f"{quality}; {how} (strength {strength(choice)})"


def quality(choice: Choice) -> str:
    """The quality of both, in a clause."""
    before, after = choice.before.quality or 0.0, choice.after.quality or 0.0
    unit = choice.benchmark.unit
    values = f"{after:.3g} instead of {before:.3g} {unit}"
    return f"{values} on {choice.benchmark.label}"


def caveat(case: Case, choice: Choice) -> str:
    """What the change may cost."""
    if choice.near_chance:
        parts = [
            f"Both are close to guessing on {choice.benchmark.label}: judge by your own texts."
        ]
    elif choice.loss > 0.05:
        points = "1 point" if abs(choice.loss - 1) < 0.05 else f"{choice.loss:.2g} points"
        parts = [f"It loses {points} on {choice.benchmark.label}: check on your own data."]
    else:
        parts = [f"It loses nothing on {choice.benchmark.label}: check on your own data."]
    if choice.after.task == "text-encoding":
        parts.append("It has to be fine-tuned for your task again.")
    if choice.after.task == "text-embedding":
        parts.append("Embeddings of the two do not mix: encode everything again.")
    if now.language(case) not in {"", "en"} and choice.after.languages:
        parts.append("The benchmark is in English.")
    if "recall" in {choice.before.grade, choice.after.grade}:
        parts.append("A quality here is quoted from memory, not read again.")
    if choice.after.licence:
        parts.append(f"Its licence is {choice.after.licence}.")
    if choice.after.id.startswith(OWN_TOOLKIT):
        parts.append("It loads with a toolkit of its own: see its model card.")
    return " ".join(parts)


def ease(choice: Choice) -> float:
    """How little the change asks of the user."""
    if choice.after.task == "text-encoding":
        return 0.25
    if choice.after.id.startswith(OWN_TOOLKIT) or choice.after.kind != choice.before.kind:
        return 0.4
    return 0.5 if choice.after.task in {"text-generation", "text-to-image"} else 0.6


def snippet(choice: Choice) -> str:
    """The lines that load the other model, in the library it comes from."""
    model = choice.after
    name = model.id.split("/", 1)[-1]
    if model.kind == "torchvision_weights":
        network, _, weights = name.partition(":")
        place = {
            "object-detection": "torchvision.models.detection",
            "semantic-segmentation": "torchvision.models.segmentation",
            "video-classification": "torchvision.models.video",
        }.get(model.task, "torchvision.models")
        return f'from {place} import {network}\n\nmodel = {network}(weights="{weights}").eval()'
    if model.kind == "timm":
        return f'import timm\n\nmodel = timm.create_model("{name}", pretrained=True).eval()'
    if model.kind == "keras_app":
        network, _, option = name.partition(":")
        more = f", {option}" if option else ""
        return f'import keras\n\nmodel = keras.applications.{network}(weights="imagenet"{more})'
    if model.kind == "ultralytics":
        return f'from ultralytics import YOLO\n\nmodel = YOLO("{name}")'
    return _hub_snippet(model.id, model.task)


def _hub_snippet(name: str, task: str) -> str:
    if name.startswith(OWN_TOOLKIT):
        return f"# how to load it: https://huggingface.co/{name}"
    if task == "text-embedding":
        return (
            "from sentence_transformers import SentenceTransformer\n\n"
            f'model = SentenceTransformer("{name}")'
        )
    if task == "text-encoding":
        return (
            "from transformers import AutoModelForSequenceClassification, AutoTokenizer\n\n"
            f'name = "{name}"\ntokenizer = AutoTokenizer.from_pretrained(name)\n'
            "model = AutoModelForSequenceClassification.from_pretrained(name, num_labels=2)"
        )
    if task == "text-to-image":
        return (
            "import torch\nfrom diffusers import DiffusionPipeline\n\n"
            f'pipe = DiffusionPipeline.from_pretrained("{name}", torch_dtype=torch.float16)'
        )
    return f'from transformers import pipeline\n\npipe = pipeline("{task}", model="{name}", dtype="auto")'


def proposal(case: Case, choice: Choice, why: str) -> Proposal:
    """The advice to change the model; ``why`` says what the other one is."""
    known = in_kind(choice)
    if known is None:
        return case.silent("what it would save cannot be told")
    (low, typical, high), of = known
    case.need(typical >= WORTH, "it would save too little to be worth a change")
    low, high = max(low, 0.0), min(high, 0.99)
    name = choice.after.id
    before = case.text("model.id") or choice.before.id
    saves = f"about {words.percent(typical)} of the {of}"
    if of != "compute":
        saves = f"{saves} ({words.saved(case, low, high, of)})"
    return Proposal(
        title=f"Use {name.split('/', 1)[-1]}",
        text=(
            f"{words.spent(case)}{name} {why} {before}: {quality(choice)}. It would save {saves}."
        ),
        caveat=caveat(case, choice),
        snippet=snippet(choice),
        saving=(low, typical, high),
        of=of,
        ease=ease(choice),
        strength=strength(choice),
        evidence=evidence(choice),
    )

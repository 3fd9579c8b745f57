"""Start from what others trained, and train no more of it than needed."""

from __future__ import annotations

from green_notebook.advice import _situation as now
from green_notebook.advice import _words as words
from green_notebook.advice import catalogue
from green_notebook.advice._rule import Case, Proposal, rule

_GPU = {"name": "NVIDIA A100-SXM4-40GB", "compute_capability": [8, 0], "memory_gb": 40, "count": 1}
_RUN = {"duration_s": 3000, "energy_wh": 250}
FEW_LABELS = 1000
SOME_LABELS = 5000
SMALL_SET = 10_000
LARGE_ENCODER = 80e6  # BERT-base is 110 million, a ResNet-50 is not large

_STANDARD = (
    "bert",
    "resnet",
    "resnext",
    "vit",
    "visiontransformer",
    "swin",
    "convnext",
    "efficientnet",
    "mobilenet",
    "densenet",
    "vgg",
    "inception",
    "regnet",
    "whisper",
    "wav2vec2",
    "t5",
    "gpt2",
    "deit",
    "xception",
    "electra",
)
_IMAGES = frozenset({"torchvision", "timm"})


def _trains(case: Case) -> None:
    case.need(now.phase(case) == "training", "the cell did not train")


@rule(
    "transfer_learning",
    group="start",
    speaks={
        "phase": "training",
        "framework": "torchvision",
        "task": "image-classification",
        "model": {"class_name": "ResNet", "id": "torchvision/resnet50", "weights": "random"},
        "data": {"kind": "jpeg folder", "rows": 12_000},
        "run": _RUN,
    },
    silent={
        "phase": "training",
        "framework": "torchvision",
        "task": "image-classification",
        "model": {"class_name": "ResNet", "id": "torchvision/resnet50", "weights": "imagenet"},
        "data": {"kind": "jpeg folder", "rows": 12_000},
        "run": _RUN,
    },
)
def transfer_learning(case: Case) -> Proposal:
    """A standard network trained from random weights on less than a million examples."""
    _trains(case)
    case.need(now.pretrained(case) is False, "the weights are not known to be random")
    case.need(case.text("model.weights"), "the weights are not known to be random")
    names = f"{now.names_of(case)} {case.text('model.id').lower()}"
    known = any(one in names for one in _STANDARD) or catalogue.rows_of(case.text("model.id"))
    case.need(known, "no pretrained version of this network is known")
    case.need(not case.text("task").startswith("tabular"), "tables have no pretrained networks")
    rows = now.labelled(case)
    case.need(rows is not None, "data.rows is unknown")
    case.need((rows or 0) < 1e6, "a million examples may be enough to start from nothing")
    name = case.text("model.id") or case.text("model.class_name")
    return Proposal(
        title="Start from pretrained weights",
        text=(
            f"{words.spent(case)}It trained {name} from random weights on "
            f"{words.count(rows or 0)} examples. Starting from published weights takes a few "
            "epochs instead, and is usually better on sets of this size."
        ),
        caveat="Published weights carry what they were trained on: mind licence and domain.",
        snippet=_pretrained_snippet(case),
        ease=0.85,
    )


def _pretrained_snippet(case: Case) -> str:
    kind, name = now.framework(case), case.text("model.id").split("/")[-1].split(":")[0]
    if kind == "torchvision":
        network = name or "resnet18"
        return f'from torchvision.models import {network}\n\nmodel = {network}(weights="DEFAULT")'
    if kind == "timm":
        return f'model = timm.create_model("{name}", pretrained=True, num_classes=classes)'
    if kind in {"keras", "tensorflow"}:
        network = name or "EfficientNetV2B0"
        return f'base = keras.applications.{network}(weights="imagenet", include_top=False, pooling="avg")'
    return "model = AutoModelForSequenceClassification.from_pretrained(name, num_labels=classes)"


@rule(
    "feature_extraction",
    group="finetune",
    speaks={
        "phase": "training",
        "framework": "transformers",
        "task": "text-classification",
        "model": {
            "id": "FacebookAI/roberta-large",
            "params": 355_000_000,
            "trainable_share": 1.0,
            "weights": "pretrained",
        },
        "data": {"labelled": 400},
        "hardware": _GPU,
        "run": _RUN,
    },
    silent={
        "phase": "training",
        "framework": "transformers",
        "task": "text-classification",
        "model": {
            "id": "FacebookAI/roberta-large",
            "params": 355_000_000,
            "trainable_share": 1.0,
            "weights": "pretrained",
        },
        "data": {"labelled": 60_000},
        "hardware": _GPU,
        "run": _RUN,
    },
)
def feature_extraction(case: Case) -> Proposal:
    """Full fine-tuning of a large encoder for at most a few thousand labels."""
    _trains(case)
    case.need(now.pretrained(case) is True, "the weights are not known to be pretrained")
    case.need(case.known("model.trainable_share") > 0.5, "most of the model is frozen already")
    params = case.known("model.params")
    case.need(LARGE_ENCODER <= params < 1e9, "it is no large encoder")
    case.need("classification" in now.task(case), "it is about classification")
    labels = now.labelled(case)
    case.need(labels is not None, "data.labelled is unknown")
    few = FEW_LABELS if params < 3e8 else SOME_LABELS
    case.need(0 < (labels or 0) <= few, "there are labels enough to fine-tune")
    if "text" in now.task(case) or "token" in now.task(case):
        english = now.language(case) == "en"
        name = (
            "sentence-transformers/all-MiniLM-L6-v2"
            if english
            else "intfloat/multilingual-e5-small"
        )
        encoder = f'features = SentenceTransformer("{name}").encode(texts)'
    else:
        encoder = "features = backbone(images)  # without its head, under torch.inference_mode()"
    return Proposal(
        title="Train a linear classifier on fixed features",
        text=(
            f"{words.spent(case)}It fine-tuned all {words.count(params)} parameters for "
            f"{words.count(labels or 0)} labelled examples. With so few, a logistic regression on "
            "features computed once is often as good, and trains in seconds."
        ),
        caveat="Compare both on held-out examples: the more labels, the more fine-tuning gains.",
        snippet=f"{encoder}\nclassifier = LogisticRegression(max_iter=1000).fit(features, labels)",
        ease=0.6,
    )


@rule(
    "freeze_layers",
    group="finetune",
    speaks={
        "phase": "training",
        "framework": "torchvision",
        "task": "image-classification",
        "model": {"id": "torchvision/resnet50", "trainable_share": 1.0, "weights": "imagenet"},
        "data": {"rows": 4_000},
        "run": _RUN,
    },
    silent={
        "phase": "training",
        "framework": "torchvision",
        "task": "image-classification",
        "model": {"id": "torchvision/resnet50", "trainable_share": 1.0, "weights": "random"},
        "data": {"rows": 4_000},
        "run": _RUN,
    },
)
def freeze_layers(case: Case) -> Proposal:
    """All of a pretrained encoder or CNN trained on a small labelled set."""
    _trains(case)
    case.need(now.pretrained(case) is True, "the weights are not known to be pretrained")
    case.need(case.known("model.trainable_share") >= 0.99, "some layers are frozen already")
    case.need((case.number("model.params") or 0) < 1e9, "LoRA is for models of this size")
    case.need(now.task(case) not in now.GENERATIVE, "it is about encoders and CNNs")
    labels = now.labelled(case)
    case.need(labels is not None, "data.labelled is unknown")
    case.need(0 < (labels or 0) <= SMALL_SET, "the set is large enough to train everything")
    case.need(case.flag("data.domain_shift") is not True, "the data are far from the pretraining")
    return Proposal(
        title="Freeze the lower layers",
        text=(
            f"{words.spent(case)}Every layer was trained on {words.count(labels or 0)} examples. "
            "With the lower ones frozen nothing is computed backwards through them: typically 40 % "
            "less time."
        ),
        caveat="Up to 2 points of accuracy; more where your data look unlike the pretraining's.",
        snippet=(
            "for name, parameter in model.named_parameters():\n"
            '    parameter.requires_grad = name.startswith(("layer4", "fc", "classifier", "pooler"))'
        ),
        ease=0.75,
    )

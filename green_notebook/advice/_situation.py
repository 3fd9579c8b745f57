"""What several rules ask of the facts: phase, hardware, precision, task, language."""

from __future__ import annotations

from functools import cache

from green_notebook.advice._rule import Case
from green_notebook.data import records

HALF = frozenset({"float16", "bfloat16"})

# NVIDIA, "CUDA GPUs - Compute Capability", 2025: the lowest of each architecture.
_CAPABILITY = {
    "Kepler": (3, 5),
    "Maxwell": (5, 2),
    "Pascal": (6, 0),
    "Volta": (7, 0),
    "Turing": (7, 5),
    "Ampere": (8, 0),
    "Ada Lovelace": (8, 9),
    "Hopper": (9, 0),
    "Blackwell": (10, 0),
}

# Families whose members' names vary too much for a table.
_FAMILIES = (
    ("rtx 50", "Blackwell"),
    ("rtx 40", "Ada Lovelace"),
    ("rtx 30", "Ampere"),
    ("rtx 20", "Turing"),
    ("gtx 16", "Turing"),
    ("gtx 10", "Pascal"),
    ("b200", "Blackwell"),
    ("h100", "Hopper"),
    ("h200", "Hopper"),
    ("l40", "Ada Lovelace"),
    ("a100", "Ampere"),
    ("v100", "Volta"),
    ("p100", "Pascal"),
    ("tesla t4", "Turing"),
    ("k80", "Kepler"),
)

_DTYPES = {"fp32": "float32", "float": "float32", "fp16": "float16", "half": "float16"}
_DTYPES["bf16"] = "bfloat16"

# Names of one task in Transformers' pipelines, in timm and among people -> the catalogue's.
_TASKS = {
    "sentiment-analysis": "text-classification",
    "zero-shot-classification": "text-classification",
    "token-classification": "token-classification",
    "ner": "token-classification",
    "sentence-similarity": "text-embedding",
    "feature-extraction": "text-embedding",
    "embedding": "text-embedding",
    "conversational": "text-generation",
    "chat": "text-generation",
    "text2text-generation": "text-generation",
    "speech-recognition": "automatic-speech-recognition",
    "asr": "automatic-speech-recognition",
    "image-generation": "text-to-image",
    "image-to-image": "text-to-image",
    "extractive-qa": "question-answering",
    "detection": "object-detection",
}

GENERATIVE = frozenset({"text-generation", "summarization", "translation", "image-text-to-text"})
VISION = frozenset(
    {
        "image-classification",
        "object-detection",
        "semantic-segmentation",
        "image-segmentation",
        "video-classification",
    }
)


def phase(case: Case) -> str:
    """ "training", "inference", "idle", "none" or "" where unknown."""
    return case.text("phase").lower()


def framework(case: Case) -> str:
    """The framework in lower case, "" where unknown."""
    return case.text("framework").lower()


def task(case: Case) -> str:
    """The task by the catalogue's name, "" where unknown."""
    name = case.text("task").lower().replace("_", "-").replace(" ", "-")
    return _TASKS.get(name, name)


def language(case: Case) -> str:
    """ISO 639-1 of the data, "" where unknown."""
    for path in ("data.language", "gen.language", "language"):
        name = case.text(path).strip().lower()
        if name:
            return {"english": "en", "eng": "en"}.get(name, name.replace("_", "-").split("-")[0])
    return ""


def remote(case: Case) -> bool:
    """Whether the model is a client of a hosted one."""
    return case.text("model.kind") == "remote-api"


def cuda(case: Case) -> bool | None:
    """Whether the work ran on an NVIDIA GPU; None where unknown."""
    name = case.text("hardware.name").strip().lower()
    if name.startswith("cpu"):
        return False
    if case.listed("hardware.compute_capability") or _architecture(name):
        return True
    if any(mark in name for mark in ("nvidia", "tesla", "quadro", "geforce", "rtx", "gtx")):
        return True
    return False if name else None


def on_cpu(case: Case) -> bool:
    """Whether the work is known to have run on the CPU."""
    return case.text("hardware.name").strip().lower().startswith("cpu")


@cache
def _architecture(name: str) -> str:
    """NVIDIA's architecture of a device name, "" where unknown."""
    if not name:
        return ""
    words = name.lower().replace("nvidia", "").strip()
    best = ""
    found = ""
    for row in records("gpu"):
        if row["vendor"] != "NVIDIA":
            continue
        for known in row["names"]:
            key = known.lower().replace("nvidia", "").strip()
            if (len(key) > len(best) and (key == words or words.startswith(key + " "))) or (
                len(key) > len(best) and words.startswith(key + "-")
            ):
                best, found = key, str(row["architecture"])
    return found or next((one for mark, one in _FAMILIES if mark in words), "")


def capability(case: Case) -> tuple[int, int] | None:
    """The GPU's compute capability, as stated or from its name; None where unknown."""
    stated = case.listed("hardware.compute_capability")
    numbers = [one for one in stated if isinstance(one, int | float) and not isinstance(one, bool)]
    if len(numbers) == 2 and all(0 <= one < 100 for one in numbers):
        return int(numbers[0]), int(numbers[1])
    if cuda(case) is not True:
        return None
    return _CAPABILITY.get(_architecture(case.text("hardware.name").strip().lower()))


def half(case: Case) -> str:
    """The 16-bit format that this GPU computes fast: "bf16" from 8.0 on, "fp16" from 7.0, else ""."""
    known = capability(case)
    if known is None or known < (7, 0) or "gtx 16" in case.text("hardware.name").lower():
        return ""  # GTX 16xx is 7.5 without tensor cores
    return "bf16" if known >= (8, 0) else "fp16"


def dtype(case: Case, path: str = "model.dtype") -> str:
    """The main dtype by torch's name ("float32"), "" where unknown."""
    name = case.text(path).lower().removeprefix("torch.").removeprefix("<dtype: '").strip("'>")
    return _DTYPES.get(name, name)


def quantised(case: Case) -> bool | None:
    """Whether the weights are packed below 16 bits; None where nothing tells."""
    if case.text("model.quantized").lower() not in {"", "none", "false", "no"}:
        return True
    if case.flag("model.quantized") is True:
        return True
    logical, stored = case.number("model.params"), case.number("model.stored_numel")
    if logical and stored is not None and stored < 0.75 * logical:
        return True
    name = dtype(case)
    if any(mark in name for mark in ("int", "fp8", "float8", "fp4", "nf4", "mxfp")):
        return True
    return False if name else None


def bytes_each(case: Case) -> float | None:
    """Bytes of one weight as it stands; None where unknown or packed."""
    if quantised(case) is not False:
        return None
    return {"float32": 4.0, "float16": 2.0, "bfloat16": 2.0, "float64": 8.0}.get(dtype(case))


def gpus(case: Case) -> float | None:
    """How many GPUs the work had."""
    return case.number("hardware.count")


def power_ratio(case: Case) -> float | None:
    """Mean power of a GPU over its limit; None where unknown."""
    mean, limit = case.number("run.gpu_power_mean_w"), case.number("hardware.power_limit_w")
    if mean is None or not limit or limit <= 0:
        return None
    number = gpus(case) or 1
    if mean > 1.05 * limit and number > 1:  # the sum over several cards
        mean /= number
    return mean / limit


def epochs(case: Case) -> float | None:
    """Epochs that ran: as stated, else as many as the history has."""
    stated = case.number("optim.epochs")
    length = max(len(case.listed("history.val_loss")), len(case.listed("history.val_acc")))
    return stated if stated is not None else (float(length) or None)


def labelled(case: Case) -> float | None:
    """Labelled examples: as stated, else the rows."""
    stated = case.number("data.labelled")
    return stated if stated is not None else case.number("data.rows")


def pretrained(case: Case) -> bool | None:
    """Whether the weights come from a checkpoint; None where unknown."""
    weights = case.text("model.weights").lower()
    if weights:
        return weights not in {"random", "none", "scratch"}
    name = case.text("model.id").lower()
    # A network of a library has its name untrained too; an id of the hub means a checkpoint.
    library = name.startswith(("torchvision/", "timm/", "keras.applications/"))
    return True if "/" in name and not library else None


def reruns(case: Case) -> float:
    """How often this cell ran before, or repeated one call; 0 where unknown."""
    known = [case.number(f"session.{one}") for one in ("reruns", "repeated_identical_calls")]
    return max((one for one in known if one is not None), default=0.0)


def model_bytes(case: Case) -> float | None:
    """Bytes of the weights as they stand; None where unknown."""
    params, each = case.number("model.params"), bytes_each(case)
    return None if params is None or each is None else params * each


def names_of(case: Case) -> str:
    """The names of the model's class and of what it wraps, in lower case."""
    return f"{case.text('model.class_name')} {case.text('model.inner')}".lower()

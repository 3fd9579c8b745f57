"""Compile what runs long with the same shapes."""

from __future__ import annotations

from green_notebook.advice import _situation as now
from green_notebook.advice import _words as words
from green_notebook.advice._rule import Case, Proposal, rule

_GPU = {"name": "NVIDIA GeForce RTX 4090", "compute_capability": [8, 9]}
_RUN = {"duration_s": 3600, "energy_wh": 400, "gpu_util_mean": 95}
LONG_S = 600.0  # compiling takes 30 s to minutes
CALLS = 2000  # "some thousand" calls of one shape
_TORCH = frozenset({"torch", "timm", "torchvision", "transformers", "lightning", "peft"})


@rule(
    "torch_compile",
    speaks={
        "phase": "training",
        "framework": "timm",
        "task": "image-classification",
        "model": {"compiled": False, "params": 25_000_000, "dtype": "float32"},
        "optim": {"amp": "bf16", "epochs": 30},
        "hardware": _GPU,
        "run": _RUN,
    },
    silent={
        "phase": "training",
        "framework": "transformers",
        "task": "text-classification",
        "model": {"compiled": False, "params": 110_000_000, "dtype": "float32"},
        "optim": {"amp": "bf16", "epochs": 3, "padding": "longest"},
        "hardware": _GPU,
        "run": _RUN,
    },
)
def torch_compile(case: Case) -> Proposal:
    """A long training, or thousands of predictions, of one shape on an NVIDIA GPU."""
    doing = now.phase(case)
    case.need(doing in {"training", "inference"}, "the cell neither trained nor predicted")
    case.need(now.framework(case) in _TORCH, "it is no torch model")
    case.need(now.cuda(case) is True, "it is not known to have run on an NVIDIA GPU")
    capability = now.capability(case)
    case.need(capability and capability >= (7, 0), "the compiler needs compute capability 7.0")
    case.need(case.flag("model.compiled") is False, "it is compiled, or that is unknown")
    case.need(now.quantised(case) is not True, "the model is quantised")
    case.need(_one_shape(case), "the shapes are not known to stay the same")
    seconds = case.known("run.duration_s")
    case.need(seconds >= LONG_S, "the cell is too short for compiling to pay")
    busy = case.number("run.gpu_util_mean")
    case.need(busy is None or busy >= 60, "the GPU waits for something else: that comes first")
    if doing == "inference":
        items, batch = case.number("run.items"), case.number("gen.batch_size") or 1
        calls = case.number("gen.calls") or (items / batch if items and batch >= 1 else None)
        case.need(calls and calls >= CALLS, "fewer than some thousand calls are known of")
    return Proposal(
        title="Compile the model",
        text=(
            f"{words.spent(case)}It ran {words.duration(seconds)} with inputs of one shape, "
            "uncompiled. torch.compile made 1,600 networks a median 1.6 times as fast; hardly any "
            "got slower."
        ),
        caveat="The first call takes up to some minutes. Energy falls less than time: the GPU works harder.",
        snippet="model = torch.compile(model)",
        ease=0.8,
    )


def _one_shape(case: Case) -> bool:
    if now.task(case) in now.GENERATIVE or case.flag("optim.group_by_length") is True:
        return False
    padding = case.text("optim.padding") or case.text("gen.padding")
    return now.task(case) in now.VISION - {"object-detection"} or padding == "max_length"

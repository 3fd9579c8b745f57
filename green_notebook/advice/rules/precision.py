"""Fewer bits for numbers: half precision and TF32. Only formats that the GPU computes fast."""

from __future__ import annotations

from green_notebook.advice import _situation as now
from green_notebook.advice import _words as words
from green_notebook.advice._rule import Case, Proposal, rule

_A100 = {"name": "NVIDIA A100-SXM4-40GB", "compute_capability": [8, 0]}
_T4 = {"name": "Tesla T4", "compute_capability": [7, 5]}
_RUN = {"duration_s": 1800, "energy_wh": 120, "gpu_util_mean": 92}
_TORCH = {"bf16": "torch.bfloat16", "fp16": "torch.float16"}


def _tensor_cores(case: Case) -> str:
    """The 16-bit format to use; the rule is silent off a GPU with tensor cores."""
    case.need(now.cuda(case) is not False, "it did not run on an NVIDIA GPU")
    half = now.half(case)
    case.need(half, "no tensor cores are known of (compute capability below 7.0, or unknown)")
    return half


@rule(
    "mixed_precision_training",
    group="precision",
    speaks={
        "phase": "training",
        "framework": "torch",
        "model": {"dtype": "float32", "params": 25_000_000},
        "optim": {"amp": False},
        "hardware": _A100,
        "run": _RUN,
    },
    silent={
        "phase": "training",
        "framework": "torch",
        "model": {"dtype": "float32", "params": 25_000_000},
        "optim": {"amp": False},
        "hardware": {"name": "Tesla P100-PCIE-16GB", "compute_capability": [6, 0]},
        "run": _RUN,
    },
)
def mixed_precision_training(case: Case) -> Proposal:
    """Training in 32 bits without AMP, on a busy GPU with tensor cores."""
    case.need(now.phase(case) == "training", "the cell did not train")
    half = _tensor_cores(case)
    case.need(now.dtype(case) == "float32", "the parameters are not known to be float32")
    case.need(now.quantised(case) is not True, "the model is quantised")
    case.need(case.text("optim.amp") == "", "mixed precision is on already")
    case.need(case.flag("optim.amp") is False, "whether mixed precision is on is unknown")
    busy = case.known("run.gpu_util_mean")
    case.need(busy > 60, "the GPU waits for something else: that comes first")
    return Proposal(
        title=f"Train in {half} mixed precision",
        text=(
            f"{words.spent(case)}It trained in 32 bits with the GPU {busy:.0f} % busy. Its tensor "
            f"cores compute {half} faster: typically 30 % less energy for the same training"
            f"{words.here(case, 0.3)}."
        ),
        caveat="Accuracy stays within the noise of a run; compare the validation score once.",
        snippet=_training_snippet(case, half),
        ease=0.95,
    )


def _training_snippet(case: Case, half: str) -> str:
    kind = now.framework(case)
    if kind in {"transformers", "peft", "sentence-transformers"}:
        return f'from transformers import TrainingArguments\n\nargs = TrainingArguments("out", {half}=True)'
    if kind in {"keras", "tensorflow"}:
        policy = "mixed_bfloat16" if half == "bf16" else "mixed_float16"
        return f'import keras\n\nkeras.mixed_precision.set_global_policy("{policy}")  # before the model is built'
    if half == "bf16":
        return (
            'with torch.autocast("cuda", dtype=torch.bfloat16):\n'
            "    loss = loss_fn(model(x), y)\nloss.backward()\noptimizer.step()"
        )
    return (
        'scaler = torch.amp.GradScaler("cuda")\n\n'
        'with torch.autocast("cuda", dtype=torch.float16):\n    loss = loss_fn(model(x), y)\n'
        "scaler.scale(loss).backward()\nscaler.step(optimizer)\nscaler.update()"
    )


@rule(
    "mixed_precision_inference",
    group="precision",
    speaks={
        "phase": "inference",
        "framework": "torch",
        "model": {"dtype": "float32", "params": 25_000_000},
        "hardware": _T4,
        "run": _RUN,
    },
    silent={
        "phase": "inference",
        "framework": "torch",
        "model": {"dtype": "float16", "params": 25_000_000},
        "hardware": _T4,
        "run": _RUN,
    },
)
def mixed_precision_inference(case: Case) -> Proposal:
    """Predicting in 32 bits on a GPU with tensor cores."""
    case.need(now.phase(case) == "inference", "the cell did not predict")
    case.need(not now.remote(case), "the model is a hosted one")
    half = _tensor_cores(case)
    case.need(now.dtype(case) == "float32", "the parameters are not known to be float32")
    case.need(now.quantised(case) is False, "the model is quantised")
    case.need(not case.text("optim.amp"), "autocast is on already")
    computes = now.dtype(case, "model.compute_dtype")
    case.need(computes not in now.HALF, "it computes in 16 bits already")
    busy = case.number("run.gpu_util_mean")
    case.need(busy is None or busy >= 10, "the GPU was idle")
    return Proposal(
        title=f"Predict in {half}",
        text=(
            f"{words.spent(case)}The model predicts in 32 bits; this GPU computes {half} on its "
            f"tensor cores, typically in half the time{words.here(case, 0.5, 'time')}."
        ),
        caveat="Below 0.1 point of accuracy for most models; compare a few outputs.",
        snippet=_inference_snippet(case, half),
        ease=0.95,
    )


def _inference_snippet(case: Case, half: str) -> str:
    kind = now.framework(case)
    name = _TORCH[half]
    if kind == "transformers":
        return f"model = AutoModel.from_pretrained(name, dtype={name})"
    if kind == "sentence-transformers":
        return f'model = SentenceTransformer(name, model_kwargs={{"dtype": {name}}})'
    if kind in {"keras", "tensorflow"}:
        policy = "mixed_bfloat16" if half == "bf16" else "mixed_float16"
        return f'keras.mixed_precision.set_global_policy("{policy}")  # before the model is built'
    return f'with torch.inference_mode(), torch.autocast("cuda", dtype={name}):\n    y = model(x)'


@rule(
    "tf32",
    group="precision",
    speaks={
        "phase": "training",
        "framework": "torch",
        "model": {"dtype": "float32"},
        "optim": {"amp": False, "matmul_precision": "highest"},
        "hardware": _A100,
        "run": {"duration_s": 1800, "energy_wh": 120, "gpu_util_mean": 55},
    },
    silent={
        "phase": "training",
        "framework": "torch",
        "model": {"dtype": "float32"},
        "optim": {"amp": False, "matmul_precision": "highest"},
        "hardware": _T4,
        "run": {"duration_s": 1800, "energy_wh": 120, "gpu_util_mean": 55},
    },
)
def tf32(case: Case) -> Proposal:
    """32-bit matrix products at "highest" precision on a GPU of 8.0 or newer."""
    case.need(now.phase(case) == "training", "the cell did not train")
    capability = now.capability(case)
    case.need(capability and capability >= (8, 0), "TF32 needs compute capability 8.0")
    case.need(now.dtype(case) == "float32", "the parameters are not known to be float32")
    case.need(not case.text("optim.amp"), "mixed precision is on already")
    precision = case.text("optim.matmul_precision")
    case.need(precision == "highest", "the precision of matrix products is not known to be highest")
    return Proposal(
        title="Allow TF32 in matrix products",
        text=(
            f"{words.spent(case)}Its 32-bit matrix products run at the highest precision, without "
            "the tensor cores. One line lets them use TF32, typically 40 % less time."
        ),
        caveat="Products keep 10 bits of mantissa: no loss is known in training networks.",
        snippet='torch.set_float32_matmul_precision("high")',
        ease=1.0,
    )

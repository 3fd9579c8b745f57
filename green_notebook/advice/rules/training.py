"""Train no longer than it helps: early stopping, subsets, batch size, checkpointing."""

from __future__ import annotations

import math

from green_notebook.advice import _situation as now
from green_notebook.advice import _words as words
from green_notebook.advice._rule import Case, Proposal, rule

_GPU = {"name": "NVIDIA A100-SXM4-40GB", "compute_capability": [8, 0], "memory_gb": 40}
_RUN = {"duration_s": 5400, "energy_wh": 300, "gpu_util_mean": 90}
PATIENCE = 2  # epochs without progress before stopping
FLAT = 3  # this many at the end show that it came to a halt
EVEN = 0.002  # a change below 0.2 % is none
MANY_ROWS = 50_000


def _curve(case: Case) -> tuple[list[float], str]:
    """The validation curve, such that lower is better, and what it is called."""
    for path, sign, name in (
        ("history.val_loss", 1.0, "validation loss"),
        ("history.val_acc", -1.0, "validation accuracy"),
    ):
        values = [
            sign * float(one)
            for one in case.listed(path)
            if isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one)
        ]
        if values:
            return values, name
    return [], ""


def _still_rises(case: Case) -> bool:
    """Whether the best validation accuracy came in the last two epochs."""
    values = [one for one in case.listed("history.val_acc") if isinstance(one, int | float)]
    return len(values) >= 3 and max(values[-2:]) > (1 + EVEN) * max(values[:-2])


@rule(
    "early_stopping",
    speaks={
        "phase": "training",
        "framework": "keras",
        "optim": {"epochs": 12, "early_stopping": False},
        "history": {
            "val_loss": [0.9, 0.6, 0.5, 0.45, 0.46, 0.47, 0.5, 0.52, 0.55, 0.58, 0.6, 0.62]
        },
        "run": _RUN,
    },
    silent={
        "phase": "training",
        "framework": "keras",
        "optim": {"epochs": 12, "early_stopping": False},
        "history": {"val_loss": [0.9, 0.8, 0.7, 0.6, 0.5, 0.45, 0.4, 0.36, 0.33, 0.31, 0.3, 0.29]},
        "run": _RUN,
    },
)
def early_stopping(case: Case) -> Proposal:
    """Ten epochs or more of which at least the last three brought nothing on validation data."""
    case.need(now.phase(case) == "training", "the cell did not train")
    case.need(case.flag("optim.early_stopping") is not True, "it stops early already")
    curve, name = _curve(case)
    case.need(curve, "no validation curve is known")
    epochs = len(curve)
    stated = case.number("optim.epochs")
    case.need(max(epochs, stated or 0) >= 10 and epochs >= 5, "it trained for a few epochs only")
    least = min(curve)
    best = 1 + next(
        index for index, one in enumerate(curve) if one <= least + EVEN * max(abs(least), 1e-9)
    )
    wasted = epochs - best
    case.need(wasted >= FLAT, "the last epochs still brought something")
    case.need(not _still_rises(case), "validation accuracy still rises")
    share = (wasted - PATIENCE) / epochs
    early = (wasted - 1) / epochs
    late = max(0.0, wasted - 2 * PATIENCE) / epochs
    word = "got no better" if name == "validation loss" else "rose no more"
    return Proposal(
        title="Stop when validation stops improving",
        text=(
            f"{words.spent(case)}Its {name} {word} after epoch {best} of {epochs}. Stopping "
            f"{PATIENCE} epochs later would have saved {words.percent(share)} of the run."
        ),
        caveat="None for the quality where the best epoch's weights are kept.",
        snippet=_stopping_snippet(case),
        saving=(late, share, early),
        ease=0.95,
    )


def _stopping_snippet(case: Case) -> str:
    kind, names = now.framework(case), now.names_of(case)
    if kind in {"keras", "tensorflow"}:
        return (
            f"stop = keras.callbacks.EarlyStopping(patience={PATIENCE}, restore_best_weights=True)\n"
            "model.fit(x, y, validation_data=validation, epochs=100, callbacks=[stop])"
        )
    if kind in {"transformers", "peft", "sentence-transformers"}:
        return (
            "from transformers import EarlyStoppingCallback, TrainingArguments\n\n"
            'args = TrainingArguments("out", eval_strategy="epoch", save_strategy="epoch",\n'
            '                         load_best_model_at_end=True, metric_for_best_model="eval_loss")\n'
            f"trainer.add_callback(EarlyStoppingCallback(early_stopping_patience={PATIENCE}))"
        )
    if kind == "lightning":
        return f'trainer = Trainer(callbacks=[EarlyStopping("val_loss", patience={PATIENCE})])'
    if "xgb" in names or "lgbm" in names:
        return (
            "model = XGBClassifier(early_stopping_rounds=20).fit(X, y, eval_set=[(X_val, y_val)])"
        )
    if kind == "sklearn":
        return f"model.set_params(early_stopping=True, n_iter_no_change={PATIENCE + 2})"
    return (
        "if val_loss < best:\n    best, idle = val_loss, 0\n"
        '    torch.save(model.state_dict(), "best.pt")\nelse:\n    idle += 1\n'
        f"if idle >= {PATIENCE}:\n    break"
    )


@rule(
    "data_subset",
    speaks={
        "phase": "training",
        "framework": "sklearn",
        "model": {"class_name": "SVC"},
        "data": {"rows": 400_000},
        "session": {"reruns": 4},
        "run": _RUN,
    },
    silent={
        "phase": "training",
        "framework": "sklearn",
        "model": {"class_name": "SVC"},
        "data": {"rows": 6_000},
        "session": {"reruns": 4},
        "run": _RUN,
    },
)
def data_subset(case: Case) -> Proposal:
    """A large set that is trained on again and again while trying things out."""
    case.need(now.phase(case) == "training", "the cell did not train")
    rows = case.known("data.rows")
    case.need(rows >= MANY_ROWS, "the set is small: all of it is needed")
    case.need(case.flag("user.final_run") is not True, "it is the final run")
    case.need(case.flag("data.rare_classes") is not True, "rare classes would be lost")
    runs = now.reruns(case)
    trials = case.number("hpo.combinations") or 0
    case.need(runs >= 2 or trials >= 10, "it is not known to be one of several tries")
    tries = f"has run {runs + 1:.0f} times" if runs >= 2 else f"tries {trials:.0f} settings"
    return Proposal(
        title="Try things out on a part of the data",
        text=(
            f"{words.spent(case)}This cell {tries} on all {words.count(rows)} rows. While trying "
            "things out a fifth of them usually ranks the choices the same; train once on all at "
            "the end."
        ),
        caveat="Keep the share of each class (stratify); not for rare classes or the final run.",
        snippet=(
            "from sklearn.model_selection import train_test_split\n\n"
            "X_part, _, y_part, _ = train_test_split(X, y, train_size=0.2, stratify=y, random_state=0)"
        ),
        ease=0.6,
    )


@rule(
    "batch_size_training",
    speaks={
        "phase": "training",
        "framework": "torch",
        "optim": {"batch_size": 8, "amp": "bf16"},
        "loader": {"num_workers": 8},
        "data": {"rows": 80_000},
        "hardware": _GPU,
        "run": {
            "duration_s": 5400,
            "energy_wh": 300,
            "gpu_util_mean": 45,
            "gpu_util_std": 6,
            "gpu_mem_frac": 0.2,
        },
    },
    silent={
        "phase": "training",
        "framework": "torch",
        "optim": {"batch_size": 8, "amp": "bf16"},
        "loader": {"num_workers": 8},
        "data": {"rows": 80_000},
        "hardware": _GPU,
        "run": {
            "duration_s": 5400,
            "energy_wh": 300,
            "gpu_util_mean": 45,
            "gpu_util_std": 6,
            "gpu_mem_frac": 0.9,
        },
    },
)
def batch_size_training(case: Case) -> Proposal:
    """A GPU with room in work and memory that does not wait for its data."""
    case.need(now.phase(case) == "training", "the cell did not train")
    case.need(now.cuda(case) is not False, "it did not run on a GPU")
    busy, memory = case.known("run.gpu_util_mean"), case.known("run.gpu_mem_frac")
    case.need(10 <= busy < 60, "the GPU is busy enough, or idle")
    case.need(memory < 0.6, "the GPU's memory is in use")
    workers = case.number("loader.num_workers")
    on_gpu = case.text("data.device").startswith("cuda")
    case.need(on_gpu or workers is not None, "whether the GPU waits for data is unknown")
    swings = (case.number("run.gpu_util_std") or 0) >= 25
    case.need(
        on_gpu or ((workers or 0) > 0 and not swings), "the GPU waits for data: that comes first"
    )
    accumulated = case.number("optim.grad_accum") or 1
    batch, rows = case.known("optim.batch_size"), case.number("data.rows")
    case.need(batch >= 1, "optim.batch_size is unknown")
    case.need(rows is None or rows >= 100 * batch, "the set is too small for larger batches")
    case.need("contrastive" not in now.names_of(case), "contrastive losses depend on the batch")
    larger = int(batch * 4 if memory < 0.2 else batch * 2)
    return Proposal(
        title=f"Try a batch of {larger}",
        text=(
            f"{words.spent(case)}With batches of {batch:.0f} the GPU was {busy:.0f} % busy and "
            f"used {words.percent(memory)} of its memory. A larger batch gives it more work at a "
            "time; studies saved 3 to 75 %, typically 15 %."
        ),
        caveat=(
            "Accumulate fewer steps in exchange: then the training stays the same."
            if accumulated >= 2
            else "Scale the learning rate along, and watch the validation score: too large a batch "
            "needs more epochs."
        ),
        snippet=f"loader = DataLoader(dataset, batch_size={larger}, shuffle=True)",
        ease=0.7,
    )


@rule(
    "gradient_checkpointing",
    speaks={
        "phase": "training",
        "framework": "transformers",
        "model": {"gradient_checkpointing": True, "params": 350_000_000},
        "hardware": _GPU,
        "run": {"duration_s": 5400, "energy_wh": 300, "gpu_mem_frac": 0.35},
    },
    silent={
        "phase": "training",
        "framework": "transformers",
        "model": {"gradient_checkpointing": True, "params": 350_000_000},
        "hardware": _GPU,
        "run": {"duration_s": 5400, "energy_wh": 300, "gpu_mem_frac": 0.93},
    },
)
def gradient_checkpointing(case: Case) -> Proposal:
    """Checkpointing left on although memory is free: switching it off saves what it costs."""
    case.need(now.phase(case) == "training", "the cell did not train")
    on = case.flag("model.gradient_checkpointing")
    case.need(on is True, "gradient checkpointing is not known to be on")
    memory = case.known("run.gpu_mem_frac")
    case.need(memory < 0.6, "the memory it saves is needed")
    return Proposal(
        title="Switch gradient checkpointing off",
        text=(
            f"{words.spent(case)}Gradient checkpointing is on, which computes every layer twice to "
            f"save memory, but only {words.percent(memory)} of the GPU's memory was in use. Without "
            "it a step takes about a fifth less."
        ),
        caveat="Activations take more memory: switch it on again if it runs out.",
        snippet="model.gradient_checkpointing_disable()",
        # It costs +20, +25, +33 %: without it 1 - 1/1.2, 1 - 1/1.25, 1 - 1/1.33 less.
        saving=(0.167, 0.2, 0.248),
        ease=0.95,
    )

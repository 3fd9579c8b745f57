"""Work that need not be done: loops over rows, padding, the same inputs again, gradients."""

from __future__ import annotations

from green_notebook.advice import _situation as now
from green_notebook.advice import _words as words
from green_notebook.advice._rule import Case, Proposal, rule

_RUN = {"duration_s": 300, "energy_wh": 3}


@rule(
    "vectorise_pandas",
    speaks={
        "phase": "none",
        "framework": "pandas",
        "code": {"uses_iterrows": True},
        "data": {"kind": "dataframe", "rows": 900_000},
        "run": _RUN,
    },
    silent={
        "phase": "none",
        "framework": "pandas",
        "code": {"uses_iterrows": False},
        "data": {"kind": "dataframe", "rows": 900_000},
        "run": _RUN,
    },
)
def vectorise_pandas(case: Case) -> Proposal:
    """A loop over the rows of a frame, in a cell that does nothing heavier."""
    case.need(case.flag("code.uses_iterrows") is True, "no loop over rows was seen")
    tables = now.framework(case) in {"pandas", "polars", "numpy", ""}
    case.need(now.phase(case) in {"none", "idle", ""} or tables, "the cell does heavier work")
    rows = case.number("data.rows")
    case.need(rows is None or rows >= 1000, "the frame is small")
    many = f" over {words.count(rows)} rows" if rows else ""
    kept = case.text("code.row_loop")
    how = f" ({kept})" if kept else ""
    return Proposal(
        title="Compute on whole columns",
        text=(
            f"{words.spent(case)}It loops{many} one by one{how}: Python does for each what pandas "
            "does for a whole column at once, typically 10 times faster or more."
        ),
        caveat="The same result.",
        snippet=(
            '# instead of: for _, row in df.iterrows(): ...\ndf["total"] = df["price"] * df["amount"]\n'
            'df["band"] = np.where(df["total"] > 100, "high", "low")'
        ),
        ease=0.8,
    )


@rule(
    "dedup_caching",
    speaks={
        "phase": "inference",
        "framework": "sentence-transformers",
        "data": {"rows": 80_000, "duplicate_share": 0.4},
        "run": _RUN,
    },
    silent={
        "phase": "training",
        "framework": "torch",
        "data": {"rows": 80_000, "duplicate_share": 0.4},
        "optim": {"augmentation": True},
        "run": _RUN,
    },
)
def dedup_caching(case: Case) -> Proposal:
    """The same inputs computed again: duplicates in the data, or the same cell run again."""
    case.need(case.flag("optim.augmentation") is not True, "augmented inputs are never the same")
    case.need(case.flag("session.cached") is not True, "results are kept already")
    case.need(case.flag("session.inputs_changed") is not True, "the inputs changed between runs")
    share = case.number("data.duplicate_share") or 0.0
    again = now.reruns(case)
    working = now.phase(case) in {"inference", "training", "none"}
    case.need(working, "nothing was computed")
    if 0.1 <= share <= 1:
        return _dedup(case, share)
    case.need(now.phase(case) != "training", "a training is random: its result is kept, not cached")
    case.need(again >= 2, "no inputs are known to repeat")
    times = f"{again:.0f} times before in this session"
    return Proposal(
        title="Keep the result instead of computing it again",
        text=(
            f"{words.spent(case)}This cell ran {times}, unchanged. Kept on disk, its result "
            "would take nothing the next time, as long as the inputs are the same."
        ),
        caveat="Exact as long as the inputs stay the same; random parts would be frozen.",
        snippet=(
            'from joblib import Memory\n\nmemory = Memory("cache", verbose=0)\n\n\n'
            "@memory.cache\ndef embed(texts): ..."
        ),
        saving=(0.05, 0.3, 0.95),
        ease=0.7,
    )


def _dedup(case: Case, share: float) -> Proposal:
    rows = case.number("data.rows")
    of_rows = (
        f"{words.percent(share)} of the {words.count(rows)} inputs"
        if rows
        else "Of the inputs " + words.percent(share)
    )
    training = now.phase(case) == "training"
    lines = (
        "df = df.drop_duplicates()"
        if training
        else (
            "unique = list(dict.fromkeys(texts))\n"
            "results = dict(zip(unique, model.encode(unique)))\nall_results = [results[one] for one in texts]"
        )
    )
    return Proposal(
        title="Compute duplicates once",
        text=f"{words.spent(case)}{of_rows} are duplicates of others, computed again each time.",
        caveat="Exact."
        if not training
        else "Duplicates weigh more in training: compare the validation score.",
        snippet=lines,
        saving=(0.8 * share, share, share),
        ease=0.85,
    )


@rule(
    "padding_length",
    speaks={
        "phase": "training",
        "framework": "transformers",
        "task": "text-classification",
        "optim": {"padding": "max_length", "max_length": 512},
        "data": {"mean_tokens": 70},
        "run": _RUN,
    },
    silent={
        "phase": "training",
        "framework": "transformers",
        "task": "text-classification",
        "model": {"compiled": True},
        "optim": {"padding": "max_length", "max_length": 512},
        "data": {"mean_tokens": 70},
        "run": _RUN,
    },
)
def padding_length(case: Case) -> Proposal:
    """Everything padded to a length at least twice the mean."""
    case.need(
        now.phase(case) in {"training", "inference"}, "the cell neither trained nor predicted"
    )
    case.need(not now.remote(case), "the model is a hosted one")
    pads = "max_length" in {case.text("optim.padding"), case.text("gen.padding")}
    case.need(pads, "texts are not known to be padded to a fixed length")
    case.need(case.flag("model.compiled") is not True, "a compiled model wants fixed shapes")
    name = case.text("hardware.name").lower()
    case.need("tpu" not in name, "a TPU wants fixed shapes")
    length = case.number("optim.max_length") or case.number("gen.max_length")
    mean = case.number("data.mean_tokens")
    mean = case.number("gen.mean_input_tokens") if mean is None else mean
    case.need(length and length > 0, "the padded length is unknown")
    case.need(mean is not None and mean > 0, "the mean length of the texts is unknown")
    share = 1 - (mean or 0) / (length or 1)
    case.need(share > 0.5, "most of the padded length is used")
    training = now.phase(case) == "training"
    lines = (
        "from transformers import DataCollatorWithPadding\n\n"
        'encoded = dataset.map(lambda row: tokenizer(row["text"], truncation=True), batched=True)\n'
        "trainer = Trainer(model, args, train_dataset=encoded,\n"
        "                  data_collator=DataCollatorWithPadding(tokenizer))"
        if training
        else 'texts = sorted(texts, key=len)\nbatch = tokenizer(texts, padding="longest", truncation=True, return_tensors="pt")'
    )
    return Proposal(
        title="Pad to the longest of the batch",
        text=(
            f"{words.spent(case)}Every text is padded to {length:.0f} tokens, but the mean is "
            f"{mean:.0f}: {words.percent(share)} of what the model computes is padding."
        ),
        caveat="The same results. Sorting texts by length gets closest to the whole saving.",
        snippet=lines,
        saving=(0.5 * share, 0.8 * share, share),
        ease=0.9,
    )


@rule(
    "inference_mode",
    speaks={
        "phase": "inference",
        "framework": "torch",
        "model": {"class_name": "Net", "grad_enabled": True, "params": 5_000_000},
        "run": _RUN,
    },
    silent={
        "phase": "training",
        "framework": "torch",
        "model": {"class_name": "Net", "grad_enabled": True, "params": 5_000_000},
        "run": _RUN,
    },
)
def inference_mode(case: Case) -> Proposal:
    """Predictions of a torch model that keep what only a gradient would need."""
    case.need(now.phase(case) == "inference", "the cell did not predict")
    case.need(not now.remote(case), "the model is a hosted one")
    torch = now.framework(case) in {"torch", "torchvision", "timm", "transformers"}
    case.need(torch, "its library switches gradients off by itself")
    generates = now.task(case) in now.GENERATIVE
    case.need(not generates, "generate() switches gradients off by itself")
    gradients, training = case.flag("model.grad_enabled"), case.flag("model.training")
    case.need(gradients or training, "gradients are off, or that is unknown")
    why = "keeps what only a gradient would need" if gradients else "is in training mode"
    return Proposal(
        title="Predict without gradients",
        text=(
            f"{words.spent(case)}The model {why} while it predicts. inference_mode() frees that "
            "memory, for larger batches; eval() also makes the predictions repeatable."
        ),
        caveat="None where no gradient is needed. eval() changes what dropout and batch norm do: for the better.",
        snippet="model.eval()\nwith torch.inference_mode():\n    y = model(x)",
        ease=1.0,
    )

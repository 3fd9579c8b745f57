"""The right kind of model for the task: classifiers in place of LLMs, smaller tiers, look-ups."""

from __future__ import annotations

from green_notebook.advice import _situation as now
from green_notebook.advice import _words as words
from green_notebook.advice._rule import Case, Proposal, rule

_RUN = {"duration_s": 1500, "energy_wh": 90}
_GPU = {"name": "NVIDIA A100-SXM4-40GB", "compute_capability": [8, 0]}
SHORT = 10  # tokens: a label, a number, a name
MANY_TEXTS = 100_000

# The small tier of each provider's family; the large ones they stand in for.
_TIERS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("gpt-5", ("mini", "nano"), "gpt-5-mini"),
    ("gpt-4.1", ("mini", "nano"), "gpt-4.1-mini"),
    ("gpt-4", ("mini",), "gpt-4o-mini"),
    ("claude", ("haiku", "instant"), "claude-haiku-4-5"),
    ("gemini", ("flash", "nano"), "gemini-2.5-flash"),
    ("mistral-large", (), "mistral-small-latest"),
    ("mistral-medium", (), "mistral-small-latest"),
    ("command-r-plus", (), "command-r7b-12-2024"),
)


def _short_answers(case: Case) -> bool:
    """Whether what is asked for is a label, a number or a name."""
    tokens, limit = case.number("gen.mean_output_tokens"), case.number("gen.max_new_tokens")
    if case.listed("gen.labels"):
        return True
    shortest = [one for one in (tokens, limit) if one is not None]
    return bool(shortest) and min(shortest) <= SHORT


def _encoder(case: Case) -> str:
    """A small encoder for the language of the data: an English one only for English."""
    if now.language(case) == "en":
        return "sentence-transformers/all-MiniLM-L6-v2"
    return "intfloat/multilingual-e5-small"


@rule(
    "task_specific_vs_general",
    speaks={
        "phase": "inference",
        "framework": "transformers",
        "task": "text-generation",
        "language": "en",
        "model": {"class_name": "LlamaForCausalLM", "params": 8_030_000_000, "dtype": "bfloat16"},
        "gen": {
            "labels": ["positive", "negative"],
            "calls": 5000,
            "batch_size": 16,
            "mean_output_tokens": 3,
        },
        "hardware": _GPU,
        "run": _RUN,
    },
    silent={
        "phase": "inference",
        "framework": "transformers",
        "task": "text-generation",
        "language": "en",
        "model": {"class_name": "LlamaForCausalLM", "params": 8_030_000_000, "dtype": "bfloat16"},
        "gen": {"calls": 5000, "batch_size": 16, "mean_output_tokens": 300},
        "hardware": _GPU,
        "run": _RUN,
    },
)
def task_specific_vs_general(case: Case) -> Proposal:
    """A language model of 1 billion or more that is asked for labels."""
    case.need(now.phase(case) == "inference", "the cell did not predict")
    params = case.number("model.params")
    general = now.task(case) in {"text-generation", "text-classification", "token-classification"}
    case.need(general, "it is no language model that generates")
    case.need(now.remote(case) or (params or 0) >= 1e9, "it is not known to be a large model")
    if not now.remote(case):
        writes = now.task(case) == "text-generation" or case.listed("gen.labels")
        case.need(writes, "it is a classifier already")
    case.need(_short_answers(case), "its answers are not known to be short labels")
    case.need(case.flag("gen.labels_change") is not True, "the labels change from call to call")
    labels = [one for one in case.listed("gen.labels") if isinstance(one, str)]
    what = f"one of {len(labels)} labels" if len(labels) > 1 else "a few tokens"
    calls = case.number("gen.calls") or case.number("run.items")
    case.need(calls is None or calls >= 20, "a handful of texts is not worth a model of their own")
    texts = f" {words.count(calls)} times" if calls and calls > 1 else ""
    size = "" if params is None else f" of {words.count(params)} parameters"
    return Proposal(
        title="Classify with a small model instead of an LLM",
        text=(
            f"{words.spent(case)}A language model{size} was asked{texts} for {what}. A small "
            "classifier trained on some hundred labelled texts does this with a tenth to a "
            "hundredth of the energy."
        ),
        caveat="It needs labelled texts, and a new training where the labels change. Compare both on 200 of them.",
        snippet=(
            "from sentence_transformers import SentenceTransformer\n"
            "from sklearn.linear_model import LogisticRegression\n\n"
            f'encoder = SentenceTransformer("{_encoder(case)}")\n'
            "classifier = LogisticRegression(max_iter=1000).fit(encoder.encode(texts), labels)\n"
            "predicted = classifier.predict(encoder.encode(new_texts))"
        ),
        ease=0.25 if now.remote(case) else 0.75,  # the smaller tier is the easier change
    )


@rule(
    "api_smaller_tier",
    speaks={
        "phase": "inference",
        "framework": "openai",
        "task": "text-generation",
        "model": {"kind": "remote-api", "id": "gpt-4o"},
        "gen": {"labels": ["spam", "ham"], "calls": 300, "mean_output_tokens": 2},
        "run": {"duration_s": 240},
    },
    silent={
        "phase": "inference",
        "framework": "openai",
        "task": "text-generation",
        "model": {"kind": "remote-api", "id": "gpt-4o-mini"},
        "gen": {"labels": ["spam", "ham"], "calls": 300, "mean_output_tokens": 2},
        "run": {"duration_s": 240},
    },
)
def api_smaller_tier(case: Case) -> Proposal:
    """A large hosted model that is asked for short answers."""
    case.need(now.remote(case), "the model is not a hosted one")
    name = case.text("model.id").lower()
    case.need(name, "which hosted model it is is unknown")
    smaller = _smaller_tier(name)
    case.need(smaller, "it is a small tier already, or its tiers are not known")
    case.need(_short_answers(case), "its answers are not known to be short")
    calls = case.number("gen.calls") or case.number("run.items")
    case.need(calls is None or calls >= 5, "a few calls are not worth a change")
    made = f"{words.count(calls)} calls" if calls else "The calls"
    return Proposal(
        title=f"Ask the smaller tier, {smaller}",
        text=(
            f"{made} went to {case.text('model.id')} for answers of a few tokens. The provider's "
            "smaller tier is estimated to use about 70 % less energy for them."
        ),
        caveat="Modelled, not measured: providers publish little. Try both on 100 of your own examples first.",
        snippet=f'model = "{smaller}"',
        ease=0.95,
        strength="D",
    )


def _smaller_tier(name: str) -> str:
    """The small tier of a hosted model's family; "" where it is small, or unknown."""
    bare = name.rsplit("/", maxsplit=1)[-1]
    if bare in {"o1", "o3"} or bare.startswith(("o1-pre", "o1-20", "o3-20", "o3-pro", "o1-pro")):
        return "gpt-5-mini"
    for family, small, tier in _TIERS:
        if family in bare:
            small_already = any(mark in bare for mark in (*small, "lite", "small", "8b"))
            return "" if small_already or bare == tier else tier
    return ""


@rule(
    "static_embeddings",
    group="model",
    speaks={
        "phase": "inference",
        "framework": "sentence-transformers",
        "task": "text-embedding",
        "language": "en",
        "model": {"id": "sentence-transformers/all-MiniLM-L6-v2"},
        "hardware": {"name": "cpu", "cores": 8},
        "run": {"duration_s": 3600, "energy_wh": 60, "items": 400_000},
    },
    silent={
        "phase": "inference",
        "framework": "sentence-transformers",
        "task": "text-embedding",
        "language": "en",
        "model": {"id": "sentence-transformers/all-MiniLM-L6-v2"},
        "hardware": {"name": "cpu", "cores": 8},
        "run": {"duration_s": 40, "energy_wh": 0.6, "items": 2_000},
    },
)
def static_embeddings(case: Case) -> Proposal:
    """encode() over more than 100,000 texts on the CPU, not for retrieval."""
    case.need(now.phase(case) == "inference", "the cell did not encode")
    case.need(now.framework(case) == "sentence-transformers", "it is no SentenceTransformer")
    case.need(now.on_cpu(case), "it is not known to have run on the CPU")
    case.need("retrieval" not in case.text("task").lower(), "retrieval would lose too much")
    case.need(case.flag("gen.for_retrieval") is not True, "retrieval would lose too much")
    case.need(case.tolerance >= 1, "it loses more than the tolerance")
    texts = case.number("run.items") or case.number("data.rows")
    case.need(texts is not None, "how many texts were encoded is unknown")
    case.need((texts or 0) > MANY_TEXTS, "there are too few texts")
    name = case.text("model.id") or "the-model-you-use"
    return Proposal(
        title="Distil the encoder into a look-up table",
        text=(
            f"{words.spent(case)}{words.count(texts or 0)} texts went through the whole encoder on "
            "the CPU. A static model distilled from it looks its words up instead, and takes "
            "minutes for hours."
        ),
        caveat=(
            "For clustering and classification only: on average 6 points less on MTEB, and much "
            "less for retrieval. Speed by the vendor's word; energy not measured."
        ),
        snippet=(
            "from model2vec.distill import distill  # pip install model2vec[distill]\n\n"
            f'model = distill(model_name="{name}")\nembeddings = model.encode(texts)'
        ),
        ease=0.6,
    )


_NETS = ("mlp", "tabnet", "fttransformer", "tabtransformer", "saint", "sequential", "neuralnet")
_TABLES = frozenset({"dataframe", "table", "2-d array", "array", "csv", "ndarray"})


@rule(
    "trees_instead_of_nn",
    speaks={
        "phase": "training",
        "framework": "sklearn",
        "task": "tabular-classification",
        "model": {"class_name": "MLPClassifier"},
        "data": {"kind": "dataframe", "rows": 60_000, "columns": 30},
        "run": {"duration_s": 500, "energy_wh": 8},
    },
    silent={
        "phase": "training",
        "framework": "torch",
        "task": "image-classification",
        "model": {"class_name": "MLP"},
        "data": {"kind": "jpeg folder", "rows": 60_000},
        "run": {"duration_s": 500, "energy_wh": 8},
    },
)
def trees_instead_of_nn(case: Case) -> Proposal:
    """A network on a table of less than a million rows."""
    case.need(now.phase(case) == "training", "the cell did not train")
    task, kind = case.text("task").lower(), case.text("data.kind").lower()
    tabular = task.startswith("tabular") or (not task and kind in _TABLES)
    case.need(tabular, "the data are not known to be a table")
    case.need(not any(one in kind for one in ("image", "jpeg", "text", "audio")), "no table")
    names = now.names_of(case)
    nets = now.framework(case) in {"torch", "keras", "tensorflow", "lightning", "fastai"}
    case.need(nets or any(one in names for one in _NETS), "it is no network")
    rows = case.known("data.rows")
    case.need(rows < 1e6, "a million rows and more may need a network")
    regression = "regress" in task or "regressor" in names
    best = "HistGradientBoostingRegressor" if regression else "HistGradientBoostingClassifier"
    columns = case.number("data.columns")
    size = f"{words.count(rows)} rows" + (f" and {columns:.0f} columns" if columns else "")
    return Proposal(
        title="Try boosted trees on this table",
        text=(
            f"{words.spent(case)}It trained a network on a table of {size}. On tables of this "
            "size boosted trees are usually as good, and train in seconds."
        ),
        caveat="A few tables favour networks: compare both on the same validation fold.",
        snippet=f"from sklearn.ensemble import {best}\n\nmodel = {best}(early_stopping=True).fit(X, y)",
        ease=0.8,
    )

"""Searches over settings: give up on the hopeless ones early."""

from __future__ import annotations

from green_notebook.advice import _situation as now
from green_notebook.advice import _words as words
from green_notebook.advice._rule import Case, Proposal, rule

_RUN = {"duration_s": 2700, "energy_wh": 45}
MANY = 10  # trials
_ITERATIVE = (
    "boost",
    "lgbm",
    "xgb",
    "forest",
    "extratrees",
    "mlp",
    "sgd",
    "bagging",
    "neural",
    "net",
    "perceptron",
    "passiveaggressive",
)
_NETWORKS = frozenset({"torch", "keras", "tensorflow", "transformers", "lightning", "timm"})
_PRUNED = ("halving", "hyperband", "asha", "successive", "bohb", "median")


def _unpruned(case: Case) -> float:
    """How many trials a search without pruning makes; the rule is silent for anything else."""
    case.need(now.phase(case) in {"training", ""}, "the cell did not train")
    trials = case.known("hpo.combinations")
    pruner = case.text("hpo.pruner").lower()
    case.need(
        pruner in {"", "none", "noppruner", "noprune", "nop"}, "it gives up trials early already"
    )
    case.need(
        not any(one in now.names_of(case) for one in _PRUNED), "it gives up trials early already"
    )
    return trials


def _iterative(case: Case) -> bool:
    names = now.names_of(case).replace("elasticnet", "")
    return now.framework(case) in _NETWORKS or any(one in names for one in _ITERATIVE)


def _fits(case: Case, trials: float) -> str:
    folds = case.number("hpo.folds")
    if folds and folds > 1:
        return f"{words.count(trials)} settings in {folds:.0f} folds, {words.count(trials * folds)} full trainings"
    return f"{words.count(trials)} settings, each to the end"


def _snippet(case: Case) -> str:
    kind = now.framework(case)
    if kind in _NETWORKS or kind == "optuna" or case.text("hpo.library") == "optuna":
        return (
            "study = optuna.create_study(pruner=optuna.pruners.HyperbandPruner())\n\n"
            "# in the objective, after each epoch:\ntrial.report(val_loss, epoch)\n"
            "if trial.should_prune():\n    raise optuna.TrialPruned"
        )
    return (
        "from sklearn.experimental import enable_halving_search_cv  # noqa: F401\n"
        "from sklearn.model_selection import HalvingRandomSearchCV\n\n"
        "search = HalvingRandomSearchCV(model, grid, factor=3).fit(X, y)"
    )


@rule(
    "hpo_pruning",
    group="search",
    speaks={
        "phase": "training",
        "framework": "sklearn",
        "model": {"class_name": "GridSearchCV", "inner": "GradientBoostingClassifier"},
        "hpo": {"combinations": 54, "folds": 5, "pruner": None},
        "run": _RUN,
    },
    silent={
        "phase": "training",
        "framework": "sklearn",
        "model": {"class_name": "GridSearchCV", "inner": "GradientBoostingClassifier"},
        "hpo": {"combinations": 4, "folds": 5, "pruner": None},
        "run": _RUN,
    },
)
def hpo_pruning(case: Case) -> Proposal:
    """More than ten trials of a learner that trains step by step, each to the end."""
    trials = _unpruned(case)
    case.need(trials > MANY, "there are few trials")
    case.need(_iterative(case), "the learner is not known to train step by step")
    grid = case.listed("model.n_estimators")
    more = (
        " The number of trees need not be searched at all: early stopping finds it."
        if len(grid) > 1 and "boost" in now.names_of(case)
        else ""
    )
    return Proposal(
        title="Drop bad settings early in the search",
        text=(
            f"{words.spent(case)}The search trained {_fits(case, trials)}. Successive halving "
            f"starts all of them small and goes on with the best third only.{more}"
        ),
        caveat="The winner is usually the same or as good; a late bloomer may be dropped.",
        snippet=_snippet(case),
        ease=0.85,
    )


@rule(
    "learning_curve_termination",
    group="search",
    speaks={
        "phase": "training",
        "framework": "sklearn",
        "model": {"class_name": "RandomizedSearchCV", "inner": "SVC"},
        "hpo": {"combinations": 60, "folds": 5, "pruner": None},
        "run": _RUN,
    },
    silent={
        "phase": "training",
        "framework": "optuna",
        "model": {"class_name": "Net"},
        "hpo": {"combinations": 60, "pruner": "MedianPruner"},
        "run": _RUN,
    },
)
def learning_curve_termination(case: Case) -> Proposal:
    """Any search of several trials without a pruner."""
    trials = _unpruned(case)
    case.need(trials >= MANY, "there are few trials")
    return Proposal(
        title="End hopeless trials early",
        text=(
            f"{words.spent(case)}The search trained {_fits(case, trials)}. Most bad settings show "
            "early: ending them there saved up to 80 % of whole searches."
        ),
        caveat="The 80 % are of a whole search over many trials, not of one training.",
        snippet=_snippet(case),
        ease=0.7,
    )

"""scikit-learn: estimators, pipelines and searches, fitted or not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from green_notebook.advice.detect import Finding, _shape
from green_notebook.advice.detect import _probe as probe

FRAMEWORK = "sklearn"
TEXT = ("CountVectorizer", "TfidfVectorizer", "HashingVectorizer")
TASKS = {
    "ClassifierMixin": "tabular-classification",
    "RegressorMixin": "tabular-regression",
    "ClusterMixin": "clustering",
    "OutlierMixin": "outlier-detection",
}
LINEAR = ("coef_", "intercept_")
DEFAULT_FOLDS = 5  # of cv=None, scikit-learn >= 0.22


def estimator(obj: Any, clock: probe.Clocked) -> Finding:
    """An estimator: a model where it predicts, else a transform."""
    cls = type(obj)
    found = _of_class(cls)
    state = probe.own(obj)
    found.put("model.fitted", fitted(state))
    found.put("model.params", _params(state, clock))
    found.put("model.n_estimators", probe.whole(state.get("n_estimators")))
    if "n_estimators" not in state:
        found.put(
            "model.n_estimators", probe.whole(state.get("max_iter")) if _boosts(cls) else None
        )
    _training(found, state)
    inner = state.get("estimator", state.get("base_estimator"))
    forest = any("Forest" in name for _, name in probe.marks(cls))
    if _is_estimator(inner) and not forest:
        found.put("model.inner", probe.name_of(type(inner)))
        if "model.n_estimators" not in found.facts:
            found.put("model.n_estimators", probe.whole(probe.own(inner).get("n_estimators")))
    return found


def pipeline(obj: Any, clock: probe.Clocked) -> Finding | None:
    """A pipeline is its last step; words on the way make its task one of text."""
    steps = [one[-1] for one in map(probe.items, probe.items(probe.own(obj).get("steps"))) if one]
    if not steps:
        return None
    last = steps[-1]
    known = any(name == "GridSearchCV" or name in SEARCHES for _, name in probe.marks(type(last)))
    found = (
        search(last, clock) if known else estimator(last, clock) if _is_estimator(last) else None
    )
    if found is None:
        found = Finding("transform", FRAMEWORK, {"model.class_name": "Pipeline"})
    found.put("model.inner", probe.name_of(type(last)))
    found.facts["model.class_name"] = "Pipeline"
    if any(name in TEXT for step in steps for _, name in probe.marks(type(step))):
        _of_text(found)
    return found


def search(obj: Any, clock: probe.Clocked) -> Finding:
    """A search: its combinations, folds and the model that it tunes."""
    state = probe.own(obj)
    inner = state.get("estimator")
    found = Finding("search", FRAMEWORK)
    if probe.is_a(inner, "sklearn", "Pipeline"):
        seen = pipeline(inner, clock)
    else:
        seen = estimator(inner, clock) if _is_estimator(inner) else None
    if seen is not None:
        found.facts.update(seen.facts)
        found.put("model.inner", seen.facts.get("model.inner") or probe.name_of(type(inner)))
    found.facts["model.class_name"] = probe.name_of(type(obj))
    found.put("model.fitted", "best_score_" in state)
    found.put("hpo.library", "sklearn")
    grid = state.get("param_grid", state.get("param_distributions"))
    sampled = probe.whole(state.get("n_iter"))
    found.put("hpo.combinations", combinations(grid) if "param_grid" in state else sampled)
    found.put("hpo.folds", folds(state.get("cv")))
    if probe.name_of(type(obj)).startswith("Halving"):
        found.put("hpo.pruner", "successive-halving")
    _searched(found, grid)
    best = state.get("best_estimator_")
    if _is_estimator(best) and not probe.is_a(best, "sklearn", "Pipeline"):
        found.put("model.params", _params(probe.own(best), clock))
    return found


def constructed(cls: type, given: Mapping[str, Any]) -> Finding | None:
    """What `RandomForestClassifier(n_estimators=500)` makes, without the object."""
    found = _of_class(cls)
    found.put("model.n_estimators", probe.whole(given.get("n_estimators")))
    return found


def combinations(grid: Any) -> int | None:
    """The number of combinations of a parameter grid; None where a length is unknown."""
    several = probe.items(grid, 1000)
    if several:
        counts = [combinations(one) for one in several]
        return None if None in counts else sum(one for one in counts if one is not None)
    table = probe.table(grid)
    if not table:
        return None
    lengths = [_shape.length(one) for one in table.values()]
    return None if None in lengths else math.prod(one for one in lengths if one is not None)


def folds(cv: Any) -> int | None:
    """The folds of a `cv` argument."""
    if cv is None:
        return DEFAULT_FOLDS
    given = probe.whole(cv)
    return given if given is not None else probe.whole(probe.field(cv, "n_splits"))


def fitted(state: Mapping[str, Any]) -> bool:
    """Whether an estimator's own dictionary shows that it was fitted."""
    return any(
        type(key) is str and key.endswith("_") and not key.startswith("_") for key in list(state)
    )


def _is_estimator(obj: Any) -> bool:
    return probe.is_a(obj, "sklearn", "BaseEstimator")


def _of_class(cls: type) -> Finding:
    names = [name for package, name in probe.marks(cls) if package == "sklearn"]
    task = next((TASKS[name] for name in names if name in TASKS), None)
    found = Finding("transform" if task is None else "model", FRAMEWORK)
    found.put("model.class_name", probe.name_of(cls))
    found.put("task", task)
    return found


def _of_text(found: Finding) -> None:
    tasks = {"tabular-classification": "text-classification", "tabular-regression": None}
    task = found.facts.pop("task", None)
    found.put("task", tasks.get(task, task) if type(task) is str else None)
    found.put("data.kind", "text")


def _searched(found: Finding, grid: Any) -> None:
    for table in probe.items(grid, 50) or [grid]:
        for key, values in probe.table(table).items():
            if type(key) is str and key.rpartition("__")[2] == "n_estimators":
                numbers = [probe.whole(one) for one in probe.items(values)]
                found.put("model.n_estimators", [one for one in numbers if one is not None] or None)


def _boosts(cls: type) -> bool:
    return any("HistGradientBoosting" in name for _, name in probe.marks(cls))


def _params(state: Mapping[str, Any], clock: probe.Clocked) -> int | None:
    """Numbers that were learned: weights of networks and linear models, nodes of trees."""
    if "coefs_" in state:
        sizes = [
            _shape.size(one)
            for key in ("coefs_", "intercepts_")
            for one in probe.items(state.get(key))
        ]
        return sum(one for one in sizes if one is not None)
    if "tree_" in state:
        return _nodes(state["tree_"])
    if "_predictors" in state:
        return _histogram_nodes(state["_predictors"], clock)
    trees = state.get("estimators_")
    if trees is not None:
        return _forest_nodes(trees, clock)
    if "coef_" in state:
        return sum(_shape.size(state.get(key)) or 0 for key in LINEAR)
    return None


def _nodes(tree: Any) -> int | None:
    if not probe.from_package(tree, "sklearn"):
        return None
    return probe.whole(tree.node_count)


def _forest_nodes(trees: Any, clock: probe.Clocked) -> int | None:
    if probe.is_a(trees, "numpy", "ndarray") and probe.from_package(trees, "numpy"):
        listed = trees.ravel()[:5000].tolist()
    else:
        listed = probe.items(trees, 5000)
    total = 0
    for one in listed:
        clock.check()
        part = _params(probe.own(one), clock)
        if part is None:
            return None
        total += part
    return total or None


def _histogram_nodes(rounds: Any, clock: probe.Clocked) -> int | None:
    total = 0
    for one in probe.items(rounds, 5000):
        clock.check()
        for tree in probe.items(one):
            total += _shape.length(probe.own(tree).get("nodes")) or 0
    return total or None


def _training(found: Finding, state: Mapping[str, Any]) -> None:
    """What iterative estimators keep of their training."""
    stops = state.get("early_stopping", state.get("n_iter_no_change"))
    if type(stops) is bool:
        found.put("optim.early_stopping", stops)
    elif "n_iter_no_change" in state and "early_stopping" not in state:
        found.put("optim.early_stopping", stops is not None)
    if "coefs_" not in state and "hidden_layer_sizes" not in state:
        return
    found.put(
        "optim.epochs", probe.whole(state.get("n_iter_")) or probe.whole(state.get("max_iter"))
    )
    found.put("optim.batch_size", probe.whole(state.get("batch_size")))
    scores = [probe.number(one) for one in probe.items(state.get("validation_scores_"), 2000)]
    found.put("history.val_acc", [one for one in scores if one is not None] or None)


SEARCHES = {
    "BaseSearchCV": search,
    "GridSearchCV": search,
    "RandomizedSearchCV": search,
}
MARKS = {"BaseEstimator": estimator, "Pipeline": pipeline, **SEARCHES}

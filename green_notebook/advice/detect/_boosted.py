"""What gradient-boosted trees of xgboost, lightgbm and catboost have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from green_notebook.advice.detect import Finding
from green_notebook.advice.detect import _probe as probe


def found_of(cls: type, package: str) -> Finding:
    """A model of the class, with its task by name."""
    found = Finding("model", package, {"model.class_name": probe.name_of(cls)})
    names = [name for _, name in probe.marks(cls)]
    if any("Classifier" in name for name in names):
        found.put("task", "tabular-classification")
    elif any("Regressor" in name for name in names):
        found.put("task", "tabular-regression")
    return found


def settings(found: Finding, given: Mapping[str, Any]) -> None:
    """Write the usual arguments as facts."""
    names = ("n_estimators", "iterations", "num_boost_round", "num_trees")
    trees = next((n for key in names if (n := probe.whole(given.get(key))) is not None), None)
    found.put("model.n_estimators", trees)
    found.put("model.max_depth", probe.whole(given.get("max_depth", given.get("depth"))))
    for key in ("device", "device_type", "task_type"):
        found.put("model.device", probe.text(given.get(key)))
    stops = given.get("early_stopping_rounds", given.get("od_wait"))
    if probe.whole(stops) is not None:
        found.put("optim.early_stopping", True)


def curve(found: Finding, kept: Any) -> None:
    """The losses on an evaluation set, per round."""
    for losses in list(probe.table(kept).values())[-1:]:
        for name, values in list(probe.table(losses).items())[-1:]:
            numbers = [probe.number(one) for one in probe.items(values, 5000)]
            known = [float(one) for one in numbers if one is not None]
            if type(name) is str and ("loss" in name or "rmse" in name or "error" in name):
                found.put("history.val_loss", known if len(known) > 1 else None)

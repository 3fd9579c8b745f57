"""xgboost: its scikit-learn models and its Booster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from green_notebook.advice.detect import Finding, _boosted
from green_notebook.advice.detect import _probe as probe

DEFAULT_TREES = 100  # of XGBModel, xgboost 0.80 to 3.x


def model(obj: Any, _: probe.Clocked) -> Finding:
    """An XGBModel, fitted or not; its booster is not asked."""
    state = probe.own(obj)
    found = _boosted.found_of(type(obj), "xgboost")
    _boosted.settings(found, state)
    if "model.n_estimators" not in found.facts:
        found.put("model.n_estimators", DEFAULT_TREES)
    found.put("model.fitted", state.get("_Booster") is not None)
    _boosted.curve(found, state.get("evals_result_"))
    return found


def booster(_obj: Any, _: probe.Clocked) -> Finding:
    """What xgboost.train gave."""
    return Finding("model", "xgboost", {"model.class_name": "Booster", "model.fitted": True})


def constructed(cls: type, given: Mapping[str, Any]) -> Finding:
    """What a call of the class makes."""
    found = _boosted.found_of(cls, "xgboost")
    _boosted.settings(found, given)
    return found


MARKS = {"XGBModel": model, "Booster": booster}

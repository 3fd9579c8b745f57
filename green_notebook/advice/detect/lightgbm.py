"""lightgbm: its scikit-learn models and its Booster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from green_notebook.advice.detect import Finding, _boosted
from green_notebook.advice.detect import _probe as probe


def model(obj: Any, _: probe.Clocked) -> Finding:
    """An LGBMModel, fitted or not; its booster is not asked."""
    state = probe.own(obj)
    found = _boosted.found_of(type(obj), "lightgbm")
    _boosted.settings(found, state)
    found.put("model.fitted", state.get("_Booster") is not None)
    _boosted.curve(found, state.get("_evals_result"))
    return found


def booster(_obj: Any, _: probe.Clocked) -> Finding:
    """What lightgbm.train gave."""
    return Finding("model", "lightgbm", {"model.class_name": "Booster", "model.fitted": True})


def constructed(cls: type, given: Mapping[str, Any]) -> Finding:
    """What a call of the class makes."""
    found = _boosted.found_of(cls, "lightgbm")
    _boosted.settings(found, given)
    return found


MARKS = {"LGBMModel": model, "Booster": booster}

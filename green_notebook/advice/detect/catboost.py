"""catboost: its models, by the arguments that they keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from green_notebook.advice.detect import Finding, _boosted
from green_notebook.advice.detect import _probe as probe


def model(obj: Any, _: probe.Clocked) -> Finding:
    """A CatBoost model."""
    found = _boosted.found_of(type(obj), "catboost")
    _boosted.settings(found, probe.table(probe.own(obj).get("_init_params")))
    return found


def constructed(cls: type, given: Mapping[str, Any]) -> Finding:
    """What a call of the class makes."""
    found = _boosted.found_of(cls, "catboost")
    _boosted.settings(found, given)
    return found


MARKS = {"CatBoost": model}

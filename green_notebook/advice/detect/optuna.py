"""optuna: a study and its pruner."""

from __future__ import annotations

from typing import Any

from green_notebook.advice.detect import Finding
from green_notebook.advice.detect import _probe as probe


def study(obj: Any, _: probe.Clocked) -> Finding:
    """A study. Its default pruner stops nothing unless the trial is asked `should_prune`."""
    state = probe.own(obj)
    found = Finding("study", "optuna", {"model.class_name": "Study", "hpo.library": "optuna"})
    pruner = state.get("pruner")
    if pruner is not None and not probe.is_a(pruner, "optuna", "NopPruner"):
        found.put("_pruner", probe.name_of(type(pruner)))
    return found


MARKS = {"Study": study}

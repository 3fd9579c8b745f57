"""Lightning: a Trainer and how it was told to train."""

from __future__ import annotations

from typing import Any

from green_notebook.advice.detect import Finding
from green_notebook.advice.detect import _probe as probe


def trainer(obj: Any, _: probe.Clocked) -> Finding:
    """A Trainer: epochs, precision, early stopping, by its connectors' own fields."""
    state = probe.own(obj)
    found = Finding("trainer", "lightning")
    found.put("optim.epochs", probe.whole(probe.own(state.get("fit_loop")).get("max_epochs")))
    strategy = probe.own(probe.own(state.get("_accelerator_connector")).get("strategy"))
    precision = probe.text(probe.own(strategy.get("_precision_plugin")).get("precision"))
    if precision is not None:
        half = "bf16" if "bf16" in precision else "fp16" if "16" in precision else False
        found.facts["optim.amp"] = half
    callbacks = probe.items(state.get("callbacks"))
    if callbacks:
        stops = any(probe.name_of(type(one)) == "EarlyStopping" for one in callbacks)
        found.facts["optim.early_stopping"] = stops
    return found


MARKS = {"Trainer": trainer}

"""accelerate: the precision that an Accelerator trains in."""

from __future__ import annotations

from typing import Any

from green_notebook.advice.detect import Finding
from green_notebook.advice.detect import _probe as probe


def accelerator(obj: Any, _: probe.Clocked) -> Finding | None:
    """An Accelerator: "fp16", "bf16" or none."""
    shared = probe.own(probe.own(obj).get("state"))
    precision = probe.text(shared.get("_mixed_precision"))
    if precision is None:
        return None
    half = precision if precision in ("fp16", "bf16") else False
    return Finding("scaler", "accelerate", {"optim.amp": half})


MARKS = {"Accelerator": accelerator}

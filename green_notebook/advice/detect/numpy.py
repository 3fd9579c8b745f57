"""numpy: arrays, by their shape alone."""

from __future__ import annotations

from typing import Any

from green_notebook.advice.detect import Finding, _shape
from green_notebook.advice.detect import _probe as probe


def array(obj: Any, _: probe.Clocked) -> Finding | None:
    """An array: rows, and columns where it has two dimensions."""
    shape = _shape.shape(obj)
    if not shape:
        return None
    found = Finding("data", "numpy", {"data.kind": "array", "data.rows": shape[0]})
    found.put("data.columns", shape[1] if len(shape) == 2 else None)
    found.put("data.dimensions", len(shape))
    return found


MARKS = {"ndarray": array}

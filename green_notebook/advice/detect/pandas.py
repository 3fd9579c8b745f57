"""pandas: frames and series, by their shape alone."""

from __future__ import annotations

from typing import Any

from green_notebook.advice.detect import Finding, _shape
from green_notebook.advice.detect import _probe as probe


def frame(obj: Any, _: probe.Clocked) -> Finding | None:
    """A frame: rows and columns."""
    shape = _shape.shape(obj)
    if shape is None:
        return None
    found = Finding("data", "pandas", {"data.kind": "dataframe", "data.rows": shape[0]})
    found.put("data.columns", shape[1] if len(shape) > 1 else 1)
    return found


def series(obj: Any, _: probe.Clocked) -> Finding | None:
    """A series: its rows."""
    shape = _shape.shape(obj)
    if shape is None:
        return None
    return Finding("data", "pandas", {"data.kind": "series", "data.rows": shape[0]})


MARKS = {"DataFrame": frame, "Series": series}

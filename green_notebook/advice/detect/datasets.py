"""datasets: a Dataset, by the rows of its table."""

from __future__ import annotations

from typing import Any

from green_notebook.advice.detect import Finding, _shape
from green_notebook.advice.detect import _probe as probe


def dataset(obj: Any, _: probe.Clocked) -> Finding | None:
    """A Dataset: its rows."""
    rows = _shape.dataset_rows(obj)
    return None if rows is None else Finding("data", "datasets", {"data.rows": rows})


MARKS = {"Dataset": dataset}

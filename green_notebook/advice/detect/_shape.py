"""Lengths and shapes, by metadata alone."""

from __future__ import annotations

from typing import Any

from green_notebook.advice.detect import _probe as probe


def length(value: Any) -> int | None:
    """The length of Python's own containers, arrays and frames, by metadata; else None."""
    for kind in (list, tuple, dict, set, range):
        if type(value) is kind:
            return int(kind.__len__(value))
    found = shape(value)
    return found[0] if found else None


def shape(value: Any) -> tuple[int, ...] | None:
    """The shape of arrays, tensors, sparse matrices and frames, by metadata; else None."""
    for package, read in (
        ("numpy", _numpy_shape),
        ("pandas", _pandas_shape),
        ("torch", _torch_shape),
        ("scipy", _scipy_shape),
        ("polars", _polars_shape),
    ):
        if any(package == pair[0] for pair in probe.marks(type(value))):
            try:
                found = read(value)
            except (AttributeError, TypeError, ValueError, RuntimeError):
                return None
            return found
    return None


def _numpy_shape(value: Any) -> tuple[int, ...] | None:
    for cls in probe.mro(value):
        if probe.name_of(cls) == "ndarray" and probe.package_of(cls) == "numpy":
            # The getter of the base, so that a subclass's property is not run.
            return tuple(probe.class_dict(cls)["shape"].__get__(value, cls))
    return None


def _pandas_shape(value: Any) -> tuple[int, ...] | None:
    manager = probe.own(value).get("_mgr")
    if manager is None or not probe.from_package(manager, "pandas"):
        return None
    sizes = tuple(int(size) for size in manager.shape)
    # The manager keeps columns first.
    return sizes[::-1]


def _torch_shape(value: Any) -> tuple[int, ...] | None:
    if not probe.from_package(value, "torch") or not probe.is_a(value, "torch", "Tensor"):
        return None
    return tuple(int(size) for size in value.shape)


def _scipy_shape(value: Any) -> tuple[int, ...] | None:
    found = probe.own(value).get("_shape")
    return found if type(found) is tuple else None


def _polars_shape(value: Any) -> tuple[int, ...] | None:
    if probe.from_package(value, "polars") and probe.is_a(value, "polars", "DataFrame"):
        return tuple(value.shape)
    return None


def size(value: Any) -> int | None:
    """The number of elements of an array, by metadata."""
    found = shape(value)
    if found is None:
        return None
    total = 1
    for one in found:
        total *= one
    return total


def dataset_rows(obj: Any) -> int | None:
    """The rows of a Dataset of the `datasets` library, from its table or its selection."""
    state = probe.own(obj)
    chosen = state.get("_indices")
    kept = chosen if chosen is not None else state.get("_data")
    if kept is None or not probe.from_package(kept, "datasets"):
        return None
    arrow = probe.field(kept, "table")
    if arrow is None or not probe.from_package(arrow, "pyarrow"):
        return None
    return int(arrow.num_rows)

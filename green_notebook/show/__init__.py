"""How a report looks: plain text, HTML and JSON, side by side."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from green_notebook.model import MIME_TYPE, Report

if TYPE_CHECKING:
    from green_notebook.show._detail import Detail

__all__ = ["LIMIT_BYTES", "bundle", "saved_size"]

# What one measured cell may add to a saved notebook.
LIMIT_BYTES = 5000
History = Sequence[tuple[float, float]]
Measure = Callable[[dict[str, Any]], int]


def bundle(report: Report, history: History = ()) -> dict[str, Any]:
    """The report's three forms: text/plain, text/html and its JSON, 4 significant digits.

    ``history`` is ``(seconds, watts)`` for a sparkline. All together stay under 5 kB: as a
    notebook file indents them if that can be; else, with long notes, under 6 kB; else, with many
    components, under 5 kB without indentation. What is given up for it, step by step, is said
    in ``_detail``; in the JSON, those figures that the contract lets be null.
    """
    from green_notebook.show._detail import STEPS

    whole = report.to_notebook()

    last = len(STEPS) - 1

    @cache
    def forms(step: int) -> dict[str, Any]:
        return _forms(report, history, whole, *STEPS[step])

    @cache
    def measured(step: int, measure: Measure) -> int:
        return measure(forms(step))

    for measure, limit in (
        (saved_size, LIMIT_BYTES),
        (saved_size, 1.1 * LIMIT_BYTES),
        (saved_size, 1.2 * LIMIT_BYTES),
        (_size, LIMIT_BYTES),
    ):
        if measured(last, measure) <= limit:
            # Each step is smaller than the one before: the first that fits is found by halving.
            sizes = partial(measured, measure=measure)
            return forms(bisect_left(range(last), -limit, key=lambda step: -sizes(step)))
    return forms(last)


def saved_size(forms: dict[str, Any]) -> int:
    """Bytes that a display of these forms adds to a notebook file, which nbformat indents."""
    data = {
        kind: form.splitlines(keepends=True) if isinstance(form, str) else form
        for kind, form in forms.items()
    }
    # As show/live.py publishes it.
    metadata = {"green-notebook": {"state": "final"}}
    output = {"data": data, "metadata": metadata, "output_type": "display_data"}
    # An output stands four levels deep in the file, in a list that was empty.
    return _size([output]) + _indentation([output], 3)


def _size(node: Any) -> int:
    return len(json.dumps(node, ensure_ascii=False, separators=(",", ":")).encode())


def _indentation(node: Any, depth: int) -> int:
    """The white space that nbformat's one column a level adds to a container on this level."""
    if not node or not isinstance(node, dict | list):
        return 0
    inner = node.values() if isinstance(node, dict) else node
    # Per item a line break, its columns, and the space behind a key; then the closing line.
    own = len(node) * (depth + 2 + isinstance(node, dict)) + depth + 1
    return own + sum(_indentation(one, depth + 1) for one in inner)


def _forms(
    report: Report, history: History, whole: dict[str, Any], detail: Detail, leanness: int
) -> dict[str, Any]:
    """The bundle with so much detail."""
    from green_notebook.show import html, text

    return {
        "text/plain": text.summary(report, detail),
        "text/html": html.summary(report, history, detail),
        MIME_TYPE: _lean(whole, leanness),
    }


def _lean(whole: dict[str, Any], leanness: int) -> dict[str, Any]:
    """The report's JSON without what ``_detail.STEPS`` leaves out."""
    from green_notebook.show._rows import LOUD

    if leanness == 0:
        return whole
    data = dict(whole)
    data["energy"] = data["energy"] | {"kernel_active": None, "kernel_idle": None}
    data["footprint"] = data["footprint"] | {"embodied": None, "water": None}
    if leanness > 1:
        data["equivalences"] = data["equivalences"][: 2 if leanness < 5 else 1]
        data["notes"] = [
            one if one["code"].startswith(LOUD) else one | {"text": ""} for one in data["notes"]
        ]
    if leanness > 2:
        data["advice"] = [one | {"text": "", "caveat": ""} for one in data["advice"]]
    lean: dict[str, Any] = _shortened(data, drop_random=leanness > 3)
    return lean


def _shortened(node: Any, *, drop_random: bool) -> Any:
    """The same JSON with 1512.0 as 1512, and perhaps without a random part of 0."""
    if isinstance(node, dict):
        return {
            key: _shortened(value, drop_random=drop_random)
            for key, value in node.items()
            if not (drop_random and key == "random" and value == 0)
        }
    if isinstance(node, list):
        return [_shortened(value, drop_random=drop_random) for value in node]
    return int(node) if isinstance(node, float) and node.is_integer() else node

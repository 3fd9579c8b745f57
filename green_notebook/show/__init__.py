"""How a report looks: plain text, HTML and JSON, side by side."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from green_notebook.model import MIME_TYPE, Report

__all__ = ["LIMIT_BYTES", "bundle", "saved_size"]

# What one measured cell may add to a saved notebook.
LIMIT_BYTES = 5000
History = Sequence[tuple[float, float]]


def bundle(report: Report, history: History = ()) -> dict[str, Any]:
    """The report's three forms: text/plain, text/html and its JSON, 4 significant digits.

    ``history`` is ``(seconds, watts)`` for a sparkline. All together stay under 5 kB: as a
    notebook file indents them if that can be; else, with long notes, under 6 kB; else, with many
    components, under 5 kB without indentation. What is given up for it, step by step, is said
    in ``_detail``; in the JSON, those figures that the contract lets be null.
    """
    given = list(_forms(report, history))
    for measure, limit in (
        (saved_size, LIMIT_BYTES),
        (saved_size, 1.1 * LIMIT_BYTES),
        (saved_size, 1.2 * LIMIT_BYTES),
        (_size, LIMIT_BYTES),
    ):
        for forms in given:
            if measure(forms) <= limit:
                return forms
    return given[-1]


def saved_size(forms: dict[str, Any]) -> int:
    """Bytes that a display of these forms adds to a notebook file, which nbformat indents."""
    lines = {
        kind: form.splitlines(keepends=True) if isinstance(form, str) else form
        for kind, form in forms.items()
    }
    # As show/live.py publishes it.
    metadata = {"green-notebook": {"state": "final"}}
    output = {"data": lines, "metadata": metadata, "output_type": "display_data"}
    text = json.dumps(output, ensure_ascii=False, indent=1, separators=(",", ": "))
    # An output stands four levels deep in the file.
    return len(text.encode()) + 4 * (text.count("\n") + 2)


def _size(forms: dict[str, Any]) -> int:
    return len(json.dumps(forms, ensure_ascii=False, separators=(",", ":")).encode())


def _forms(report: Report, history: History) -> Iterator[dict[str, Any]]:
    """The bundle, from the richest form to the leanest."""
    from green_notebook.show import html, text
    from green_notebook.show._detail import STEPS

    for detail, leanness in STEPS:
        yield {
            "text/plain": text.summary(report, detail),
            "text/html": html.summary(report, history, detail),
            MIME_TYPE: _lean(report.to_notebook(), leanness),
        }


def _lean(data: dict[str, Any], leanness: int) -> dict[str, Any]:
    """The report's JSON without what ``_detail.STEPS`` leaves out."""
    from green_notebook.show._rows import LOUD

    if leanness == 0:
        return data
    data["energy"] |= {"kernel_active": None, "kernel_idle": None}
    data["footprint"] |= {"embodied": None, "water": None}
    if leanness > 2:
        data["equivalences"] = data["equivalences"][:2]
        data["notes"] = [
            one if one["code"].startswith(LOUD) else one | {"text": ""} for one in data["notes"]
        ]
    if leanness > 3:
        data["advice"] = [one | {"text": "", "caveat": ""} for one in data["advice"]]
    lean: dict[str, Any] = _shortened(data, drop_random=leanness > 1)
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

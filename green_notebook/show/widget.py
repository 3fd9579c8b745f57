"""The live view and the dashboard as one anywidget; its script is built from js/."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

SCRIPT = Path(__file__).parent / "static" / "widget.js"

if TYPE_CHECKING:
    LiveWidget: Any
    DashboardWidget: Any

# Made when first asked for: anywidget and ipywidgets take 60 ms to import.
_MADE: dict[str, Any] = {}
_KINDS = {"LiveWidget": "live", "DashboardWidget": "dashboard"}


def __getattr__(name: str) -> Any:
    """The widgets' classes: ``LiveWidget``, ``DashboardWidget``."""
    if name not in _KINDS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name not in _MADE:
        _MADE[name] = _widget_class(name, _KINDS[name])
    return _MADE[name]


def _widget_class(name: str, kind: str) -> Any:
    """An anywidget whose ``state`` is shown as ``kind`` says.

    ``state`` is ``Progress.to_dict()`` for "live" and ``show.dashboard.session_state()`` for
    "dashboard". The front end answers with a custom message ``{"type": "ready"}``.
    """
    import anywidget
    import traitlets

    members: dict[str, Any] = {
        "__module__": __name__,
        "__doc__": _widget_class.__doc__,
        # A string, not a path: anywidget would watch a path's folder for changes.
        "_esm": SCRIPT.read_text(encoding="utf-8"),
        "kind": traitlets.Unicode(kind).tag(sync=True),
        "state": traitlets.Dict().tag(sync=True),
    }
    return type(name, (anywidget.AnyWidget,), members)

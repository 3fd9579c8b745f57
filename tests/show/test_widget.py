"""The widget as Python makes it, and what is sent to it."""

import json
import re
import subprocess
import sys
from dataclasses import replace

from green_notebook.show import widget

LIMIT = 40_000


def test_the_built_script_is_small_and_whole():
    """Under 40 kB; an ES module that imports nothing from elsewhere."""
    script = widget.SCRIPT.read_text(encoding="utf-8")
    assert len(script.encode()) < LIMIT
    assert re.search(r"export\s*\{\s*\w+ as default\s*\}", script)
    assert not re.search(r"(^|;)import\b|https?://(?!www\.w3\.org/)", script)


def test_importing_the_module_loads_no_widget_library():
    """ipywidgets and anywidget are loaded when the first widget is made."""
    code = (
        "import sys, green_notebook.show.widget; "
        "assert not {'anywidget', 'ipywidgets'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_an_update_is_under_a_kilobyte(frames):
    """Also with forecast and budget, ten times a second is nothing."""
    for one in frames.values():
        assert len(json.dumps(one.to_dict()).encode()) < 1000


def test_the_widgets_show_what_they_are_given(frames):
    """`state` and `kind` reach the front end; both widgets share one script."""
    live, board = widget.LiveWidget(), widget.DashboardWidget()
    try:
        live.state = frames["running"].to_dict()
        assert live.get_state(["state", "kind"]) == {"state": live.state, "kind": "live"}
        assert board.get_state(["kind"]) == {"kind": "dashboard"}
        assert live.get_state(["_esm"]) == board.get_state(["_esm"])
    finally:
        live.close()
        board.close()


def test_unknown_power_stays_unknown_on_the_wire(frames):
    """A failed reading is null, never 0."""
    assert replace(frames["running"], power_w=None).to_dict()["power_w"] is None

"""A chart without plotly: every number is there, and nothing is fetched."""

from datetime import datetime, timedelta, timezone

import plotly.graph_objects as go
import pytest

from green_notebook.actions import models
from green_notebook.actions._drawn import drawn

BEGUN = datetime(2026, 11, 21, tzinfo=timezone.utc)


def test_bars_are_a_table():
    """Upright and lying bars have their names, their texts and a length, and markup is escaped."""
    texts = ["1 g (0-2)", "2 g (1-3)"]
    upright = go.Figure(go.Bar(x=[0, 1], y=[1, 2], customdata=["a", "<b>"], text=texts))
    lying = go.Figure(go.Bar(x=[1, 2], y=["a", "<b>"], orientation="h", text=texts))
    for figure in (upright, lying):
        page = drawn(figure)
        assert "&lt;b&gt;" in page
        assert all(one in page for one in ("1 g (0-2)", "2 g (1-3)", "width:220px", "width:110px"))


@pytest.mark.parametrize("count", [0, 1, 2, 5001])
def test_a_line_is_a_small_picture(count):
    """However long the line, it stays small, and says between which values it lies."""
    times = [BEGUN + timedelta(seconds=one) for one in range(count)]
    page = drawn(go.Figure(go.Scatter(x=times, y=list(range(count)))))
    assert len(page) < 8_000
    assert ("data:image/svg+xml" in page) == (count > 1)
    assert count < 2 or f"from 0 to {count - 1}" in page
    assert "http:" not in page


def test_points_are_named():
    """The chart of models is a table of its points."""
    page = drawn(models.frontier("text-classification").figure())
    assert page.count("<tr>") > 3

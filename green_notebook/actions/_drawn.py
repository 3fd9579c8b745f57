"""A plotly figure of ours as plain HTML, for places that have no plotly: no script, no network."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from html import escape, unescape
from typing import Any

from green_notebook.show._units import number

WIDTH, HEIGHT = 600, 120
BAR_PX = 220
POINTS = 240
FEW = 24


def drawn(figure: Any) -> str:
    """Bars as a table, a line as a small picture; the numbers are text in both."""
    title = escape(str(figure.layout.title.text or ""))
    trace = figure.data[0]
    if trace.type == "bar":
        body = _bars(trace)
    elif isinstance(next(iter(_listed(trace.x)), None), datetime):
        body = _line(figure, trace)
    else:
        body = _points(figure)
    return f"<div><b>{title}</b></div>{body}"


def _bars(trace: Any) -> str:
    lying = trace.orientation == "h"
    values = _listed(trace.x if lying else trace.y)
    names = _listed(
        trace.y if lying else (trace.x if trace.customdata is None else trace.customdata)
    )
    texts = _listed(trace.text) or [number(one) for one in values]
    rows = list(zip(names, values, texts, strict=True))
    most = max(values, default=0.0) or 1.0
    return (
        "<table>"
        + "".join(_bar(*row, most) for row in (rows[::-1] if lying else rows))
        + "</table>"
    )


def _bar(name: Any, value: float, text: str, most: float) -> str:
    pixels = round(BAR_PX * max(0.0, value) / most)
    return (
        f"<tr><td style='text-align:left'>{escape(unescape(str(name)))}<td style='text-align:left'>"
        f"<div style='background:#0072b2;height:10px;width:{pixels}px'></div>"
        f"<td style='text-align:left'>{escape(str(text))}"
    )


def _line(figure: Any, trace: Any) -> str:
    values = [float(one) for one in _listed(trace.y)]
    if len(values) < 2:
        return ""
    times = [one.timestamp() for one in trace.x]
    # Thinned, but never without its end.
    step = -(-len(values) // POINTS)
    kept = [*range(0, len(values) - 1, step), len(values) - 1]
    span, most = (times[-1] - times[0]) or 1.0, max(values) or 1.0
    path = " ".join(
        f"{(times[i] - times[0]) / span * WIDTH:.0f},{HEIGHT - 2 - values[i] / most * (HEIGHT - 6):.1f}"
        for i in kept
    )
    svg = (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{HEIGHT}'>"
        f"<polyline points='{path}' fill='none' stroke='#0072b2' stroke-width='2'/>"
        f"<path d='M0 {HEIGHT - 0.5}H{WIDTH}' stroke='#8c8c8c'/></svg>"
    )
    unit = str(figure.layout.yaxis.title.text or "")
    words = f"from {number(min(values))} to {number(max(values))} {unit}"
    image = base64.b64encode(svg.encode()).decode()
    return (
        f"<img src='data:image/svg+xml;base64,{image}' alt='line {escape(words)}' "
        f"style='max-width:100%'><div>{escape(words)}</div>"
    )


def _points(figure: Any) -> str:
    """The points of all traces with their names, the first of each up to a few dozen."""
    head = (figure.layout.yaxis.title.text or "", figure.layout.xaxis.title.text or "")
    rows = "".join(
        f"<tr><td style='text-align:left'>{escape(str(name))}<td>{number(y)}<td>{number(x)}"
        for trace in reversed(figure.data)
        for name, x, y in list(zip(_listed(trace.text), trace.x, trace.y, strict=False))[:FEW]
    )
    columns = "".join(f"<th>{escape(one)}" for one in ("", *head))
    return f"<table><tr>{columns}{rows}</table>"


def _listed(values: Any) -> Sequence[Any]:
    return [] if values is None else list(values)

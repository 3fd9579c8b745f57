"""Power over time as a small picture in a data address: the one form that every sanitizer keeps."""

from __future__ import annotations

import base64
from collections.abc import Sequence

WIDTH, HEIGHT, MOST_POINTS = 96, 20, 20
# A mid green that has contrast 3:1 and more on white and on JupyterLab's dark grey alike.
INK = "#2a9d63"


def data_url(history: Sequence[tuple[float, float]]) -> str:
    """An SVG of ``(seconds, watts)`` pairs, zero at the bottom; empty with fewer than two."""
    points = _thinned(history)
    if len(points) < 2:
        return ""
    start, end = points[0][0], points[-1][0]
    most = max(watts for _, watts in points)
    if end <= start or most <= 0:
        return ""
    path = " ".join(
        f"{(at - start) / (end - start) * WIDTH:.0f},{HEIGHT - 1 - watts / most * (HEIGHT - 3):.0f}"
        for at, watts in points
    )
    svg = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}'>"
        f"<polyline points='{path}' fill='none' stroke='{INK}' stroke-width='2'/></svg>"
    )
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _thinned(history: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most ``MOST_POINTS``: the means of neighbours, so that no peak is invented."""
    size = -(-len(history) // MOST_POINTS) or 1
    groups = [history[at : at + size] for at in range(0, len(history), size)]
    return [
        (sum(at for at, _ in group) / len(group), sum(watts for _, watts in group) / len(group))
        for group in groups
    ]

"""The pictures of the page, as small SVG files that read well on white and on black."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Any

from peer.rows import Run, errors
from peer.tables import span_costs, title
from peer.tools import OURS

# Middle tones: seen on a white page and on a dark one, and apart for the colour-blind.
COLOURS = {
    OURS: "#2da44e", "codecarbon": "#bf8700", "zeus": "#4493f8", "pyjoules": "#a475f9",
    "carbontracker": "#e5534b", "eco2ai": "#8b949e",
}  # fmt: skip
MARKERS = {
    OURS: "o", "codecarbon": "s", "zeus": "^", "pyjoules": "v", "carbontracker": "D", "eco2ai": "X",
}  # fmt: skip
INK = "#848d97"
STYLE = {
    "svg.hashsalt": "green_notebook", "svg.fonttype": "none", "font.family": "sans-serif",
    "font.size": 9, "text.color": INK, "axes.edgecolor": INK, "axes.labelcolor": INK,
    "xtick.color": INK, "ytick.color": INK, "axes.titlesize": 9, "axes.titlecolor": INK,
    "axes.spines.top": False, "axes.spines.right": False, "path.simplify": True,
}  # fmt: skip
PANELS = (
    ("start-up, s", "startup_s", 1.0),
    ("span, ms", "both_ms", 1.0),
    ("background CPU, %", "cpu_share", 100.0),
    ("memory, MB", "memory_mb", 1.0),
    ("installed, MB", "size_mb", 1.0),
)


def _save(figure: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    # Trailing blanks come and go with versions.
    lines = [line.rstrip() for line in path.read_text(encoding="utf-8").splitlines()]
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def _lines(axes: Any, run: Run, part: str) -> None:
    lengths = sorted({row["length_s"] for row in run.of(load="square")})
    for tool in run.tools:
        points = []
        for one in lengths:
            found = errors(run, part, load="square", tool=tool, length_s=one)
            if found.values:
                # Below a hundredth of a percent nobody needs to know.
                points.append((one, max(0.01, found.median)))
        if points:
            axes.plot(
                *zip(*points, strict=True), color=COLOURS[tool], marker=MARKERS[tool], markersize=5,
                label=title(tool), linewidth=2.4 if tool == OURS else 1.3,
            )  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(lengths, [f"{one:g}" for one in lengths])
    axes.minorticks_off()
    axes.set_yticks([0.01, 0.1, 1, 10, 100, 1000], ["0.01", "0.1", "1", "10", "100", "1000"])
    axes.grid(color=INK, alpha=0.25, linewidth=0.6)
    axes.set_xlabel("length of the span, s")


def _errors(pyplot: Any, run: Run, path: Path) -> None:
    parts = [("gpu", "card, counter steps of 100 ms")]
    if run.about["powercap"]:
        parts.append(("cpu", "processor, RAPL"))
    figure, places = pyplot.subplots(
        1, len(parts), figsize=(3.6 * len(parts) + 0.4, 3.6), sharey=True, squeeze=False
    )
    for axes, (part, name) in zip(places[0], parts, strict=True):
        _lines(axes, run, part)
        axes.set_title(name, loc="left")
    places[0][0].set_ylabel("median error, %")
    handles, labels = places[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=len(labels), frameon=False, fontsize=8)
    figure.subplots_adjust(left=0.09, right=0.99, top=0.92, bottom=0.24, wspace=0.08)
    _save(figure, path)
    pyplot.close(figure)


def _cost(run: Run, tool: str, name: str) -> float | None:
    if name == "size_mb":
        return float(run.tools[tool]["size_mb"])
    values = span_costs(run, tool, name) if name == "both_ms" else run.facts_of(tool, name)
    return median(values) if values else None


def _costs(pyplot: Any, run: Run, path: Path) -> None:
    tools = list(run.tools)[::-1]
    figure, places = pyplot.subplots(1, len(PANELS), figsize=(9.2, 2.4), sharey=True)
    for axes, (name, field, scale) in zip(places, PANELS, strict=True):
        found = {tool: _cost(run, tool, field) for tool in tools}
        values = [(found[tool] or 0.0) * scale for tool in tools]
        axes.barh(range(len(tools)), values, color=[COLOURS[tool] for tool in tools], height=0.65)
        for place, value in enumerate(values):
            text = f"{value:.0f}" if value >= 9.95 else f"{value:.1f}"
            if value < 0.995:
                text = f"{value:.2f}"
            axes.annotate(
                text, (value, place), (3, 0), textcoords="offset points", va="center", fontsize=8
            )
        axes.set_title(name, loc="left")
        axes.set_xlim(0, max([*values, 1e-9]) * 1.35)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        axes.tick_params(axis="y", length=0)
    places[0].set_yticks(range(len(tools)), [title(tool) for tool in tools])
    figure.subplots_adjust(left=0.115, right=0.995, top=0.88, bottom=0.03, wspace=0.12)
    _save(figure, path)
    pyplot.close(figure)


def draw(run: Run, folder: Path) -> None:
    """bench-errors.svg and bench-costs.svg."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    with mpl.rc_context(STYLE):
        _errors(plt, run, folder / "bench-errors.svg")
        _costs(plt, run, folder / "bench-costs.svg")

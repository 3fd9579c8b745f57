"""A summary as plotly figures: plain objects that people may change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from html import escape
from typing import Any

from green_notebook.model import Quantity, Report
from green_notebook.model.summary import Summary
from green_notebook.show._rows import component_labels, part, same_boundary
from green_notebook.show._units import scale, shown

# Okabe and Ito's colours, told apart by colour-blind eyes, and dark enough on white and on black.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C8C8C")
MOST_BARS = 60
FEW_BARS = 3
TRANSPARENT = "rgba(0,0,0,0)"


def cells(summary: Summary) -> Any:
    """CO2e of each cell with its 95 % interval; of many, the largest."""
    ranked = sorted(summary.reports, key=lambda one: -one.footprint.co2e.value)[:MOST_BARS]
    kept = {one.id for one in ranked}
    listed = [(i, one) for i, one in enumerate(summary.reports, 1) if one.id in kept]
    quantities = [one.footprint.co2e for _, one in listed]
    more = f" (the {MOST_BARS} largest of {len(summary.reports)})"
    title = "CO2e of each cell" + (more if len(summary.reports) > MOST_BARS else "")
    return _bars([label(one, i) for i, one in listed], quantities, title, "g", " CO2e")


def breakdown(summary: Summary) -> Any:
    """Energy by component."""
    names = component_labels([part(name, one) for name, one in summary.components])
    return _bars(names, [one for _, one in summary.components], "Energy by part", "J", "")


def elsewhere(summary: Summary) -> Any:
    """The same energy on other grids; here marked."""
    here = summary.reports[-1].place.zone
    colours = [COLOURS[1] if zone == here else COLOURS[0] for zone, _ in summary.elsewhere]
    known = dict(summary.places)
    names = [
        f"{known.get(zone, zone)} (here)" if zone == here else known.get(zone, zone)
        for zone, _ in summary.elsewhere
    ]
    quantities = [one for _, one in summary.elsewhere]
    figure = _bars(names, quantities, "The same energy elsewhere (operation)", "g", " CO2e")
    figure.data[0].marker.color = colours
    return figure


def timeline(summary: Summary) -> Any:
    """CO2e adding up over the time of day, one step a cell."""
    import plotly.graph_objects as go

    alike = same_boundary(summary.reports)
    factor, unit = scale(sum(one.footprint.co2e.value for one in alike), "g")
    times: list[datetime] = []
    grams: list[float] = []
    names: list[str] = []
    so_far = 0.0
    for index, one in enumerate(alike, 1):
        start = datetime.fromisoformat(one.started_at)
        name = label(one, index)
        times += [start, start + timedelta(seconds=one.duration_s)]
        grams += [so_far / factor, (so_far + one.footprint.co2e.value) / factor]
        names += [escape(name, quote=False)] * 2
        so_far += one.footprint.co2e.value
    trace = go.Scatter(
        x=times,
        y=grams,
        text=names,
        mode="lines",
        line={"color": COLOURS[0]},
        hovertemplate="%{text}<br>%{y:.4g} " + unit + "<extra></extra>",
    )
    few = f" ({alike[0].intensity.boundary})" if len(alike) < len(summary.reports) else ""
    return _styled(go.Figure(trace), f"CO2e adding up{few}", f"{unit} CO2e")


CHARTS: dict[str, Callable[[Summary], Any]] = {
    "cells": cells,
    "timeline": timeline,
    "breakdown": breakdown,
    "elsewhere": elsewhere,
}


def label(report: Report, index: int) -> str:
    """What a cell is called in a chart or table."""
    if report.name:
        return report.name
    return f"cell [{report.execution_count}]" if report.execution_count else f"span {index}"


def _bars(names: list[str], quantities: list[Quantity], title: str, unit: str, suffix: str) -> Any:
    import plotly.graph_objects as go

    largest = max((one.value or one.high for one in quantities), default=0.0)
    factor, symbol = scale(largest, unit)
    bar = go.Bar(
        # Names may come twice: bars stand by number and are only labelled by name.
        x=[str(index) for index in range(len(names))],
        y=[one.value / factor for one in quantities],
        text=[shown(one).text() for one in quantities],
        textposition="none",
        customdata=[escape(one, quote=False) for one in names],
        hovertemplate="%{customdata}<br>%{text}<extra></extra>",
        marker={"color": COLOURS[0]},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [(one.high - one.value) / factor for one in quantities],
            "arrayminus": [(one.value - one.low) / factor for one in quantities],
            "color": "#8C8C8C",
            "thickness": 1.2,
        },
    )
    if len(names) <= FEW_BARS:
        bar.width = [0.12 * (len(names) + 1)] * len(names)
    figure = _styled(go.Figure(bar), title, f"{symbol}{suffix}")
    # Aliases, not given ticks: where there is no room, plotly leaves some labels out.
    labels = {str(index): _short(one) for index, one in enumerate(names)}
    figure.update_xaxes(type="category", labelalias=labels)
    return figure


def _short(name: str) -> str:
    # Plotly reads a few tags in texts: what users wrote is to be seen as it is.
    return escape(name if len(name) <= 18 else name[:17] + "…", quote=False)


def _styled(figure: Any, title: str, unit: str) -> Any:
    # A mid grey reads on white and on black; the background is the page's own.
    figure.update_layout(
        title={"text": title, "x": 0, "font": {"size": 16}},
        yaxis={
            "title": unit,
            "rangemode": "tozero",
            "gridcolor": "rgba(128,128,128,0.25)",
            "zerolinecolor": "rgba(128,128,128,0.6)",
        },
        xaxis={"gridcolor": TRANSPARENT},
        paper_bgcolor=TRANSPARENT,
        plot_bgcolor=TRANSPARENT,
        font={"color": "#7a7a7a"},
        margin={"l": 64, "r": 16, "t": 48, "b": 64},
        height=340,
        showlegend=False,
    )
    return figure

"""The figures of what-if and when, as plotly objects that people may change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from green_notebook.grids._points import Point
from green_notebook.scenarios import Scenario
from green_notebook.show._units import scale, shown
from green_notebook.windows import Window

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#8C8C8C"  # of Okabe and Ito, for colour-blind eyes
CLEAR = "rgba(0,0,0,0)"


def scenario_figure(scenarios: Sequence[Scenario], title: str) -> Any:
    """CO2e of each case with its interval; grey where the boundary differs."""
    import plotly.graph_objects as go

    factor, unit = scale(max((one.co2e.high for one in scenarios), default=0.0), "g")
    names = [one.label for one in scenarios][::-1]
    amounts = [one.co2e for one in scenarios][::-1]
    colours = [
        ORANGE if one.kind == "here" else GREY if one.ratio is None else BLUE for one in scenarios
    ][::-1]
    bar = go.Bar(
        y=names,
        x=[one.value / factor for one in amounts],
        orientation="h",
        marker={"color": colours},
        text=[shown(one).text("CO2e") for one in amounts],
        textposition="none",
        hovertemplate="%{y}<br>%{text}<extra></extra>",
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [(one.high - one.value) / factor for one in amounts],
            "arrayminus": [(one.value - one.low) / factor for one in amounts],
            "color": GREY,
        },
    )
    figure = _styled(go.Figure(bar), title)
    figure.update_layout(height=120 + 28 * len(names))
    figure.update_xaxes(title=f"{unit} CO2e", rangemode="tozero")
    figure.update_yaxes(automargin=True)
    return figure


def forecast_figure(
    points: Sequence[Point], best: Window, lives: tzinfo | None, boundary: str
) -> Any:
    """The forecast over time, the best window marked."""
    import plotly.graph_objects as go

    times = [one.start.astimezone(lives) for one in points]
    line = go.Scatter(
        x=[*times, points[-1].end.astimezone(lives)],
        y=[*(one.g for one in points), points[-1].g],
        line={"shape": "hv", "color": BLUE},
        hovertemplate="%{x|%a %H:%M}<br>%{y:.0f} g/kWh<extra></extra>",
    )
    figure = _styled(go.Figure(line), "Forecast of the grid's intensity")
    figure.add_vrect(
        x0=best.start.astimezone(lives),
        x1=best.end.astimezone(lives),
        fillcolor="#009E73",
        opacity=0.25,
        line_width=0,
    )
    figure.update_yaxes(title=f"gCO2e/kWh ({boundary})", rangemode="tozero")
    return figure


def _styled(figure: Any, title: str) -> Any:
    figure.update_layout(
        title={"text": title, "x": 0, "font": {"size": 16}},
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        font={"color": "#7a7a7a"},
        margin={"l": 64, "r": 16, "t": 48, "b": 48},
        height=340,
        showlegend=False,
    )
    return figure

"""A plotly figure as a notebook shows it without the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from green_notebook.actions._drawn import drawn

PLOTLY = "application/vnd.plotly.v1+json"


@dataclass(frozen=True, slots=True)
class Chart:
    """A plotly figure (``chart.figure``) that a notebook shows without the network."""

    name: str
    figure: Any

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        import json

        # One JSON of the figure: plotly's own bundle would add megabytes of script.
        return {
            PLOTLY: json.loads(self.figure.to_json()),
            # Colab, nbconvert and GitHub know no plotly, and show this.
            "text/html": drawn(self.figure),
            "text/plain": f"chart {self.name!r}: .figure is a plotly figure",
        }

"""``%carbon plot``: the charts alone, as plotly figures for people who want to change them."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from green_notebook.actions._charts import Chart
from green_notebook.actions._lines import Parser
from green_notebook.actions._summaries import summarise
from green_notebook.errors import GreenNotebookError
from green_notebook.show.charts import CHARTS

if TYPE_CHECKING:
    from green_notebook.session import Session

HELP = "charts of this session: cells, timeline, breakdown, elsewhere"
OPTIONS = tuple(CHARTS)


def run(session: Session, argv: list[str]) -> Chart:
    """One chart by its name; the cells without one."""
    parser = Parser("plot", HELP)
    parser.add_argument("chart", nargs="?", default="cells")
    name = parser.parse_args(argv).chart
    if name not in CHARTS:
        near = get_close_matches(name, CHARTS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(CHARTS)}"
        raise GreenNotebookError(f"%carbon plot has no chart {name!r}: {hint}")
    return Chart(name, CHARTS[name](summarise(session)))

"""``%carbon report``: a page over the session, in the notebook or as one file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from green_notebook.actions._charts import Chart
from green_notebook.actions._lines import Parser
from green_notebook.actions._summaries import summarise
from green_notebook.errors import GreenNotebookError
from green_notebook.model.summary import Summary
from green_notebook.show import page
from green_notebook.show.charts import CHARTS

if TYPE_CHECKING:
    from green_notebook.session import Session

HELP = "a page over the session; %carbon report FILE.html or FILE.md writes it"
OPTIONS = ("--title",)


@dataclass(frozen=True, slots=True)
class Page:
    """A summary as people read it in a notebook or a terminal."""

    summary: Summary

    def __str__(self) -> str:
        return page.markdown(self.summary)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return page.fragment(self.summary)


def run(session: Session, argv: list[str]) -> object:
    """The page and its charts; with a file name, one line that says where it was written."""
    parser = Parser("report", HELP)
    parser.add_argument("file", nargs="?")
    parser.add_argument("--title", default="Footprint of this session")
    options = parser.parse_args(argv)
    summary = summarise(session, options.title)
    if options.file is None:
        return [Page(summary), *(Chart(name, make(summary)) for name, make in CHARTS.items())]
    return write(summary, Path(options.file).expanduser())


def write(summary: Summary, path: Path) -> str:
    """Write the page as its ending says; raises GreenNotebookError where that cannot be."""
    makers = {".html": standalone, ".htm": standalone, ".md": page.markdown}
    make = makers.get(path.suffix.casefold())
    if make is None:
        raise GreenNotebookError(
            f"{path.name}: a report is written as .html or .md, not {path.suffix or 'without ending'}"
        )
    try:
        path.write_text(make(summary), encoding="utf-8")
    except OSError as error:
        raise GreenNotebookError(f"{path} cannot be written: {error.strerror}") from None
    return f"written to {path}"


def standalone(summary: Summary) -> str:
    """One HTML file that needs no network: plotly's script stands in it once, at its end."""
    from plotly.offline import get_plotlyjs

    blocks = "".join(_block(name, make(summary)) for name, make in CHARTS.items())
    return page.html(summary, blocks, f"<script>{get_plotlyjs()}</script><script>{DRAW}</script>")


def _block(name: str, figure: Any) -> str:
    """A chart's place, its data beside it; what users wrote cannot end the script."""
    data = figure.to_json().replace("<", "\\u003c")
    return (
        f"<div class='chart' id='chart-{name}'></div>"
        f"<script type='application/json' data-chart='{name}'>{data}</script>"
    )


# The page is read while this still runs.
DRAW = """
for (const held of document.querySelectorAll("script[data-chart]")) {
  const { data, layout } = JSON.parse(held.textContent);
  const place = held.previousElementSibling;
  Plotly.newPlot(place, data, layout, { displaylogo: false, responsive: true });
}
"""

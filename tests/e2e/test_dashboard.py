"""The dashboard and the report in JupyterLab: bars that follow, everybody can read them."""

from pathlib import Path

import pytest
from frontends import GOES_ON, Book, Server, notebook

AXE = Path(__file__).parents[2] / "js/node_modules/axe-core/axe.min.js"
LOAD = "%load_ext green_notebook"
BUSY = """%%carbon {name}
import time
end = time.time() + {seconds}
while time.time() < end:
    sum(range(1000))"""
BAD = "%%carbon broken\nsum(range(100_000))\n1 / 0"


@pytest.fixture(scope="module", params=["light", "dark"])
def lab(request, tmp_path_factory):
    """JupyterLab in one theme."""
    home = tmp_path_factory.mktemp(request.param)
    with Server("lab", home, dark=request.param == "dark") as one:
        yield one


def violations(page, selector):
    """What axe-core finds wrong within an element."""
    if not AXE.exists():
        pytest.skip("axe-core is not there: npm --prefix js ci")
    page.add_script_tag(path=AXE)
    found = page.evaluate(
        "selector => axe.run(selector, {rules: {'heading-order': {enabled: false}}})", selector
    )
    assert len(found["passes"]) > 3
    return [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]]


def test_the_dashboard_follows_and_everybody_can_read_it(lab, page):
    """Bars of the cells so far; a new cell appears while it runs and as a bar when it ended."""
    theme = "dark" if lab.dark else "light"
    cells = [
        LOAD,
        BUSY.format(name="prepare", seconds=1),
        BAD,
        "%carbon dashboard",
        GOES_ON.format(name="train"),
    ]
    name = lab.put("dashboard.ipynb", notebook(*cells))
    book = Book.open(page, lab, name)
    for index in range(4):
        book.run(index)
    board = page.locator(".gn-dashboard")
    board.wait_for(timeout=60_000)
    assert board.locator(".gn-bars li").count() == 2
    assert "2 measured cells" in board.inner_text()
    assert "broken, error" in board.inner_text()
    book.start(4)
    board.get_by_text("running: train").wait_for(timeout=60_000)
    with lab.enough():
        book.finished(4)
    board.locator(".gn-bars li", has_text="train").wait_for(timeout=60_000)
    board.locator("svg.gn-spark").wait_for(timeout=60_000)
    assert "3 measured cells" in board.inner_text()
    board.get_by_text("running: train").wait_for(state="hidden", timeout=60_000)
    board.get_by_role("button", name="energy").click()
    board.scroll_into_view_if_needed()
    book.picture(f"dashboard-{theme}")
    assert violations(page, ".gn-dashboard") == []


def test_the_report_shows_its_charts(lab, page):
    """%carbon report in the notebook: the page's tables, and charts that plotly draws."""
    theme = "dark" if lab.dark else "light"
    name = lab.put(
        "report.ipynb",
        notebook(LOAD, BUSY.format(name="prepare", seconds=1), BAD, "%carbon report"),
    )
    book = Book.open(page, lab, name)
    for index in range(4):
        book.run(index)
    outputs = book.cell(3)
    outputs.locator(".js-plotly-plot .main-svg").first.wait_for(timeout=60_000)
    assert outputs.locator(".js-plotly-plot").count() == 4
    assert "How these figures were made" in book.text(3)
    page.set_viewport_size({"width": 1100, "height": 2600})
    book.picture(f"report-notebook-{theme}")
    saved = book.save()
    assert "widgets" not in saved.metadata

"""Voila runs the notebook for each visitor: the summaries stand in its page."""

import pytest
from frontends import ARTIFACTS, Server, notebook

BUSY = """%%carbon {name}
import time
end = time.time() + 1
while time.time() < end:
    sum(range(1000))"""


@pytest.fixture(scope="module")
def voila(tmp_path_factory):
    with Server("lab", tmp_path_factory.mktemp("voila")) as one:
        yield one


def test_the_page_of_a_measured_notebook(voila, page):
    """Every summary is there, no code and no error, and the cell's own output beside it."""
    cells = ["%load_ext green_notebook", BUSY.format(name="first"), BUSY.format(name="second")]
    name = voila.put("page.ipynb", notebook(*cells, "print('own', 'output')"))
    page.goto(voila.url(name, "voila"), wait_until="domcontentloaded")
    page.get_by_text("own output").wait_for(timeout=60_000)
    sure = page.get_by_text("How sure is this?")
    sure.last.wait_for(timeout=20_000)
    assert sure.count() == 2
    sure.first.click()
    page.screenshot(path=ARTIFACTS / "voila.png")
    text = page.locator("body").inner_text()
    for word in ("first", "second", "g CO2e"):
        assert word in text
    for word in ("measuring", "Error", "Traceback", "%%carbon"):
        assert word not in text

"""Where live views usually break: captured and redirected output, other versions, out of sight."""

import re

import pytest
from frontends import GOES_ON, Book, Server, notebook, reports

LOAD = "%load_ext green_notebook"
SUMMARY = r"g CO2e[\s\S]*How sure is this\?"
BUSY = """%%carbon {name}
import time
end = time.time() + {seconds}
while time.time() < end:
    sum(range(1000))"""
# As where the server's environment has another anywidget than the kernel's: what the kernel asks
# for is not what the page has.
SKEW = """import green_notebook.show.widget as w
made = w.LiveWidget
other = {"_view_module_version": "~99.0.0", "_model_module_version": "~99.0.0"}
w._MADE["LiveWidget"] = lambda: made(**other)"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with Server("lab", tmp_path_factory.mktemp("odd")) as one:
        yield one


def busy(name, seconds=2):
    return BUSY.format(name=name, seconds=seconds)


def test_another_version_of_anywidget(lab, page):
    """The view stays HTML in every cell: frames, summaries, and no box with an error."""
    cells = [LOAD, SKEW, busy("first"), GOES_ON.format(name="second")]
    book = Book.open(page, lab, lab.put("skew.ipynb", notebook(*cells)))
    for index in range(3):
        book.run(index)
    page.wait_for_timeout(1500)
    book.start(3)
    book.seen(r"measuring · [\d.]+ s · .*W now", 3)
    assert book.outputs(3).locator(".gn-live").count() == 0
    with lab.enough():
        book.finished(3)
    book.seen(SUMMARY, 3)
    assert "Error" not in page.locator(".jp-Notebook").inner_text()
    book.picture("skew")
    assert "widgets" not in book.save().metadata


@pytest.mark.parametrize("order", ["%%capture kept\n%%carbon x", "%%carbon x\n%%capture kept"])
def test_captured_output_holds_what_the_cell_printed(lab, page, order):
    """%%capture keeps the cell's own output alone; the summary is shown all the same."""
    body = f"{order}\nprint('mine')\nimport time\ntime.sleep(1)"
    book = Book.open(
        page, lab, lab.put("capture.ipynb", notebook(LOAD, body, "kept.stdout, kept.outputs"))
    )
    for index in range(3):
        book.run(index)
    book.seen(SUMMARY, 1)
    assert "mine" not in book.text(1)
    assert book.text(2).strip() == r"('mine\n', [])"


def test_inside_an_output_widget(lab, page):
    """What the body shows in an Output goes there; the summary stands below the cell."""
    body = (
        "%%carbon held\nfrom ipywidgets import Output\nimport time\nout = Output()\ndisplay(out)\n"
        "with out:\n    print('in the box')\n    time.sleep(2)"
    )
    book = Book.open(page, lab, lab.put("output.ipynb", notebook(LOAD, body, body)))
    book.run(0)
    for index in (1, 2):
        book.run(index)
        assert "in the box" in book.seen(SUMMARY, index)
        assert "measuring" not in book.text(index)
        page.wait_for_timeout(1000)
    assert len(reports(book.save())) == 2


def test_scrolled_away_and_back(lab, page):
    """A cell whose output is out of sight while it runs has its summary when one comes back."""
    filler = ["\n".join(["'line'"] * 60)] * 12
    name = lab.put("away.ipynb", notebook(LOAD, GOES_ON.format(name="far"), *filler))
    book = Book.open(page, lab, name)
    book.run(0)
    book.start(1)
    book.seen("measuring", 1)
    outer = ".jp-WindowedPanel-outer"
    page.evaluate(f"document.querySelector('{outer}').scrollTop = 1e6")
    page.wait_for_timeout(1000)
    with lab.enough():
        book.idle()
    page.evaluate(f"document.querySelector('{outer}').scrollTop = 0")
    assert "measuring" not in book.seen(SUMMARY, 1)
    (report,) = reports(book.save())
    assert report["name"] == "far"


def test_a_budget_stops_the_cell(lab, page):
    """--stop interrupts the cell as the stop button does, and the summary says why."""
    body = "%%carbon greedy --budget 1J --stop\nimport time\nkept = 0\nwhile True:\n    kept += 1"
    book = Book.open(page, lab, lab.put("budget.ipynb", notebook(LOAD, body, "kept > 0")))
    book.run(0)
    book.run(1)
    text = book.seen(SUMMARY, 1)
    assert "KeyboardInterrupt" in text
    assert "its budget of 1J is spent" in text
    book.picture("budget-stop")
    (report,) = reports(book.save())
    assert report["status"] == "interrupted"
    book.run(2)
    assert "True" in book.text(2)  # what the cell had made is still there


def test_forecast_and_budget_are_seen_live(lab, page):
    """With track the view forecasts the whole, and shows the budget's part; after a stop, why."""
    loop = (
        "import green_notebook as gn, os, time\ndone = 0\nfor step in gn.track(range(10_000)):\n"
        "    end = time.time() + 0.05\n    while time.time() < end: sum(range(1000))\n    done += 1\n"
        "    if os.path.exists('enough'): break"
    )
    cells = [
        LOAD,
        f"%%carbon warm --budget 900J\n{loop}",
        f"%%carbon train --budget 900J\n{loop}",
        f"%%carbon greedy --budget 2J --stop\n{loop}",
        "done",
    ]
    book = Book.open(page, lab, lab.put("track.ipynb", notebook(*cells)))
    book.run(0)
    book.start(1)
    book.seen(r"% done", 1)
    book.seen(r"% of the budget, 900J", 1)
    book.picture("track-html")
    with lab.enough():
        book.finished(1)
    page.wait_for_timeout(1500)
    book.start(2)
    book.outputs(2).locator(".gn-row", has_text="forecast").wait_for(timeout=60_000)
    book.outputs(2).locator(".gn-row", has_text="budget").wait_for(timeout=60_000)
    book.picture("track-widget")
    with lab.enough():
        book.finished(2)
    book.run(3)
    text = book.seen(SUMMARY, 3)
    assert "KeyboardInterrupt" in text
    assert re.search(r"budget of 2J\b.*spent", text)
    book.picture("track-stop")
    book.run(4)
    assert 0 < int(book.text(4)) < 10_000

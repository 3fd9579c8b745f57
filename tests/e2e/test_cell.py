"""One measured cell in JupyterLab and Notebook: the live view, the summary, and the saved file."""

import copy
import re

import nbformat
import pytest
from frontends import GOES_ON, MIME, Book, Server, notebook, reports

LOAD = "%load_ext green_notebook"
BUSY = """%%carbon {name}
import time
end = time.time() + {seconds}
while time.time() < end:
    sum(range(1000))"""
SUMMARY = r"g CO2e[\s\S]*How sure is this\?"


def busy(name, seconds=4):
    return BUSY.format(name=name, seconds=seconds)


def running(book, index):
    return "[*]" in book.cell(index).locator(".jp-InputPrompt").inner_text()


def test_live_view_moves_and_the_summary_replaces_it(server, page):
    """While a cell is busy its view moves; when it ends one summary stands in its place."""
    name = server.put("one.ipynb", notebook(LOAD, GOES_ON.format(name="busy loop")))
    book = Book.open(page, server, name)
    book.run(0)
    assert book.text(0) == ""  # loading says nothing
    book.start(1)
    book.seen(r"measuring · [\d.]+ s · .*W now", 1)
    assert running(book, 1)
    seen = book.moves(1, 5)
    assert running(book, 1)
    elapsed = [float(re.search(r"measuring · ([\d.]+) s", one).group(1)) for one in seen]
    assert elapsed == sorted(elapsed)
    assert elapsed[-1] > elapsed[0]
    book.picture(f"live-html-{server.app}")
    with server.enough():
        book.finished(1)
    text = book.seen(SUMMARY, 1)
    assert "measuring" not in text
    assert "busy loop" in text
    assert book.outputs(1).count() == 1
    book.outputs(1).locator("summary").last.click()
    book.picture(f"summary-{server.app}")


def test_saved_and_reopened(server, page, browser, tmp_path):
    """The file holds three forms and no widget state; without a kernel it still shows them."""
    name = server.put("saved.ipynb", notebook(LOAD, busy("first"), busy("second"), "6 * 7"))
    book = Book.open(page, server, name)
    for index in range(4):
        book.run(index)
    book.seen(SUMMARY, 2)
    page.wait_for_timeout(500)  # the last refinement of a summary comes within 150 ms
    saved = book.save()
    assert [one["name"] for one in reports(saved)] == ["first", "second"]
    assert [one["state"] for one in reports(saved)] == ["final", "final"]
    assert "widgets" not in saved.metadata
    for cell in saved.cells[1:3]:
        (output,) = cell.outputs
        assert set(output.data) == {"text/plain", "text/html", MIME}
        bare = copy.deepcopy(saved)
        bare.cells[saved.cells.index(cell)].outputs = []
        assert len(nbformat.writes(saved).encode()) - len(nbformat.writes(bare).encode()) <= 6_000
    page.goto("about:blank")

    with Server(server.app, tmp_path / "reader", kernels=False) as reader:
        reader.put(name, saved)
        other = browser.new_page(viewport={"width": 1200, "height": 1400})
        read = Book.open(other, reader, name, kernel=False)
        shown = read.seen(SUMMARY, 1)
        assert "first" in shown
        # Nobody trusts this file yet: what the sanitizer leaves has every number.
        for value in re.findall(r"[\d.]+ m?W?h", saved.cells[1].outputs[0].data["text/plain"]):
            assert value in shown
        if other.locator(".jp-Dialog").count():  # "Select Kernel": there is none
            other.keyboard.press("Escape")
        read.picture(f"reopened-untrusted-{server.app}")
        other.close()


@pytest.mark.parametrize(
    "body",
    ["1 / 0", "print('still here')"],
    ids=["error", "text"],
)
def test_own_outcome_untouched(server, page, body):
    """A cell's own outcome stands beside the summary, whatever it is."""
    name = server.put("outcome.ipynb", notebook(LOAD, f"%%carbon x\n{body}", body))
    book = Book.open(page, server, name)
    book.run(0)
    book.run(1)
    book.run(2)
    measured, plain = book.save().cells[1:3]  # a run of the last cell adds one

    def own(outputs):
        return [
            (one.output_type, one.get("ename"), one.get("text"))
            for one in outputs
            if MIME not in one.get("data", {})
        ]

    assert own(measured.outputs) == own(plain.outputs)
    assert sum(MIME in one.get("data", {}) for one in measured.outputs) == 1

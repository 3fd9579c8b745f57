"""The live view's second transport: HTML in the first long cell, the widget from then on."""

from frontends import Book, notebook, reports

LOAD = "%load_ext green_notebook"
SUMMARY = r"g CO2e[\s\S]*How sure is this\?"
BUSY = """%%carbon {name}
import time
end = time.time() + 4
while time.time() < end:
    sum(range(1000))"""


def live(book, index):
    """How many live widgets are in a cell's outputs."""
    return book.outputs(index).locator(".gn-live").count()


def test_the_widget_takes_over_and_leaves_nothing(server, page):
    """The second long cell is shown by the widget; both keep the same static summary, no state."""
    name = server.put(
        "widget.ipynb", notebook(LOAD, BUSY.format(name="first"), BUSY.format(name="second"))
    )
    book = Book.open(page, server, name)
    book.run(0)
    book.start(1)
    book.seen(r"measuring · [\d.]+ s", 1)
    assert live(book, 1) == 0
    book.finished(1)
    book.seen(SUMMARY, 1)
    page.wait_for_timeout(2000)  # the widget's script is loaded, and answers
    book.start(2)
    book.outputs(2).locator(".gn-live").wait_for(timeout=5000)
    book.seen(r"power now", 2)
    book.picture(f"live-widget-{server.app}")
    book.finished(2)
    book.seen(SUMMARY, 2)
    assert live(book, 2) == 0
    saved = book.save()
    assert [one["name"] for one in reports(saved)] == ["first", "second"]
    assert "widgets" not in saved.metadata

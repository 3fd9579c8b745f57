"""The live view's second transport: HTML in the first long cell, the widget from then on."""

from frontends import GOES_ON, Book, notebook, reports

LOAD = "%load_ext green_notebook"
SUMMARY = r"g CO2e[\s\S]*How sure is this\?"
ANSWERED = """from green_notebook import magic
[one.hooks._link._ready for one in magic._loaded.values()]"""


def live(book, index):
    """How many live widgets are in a cell's outputs."""
    return book.outputs(index).locator(".gn-live").count()


def test_the_widget_takes_over_and_leaves_nothing(server, page):
    """The second long cell is shown by the widget; both keep the same static summary, no state."""
    cells = [LOAD, GOES_ON.format(name="first"), GOES_ON.format(name="second"), ANSWERED]
    name = server.put("widget.ipynb", notebook(*cells))
    book = Book.open(page, server, name)
    book.run(0)
    book.start(1)
    book.seen(r"measuring · [\d.]+ s", 1)
    book.moves(1, 6)  # as many as make a widget worth its while
    assert live(book, 1) == 0
    with server.enough():
        book.finished(1)
    book.seen(SUMMARY, 1)
    book.says("[True]", 3)  # the widget's script is loaded, and has answered
    book.start(2)
    book.outputs(2).locator(".gn-live").wait_for(timeout=60_000)
    book.seen(r"power now", 2)
    book.picture(f"live-widget-{server.app}")
    with server.enough():
        book.finished(2)
    book.seen(SUMMARY, 2)
    assert live(book, 2) == 0
    saved = book.save()
    assert [one["name"] for one in reports(saved)] == ["first", "second"]
    assert "widgets" not in saved.metadata

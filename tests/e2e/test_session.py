"""Many cells: Run All, a restart, two notebooks at once, a page that is loaded again."""

from frontends import GOES_ON, Book, notebook, reports

LOAD = "%load_ext green_notebook"
SUMMARY = r"g CO2e[\s\S]*How sure is this\?"
BUSY = """%%carbon {name}
import time
end = time.time() + {seconds}
while time.time() < end:
    sum(range(1000))"""


def busy(name, seconds=2):
    return BUSY.format(name=name, seconds=seconds)


def test_run_all_restart_and_again(server, page):
    """Run All leaves a summary at every measured cell; so it does after a restart."""
    name = server.put(
        "all.ipynb", notebook(LOAD, busy("a"), "print('between')", busy("b"), "1 + 1")
    )
    book = Book.open(page, server, name)
    book.command("notebook:run-all-cells")
    book.finished(4)
    for index in (1, 3):
        book.seen(SUMMARY, index)
    first = reports(book.save())
    assert [one["name"] for one in first] == ["a", "b"]

    book.page.evaluate(
        "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
    )
    book.idle()
    book.seen(SUMMARY, 1)  # a restart takes nothing away
    book.command("notebook:run-all-cells")
    page.wait_for_timeout(1000)
    book.finished(4)
    again = reports(book.save())
    assert [one["name"] for one in again] == ["a", "b"]
    assert {one["session_id"] for one in again}.isdisjoint({one["session_id"] for one in first})


def test_two_notebooks_at_once(server, browser):
    """Each notebook shows its own cells, while both kernels are busy."""
    books = []
    for one in ("left", "right"):
        name = server.put(f"{one}.ipynb", notebook(LOAD, GOES_ON.format(name=one), "1"))
        page = browser.new_page(viewport={"width": 900, "height": 900})
        books.append(Book.open(page, server, name))
    for book in books:
        book.run(0)
    for book in books:
        book.start(1)
    # Power is told when a cell has run for a while: only then both kernels are busy.
    for book in books:
        book.seen("W now|power now", 1)
    with server.enough():
        for book in books:
            book.finished(1)
    for book, one in zip(books, ("left", "right"), strict=True):
        assert one in book.seen(SUMMARY, 1)
        (report,) = reports(book.save())
        # The other kernel's work is not this one's.
        assert report["energy"]["kernel"]["value"] < report["energy"]["machine"]["value"]
        book.page.close()


def test_page_loaded_again_during_a_run(server, page):
    """After a reload the kernel is well, and %carbon last shows what was missed."""
    name = server.put("reload.ipynb", notebook(LOAD, GOES_ON.format(name="long"), "%carbon last"))
    book = Book.open(page, server, name)
    book.run(0)
    book.save()
    book.start(1)
    book.seen("measuring", 1)
    book = Book.open(page, server, name, kernel=False)
    with server.enough():
        book.idle()
    book.run(2)
    assert "long" in book.seen(SUMMARY, 2)


def test_cleared_output(server, page):
    """A body that clears its output still gets its summary."""
    body = "%%carbon clears\nfrom IPython.display import clear_output\nprint(1)\nclear_output()\nprint(2)"
    name = server.put("clear.ipynb", notebook(LOAD, body))
    book = Book.open(page, server, name)
    book.run(0)
    book.run(1)
    text = book.seen(SUMMARY, 1)
    assert "measuring" not in text
    assert "2" in text

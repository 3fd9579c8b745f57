"""The harness itself: a cell runs in a real front end, and its output is seen and saved."""

from frontends import Book, notebook


def test_a_cell_runs(server, page):
    """A plain cell's output is on the page and in the file."""
    name = server.put("plain.ipynb", notebook("print(6 * 7)"))
    book = Book.open(page, server, name)
    book.run(0)
    book.seen("42", 0)
    book.picture(f"harness-{server.app}")
    assert book.save().cells[0].outputs[0].text == "42\n"

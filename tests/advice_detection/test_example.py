"""examples/is_the_big_one_worth_it.ipynb runs, and what it tells is true."""

import re

import nbformat
import pytest
from nbclient import NotebookClient

MIME = "application/vnd.green-notebook.v1+json"


@pytest.fixture(scope="module")
def executed():
    from pathlib import Path

    root = Path(__file__).resolve().parents[2]
    book = nbformat.read(root / "examples" / "is_the_big_one_worth_it.ipynb", as_version=4)
    NotebookClient(book, timeout=300, kernel_name="python3").execute()
    return book


def texts(cell):
    """All that a cell printed or showed, as text."""
    shown = [one.get("text", "") for one in cell.outputs]
    return "\n".join(
        [*shown, *(o["data"].get("text/plain", "") for o in cell.outputs if "data" in o)]
    )


def of(book, start):
    return next(one for one in book.cells if one.source.startswith(start))


def energy(book, name):
    shown = of(book, f"%%carbon {name}\n").outputs
    (report,) = (one["data"][MIME] for one in shown if MIME in one.get("data", {}))
    return report["energy"]["kernel"]["value"]


def score(book, name):
    return float(re.search(r"right for ([\d.]+) of", texts(of(book, f"%%carbon {name}\n")))[1])


@pytest.mark.kernel
def test_the_lesson_is_true(executed):
    """Trees and network know about the same, the line less; the energies are far apart."""
    assert energy(executed, "neural network") > 3 * energy(executed, "straight line")
    assert abs(score(executed, "neural network") - score(executed, "boosted trees")) < 2.5
    assert score(executed, "straight line") < score(executed, "boosted trees") - 1


@pytest.mark.kernel
def test_the_comparison_is_shown(executed):
    """gn.verify tells the quality of both and the change of energy."""
    said = texts(of(executed, "import green_notebook as gn"))
    assert "the candidate takes" in said
    assert re.search(r"quality 7\d(\.\d+)? -> 8\d(\.\d+)?", said)


@pytest.mark.kernel
def test_no_cell_ends_in_an_error(executed):
    """Everything runs; nothing is written to standard error."""
    for cell in executed.cells:
        for one in cell.get("outputs", []):
            assert one.output_type != "error", cell.source
            assert one.get("name") != "stderr", one.text

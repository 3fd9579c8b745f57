"""examples/fine_tune_or_from_scratch.ipynb runs, and what it tells is true."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

MIME = "application/vnd.green-notebook.v1+json"
BOOK = Path(__file__).resolve().parents[2] / "examples" / "fine_tune_or_from_scratch.ipynb"


@pytest.fixture(scope="module")
def executed():
    book = nbformat.read(BOOK, as_version=4)
    NotebookClient(book, timeout=300, kernel_name="python3").execute()
    return book


def of(book, name):
    return next(one for one in book.cells if one.source.startswith(f"%%carbon {name}\n"))


def energy(book, name):
    shown = of(book, name).outputs
    (report,) = (one["data"][MIME] for one in shown if MIME in one.get("data", {}))
    return report["energy"]["kernel"]["value"]


def score(book, name):
    printed = "".join(one.get("text", "") for one in of(book, name).outputs)
    return float(re.search(r"right for ([\d.]+) of", printed)[1])


def test_the_lesson_is_true(executed):
    """Fine-tuning is about as good as starting from nothing, for much less; the last layer for least."""
    assert energy(executed, "from scratch") > 1.5 * energy(executed, "fine-tuned")
    assert energy(executed, "fine-tuned") > energy(executed, "last layer")
    assert score(executed, "fine-tuned") > score(executed, "from scratch") - 4
    assert score(executed, "last layer") > 50


def test_no_cell_ends_in_an_error(executed):
    """Everything runs; nothing is written to standard error."""
    for cell in executed.cells:
        for one in cell.get("outputs", []):
            assert one.output_type != "error", cell.source
            assert one.get("name") != "stderr", one.text


def test_the_facts_of_its_cells():
    """What detection tells of the lesson's own training loop in a function."""
    from green_notebook.advice.facts import detect

    namespace = {"__name__": "__main__", "In": [""]}
    for cell in nbformat.read(BOOK, as_version=4).cells[3:7]:
        if cell.cell_type == "code":
            exec(re.sub(r"(?m)^%.*", "", cell.source), namespace)
    source = "scratch = new_network()\ntrain(scratch, few_x, few_y, epochs=2)"
    exec(source, namespace)
    facts = detect(namespace, source, budget_s=5)
    assert facts.get("phase") == "training"
    assert facts.get("framework") == "torch"
    assert facts.get("task") == "image-classification"
    assert facts.get("model.params") == sum(p.numel() for p in namespace["scratch"].parameters())
    assert facts.get("data.rows") == 100

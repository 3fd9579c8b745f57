"""The examples run from top to bottom, headless, and are kept without outputs."""

import copy
import re

import nbformat
import pytest
from nbclient import NotebookClient

MIME = "application/vnd.green-notebook.v1+json"


@pytest.fixture(scope="module")
def executed():
    from pathlib import Path

    path = Path(__file__).resolve().parent.parent / "examples" / "first_cell.ipynb"
    book = nbformat.read(path, as_version=4)
    NotebookClient(book, timeout=300, kernel_name="python3").execute()
    return book


def displays(cell):
    return [one for one in cell.outputs if MIME in one.get("data", {})]


def test_kept_without_outputs(project):
    """What a cell cost on somebody's machine is not committed."""
    for path in sorted((project / "examples").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                assert not cell.outputs, path.name
                assert cell.execution_count is None, path.name


@pytest.mark.kernel
def test_every_measured_cell_has_its_summary(executed):
    """Each %%carbon cell of the first lesson ends with one summary, named as asked."""
    measured = [one for one in executed.cells if one.source.startswith("%%carbon ")]
    assert len(measured) == 7
    for cell in measured:
        (shown,) = displays(cell)
        assert set(shown.data) == {"text/plain", "text/html", MIME}
        name = re.match(r"%%carbon (.*?)(?: --.*)?\n", cell.source).group(1)
        assert shown.data[MIME]["name"] == name
        assert shown.data[MIME]["energy"]["kernel"]["value"] > 0


@pytest.mark.kernel
def test_the_lesson_is_true(executed):
    """What the lesson tells students to look for is there to be seen."""
    reports = {
        shown.data[MIME]["name"]: shown.data[MIME]
        for cell in executed.cells
        if cell.cell_type == "code"
        for shown in displays(cell)
    }

    def energy(name):
        return reports[name]["energy"]["kernel"]["value"]

    def grams(name):
        return reports[name]["footprint"]["operational"]["value"]

    assert energy("sort a list") > 2 * energy("sort an array")
    assert energy("large forest") > 5 * energy("small forest")
    assert grams("in Poland") / energy("in Poland") > 5 * grams("in France") / energy("in France")


@pytest.mark.kernel
def test_small(executed):
    """A measured cell adds at most 5 kB to the saved file; with the first cell's hints 6 kB."""

    def size(cell, outputs):
        other = copy.deepcopy(executed)
        other.cells[executed.cells.index(cell)].outputs = outputs
        return len(nbformat.writes(other).encode())

    sizes = []
    for cell in executed.cells:
        if cell.cell_type == "code" and displays(cell):
            others = [one for one in cell.outputs if one not in displays(cell)]
            grown = size(cell, cell.outputs) - size(cell, others)
            assert grown <= 6_000, cell.source
            sizes.append(grown)
    assert sorted(sizes)[len(sizes) // 2] <= 5_000

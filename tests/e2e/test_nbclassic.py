"""The classic notebook, with this environment's kernel and with Colab's versions."""

from pathlib import Path

import pytest
from frontends import ARTIFACTS, Server, notebook, reports

COLAB = Path(__file__).parents[2] / ".venv-colab/bin/python"
LOAD = "%load_ext green_notebook"
BUSY = """%%carbon {name}
import time
end = time.time() + 2
while time.time() < end:
    sum(range(1000))"""


@pytest.fixture(scope="module")
def classic(tmp_path_factory):
    """A server that knows both kernels."""
    with Server("lab", tmp_path_factory.mktemp("nbclassic")) as one:
        one.kernelspec("colab", COLAB)
        yield one


@pytest.mark.parametrize("kernel", ["python3", "colab"])
def test_the_html_path_shows_frames_and_the_summary(classic, page, kernel):
    """Frames while the cells run, a summary of each afterwards, no error and no widget state."""
    if kernel == "colab" and not COLAB.exists():
        pytest.skip("no environment with Colab's versions: make colab-env")
    cells = [LOAD, BUSY.format(name="first"), BUSY.format(name="second"), "print(6 * 7)"]
    name = classic.put(f"classic-{kernel}.ipynb", notebook(*cells, kernel=kernel))
    page.goto(classic.url(name, "nbclassic"), wait_until="domcontentloaded")
    page.wait_for_function(
        "window.Jupyter?.notebook?.kernel?.is_connected() && Jupyter.notebook._fully_loaded",
        timeout=60_000,
    )
    page.evaluate("Jupyter.notebook.execute_all_cells()")
    outputs = page.locator(".cell .output_area")
    outputs.get_by_text("measuring").first.wait_for(timeout=30_000)
    outputs.get_by_text("42", exact=True).wait_for(timeout=30_000)
    page.wait_for_timeout(500)  # the last refinement of a summary comes within 150 ms
    sure = outputs.get_by_text("How sure is this?")
    assert sure.count() == 2
    sure.first.click()
    page.screenshot(path=ARTIFACTS / f"nbclassic-{kernel}.png")
    assert outputs.get_by_text("measuring").count() == 0
    assert page.locator(".output_error, .output_stderr").count() == 0
    page.evaluate("Jupyter.notebook.save_notebook()")
    page.wait_for_function("!Jupyter.notebook.dirty")
    saved = classic.saved(name)
    assert [one["name"] for one in reports(saved)] == ["first", "second"]
    assert "widgets" not in saved.metadata

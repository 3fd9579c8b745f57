"""nbclient, papermill and nbconvert: what is saved, shown and run without a front end."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbconvert import HTMLExporter, PythonExporter

pytestmark = pytest.mark.kernel

MIME = "application/vnd.green-notebook.v1+json"
# What `show` allows: a notebook file indents JSON, which makes 5 kB at most 6 kB.
LIMIT_BYTES = 6000
CELLS = (
    "%load_ext green_notebook",
    "%%carbon a sum\nsum(i * i for i in range(10**6))",
    "%%carbon wait\nimport time\nprint('waiting')\ntime.sleep(1)",
    "%%carbon --zone FR\nx = [n for n in range(10**5)]\nlen(x)",
)


def notebook(cells=CELLS):
    """A fresh notebook of these cells."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in cells])
    made.metadata["kernelspec"] = {"name": "test", "display_name": "test", "language": "python"}
    for n, cell in enumerate(made.cells):
        cell["id"] = f"cell-{n}"  # of the same length in every run
    return made


@pytest.fixture(scope="module", params=["current", "colab"])
def kernel_name(request, project, tmp_path_factory):
    """A kernelspec for each environment."""
    colab = project / ".venv-colab" / "bin" / "python"
    python = Path(sys.executable) if request.param == "current" else colab
    if not python.exists():
        pytest.skip("make colab-env makes it")
    folder = tmp_path_factory.mktemp("jupyter")
    spec = folder / "spec"
    spec.mkdir()
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(
        json.dumps({"argv": argv, "display_name": "test", "language": "python"})
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_DATA_DIR", str(folder))
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        KernelSpecManager().install_kernel_spec(str(spec), "green-test", user=True)
        yield "green-test"


@pytest.fixture(scope="module")
def executed(kernel_name):
    """The notebook after nbclient ran it."""
    made = notebook()
    NotebookClient(made, kernel_name=kernel_name, timeout=60).execute()
    return made


def ours(cell):
    """Our outputs of a cell."""
    return [one for one in cell.outputs if "green-notebook" in one.get("metadata", {})]


def test_each_measured_cell_keeps_one_final_summary(executed):
    """Exactly text, HTML and JSON; no live frame, no widget view, no widget state."""
    for cell in executed.cells[1:]:
        (display,) = ours(cell)
        assert set(display.data) == {"text/plain", "text/html", MIME}
        assert display.data[MIME]["state"] == "final"
        assert display.data[MIME]["status"] == "ok"
    assert executed.cells[1].outputs[-1].data["text/plain"] == "333332833333500000"
    assert "widgets" not in executed.metadata
    assert executed.cells[3].outputs[0].data[MIME]["place"]["zone"] == "FR"


def test_a_saved_cell_stays_small(executed, kernel_name):
    """The file with summaries, less the file without, per measured cell."""
    bare = nbformat.from_dict(json.loads(nbformat.writes(executed)))
    for cell in bare.cells:
        cell["outputs"] = [
            one for one in cell.outputs if "green-notebook" not in one.get("metadata", {})
        ]
    grown = len(nbformat.writes(executed).encode()) - len(nbformat.writes(bare).encode())
    assert grown / (len(CELLS) - 1) <= LIMIT_BYTES


def test_nbconvert_shows_the_summaries(executed):
    """The page has headline and components of each cell, sanitized or not."""
    for sanitize in (False, True):
        page, _ = HTMLExporter(sanitize_html=sanitize).from_notebook_node(executed)
        assert page.count("a sum") >= 2
        assert "CO2e" in page
        assert "measuring ..." not in page


def test_papermill_keeps_them_too(kernel_name, tmp_path):
    """papermill writes the same summaries, and parameters do no harm."""
    source, target = tmp_path / "in.ipynb", tmp_path / "out.ipynb"
    made = notebook(CELLS[:2])
    made.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(made, source)
    papermill.execute_notebook(
        str(source), str(target), {"n": 3}, kernel_name=kernel_name, progress_bar=False
    )
    saved = nbformat.read(target, 4)
    assert [len(ours(cell)) for cell in saved.cells] == [0, 0, 1]


def test_the_script_of_a_notebook_runs(tmp_path):
    """nbconvert --to script, then ipython: measured, with one line for each cell."""
    script, _ = PythonExporter().from_notebook_node(notebook(CELLS[:2]))
    assert "run_cell_magic('carbon', 'a sum'" in script
    path = tmp_path / "script.ipy"
    path.write_text(script)
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--colors=NoColor", str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "IPYTHONDIR": str(tmp_path)},
    )
    assert "carbon · a sum · " in done.stdout
    assert done.stderr == ""


def test_a_class_is_served_by_its_configuration(kernel_name, tmp_path, monkeypatch):
    """A hub's ipython_config.py loads the extension and measures every cell, for everyone."""
    profile = tmp_path / "profile_default"
    profile.mkdir()
    (profile / "ipython_config.py").write_text(
        "c.InteractiveShellApp.extensions = ['green_notebook']\n"
        "c.GreenNotebook.always = True\n"
        "c.GreenNotebook.zone = 'SE'\n"
    )
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    made = notebook(["1 + 1", "%carbon off", "2"])
    NotebookClient(made, kernel_name=kernel_name, timeout=60).execute()
    assert [len(ours(cell)) for cell in made.cells] == [1, 1, 0]
    assert ours(made.cells[0])[0].data[MIME]["place"] == {
        **ours(made.cells[0])[0].data[MIME]["place"],
        "zone": "SE",
        "how": "setting",
    }

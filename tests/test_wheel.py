"""What `pip install` brings: the package, its tables, its built widget, and no more."""

import email
import subprocess
import sys
import zipfile
from collections import Counter

import pytest

LARGEST_GROUP = 400_000  # bytes, in the wheel; a table that outgrows this should be thought over


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    from pathlib import Path

    root = Path(__file__).resolve().parent.parent
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
        cwd=root,
        check=True,
        capture_output=True,
    )
    (built,) = out.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        yield archive


@pytest.fixture(scope="module")
def metadata(wheel):
    (name,) = (one for one in wheel.namelist() if one.endswith(".dist-info/METADATA"))
    return email.message_from_bytes(wheel.read(name))


def test_all_that_runs_is_in_it(wheel, project):
    """Every file of the package that git knows is in the wheel: typing marker, tables, widget."""
    listed = subprocess.run(
        ["git", "ls-files", "green_notebook"],
        cwd=project,
        check=False,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    assert set(listed.stdout.split()) - set(wheel.namelist()) == set()


@pytest.mark.parametrize(
    "name", ["green_notebook/py.typed", "green_notebook/show/static/widget.js"]
)
def test_the_files_that_are_no_modules(wheel, name):
    """Types are announced, and the widget works without node."""
    assert name in wheel.namelist()


def test_no_group_of_tables_is_large(wheel):
    """Each group of tables stays small enough to be loaded and read over."""
    groups = Counter()
    for one in wheel.infolist():
        if one.filename.startswith("green_notebook/data/"):
            groups[one.filename.split("/")[2].split(".")[0]] += one.file_size
    print(dict(groups))
    assert groups
    assert not {name: size for name, size in groups.items() if size > LARGEST_GROUP}


def test_only_the_package(wheel):
    """No tests, no sources of tables or of the widget."""
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {one for one in tops if not one.endswith(".dist-info")} == {"green_notebook"}


def test_metadata(metadata):
    """The licence, the Python floor and the command are stated."""
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.10"


# Bounds on these would change what Colab and hubs run (docs/decisions/0003).
NEVER = {"ipykernel", "tornado", "comm", "jupyter-client", "jupyterlab", "notebook", "numpy"}


def test_never_required(metadata):
    """What a server or Colab has settled is not ours to require."""
    required = {
        line.replace(">", " ").replace("<", " ").replace("=", " ").replace(";", " ").split()[0]
        for line in metadata.get_all("Requires-Dist")
        if "extra ==" not in line
    }
    assert required & NEVER == set()

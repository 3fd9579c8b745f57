"""The shipped tables: built identically, small, quick to load, every row with its source."""

import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from green_notebook.data import load, records

ROOT = Path(__file__).parents[2]
DATA = ROOT / "green_notebook" / "data"
TABLES = ["grid", "regions", "timezones", "equivalences", "embodied", "water", "pue"]


def test_built_identically(tmp_path):
    """The build script gives the shipped bytes again."""
    (tmp_path / "green_notebook" / "data").mkdir(parents=True)
    (tmp_path / "data-src").symlink_to(ROOT / "data-src")
    code = "import sys; sys.dont_write_bytecode = True; sys.path.insert(0, 'data-src');"
    code += "import _table, pathlib; _table.DATA = pathlib.Path('green_notebook/data');"
    code += "import runpy; runpy.run_path('data-src/build_grid.py', run_name='__main__')"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)
    for name in TABLES:
        built = (tmp_path / "green_notebook" / "data" / f"{name}.json").read_bytes()
        assert built == (DATA / f"{name}.json").read_bytes(), name


def test_small():
    """All tables together take less than 400 kB of the wheel; ours less than 100 kB even unpacked."""
    assert sum(len(zlib.compress(one.read_bytes())) for one in DATA.glob("*.json")) < 400_000
    assert sum((DATA / f"{name}.json").stat().st_size for name in TABLES) < 100_000


def test_lazy_and_quick(slower):
    """The grid's table and words load in under 10 ms of CPU time, and not on import."""
    code = (
        "import time; from green_notebook import grids; from green_notebook.data import load;"
        "assert not load.cache_info().currsize; best = 1e9\n"
        "for _ in range(5):\n"
        "    [one.cache_clear() for one in (load, grids._zones.records, grids._zones.zones,"
        " grids._zones._regions, grids._zones._vocabulary)]\n"
        "    t = time.process_time(); grids.resolve('FR'); best = min(best, time.process_time() - t)\n"
        "print(best)"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout
    assert float(out) < 0.010 * slower


@pytest.mark.parametrize("name", TABLES)
def test_every_row_has_its_source(name):
    """Each row names a source of the table."""
    sources = load(name)["sources"]
    if name == "timezones":
        assert sources
        return
    for row in records(name):
        assert sources[row["source"]][0], row
        assert row["year"], row


def test_no_share_alike_copy_is_shipped():
    """No grid row comes from a copy that is licensed share-alike."""
    assert not [one for one in load("grid")["sources"].values() if "BY-SA" in one[2]]

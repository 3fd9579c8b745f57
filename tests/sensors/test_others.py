"""Other packages' sensors and grids: used where they keep the protocol, else named as broken."""

from __future__ import annotations

import textwrap

import pytest

from green_notebook.errors import GreenNotebookError
from green_notebook.grids import grid, names
from green_notebook.sensors import kinds
from green_notebook.session import Session
from green_notebook.settings import GreenNotebook
from green_notebook.testing import FakeClock, fake_host

GOOD = """
    from green_notebook.model import SensorSpec
    NAME = "Acme meter"
    SLOW = False
    class Meter:
        def __init__(self, value=25.0):
            self.value = value
            self.spec = SensorSpec("acme:0", "cpu:0", "power", covers=("cpu:0",), label="Acme")
        def read(self):
            return self.value() if callable(self.value) else self.value
        def close(self):
            pass
    def discover(host, options):
        return [Meter(%s)]
"""


@pytest.fixture
def announced(tmp_path, monkeypatch):
    """Installs a package with an entry point; gives its one kind's line of doctor."""

    def announce(source, value="acme_meter", group="sensors"):
        made = tmp_path / "packages"
        info = made / "acme-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[green_notebook.{group}]\nacme = {value}\n")
        (made / "acme_meter.py").write_text(textwrap.dedent(source))
        monkeypatch.syspath_prepend(str(made))
        monkeypatch.delitem(__import__("sys").modules, "acme_meter", raising=False)

    return announce


@pytest.fixture
def session(tmp_path):
    """A session on a machine with nothing but what another package brings."""
    host = fake_host(tmp_path / "machine", {"/proc/stat": "cpu  0 0 0 0 0 0 0 0 0 0\n"})
    made = Session(GreenNotebook(environ={}), host=host, clock=FakeClock())
    yield made
    made.close()


def line(session, name="acme"):
    """Doctor's line on the package's kind or sensor."""
    lines = str(session.doctor()).splitlines()
    (found,) = [one for one in lines if one.lower().startswith(name)]
    return found


def test_a_good_one_is_used(announced, session):
    """What keeps the protocol is in use like our own."""
    announced(GOOD % "")
    assert "in use (measured cpu:0)" in line(session)


@pytest.mark.parametrize(
    ("source", "value", "reason"),
    [
        ("", "acme_missing", "acme_missing cannot be loaded: ModuleNotFoundError"),
        ("raise SystemExit(3)", "acme_meter", "cannot be loaded: SystemExit"),
        ("NAME = 3", "acme_meter", "has no function discover"),
        ("def discover(host, options): raise KeyError('x')", "acme_meter", "KeyError"),
        ("def discover(host, options): raise SystemExit(3)", "acme_meter", "ends the program"),
        ("def discover(host, options): return 7", "acme_meter", "TypeError"),
        ("def discover(host, options): return ['abc']", "acme_meter", "str, which has no Sensor"),
        (GOOD % "'abc'", "acme_meter", "acme:0 reads 'abc', which is no number"),
        (GOOD % "float('nan')", "acme_meter", "acme:0 reads nan"),
        (GOOD % "-5.0", "acme_meter", "acme:0 reads -5.0"),
        (GOOD % "lambda: __import__('threading').Event().wait(3)", "acme_meter", "too long"),
    ],
)
def test_a_broken_one_is_named(announced, session, source, value, reason):
    """Doctor says what is broken; measuring goes on without it."""
    announced(source, value)
    assert reason in line(session)
    assert "broken" in line(session)
    span = session.begin("cell", thread=False)
    session.clock.advance(1.0, busy=1.0)
    assert session.end(span).energy.machine.value > 0


def test_nonsense_later_is_a_gap(announced, session):
    """A sensor that gives nonsense once it is open has gaps, and the report is made."""
    announced(GOOD % "iter([5.0, 5.0, 'x', float('inf'), -1.0, None]).__next__")
    span = session.begin("cell", thread=False)
    for _ in range(5):
        session.clock.advance(0.3)
        session.sampler.tick()
    report = session.end(span)
    assert "read-failed" in [one.code for one in report.notes]
    (trace,) = session.sampler.traces.values()
    assert {one.value for one in trace.readings} == {5.0, None}


def test_a_failing_model_is_a_gap(announced, session):
    """Another package's model that fails is said, and is not taken for zero."""
    announced(
        """
        from green_notebook.model import Basis, SensorSpec
        class Model:
            spec = SensorSpec("acme:m", "npu:0", "energy", Basis.MODELLED, covers=("npu:0",))
            def estimate(self, load, chips_j):
                return 7
        def discover(host, options):
            return [Model()]
        """
    )
    span = session.begin("cell", thread=False)
    session.clock.advance(1.0, busy=1.0)
    report = session.end(span)
    assert "model-failed" in [one.code for one in report.notes]
    assert "npu:0" not in [one.component for one in report.energy.components]


def test_what_an_error_says_stays_out_of_reports(announced, session):
    """Errors of other packages name files and keys: a report has their kind alone."""
    announced(
        """
        from green_notebook.model import Basis, SensorSpec
        class Model:
            spec = SensorSpec("acme:m", "npu:0", "energy", Basis.MODELLED, covers=("npu:0",))
            def estimate(self, load, chips_j):
                raise OSError(2, "no such file", "/home/ada/key-4711")
        def discover(host, options):
            return [Model()]
        """
    )

    class Grid:
        name = "acme"

        def intensity(self, *_):
            raise ValueError("https://acme.example/?token=key-4711")

    session.assembler.grid = Grid()
    span = session.begin("cell", thread=False)
    session.clock.advance(1.0, busy=1.0)
    text = session.end(span).to_json()
    assert "key-4711" not in text
    assert "FileNotFoundError" in text
    assert "the grid failed (ValueError)" in text


def test_ours_are_found_beside_a_broken_one(announced):
    """One package that cannot be imported hides nobody else."""
    announced("", "acme_missing")
    assert {"RAPL", "acme"} <= {kind.name for kind in kinds()}


@pytest.mark.parametrize("source", ["def make(s, p): raise KeyError('x')", "make = lambda s, p: 7"])
def test_a_broken_grid_gets_one_line(announced, source):
    """Whoever names another package's broken grid is told so, and the name is offered still."""
    announced(source, group="grids")
    assert "acme" in names()
    with pytest.raises(GreenNotebookError, match="acme of another package is broken"):
        grid("acme")


def test_a_cell_with_a_broken_grid_has_a_report(announced, tmp_path):
    """The annual value stands in, with a note."""
    announced("", "acme_missing", group="grids")
    host = fake_host(tmp_path / "machine", {"/proc/stat": "cpu  0 0 0 0 0 0 0 0 0 0\n"})
    session = Session(GreenNotebook(environ={}, grid="acme"), host=host, clock=FakeClock())
    span = session.begin("cell", thread=False)
    session.clock.advance(1.0, busy=1.0)
    report = session.end(span)
    session.close()
    assert "grid-fallback" in [one.code for one in report.notes]

"""What a report says once in a session."""

import shutil
from pathlib import Path

import pytest

from green_notebook.host import Host
from green_notebook.session import Session
from green_notebook.settings import GreenNotebook
from green_notebook.testing import FakeClock

MACHINES = Path(__file__).parents[1] / "machines"


@pytest.fixture
def session(tmp_path):
    """A laptop whose RAPL counters are there and cannot be read."""
    root = tmp_path / "laptop"
    shutil.copytree(MACHINES / "i7-8550u-laptop", root)
    for file in root.glob("sys/class/powercap/*/energy_uj"):
        file.write_text("nonsense\n")
    made = Session(GreenNotebook(environ={}), host=Host(root, {}), clock=FakeClock())
    yield made
    made.close()


def codes(report):
    return [one.code for one in report.notes]


def run(session, name=None):
    span = session.begin(name, thread=False)
    session.clock.advance(1.0, 1.0)
    session.sampler.tick()
    return session.end(span)


def test_a_processor_that_is_modelled_for_want_of_a_permission_says_so_once(session):
    """The reader learns why it is no measurement, and where the cure stands; one time is enough."""
    first, second = run(session), run(session)
    (told,) = (one for one in first.notes if one.code == "cpu-modelled")
    assert "holds no number" in told.text
    assert "%carbon doctor" in told.text
    assert "cpu-modelled" not in codes(second)


def test_the_outer_report_says_it(session):
    """A nested report leaves what concerns the session to its parent."""
    outer = session.begin("outer", thread=False)
    inner = run(session, "inner")
    assert "cpu-modelled" not in codes(inner)
    assert "cpu-modelled" in codes(session.end(outer))

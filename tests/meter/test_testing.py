"""The fakes that other people's tests stand on."""

from __future__ import annotations

import os
import threading

import pytest
from IPython.core.interactiveshell import InteractiveShell

from green_notebook.grids import Grid
from green_notebook.testing import FakeClock, FakeGrid, FakeModel, fake_session, run_cells


def test_a_fake_grid_is_a_grid(tmp_path):
    """The report's intensity is the fake's, and its failing is noted and never raised."""
    grid = FakeGrid(200.0)
    assert isinstance(grid, Grid)
    session = fake_session(tmp_path, FakeModel(), grid=grid, zone="FR")
    span = session.begin("cell", thread=False)
    session.clock.advance(2.0, busy=1.0)
    report = session.end(span)
    assert report.intensity.quantity.value == 200.0
    assert grid.asked[0][0] == "FR"
    assert grid.asked[0][2] == pytest.approx(2.0)
    grid.failing = True
    span = session.begin("cell", thread=False)
    session.clock.advance(2.0)
    assert "grid-fallback" in [one.code for one in session.end(span).notes]


def test_cells_are_run():
    """Results, prints, displays, errors and reports of cells, without a kernel."""
    plain, named, failed, after = run_cells(
        "x = 20",
        "%%carbon named\nprint('hello')\nx + 22",
        "%%carbon\n1 / 0",
        "%carbon last",
        zone="FR",
    )
    assert (plain.status, plain.report, plain.displays) == ("ok", None, ())
    assert named.result == 42
    assert "hello" in named.printed
    assert named.report.name == "named"
    assert named.report.place.zone == "FR"
    assert any("carbon · named" in one["text/plain"] for one in named.displays)
    assert failed.status == "error"
    assert isinstance(failed.error, ZeroDivisionError)
    assert failed.report.status == "error"
    assert "stopped by an error" in after.displays[-1]["text/plain"]


def test_cells_on_fake_hardware(tmp_path):
    """A session of fakes measures the cells, and is closed in the end."""
    session = fake_session(tmp_path, FakeModel(idle_w=3.0), clock=FakeClock())
    (ran,) = run_cells("%%carbon\npass", session=session)
    assert {one.sensor for one in ran.report.energy.components} == {"fake-model"}
    assert session.closed


def test_nothing_stays_behind():
    """Neither the shell, nor a thread, nor the folder of its profile."""
    before = threading.active_count(), os.getcwd()
    run_cells("%%carbon\npass")
    assert not InteractiveShell.initialized()
    assert (threading.active_count(), os.getcwd()) == before

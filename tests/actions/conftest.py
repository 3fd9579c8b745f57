"""Reports and a session of plain data for the verbs."""

import socket
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

import pytest

from green_notebook.account import operational
from green_notebook.grids import resolve
from green_notebook.grids.annual import AnnualGrid
from green_notebook.host import Host
from green_notebook.model import (
    Basis,
    Component,
    Energy,
    Footprint,
    MeterCost,
    Place,
    Quantity,
    Report,
)
from green_notebook.model.summary import counted
from green_notebook.settings import GreenNotebook


@dataclass
class Kept:
    """What the verbs see of a session."""

    reports: list = field(default_factory=list)
    host: Host = field(default_factory=lambda: Host(Path("/nowhere"), {"TZ": "Europe/Berlin"}))
    settings: GreenNotebook = field(default_factory=lambda: GreenNotebook({}))
    wholes: dict = field(default_factory=dict)

    @property
    def counted(self):
        return counted(self.reports, self.wholes)


def make_report(
    joules=3.6e6, zone="FR", *, name="a", parent=None, kind="laptop", seconds=3600.0, **more
):
    """A report of so many joules in a zone."""
    at = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
    kernel = Quantity.within(joules, "J", Basis.MEASURED, systematic=0.05 * joules)
    place = Place(resolve(zone).code, "option", "high", resolve(zone).name, kind)
    intensity = AnnualGrid().intensity(zone, at)
    pue = Quantity.exactly(1.0, "1", Basis.ASSUMED)
    used = operational(kernel, pue, intensity)
    return Report(
        id=name,
        session_id="s",
        started_at=at.isoformat(),
        duration_s=seconds,
        status="ok",
        state="final",
        energy=Energy(kernel, kernel, (Component("cpu:0", "rapl", kernel, kernel),)),
        place=place,
        intensity=intensity,
        pue=pue,
        footprint=Footprint(used, used, None, more.get("water")),
        meter=MeterCost(Quantity.exactly(0.0, "J"), 0.0),
        parent_id=parent,
        name=name,
    )


@pytest.fixture
def report():
    return make_report


@pytest.fixture
def session():
    return Kept


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch):
    """No test of this folder reaches beyond the loopback."""
    connect = socket.socket.connect

    def checked(self, address):
        assert self.family == socket.AF_UNIX or address[0] in ("127.0.0.1", "::1"), address
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", checked)

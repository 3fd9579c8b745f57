"""A meter of the whole machine is told apart from a share of somebody's server."""

from __future__ import annotations

import pytest

from green_notebook.model import Basis, SensorSpec
from green_notebook.testing import FakeClock, FakeModel, FakeSensor, fake_session


@pytest.mark.parametrize("measured", [True, False])
def test_a_plug_is_no_share(tmp_path, measured):
    """The breakdown calls a metered machine so, and only a modelled guest a share."""
    clock = FakeClock()
    spec = SensorSpec("plug:x", "node", "power", Basis.MEASURED, step_s=1.0, covers=("node",))
    source = FakeSensor(clock, 60.0, spec) if measured else FakeModel()
    session = fake_session(tmp_path, source, clock=clock)
    span = session.begin("cell", thread=False)
    live = []
    session.subscribe(span, live.append)
    for _ in range(5):
        clock.advance(1.0, busy=1.0)
        session.sampler.tick()
    text = str(session.end(span))
    names = {name for progress in live for name, _ in progress.power_by_component}
    assert names == ({"metered"} if measured else {"node"})
    assert ("machine (metered)" in text) is measured
    assert ("server (VM share)" in text) is not measured

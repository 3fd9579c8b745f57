"""Settings of sensors that change in a session, and meters that come, go and come again."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from simulated_meters import Answer, served

from green_notebook.actions.calibrate import Bench
from green_notebook.clock import Clock
from green_notebook.errors import GreenNotebookError
from green_notebook.session import Session
from green_notebook.settings import GreenNotebook
from green_notebook.testing import FakeClock, fake_host

STAT = {"/proc/stat": "cpu  0 0 0 0 0 0 0 0 0 0\n"}
SWITCH = {"id": 0, "apower": 62.4}
FOLDER = "/sys/class/power_supply/BAT0"
BATTERY = {
    f"{FOLDER}/type": "Battery",
    f"{FOLDER}/status": "Discharging",
    f"{FOLDER}/power_now": "7350000",
}


@pytest.fixture
def opened(tmp_path):
    """A session on a machine of these files."""
    made = []

    def make(files, clock=None, **settings):
        host = fake_host(tmp_path, STAT | files)
        settings = GreenNotebook(environ={}, **settings)
        made.append(Session(settings, host=host, clock=clock or Clock()))
        return made[-1]

    yield make
    for one in made:
        one.close()


def used(session):
    return {one.spec.id for one in session.sampler.choice.sensors}


def measured(session):
    """One span without a thread: the report's components."""
    span = session.begin("cell", thread=False)
    session.sampler.tick()
    report = session.end(span)
    return {one.component for one in report.energy.components}, {one.code for one in report.notes}


def test_a_plug_that_is_set_later_joins(opened):
    """%config GreenNotebook.plug takes effect with the next span, and calibrating sees it."""
    session = opened({})
    measured(session)
    with served(lambda *_: Answer(SWITCH)) as address:
        session.settings.plug = f"shelly://{address}"
        components, notes = measured(session)
        assert "plug:shelly" in used(session)
        assert "joined-late" in notes
        assert Bench(session)._meter().id == "plug:shelly"
        (plug,) = [one for one in session.sampler.found if one.spec.id == "plug:shelly"]
        session.settings.plug = ""
        components, _ = measured(session)
        assert "plug:shelly" not in used(session)
        assert "rest" in components  # the models' again
        with pytest.raises(OSError, match="does not answer"):
            plug.read()


def test_calibrating_takes_the_settings_as_they_are(opened):
    """No span is needed between %config and %carbon calibrate."""
    session = opened({})
    session.doctor()
    bench = Bench(session, lambda _: None, lambda _: nullcontext())
    with pytest.raises(GreenNotebookError, match="needs an external meter"):
        bench.calibrated(30.0)
    with served(lambda *_: Answer(SWITCH)) as address:
        session.settings.plug = f"shelly://{address}"
        with pytest.raises(GreenNotebookError) as caught:
            bench.calibrated(30.0)
        assert "needs an external meter" not in str(caught.value)
        session.close()


def test_a_kind_that_is_switched_off_and_on(opened):
    """disabled_sensors works both ways in a running session, and doctor says it."""
    session = opened(BATTERY)
    session.doctor()
    assert "battery" in used(session)
    session.settings.disabled_sensors = ["Battery"]
    assert "disabled_sensors" in str(session.doctor())
    assert "battery" not in used(session)
    assert "battery" not in session.sampler.traces
    session.settings.disabled_sensors = []
    session.doctor()
    assert "battery" in used(session)


def test_a_battery_that_is_unplugged_and_plugged_in(opened, tmp_path):
    """Pulling the plug lets the battery join; plugging in gives the parts back to their models."""
    clock = FakeClock()
    session = opened(BATTERY | {f"{FOLDER}/status": "Charging"}, clock)
    session.doctor()
    assert "battery" not in used(session)
    fake_host(tmp_path, BATTERY)
    clock.advance(20.0)
    session.sampler.tick()
    assert "battery" in used(session)
    fake_host(tmp_path, {f"{FOLDER}/status": "Charging"})
    for _ in range(20):
        clock.advance(1.0)
        session.sampler.tick()
    assert "battery" not in used(session)
    assert "BAT0 is charging" in str(session.doctor())
    fake_host(tmp_path, BATTERY)
    clock.advance(20.0)
    session.sampler.tick()
    assert "battery" in used(session)


def test_nothing_changes_within_a_span(opened, tmp_path):
    """A sensor that falls silent in the middle of a span stays, with its gap."""
    clock = FakeClock()
    session = opened(BATTERY, clock)
    span = session.begin("cell", thread=False)
    fake_host(tmp_path, {f"{FOLDER}/status": "Charging"})
    for _ in range(20):
        clock.advance(1.0)
        session.sampler.tick()
    assert "battery" in used(session)
    session.end(span)


def test_a_plug_that_is_switched_off_while_it_is_looked_for(opened):
    """What is found by settings that hold no more is not used, and is given back."""
    session = opened({})
    measured(session)

    def answer(*_):
        session.settings.plug = ""
        session.reopen()
        return Answer(SWITCH)

    with served(answer) as address:
        session.settings.plug = f"shelly://{address}"
        session.doctor()
        assert "plug:shelly" not in used(session)
        assert "plug:shelly" not in {one.spec.id for one in session.sampler.found}
        (plug,) = session.sampler.inventory._closing
        session.sampler.tick()
        with pytest.raises(OSError, match="does not answer"):
            plug.read()

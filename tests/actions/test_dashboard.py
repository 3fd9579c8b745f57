"""The dashboard's state follows the session."""

import json

import pytest

from green_notebook.actions import dashboard
from green_notebook.errors import GreenNotebookError
from green_notebook.testing import FakeClock, FakeModel, fake_session


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def session(tmp_path, clock):
    made = fake_session(tmp_path, FakeModel(idle_w=4, full_w=20), clock=clock)
    made.sampler.open()
    yield made
    made.close()


def work(session, clock, name, seconds=2.0):
    span = session.begin(name, thread=False)
    for _ in range(round(seconds * 10)):
        clock.advance(0.1, 1.0)
        session.sampler.tick()
    return session.end(span)


def rest(session, clock, seconds):
    for _ in range(seconds):
        clock.advance(1.0)
        session.sampler.tick()


def test_the_state_holds_cells_power_and_idle(session, clock):
    """Cells as bars, power over time with its marks, and what idling took."""
    session.sampler.tick()
    work(session, clock, "first")
    rest(session, clock, 120)
    work(session, clock, "second", 4.0)
    state = dashboard.state(session)
    assert [one["label"] for one in state["cells"]] == ["first", "second"]
    assert state["idle"]["energy"]["value"] == pytest.approx(4 * 120, rel=0.1)
    assert len(state["power"]) > 20
    assert len(state["marks"]) == 2
    assert len(json.dumps(state)) < 20_000


class Widget:
    """Stands where the front end's model is: it takes states."""

    state = None
    closed = False

    def close(self):
        self.closed = True


def test_the_widget_follows_until_it_is_closed(session, clock):
    """Each second with something new sends a state; after close none."""
    widget = Widget()
    shown = dashboard.Dashboard(session, widget)
    assert widget.state["count"] == 0
    work(session, clock, "cell")
    rest(session, clock, 2)
    assert widget.state["count"] == 1
    shown.close()
    work(session, clock, "more")
    rest(session, clock, 2)
    assert widget.state["count"] == 1
    assert widget.closed


def test_an_option_that_it_has_not_gets_one_line(session):
    """The dashboard takes nothing."""
    with pytest.raises(GreenNotebookError):
        dashboard.run(session, ["--fast"])


def test_the_record_stays_bounded_over_a_day(session, clock):
    """Points are few between cells, and old ones go."""
    session.sampler.tick()
    rest(session, clock, 3600)
    assert len(session.chronicle.power) <= 730
    assert session.chronicle.idle_s == pytest.approx(3600, rel=0.01)

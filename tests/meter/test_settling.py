"""A provisional report becomes final once, whoever comes first."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from green_notebook.model import SensorSpec
from green_notebook.testing import FakeClock, FakeSensor, fake_session

COARSE = SensorSpec("nvml:0", "cpu:0", "energy", step_s=0.1)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def session(tmp_path, clock):
    return fake_session(tmp_path, FakeSensor(clock, 50.0, COARSE), clock=clock)


def provisional(session, clock):
    """A span that the counter's next step will sharpen."""
    span = session.begin(thread=False)
    for _ in range(3):
        clock.advance(0.1)
        session.sampler.tick()
    clock.advance(0.05)
    return session.end(span)


def test_who_asks_while_the_report_is_made_gets_the_final_one(session, clock, monkeypatch):
    """The sampler's thread makes it, somebody asks: both see the final report."""
    report = provisional(session, clock)
    assert report.state == "provisional"
    begun, go_on = threading.Event(), threading.Event()
    make = session.assembler.final

    def slowly(*args):
        begun.set()
        go_on.wait(5)
        return make(*args)

    monkeypatch.setattr(session.assembler, "final", slowly)
    clock.advance(0.2)
    with ThreadPoolExecutor(2) as pool:
        made = pool.submit(session.recorder.settler.tick)
        begun.wait(5)
        asked = pool.submit(session.finalise, report.id, 0.0)
        go_on.set()
        made.result(5)
        assert asked.result(5).state == "final"
    told = [one for one in session.reports if one.id == report.id]
    assert [one.state for one in told] == ["final"]


def test_a_fault_of_ours_leaves_what_was_shown(session, clock, monkeypatch):
    """A report that cannot be refined stays provisional, and nobody gets an error."""
    report = provisional(session, clock)

    def broken(*_args):
        raise ValueError("a fault of ours")

    monkeypatch.setattr(session.assembler, "final", broken)
    clock.advance(0.2)
    session.sampler.tick()
    assert session.finalise(report.id, 0.0) == report

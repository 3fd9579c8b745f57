"""A provisional report becomes final once, whoever comes first."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from green_notebook.chores import MOMENT_S
from green_notebook.model import SensorSpec
from green_notebook.testing import FakeClock, FakeSensor, fake_session

COARSE = SensorSpec("nvml:0", "cpu:0", "energy", step_s=0.1)


class Stepping(FakeSensor):
    """A counter at 50 W that moves every 100 ms, as a card's does."""

    def read(self):
        return 5.0 * (self.clock.monotonic() // 0.1)


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
    """A report that cannot be refined becomes final as it is, and says so; nobody gets an error."""
    report = provisional(session, clock)
    told = []
    session.on_final(told.append)

    def broken(*_args):
        raise ValueError("a fault of ours")

    monkeypatch.setattr(session.assembler, "final", broken)
    clock.advance(0.2)
    session.sampler.tick()
    final = session.finalise(report.id, 0.0)
    assert (final.state, final.energy, final.notes[:-1]) == ("final", report.energy, report.notes)
    assert final.notes[-1].code == "not-refined"
    assert "ValueError" in final.notes[-1].text
    assert told == [final] == session.reports


def test_the_report_is_final_as_soon_as_the_step_was_read(tmp_path, clock):
    """A counter whose steps are foretold is waited for until its next one, not for 150 ms."""
    session = fake_session(tmp_path, Stepping(clock, 50.0, COARSE), clock=clock)

    def goes_on(seconds, until=lambda: False):
        end_s = clock.monotonic() + seconds
        while clock.monotonic() < end_s:
            wait_s = session.sampler.round()
            if until():
                return
            clock.advance(max(0.0005, min(wait_s, end_s - clock.monotonic())))

    session.begin(thread=False)
    goes_on(3.0)  # the rhythm is learned
    waited = []
    for _ in range(5):
        span = session.begin(thread=False)
        goes_on(0.4 - clock.monotonic() % 0.1 + 0.04)
        report = session.end(span)
        ended_s = clock.monotonic()
        goes_on(0.2, lambda at=report.id: session.ledger.get(at).state == "final")
        waited.append(clock.monotonic() - ended_s)
    # The next step is 60 ms after the end, the one after that beyond what is waited for.
    assert max(waited) < 0.08


def test_a_calm_thread_hears_when_a_step_is_awaited(tmp_path, clock):
    """Rounds that read little look no further than to what was due: whoever wants more is heard."""
    session = fake_session(tmp_path, Stepping(clock, 50.0, COARSE), clock=clock)
    sampler = session.sampler
    session.begin(thread=False)
    until_s = clock.monotonic() + 12.0
    while clock.monotonic() < until_s:
        clock.advance(max(0.0005, sampler.round()))
    waits_s = []
    for after_s in (0.011, 0.013, 0.017):
        for _ in range(20):
            sampler.settle(clock.monotonic() + after_s)
            waits_s.append(sampler.round() - after_s)
            clock.advance(after_s + MOMENT_S)
            clock.advance(max(0.0005, sampler.round()))
    assert max(waits_s) <= MOMENT_S + 1e-6

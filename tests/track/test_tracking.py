"""gn.track: every item comes through, and the bar tells what the run will cost."""

import io
from dataclasses import replace

import pytest

from green_notebook import budget as budgets
from green_notebook.errors import GreenNotebookError
from green_notebook.testing import FakeClock, FakeModel, fake_session
from green_notebook.tracking import Tracker, amount, grams, track


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def session(tmp_path, clock):
    made = fake_session(tmp_path, FakeModel(idle_w=0, full_w=20), clock=clock)
    yield made
    made.close()


def test_every_item_comes_through_in_order(session):
    """The loop sees what it would see without track, epoch after epoch."""
    out = io.StringIO()
    assert list(track("abc", epochs=2, session=session, file=out)) == list("abcabc")


def test_the_bar_forecasts_energy_and_co2e(session, clock):
    """After a tenth of the steps the total is forecast, and the live view knows it."""
    out = io.StringIO()
    span = session.begin(thread=False, zone="PL")
    for step, _ in enumerate(track(range(100), session=session, file=out, mininterval=0)):
        clock.advance(0.5, 1.0)
        if step == 20:
            forecast = span.forecast
    report = session.end(span)
    assert forecast.energy.value == pytest.approx(500, rel=0.1)
    assert forecast.energy.low < 500 < forecast.energy.high
    assert forecast.duration_s.value == pytest.approx(50, rel=0.1)
    assert forecast.done == pytest.approx(0.2)
    assert forecast.co2e.value > 0
    assert "->" in out.getvalue()
    assert "CO2e" in out.getvalue()
    assert report.energy.kernel.value == pytest.approx(500, rel=0.05)
    assert span.forecast is None
    assert span.trackers == 0


def test_without_a_length_there_is_a_bar_and_one_line(session, clock):
    """A generator has no end to forecast: the bar says so."""
    out = io.StringIO()
    for _ in track((n for n in range(5)), session=session, file=out):
        clock.advance(1.0, 1.0)
    assert "no length" in out.getvalue()


def test_a_broken_off_loop_leaves_nothing_behind(session, clock):
    """break, or an error in the body, ends the tracking."""
    loop = track(range(10), session=session, file=io.StringIO())
    next(loop)
    loop.close()
    assert not session.sampler.busy


@pytest.mark.parametrize(
    "wrong", [{"epochs": 0}, {"epochs": 2, "iterable": iter([1])}, {"iterable": 5}]
)
def test_wrong_use_gets_one_line_before_the_loop(session, wrong):
    """No epochs at all, or an iterator that is used up after the first."""
    iterable = wrong.pop("iterable", [1])
    with pytest.raises(GreenNotebookError):
        track(iterable, session=session, **wrong)


def test_a_spent_budget_stops_after_the_current_step(session, clock):
    """With --stop the loop ends between two steps, and all before it is kept."""
    limit = replace(budgets.parse("55 J"), stop=True)
    span = session.begin(thread=False, budget=limit)
    kept = []

    def work():
        for item in track(range(100), session=session, file=io.StringIO()):
            clock.advance(0.5, 1.0)
            session.sampler.tick()
            kept.append(item)

    with pytest.raises(KeyboardInterrupt):
        work()
    report = session.end(span, "interrupted")
    assert kept == list(range(len(kept)))
    assert len(kept) in (11, 12, 13)
    assert any(note.code.startswith("budget") for note in report.notes)


def test_a_step_is_cheap(session):
    """Steps in between two looks touch no meter."""
    tracker = Tracker(10_000, session=session)
    tracker.start()
    assert not any(tracker.step() for _ in range(1000))
    tracker.stop()


def test_amounts_read_well():
    """Joules, watt-hours and grams in the unit that fits."""
    assert [amount(v) for v in (0.5, 40, 7200, 7.2e6)] == ["0.5 J", "40 J", "2 Wh", "2 kWh"]
    assert [grams(v) for v in (2e-6, 0.002, 3, 4e3)] == ["2 ug", "2 mg", "3 g", "4 kg"]

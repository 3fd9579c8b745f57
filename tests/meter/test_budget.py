"""Budgets: what people write, what is spent, and a clean stop."""

import signal
import threading
import time
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from green_notebook import budget as budgets
from green_notebook.errors import GreenNotebookError
from green_notebook.testing import FakeClock, FakeModel, fake_session


@pytest.mark.parametrize(
    ("text", "limit", "unit"),
    [
        ("5g", 5, "g"),
        ("3 Wh", 10800, "J"),
        ("2mg", 0.002, "g"),
        ("1 mi", 393, "g"),
        (".5 kJ", 500, "J"),
    ],
)
def test_a_budget_is_read_in_its_unit(text, limit, unit):
    """Energy becomes joules, CO2e and car distances grams."""
    read = budgets.parse(text)
    assert (read.limit, read.unit) == (pytest.approx(limit), unit)


def test_household_time_is_energy():
    """An hour of an average home is its yearly energy by the hours of a year."""
    assert budgets.parse("1 h").limit == pytest.approx(60 * budgets.parse("1 min").limit)
    assert 1e5 < budgets.parse("1 h").limit < 1e7


@pytest.mark.parametrize("text", ["", "5", "g", "-3g", "0g", "5 gg", "1e999g", "5 glorp", "3 W"])
def test_what_is_no_budget_gets_one_line(text):
    """A unit that nobody knows, a missing one, nothing or less."""
    with pytest.raises(GreenNotebookError) as caught:
        budgets.parse(text)
    assert "\n" not in str(caught.value)


@given(st.text(max_size=20))
def test_any_text_is_a_budget_or_one_line(text):
    """Nothing else is ever raised."""
    with suppress(GreenNotebookError):
        assert budgets.parse(text).limit > 0


def run(session, clock, seconds, **options):
    span = session.begin(thread=False, **options)
    states = []
    session.subscribe(span, states.append)
    for _ in range(round(seconds * 10)):
        clock.advance(0.1, 1.0)
        session.sampler.tick()
    return session.end(span), states


def test_a_budget_fills_while_the_cell_runs_and_warns(tmp_path):
    """The live state tells the part that is spent; past 80 % the report notes it."""
    clock = FakeClock()
    session = fake_session(tmp_path, FakeModel(idle_w=0, full_w=20), clock=clock)
    report, states = run(session, clock, 2.0, budget=budgets.parse("22 J"))
    used = [state.budget_used for state in states]
    assert used == sorted(used)
    assert used[-1] == pytest.approx(0.9, abs=0.1)
    assert [note.code for note in report.notes if "budget" in note.code] == ["budget"]


def test_a_days_budget_is_noted_once(tmp_path):
    """A class may have a budget for the day: it is said when it nears its end."""
    clock = FakeClock()
    session = fake_session(tmp_path, FakeModel(idle_w=0, full_w=20), clock=clock, budget="25 J/day")
    codes = [
        [note.code for note in run(session, clock, 1.0)[0].notes if "budget" in note.code]
        for _ in range(4)
    ]
    assert codes == [[], ["day-budget"], ["day-budget-over"], []]


@pytest.fixture
def kernels_handler():
    """SIGINT as a kernel has it while a cell runs; tests of front ends leave others behind."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before or signal.default_int_handler)


@pytest.mark.usefixtures("kernels_handler")
def test_a_spent_budget_stops_the_cell_with_keyboard_interrupt(tmp_path):
    """--stop interrupts even a sleeping cell, and the report says why."""
    session = fake_session(tmp_path, FakeModel(idle_w=50, full_w=60), clock=FakeClock())
    session.sampler.clock = session.sampler.usage.clock = session.clock = Real()
    limit = replace(budgets.parse("1 J"), stop=True)
    span = session.begin(budget=limit)
    try:
        with pytest.raises(KeyboardInterrupt):
            threading.Event().wait(20)
        report = session.end(span, "interrupted")
    finally:
        session.close()
    assert report.duration_s < 20, "the wait was cut short"
    assert "budget-stop" in {note.code for note in report.notes}


@pytest.mark.usefixtures("kernels_handler")
def test_a_cell_that_is_slow_to_stop_still_says_why(tmp_path):
    """States that are told after the interruption do not take its note away."""
    clock = FakeClock()
    session = fake_session(tmp_path, FakeModel(idle_w=0, full_w=20), clock=clock)
    span = session.begin(thread=False, budget=replace(budgets.parse("1 J"), stop=True))
    interrupted = 0
    for _ in range(10):
        clock.advance(0.1, 1.0)
        try:
            session.sampler.tick()
        except KeyboardInterrupt:
            interrupted += 1
    assert interrupted <= 1
    assert "budget-stop" in {note.code for note in session.end(span, "interrupted").notes}


class Real(FakeClock):
    """The real monotonic clock, since the interruption of a wait is what is tested."""

    def monotonic(self):
        return time.monotonic()


def test_millijoules_are_no_megajoules():
    """The case of the m is a factor of a thousand million."""
    assert budgets.parse("5MJ").limit == 5e6
    assert budgets.parse("5mJ").limit == 5e-3

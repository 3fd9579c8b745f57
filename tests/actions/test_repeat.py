"""%%carbonit: a short cell is repeated until its energy is known."""

import math
import random

import pytest

from green_notebook.actions import compare
from green_notebook.actions.repeat import Until, repeat
from green_notebook.errors import GreenNotebookError
from green_notebook.model import SensorSpec
from green_notebook.testing import FakeClock, FakeModel, FakeSensor, fake_session


@pytest.fixture
def clock():
    return FakeClock()


def worker(session, clock, seconds):
    def work():
        clock.advance(seconds, 1.0)
        session.sampler.tick()

    return work


def test_energy_per_run_is_that_of_all_runs_by_their_number(tmp_path, clock):
    """Twenty watts for 5 ms are a tenth of a joule a run, repeated until that is certain."""
    session = fake_session(tmp_path, FakeSensor(clock, 20.0), clock=clock)
    result = repeat(session, worker(session, clock, 0.005), thread=False)
    assert result.per_run.value == pytest.approx(0.1, rel=0.02)
    assert result.per_run.random / result.per_run.value <= 0.05
    assert result.report.repeats == result.runs >= 100
    assert result.reached


def test_a_long_cell_is_repeated_a_few_times_only(tmp_path, clock):
    """Where a second is enough to know, four runs are all."""
    session = fake_session(tmp_path, FakeSensor(clock, 20.0), clock=clock)
    assert repeat(session, worker(session, clock, 1.0), thread=False).runs == 4


def test_a_limit_of_time_ends_it(tmp_path, clock):
    """A cell whose energy never settles stops at the limit, and says so."""
    noisy = FakeSensor(clock, lambda t: 100.0 if int(t * 4) % 2 else 1.0)
    session = fake_session(tmp_path, noisy, clock=clock)
    result = repeat(
        session, worker(session, clock, 0.13), Until(random=0.001, limit_s=3.0), thread=False
    )
    assert not result.reached
    assert "limit" in str(result)
    assert result.report.duration_s <= 3.5


def test_coarse_counters_are_said_to_need_it(tmp_path, clock):
    """With steps of 100 ms, a run of 5 ms cannot be measured alone."""
    spec = SensorSpec("nvml:0", "gpu:0", "energy", step_s=0.1)
    session = fake_session(tmp_path, FakeSensor(clock, 20.0, spec), clock=clock)
    result = repeat(session, worker(session, clock, 0.005), thread=False)
    assert "repeated" in str(result)


def test_an_exception_of_the_cell_passes_on(tmp_path, clock):
    """The error is the cell's own, and the span is closed."""
    session = fake_session(tmp_path, FakeModel(), clock=clock)

    def fail():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        repeat(session, fail, thread=False)
    assert session.reports[-1].status == "error"


@pytest.mark.parametrize("wrong", [{"random": 0.0}, {"random": 2.0}, {"limit_s": -1.0}])
def test_impossible_wishes_get_one_line(wrong):
    """Nothing is repeated for ever."""
    with pytest.raises(GreenNotebookError):
        Until(**wrong)


def test_the_scatter_of_the_runs_reaches_a_comparison(tmp_path, clock):
    """Two cells that scatter by more than they differ are not told apart."""
    rng = random.Random(2)
    noisy = FakeSensor(clock, lambda t: 20.0 + 15.0 * math.sin(3.7 * t) + rng.random())
    session = fake_session(tmp_path, noisy, clock=clock)
    for name in ("one", "other"):
        repeat(session, worker(session, clock, 0.11), Until(limit_s=3.0), name=name, thread=False)
    compared = compare.run(session, ["one", "other"]).comparison
    assert compared.ratio.random > 0.02
    assert session.reports[-1].energy.kernel.random > 0

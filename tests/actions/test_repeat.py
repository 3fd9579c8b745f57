"""%%carbonit: a short cell is repeated until its energy is known."""

import math
import random

import pytest

from green_notebook import chance
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


def test_one_run_shows_no_spread(tmp_path, clock):
    """Where the limit left time for one run, its spread is unknown and said to be."""
    session = fake_session(tmp_path, FakeSensor(clock, 20.0), clock=clock)
    result = repeat(session, worker(session, clock, 1.3), Until(limit_s=1.0), thread=False)
    assert result.runs == 1
    assert result.spread is None
    assert "1 run in 1.3 s: the spread between runs is unknown, ±16 % is assumed" in str(result)
    assert not result.reached


def test_a_model_is_random_too(tmp_path, clock):
    """Part of what a model does not know is new in every span; the interval stays as it is."""
    session = fake_session(tmp_path, FakeModel(), clock=clock)
    span = session.begin(thread=False)
    clock.advance(1.0, 1.0)
    kernel = session.end(span).energy.kernel
    assert 0.02 < kernel.random / kernel.value < 0.09
    assert kernel.high == pytest.approx(1.3 * kernel.value)


def drifting(rng, drift, tau_s, step_s=0.25):
    """Batches (J per run) with white noise of 2 % and a drift of so much (standard deviations)."""
    keep = math.exp(-step_s / tau_s)
    away = rng.gauss(0, drift)
    while True:
        away = keep * away + math.sqrt(1 - keep**2) * rng.gauss(0, drift)
        yield 1 + away + rng.gauss(0, 0.02)


def told_apart(batches, gain, count=12):
    """Whether two measurements of so many batches each are called different."""
    first = [next(batches) for _ in range(count)]
    second = [gain * next(batches) for _ in range(count)]
    means = [math.fsum(one) / count for one in (first, second)]
    sides = [
        math.hypot(chance.of_mean(one), chance.pooled(one[:1], chance.SLOW_DRIFT))
        for one in (first, second)
    ]
    return abs(math.log(means[1] / means[0])) > math.hypot(*sides)


@pytest.mark.parametrize(("drift", "tau_s"), [(0.0, 1.0), (0.03, 1.0), (0.03, 5.0), (0.05, 20.0)])
def test_a_slow_drift_is_not_called_a_difference(drift, tau_s):
    """Identical cells are told apart in at most 7 of 100 pairs, a fifth more in nine of ten."""
    pairs = [drifting(random.Random(seed), drift, tau_s) for seed in range(400)]
    assert sum(told_apart(one, 1.0) for one in pairs) <= 0.07 * len(pairs)
    if drift <= 0.03:
        assert sum(told_apart(one, 1.2) for one in pairs) >= 0.9 * len(pairs)


def test_what_happens_once_does_not_make_a_cell_long(tmp_path, clock):
    """A first run of five seconds tells nothing of how well a later one of 20 ms is known."""
    session = fake_session(tmp_path, FakeModel(), clock=clock)
    runs = iter([5.0])

    def work():
        clock.advance(next(runs, 0.02), 1.0)

    result = repeat(session, work, thread=False)
    assert result.alone < 0.1
    assert result.spread < 0.01
    assert result.reached


def test_a_fifth_more_is_found_and_the_same_is_not(tmp_path, clock):
    """The same cell twice is the same; one of a fifth more work is told apart, within the limit."""
    rng = random.Random(7)
    sensor = FakeSensor(clock, lambda t: 20.0 + math.sin(t / 9) + rng.gauss(0, 0.4))
    session = fake_session(tmp_path, sensor, clock=clock)
    for name, seconds in (("one", 0.005), ("same", 0.005), ("more", 0.006)):
        assert repeat(session, worker(session, clock, seconds), name=name, thread=False).reached
    assert "as much energy as one" in str(compare.run(session, ["one", "same"]))
    assert "more energy than same; the difference is real" in str(
        compare.run(session, ["same", "more"])
    )

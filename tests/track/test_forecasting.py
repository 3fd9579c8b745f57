"""The total forecast after 5 % of the steps, on four kinds of run."""

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from green_notebook.forecasting import RunForecaster, warm_up

STEPS = 1000
RUNS = 60


def steady(draw, step):
    return 1.0


def drifting(draw, step):
    return 1.0 + draw["drift"] * step / STEPS


def warm_up_heavy(draw, step):
    return 1.0 + draw["extra"] * math.exp(-step / draw["settles"])


def two_phase(draw, step):
    return 1.0 if step < draw["change"] * STEPS else draw["second"]


WORKLOADS = [steady, drifting, warm_up_heavy, two_phase]


def runs(workload, seed=1):
    rng = random.Random(seed)
    for _ in range(RUNS):
        draw = {
            "drift": rng.uniform(-0.3, 0.3),
            "extra": rng.uniform(2, 20),
            "settles": rng.uniform(2, 8),
            "change": rng.uniform(0.3, 0.7),
            "second": rng.uniform(0.75, 1.35),
        }
        noise = rng.uniform(0.02, 0.2)
        scale = 10 ** rng.uniform(-3, 3)
        yield [
            scale * max(0.05, workload(draw, step) * (1 + rng.gauss(0, noise)))
            for step in range(STEPS)
        ]


def after(amounts, part):
    forecaster = RunForecaster()
    so_far = 0.0
    for step, amount in enumerate(amounts[: int(part * STEPS)], 1):
        so_far += amount
        forecaster.add(step, so_far)
    return forecaster, so_far


@pytest.mark.parametrize("workload", WORKLOADS)
def test_after_five_per_cent_the_total_is_known_within_fifteen(workload):
    """Median error at most 15 %, and the 90 % interval holds in at least 85 %."""
    errors, held = [], 0
    for amounts in runs(workload):
        forecaster, _ = after(amounts, 0.05)
        truth = math.fsum(amounts)
        forecast = forecaster.forecast(STEPS)
        errors.append(abs(forecast.value / truth - 1))
        held += forecast.low <= truth <= forecast.high
    assert statistics.median(errors) <= 0.15
    assert held / RUNS >= 0.85


def test_a_warm_up_is_not_taken_for_the_rest():
    """Where the mean rate times the steps errs most, the forecast is several times nearer."""
    ours, rule = [], []
    for amounts in runs(warm_up_heavy):
        forecaster, so_far = after(amounts, 0.05)
        truth = math.fsum(amounts)
        ours.append(abs(forecaster.forecast(STEPS).value / truth - 1))
        rule.append(abs(so_far / 0.05 / truth - 1))
    assert statistics.median(ours) < statistics.median(rule) / 3


@pytest.mark.parametrize("workload", WORKLOADS)
def test_the_interval_narrows(workload):
    """The more is done, the narrower the interval; at the end it is the total itself."""
    amounts = next(runs(workload, seed=3))
    widths = []
    for part in (0.05, 0.3, 0.6, 0.95):
        forecast = after(amounts, part)[0].forecast(STEPS)
        widths.append((forecast.high - forecast.low) / forecast.value)
    assert widths[0] > widths[1] > widths[2] > widths[3]
    whole = after(amounts, 1.0)[0].forecast(STEPS)
    assert whole.low == whole.value == whole.high == pytest.approx(math.fsum(amounts))


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=300), st.integers(1, 1000))
def test_a_forecast_is_never_below_what_is_spent(amounts, more):
    """Whatever the steps cost, so far <= low <= value <= high, and all are numbers."""
    forecaster = RunForecaster()
    so_far = 0.0
    for step, amount in enumerate(amounts, 1):
        so_far += amount
        forecaster.add(step, so_far)
    forecast = forecaster.forecast(len(amounts) + more)
    if forecast is not None:
        assert so_far <= forecast.low * (1 + 1e-9) + 1e-9
        assert forecast.low <= forecast.value <= forecast.high
        assert math.isfinite(forecast.high)


def test_memory_stays_bounded_over_a_million_steps():
    """A long run is thinned, and still forecast well."""
    forecaster = RunForecaster()
    for step in range(1, 1_000_001, 7):
        forecaster.add(step, 2.0 * step)
    assert len(forecaster._steps) < 2000
    assert forecaster.forecast(2_000_000).value == pytest.approx(4e6, rel=0.01)


def test_too_few_steps_tell_nothing():
    """Three steps are no basis: silence is better."""
    forecaster = RunForecaster()
    for step in (1, 2, 3):
        forecaster.add(step, float(step))
    assert forecaster.forecast(100) is None


@pytest.mark.parametrize(
    ("rates", "expected"),
    [([1.0] * 12, 0), ([9.0, 4.0, *[1.0] * 10], 2), ([1.0, 1.1, 0.9, 1.0] * 3, 0)],
)
def test_a_warm_up_is_told_from_noise(rates, expected):
    """Only blocks that stand out count."""
    assert warm_up(rates) == expected

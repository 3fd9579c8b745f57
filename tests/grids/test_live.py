"""A live grid: never waits, falls back with a reason, weights long cells."""

import threading
import time
from datetime import datetime, timedelta, timezone

import pytest

from green_notebook.errors import GreenNotebookError, Unavailable
from green_notebook.grids import grid
from green_notebook.grids._http import Client
from green_notebook.grids._live import LiveGrid
from green_notebook.grids._points import Point
from green_notebook.model import Basis
from green_notebook.worker import Worker

UTC = timezone.utc
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Hourly:
    """A provider of one zone, whose hours are set by the test."""

    name = "hourly"
    source = "a test"
    boundary = "lifecycle"

    def __init__(self, values=(), start=NOON, forecast_from=99):
        self.client = Client("hourly", "http://127.0.0.1:9")
        self.values, self.start, self.forecast_from = values, start, forecast_from
        self.asked = []
        self.fails = None

    def key(self, zone):
        if zone != "FR":
            raise GreenNotebookError(f"hourly does not cover {zone}: it covers FR")
        return "FR"

    def fetch(self, key, start, end):
        self.asked.append((key, start, end))
        if self.fails is not None:
            raise self.fails
        return [
            Point(
                self.start + timedelta(hours=n),
                self.start + timedelta(hours=n + 1),
                g,
                n >= self.forecast_from,
            )
            for n, g in enumerate(self.values)
        ]


def live(provider, now=NOON):
    """A grid whose jobs run at once, and the time that it believes."""
    clock = [now]
    made = LiveGrid(provider, submit=lambda job, _key: job(), now=lambda: clock[0])
    return made, clock


def test_live_value():
    """A value that covers the span is used, with its time, source and boundary."""
    made, _ = live(Hourly([100, 400]))
    found = made.intensity("FR", NOON + timedelta(minutes=10), 60)
    assert found.quantity.value == 100
    assert (found.quantity.low, found.quantity.high) == (90, 110)
    assert found.quantity.basis is Basis.MODELLED
    assert (found.at, found.year, found.series) == ("2026-11-21T12:00Z", None, None)
    assert made.problem is None


def test_a_clean_grid_keeps_its_floor():
    """10 g/kWh are unknown even live."""
    made, _ = live(Hourly([20]))
    assert made.intensity("FR", NOON, 60).quantity.high == 30


def test_long_cell_is_weighted_over_its_hours():
    """A cell over three hours gets their mean and the series."""
    made, _ = live(Hourly([100, 400, 100]))
    found = made.intensity("FR", NOON + timedelta(minutes=30), 7200)
    assert found.quantity.value == pytest.approx((0.5 * 100 + 400 + 0.5 * 100) / 2)
    assert [g for _, g in found.series] == [100, 400, 100]


def test_forecast_is_wider_and_named():
    """A forecast is less sure, and says that it is one."""
    made, _ = live(Hourly([500], forecast_from=0))
    found = made.intensity("FR", NOON, 60)
    assert found.quantity.high == 600
    assert "forecast" in found.source


def test_partly_covered_is_wider():
    """A span that points cover by half is less sure."""
    made, _ = live(Hourly([500]))
    half = made.intensity("FR", NOON + timedelta(minutes=30), 3600).quantity
    whole = made.intensity("FR", NOON + timedelta(minutes=30), 1800).quantity
    assert half.high > whole.high


def test_falls_back_with_the_reason():
    """A provider that is down leaves the annual value, and says why."""
    provider = Hourly()
    provider.fails = Unavailable("hourly did not answer in time")
    made, _ = live(provider)
    found = made.intensity("FR", NOON, 60)
    assert found.year == 2025
    assert "did not answer in time" in made.problem
    assert "annual value" in made.problem


@pytest.mark.parametrize("error", [KeyError("x"), TypeError("y"), ZeroDivisionError()])
def test_nonsense_falls_back(error):
    """Whatever nonsense a service answers, the annual value remains."""
    provider = Hourly()
    provider.fails = error
    made, _ = live(provider)
    assert made.intensity("FR", NOON, 60).year == 2025
    assert "nonsense" in made.problem


def test_stale_stamps():
    """A newest value of hours ago stands for now, wider and said; one of yesterday does not."""
    made, _ = live(Hourly([500], start=NOON - timedelta(hours=2)))
    found = made.intensity("FR", NOON, 60)
    assert found.quantity.value == 500
    assert found.quantity.high > 550
    assert "newest value" in made.problem
    made, _ = live(Hourly([500], start=NOON - timedelta(hours=30)))
    assert made.intensity("FR", NOON, 60).year == 2025


def test_clock_skew():
    """A machine whose clock is three hours behind gets the service's hour, and is told."""
    provider = Hourly([100, 200, 300, 400])
    provider.client.skew_s = 3 * 3600
    made, _ = live(provider)
    assert made.intensity("FR", NOON + timedelta(minutes=10), 60).quantity.value == 400
    provider.values = ()
    made, _ = live(provider)
    made.intensity("FR", NOON, 60)
    assert "180 min off" in made.problem


def test_wrong_zone_is_an_error():
    """A zone that the provider does not cover is one line that says what it covers."""
    made, _ = live(Hourly([100]))
    with pytest.raises(GreenNotebookError, match="it covers FR"):
        made.intensity("DE", NOON, 60)


def test_asks_rarely():
    """A fresh answer serves all cells; after a failure the service rests a minute."""
    provider = Hourly([100] * 5)
    made, clock = live(provider)
    for second in range(100):
        made.intensity("FR", NOON + timedelta(seconds=second), 1)
    assert len(provider.asked) == 1
    clock[0] += timedelta(minutes=16)
    made.intensity("FR", NOON, 1)
    assert len(provider.asked) == 2
    provider.fails = Unavailable("down")
    clock[0] += timedelta(minutes=16)
    for _ in range(10):
        made.intensity("FR", NOON, 1)
    assert len(provider.asked) == 3
    clock[0] += timedelta(minutes=2)
    provider.fails = None
    made.intensity("FR", NOON, 1)
    assert len(provider.asked) == 4
    assert made.problem is None


def test_never_delays_a_cell():
    """While the service hangs in the worker's thread, the answer comes at once."""
    gate, provider = threading.Event(), Hourly([100])
    slow = provider.fetch
    provider.fetch = lambda *args: (gate.wait(20), slow(*args))[1]
    worker = Worker()
    made = LiveGrid(provider, submit=worker.submit, now=lambda: NOON)
    made.intensity("FR", NOON, 60)  # the annual table is read
    took = []
    for _ in range(20):
        started = time.perf_counter()
        assert made.intensity("FR", NOON, 60).year == 2025
        took.append(time.perf_counter() - started)
    # Whoever waits does so each time; the machine stops us now and then.
    assert min(took) < 0.05
    gate.set()
    assert worker.flush()
    assert made.intensity("FR", NOON, 60).quantity.value == 100
    worker.close()


def test_without_a_worker_nothing_is_asked():
    """A grid that was given no worker asks nothing by itself."""
    provider = Hourly([100])
    made = LiveGrid(provider)
    assert made.intensity("FR", NOON, 60).year == 2025
    assert provider.asked == []


def test_forecast_waits_and_says_what_is_missing():
    """A forecast is asked for now; without one it is an error, never invented."""
    made, _ = live(Hourly([100, 200], forecast_from=0))
    assert len(made.forecast("FR", NOON, NOON + timedelta(hours=2))) == 2
    made, _ = live(Hourly([], forecast_from=0))
    with pytest.raises(Unavailable, match="no values"):
        made.forecast("FR", NOON, NOON + timedelta(hours=2))
    made, _ = live(Hourly([100], start=NOON - timedelta(hours=9)))
    with pytest.raises(Unavailable, match="no forecast"):
        made.forecast("FR", NOON, NOON + timedelta(hours=2))


@pytest.mark.parametrize(
    "name",
    [
        "neso",
        "neso:London",
        "energy-charts",
        "rte",
        "energi-data-service:DK1",
        "electricity-maps",
        "watttime",
        "entsoe",
        "eia",
        "Energy_Charts",
    ],
)
def test_chosen_by_name(name):
    """Each provider is chosen by its name, shared by all cells, and asks nothing by being chosen."""
    made = grid(name)
    assert made is grid(name)
    assert made.submit is None


def test_worker_is_handed_on():
    """The session's worker reaches the grid."""
    jobs = []
    made = grid("rte", submit=lambda job, key: jobs.append(key))
    made.intensity("FR", datetime.now(UTC), 1)
    assert jobs == ["grid:rte:FR"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("energy-chart", "did you mean energy-charts"),
        ("neso:Lodnon", "did you mean London"),
        ("energi-data-service:DK3", "DK1 and DK2"),
    ],
)
def test_wrong_names(name, said):
    """A wrong provider or part is one line with the closest."""
    with pytest.raises(GreenNotebookError, match=said):
        grid(name)


def test_a_cell_of_days_keeps_its_hours():
    """What was known of earlier hours stays known, so that a long cell is weighted by all of them."""
    provider = Hourly([100] * 24)
    made, clock = live(provider)
    made.intensity("FR", NOON, 3600)
    provider.values, provider.start = [300] * 24, NOON + timedelta(hours=24)
    clock[0] += timedelta(hours=48)
    found = made.intensity("FR", NOON, 48 * 3600)
    assert found.quantity.value == pytest.approx(200)
    assert len(found.series) <= 12


def test_a_job_that_waited_does_not_ask_again():
    """Cells that end while the service is being asked do not make it be asked again."""
    provider, jobs = Hourly([100]), []
    provider.fails = Unavailable("hourly did not answer in time")
    made = LiveGrid(provider, submit=lambda job, _key: jobs.append(job), now=lambda: NOON)
    for _ in range(5):
        made.intensity("FR", NOON, 60)
    for job in jobs:
        job()
    assert len(provider.asked) == 1
    made.intensity("FR", NOON, 60)
    assert "did not answer in time" in made.problem

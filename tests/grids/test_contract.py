"""What every grid keeps, ours and other packages': one test over all that are discovered."""

from datetime import datetime, timedelta, timezone
from importlib import import_module

import pytest

from green_notebook.errors import GreenNotebookError, Unavailable
from green_notebook.grids import Grid, grid, names
from green_notebook.model import Intensity

UTC = timezone.utc
HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
# A zone that each covers, and the part that it needs.
COVERED = {
    "annual": "FR",
    "eia": "US-CA",
    "electricity-maps": "DE",
    "energi-data-service": "DK",
    "energy-charts": "DE",
    "entsoe": "DE",
    "neso": "GB",
    "rte": "FR",
    "watttime": "US-CA",
}
LIVE = sorted(set(COVERED) - {"annual"})


def test_all_are_here():
    """A provider that is added gets its line here."""
    assert set(names()) == set(COVERED)


@pytest.mark.parametrize("name", sorted(COVERED))
def test_names(name):
    """A provider is chosen by the name that it calls itself."""
    module = import_module(f"green_notebook.grids.{name.replace('-', '_')}")
    made = grid(name)
    assert isinstance(made, Grid)
    assert made.name == module.NAME == name


@pytest.mark.parametrize("name", sorted(COVERED))
def test_answers_at_once_without_a_network(name):
    """Without a worker each answers with a yearly mean, and has asked nobody (the loopback guard)."""
    found = grid(name).intensity(COVERED[name], HOUR, 60.0)
    assert isinstance(found, Intensity)
    assert found.year is not None
    assert found.quantity.low < found.quantity.value < found.quantity.high


@pytest.mark.parametrize("name", sorted(COVERED))
def test_unknown_zone(name):
    """A zone that nobody knows is an error with the closest."""
    with pytest.raises(GreenNotebookError):
        grid(name).intensity("Frnace", HOUR, 60.0)


@pytest.mark.parametrize("name", LIVE)
@pytest.mark.parametrize(
    ("status", "said"), [(500, "status 500"), (429, "too often"), (401, "refused the key")]
)
def test_faults(name, status, said, service, slept, monkeypatch, tmp_path):
    """Down, over its limit, or the key refused: the yearly mean, and the reason in one line."""
    for key in ("ELECTRICITY_MAPS_KEY", "WATTTIME_USER", "WATTTIME_PASSWORD"):
        monkeypatch.setenv(f"GREEN_NOTEBOOK_{key}", "k3y")
    monkeypatch.setenv("GREEN_NOTEBOOK_ENTSOE_TOKEN", "k3y")
    monkeypatch.setenv("GREEN_NOTEBOOK_EIA_KEY", "k3y")
    monkeypatch.setenv("GREEN_NOTEBOOK_GRID_URL", service.url)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    service.say("/", "{}", status, Retry_After="3600")
    made = grid(name, submit=lambda job, _: job())
    made.provider.client.sleep = slept.append
    assert made.intensity(COVERED[name], HOUR, 60.0).year is not None
    assert said in made.problem
    assert "\n" not in made.problem
    assert "k3y" not in made.problem
    asked = len(service.asked)
    made.intensity(COVERED[name], HOUR, 60.0)
    assert len(service.asked) == asked  # it rests after a failure
    with pytest.raises(Unavailable):
        made.forecast(COVERED[name], HOUR, HOUR + timedelta(hours=3))

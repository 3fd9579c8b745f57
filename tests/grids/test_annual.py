"""The annual table and its intervals."""

from datetime import datetime, timezone

import pytest

from green_notebook.data import records
from green_notebook.errors import GreenNotebookError
from green_notebook.grids import Grid, grid, names, zones
from green_notebook.model import Basis

NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)


def intensity(zone, at=NOW):
    return grid("annual").intensity(zone, at, 60.0)


def test_it_is_a_grid():
    """The annual table is the grid that needs no choice."""
    assert isinstance(grid(), Grid)
    assert "annual" in names()


@pytest.mark.parametrize(
    ("zone", "value", "boundary", "year"),
    [
        ("FR", 41.44, "lifecycle", 2025),
        ("US", 384.4, "lifecycle", 2025),
        ("WORLD", 458.29, "lifecycle", 2025),
        ("US-CA", 179.06, "direct", 2023),
        ("CAMX", 195.04, "direct", 2023),
        ("CA-QC", 27.4, "lifecycle", 2023),
    ],
)
def test_values_and_boundaries(zone, value, boundary, year):
    """Ember 2026 for countries, EPA eGRID2023 for US states and subregions, each with its boundary."""
    found = intensity(zone)
    assert found.quantity.value == pytest.approx(value)
    assert (found.boundary, found.year, found.at) == (boundary, year, None)
    assert found.quantity.basis is Basis.ASSUMED
    assert found.quantity.unit == "g/kWh"


def test_large_mixed_grid_is_10_percent_and_5_for_a_year():
    """A large mixed grid of last year lies within 15 %."""
    quantity = intensity("DE").quantity
    assert quantity.low == pytest.approx(0.85 * quantity.value)
    assert quantity.high == pytest.approx(1.15 * quantity.value)


def test_clean_grid_has_a_floor_of_10_grams():
    """A clean grid is never surer than 10 g/kWh."""
    quantity = intensity("NO").quantity
    assert quantity.value - quantity.low >= 10
    assert quantity.high - quantity.value >= 10


def test_a_second_source_lies_inside():
    """Where a second source was compared, its figure is inside the interval."""
    for row in records("grid"):
        if row["spread"] is not None:
            quantity = intensity(row["code"]).quantity
            assert quantity.low <= row["g"] + row["spread"] <= quantity.high, row["code"]


def test_elsewhere_40_percent():
    """A grid that nobody compared is known to 40 % and 5 % for each year of age."""
    quantity = intensity("EGRID-SRVC").quantity
    assert quantity.high == pytest.approx(quantity.value * (1 + 0.40 + 3 * 0.05))


def test_age_widens():
    """The same figure is less sure a year later."""
    later = intensity("FR", NOW.replace(year=2028)).quantity
    assert later.high > intensity("FR").quantity.high


def test_every_zone_has_an_interval():
    """No zone is without an interval, and none reaches below zero."""
    for code in zones():
        quantity = intensity(code).quantity
        assert 0 <= quantity.low < quantity.value < quantity.high, code


def test_unknown_names():
    """An unknown zone and an unknown grid get the closest name."""
    with pytest.raises(GreenNotebookError, match="did you mean FR"):
        intensity("Frnace")
    with pytest.raises(GreenNotebookError, match="did you mean annual"):
        grid("anual")

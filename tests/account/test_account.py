"""Joules to grams."""

import math
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from green_notebook.account import footprint, operational, pue_of
from green_notebook.data import records
from green_notebook.grids.annual import AnnualGrid
from green_notebook.model import Basis, Energy, Intensity, Place, Quantity

NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)


def joules(value, spread=0.0):
    return Quantity.within(value, "J", Basis.MEASURED, systematic=spread * value)


def energy(value):
    return Energy(joules(value), joules(value))


def at(grams, boundary="lifecycle"):
    return Intensity(Quantity.exactly(grams, "g/kWh", Basis.ASSUMED), boundary, "test", year=2025)


ONE = Quantity.exactly(1.0, "1")


def test_definition():
    """operational = kernel / 3.6e6 x PUE x intensity."""
    found = footprint(energy(3.6e6), at(400), Quantity.exactly(1.5, "1"))
    assert found.operational.value == pytest.approx(600)
    assert found.co2e == found.operational
    assert found.operational.unit == "g"


def test_patterson_2021_gpt3():
    """Patterson et al. 2021 (arXiv:2104.10350): 1,287 MWh at 0.429 kg/kWh is 552 t."""
    found = operational(joules(1287e3 * 3.6e6), ONE, at(429))
    assert found.value / 1e6 == pytest.approx(552, rel=0.001)


def test_strubell_2019_bert():
    """Strubell et al. 2019 (arXiv:1906.02243): 1,507 kWh with PUE at 0.954 lb/kWh is 1,438 lb."""
    found = operational(
        joules(1507 / 1.58 * 3.6e6), Quantity.exactly(1.58, "1"), at(453.59 * 0.954)
    )
    assert found.value / 453.59 == pytest.approx(1438, rel=0.001)


def test_interval_and_basis():
    """Relative half-widths add in quadrature; the weakest basis remains."""
    intensity = Intensity(Quantity(100, 90, 110, "g/kWh", Basis.ASSUMED), "lifecycle", "t", year=1)
    found = operational(joules(3.6e6, 0.1), ONE, intensity)
    assert found.high == pytest.approx(100 * (1 + math.hypot(0.1, 0.1)))
    assert found.basis is Basis.ASSUMED


@given(st.floats(0, 1e12), st.floats(0, 1e12))
def test_monotonic_and_additive(first, second):
    """More energy is never less carbon, and two spans' carbon is that of their sum."""
    one, two, both = (
        operational(joules(e, 0.05), ONE, at(458)) for e in (first, second, first + second)
    )
    assert 0 <= one.low <= one.value <= both.value * (1 + 1e-12)
    assert math.isclose(one.value + two.value, both.value, rel_tol=1e-9, abs_tol=1e-200)


@pytest.mark.parametrize("kind", ["laptop", "desktop"])
def test_no_overhead_at_home(kind):
    """A laptop's electricity has no data centre's overhead."""
    assert pue_of(Place("FR", "x", "low", kind=kind)) == Quantity.exactly(1.0, "1", Basis.ASSUMED)


def test_region_provider_unknown():
    """A region's own figure is sharper than its provider's mean, and that than an unknown place."""
    own = pue_of(Place("SG", "x", "high", "", "cloud", "aws", "ap-southeast-1"))
    mean = pue_of(Place("SG", "x", "high", "", "cloud", "aws"))
    unknown = pue_of(Place("WORLD", "x", "low", kind="datacentre"))
    assert (own.value, mean.value, unknown.value) == (1.32, 1.15, 1.56)
    assert own.high - own.low < mean.high - mean.low < unknown.high - unknown.low


def test_a_setting_is_taken_at_its_word():
    """A person's PUE has no interval of ours."""
    assert pue_of(Place("FR", "x", "low"), 1.3) == Quantity.exactly(1.3, "1", Basis.ASSUMED)


def test_every_region_has_a_pue_and_an_intensity():
    """Each cloud region gives a PUE of at least 1 and an intensity."""
    grid = AnnualGrid()
    for row in records("regions"):
        pue = pue_of(Place(row["zone"], "x", "high", "", "cloud", row["provider"], row["region"]))
        assert 1.0 <= pue.low <= pue.value <= pue.high < 3, row
        assert grid.intensity(row["zone"], NOW).quantity.value > 0


def test_foreign_cloud():
    """A provider that no table knows has the survey's PUE, wide."""
    assert pue_of(Place("FR", "x", "high", "", "cloud", "hetzner")).value == 1.56

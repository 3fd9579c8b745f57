"""Our arithmetic against published figures; each test names its source."""

from datetime import datetime, timezone

import pytest

from green_notebook.account import operational
from green_notebook.equivalences import comparators
from green_notebook.grids.annual import AnnualGrid
from green_notebook.model import Basis, Intensity, Quantity

NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)
LB_G = 453.59237  # the avoirdupois pound, by definition


def kwh(value):
    return Quantity.exactly(value * 3.6e6, "J")


def at(grams):
    return Intensity(Quantity.exactly(grams, "g/kWh", Basis.ASSUMED), "x", "published", year=2020)


def pue(value):
    return Quantity.exactly(value, "1")


def factor(name):
    return next(one.factor.value for one in comparators() if one.id == name)


@pytest.mark.parametrize(
    ("model", "mwh", "kg_per_kwh", "tonnes"),
    # Patterson et al. 2021, arXiv:2104.10350, table 4: energy with PUE, gross CO2e.
    [
        ("T5", 85.7, 0.545, 46.7),
        ("Meena", 232, 0.415, 96.4),
        ("GShard-600B", 24.1, 0.201, 4.8),
        ("Switch Transformer", 179, 0.403, 72.2),
        ("GPT-3", 1287, 0.429, 552.1),
    ],
)
def test_patterson_2021(model, mwh, kg_per_kwh, tonnes):
    """The trainings of Patterson et al.: MWh x kg/kWh are their tonnes, as far as they are rounded."""
    found = operational(kwh(mwh * 1000), pue(1.0), at(kg_per_kwh * 1000))
    assert found.value / 1e6 == pytest.approx(tonnes, rel=0.01), model


def test_luccioni_2022_bloom():
    """BLOOM, arXiv:2211.02001: 433,196 kWh at France's 57 g/kWh are 24.69 t (table 3)."""
    found = operational(kwh(433_196), pue(1.0), at(57))
    assert found.value / 1e6 == pytest.approx(24.69, rel=0.001)


def test_strubell_2019_bert():
    """BERT, arXiv:1906.02243: 12,041.51 W for 79 h at PUE 1.58 and 0.954 lb/kWh are 1,438 lb."""
    found = operational(kwh(12.04151 * 79), pue(1.58), at(0.954 * LB_G))
    assert found.value / LB_G == pytest.approx(1438, rel=0.005)


def test_green_algorithms():
    """greenAlgoR's worked example after Lannelongue et al. 2021: 12 h of a Core i3-10300.

    1.745312 kWh with PUE 1.67 at the world's 475 g/kWh (2019) are 829.0232 g.
    """
    found = operational(kwh(1.745312 / 1.67), pue(1.67), at(475))
    assert found.value == pytest.approx(829.0232, rel=1e-6)


def test_green_algorithms_formula():
    """Lannelongue et al. 2021, eq. 1: E = t (n_c P_c u_c + n_m P_m) PUE; their 0.3725 W/GB."""
    watts = 4 * 15.5 * 1.0 + 16 * 0.3725
    found = operational(Quantity.exactly(watts * 12 * 3600, "J"), pue(1.67), at(475))
    assert found.value == pytest.approx(12 * watts / 1000 * 1.67 * 475)


def test_egrid_2023():
    """EPA eGRID2023 rev 2: the US emits 770.884 lb CO2e/MWh, directly."""
    us = AnnualGrid().intensity("US-EGRID", NOW)
    assert us.quantity.value == pytest.approx(770.884 * LB_G / 1000, abs=0.01)
    assert us.boundary == "direct"


def test_two_boundaries_of_one_country():
    """README of the figures: the US has 384 g/kWh over the life cycle and 350 directly."""
    grid = AnnualGrid()
    assert grid.intensity("US", NOW).quantity.value == pytest.approx(384, abs=1)
    assert grid.intensity("US-EGRID", NOW).quantity.value == pytest.approx(350, abs=1)


def test_epa_mile():
    """EPA calculator 2024: 8.887e-3 t/gal / 22.8 mpg / 0.993 = 3.93e-4 t a mile."""
    assert pytest.approx(factor("us_car_mile"), rel=0.002) == 8887 / 22.8 / 0.993
    assert factor("gasoline_gallon") == 8887


def test_epa_tree():
    """EPA calculator 2024: a seedling of ten years takes up 0.060 t; a year of it a tenth."""
    assert factor("tree_decade") == pytest.approx(36.4 * 44 / 12 / 2204.6 * 1e6, rel=0.01)
    assert factor("tree_year") * 10 == factor("tree_decade")


def test_epa_phone():
    """EPA calculator 2026: 1.24e-5 t a charge; not the 8.22e-6 t of 2019 that is still copied."""
    assert factor("phone_charge_co2") == pytest.approx(12.4)


def test_eia_household():
    """EIA: a US home used 10,260 (2023) to 10,791 kWh (2022) a year; GPT-3 is 120 home-years."""
    year = factor("us_home_year") / 3.6e6
    assert 10_260 < year < 10_791
    assert 1_287_000 / year == pytest.approx(120, rel=0.03)


def test_kettle_is_physics():
    """4.186 kJ/(kg K) x 80 K / 0.85 are 0.11 kWh a litre."""
    assert factor("kettle_litre") / 3.6e6 == pytest.approx(4.186 * 80 / 0.85 / 3600, rel=0.01)


def test_world_is_not_475():
    """The world's mean is 458 g/kWh in 2025 (Ember 2026), not the 475 of 2018."""
    world = AnnualGrid().intensity("WORLD", NOW)
    assert world.quantity.value == pytest.approx(458.3, abs=0.1)
    assert world.year == 2025

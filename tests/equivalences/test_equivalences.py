"""Everyday terms: right, readable and scaled from a milligram to 500 tonnes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from green_notebook.data import records
from green_notebook.equivalences import comparators, equivalences
from green_notebook.equivalences._amounts import METRIC, TIME, US_CUSTOMARY, climbed, counted, shown
from green_notebook.equivalences._phrases import PHRASES
from green_notebook.model import Basis, Place, Quantity


def q(value, unit):
    return Quantity(value, 0.8 * value, 1.2 * value, unit, Basis.MODELLED)


def all_for(grams, joules=None, zone="WORLD", limit=9):
    energy = joules if joules is not None else grams / 458 * 3.6e6
    return equivalences(q(energy, "J"), q(grams, "g"), Place(zone, "x", "low"), limit=limit)


@pytest.mark.parametrize(
    ("zone", "car", "home"),
    [
        ("US-CA", "us_car_mile", "us_home_year"),
        ("EGRID-CAMX", "us_car_mile", "us_home_year"),
        ("FR", "eu_fleet_car_km", "eu_home_year"),
        ("SE3", "eu_fleet_car_km", "eu_home_year"),
        ("GB", "uk_car_km", "uk_home_year"),
        ("IN", "us_car_km", "india_home_year"),
        ("WORLD", "us_car_km", "world_home_year"),
    ],
)
def test_own_country_first(zone, car, home):
    """A car and a home of the user's own country come first; else the nearest there is."""
    assert [one.id for one in all_for(10, zone=zone, limit=2)] == [car, home]


@pytest.mark.parametrize("grams", [1e-3, 1e-2, 0.1, 1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 5e8])
@pytest.mark.parametrize("zone", ["WORLD", "US-CA", "FR"])
def test_readable_at_every_size(grams, zone):
    """From 1 mg to 500 t the car's way and the home's time read as numbers people know."""
    for one in all_for(grams, zone=zone, limit=2):
        leading = float(re.search(r"[\d.,]+", one.text).group().replace(",", ""))
        assert 0.1 <= leading < 100_000, one.text
        assert " 0 " not in one.text
        assert "e-" not in one.text


def test_the_car_is_epas():
    """EPA's equivalencies calculator: 393 g a mile, so 393 g are one mile."""
    car = all_for(393, zone="US-CA")[0]
    assert car.amount.value == pytest.approx(1609.344)
    assert car.text == "driving 1.0 mile in an average US petrol car"


def test_household_year():
    """EIA: 10,500 kWh are one US home's year, so a 1,000 W cell of 1 h is 50 minutes of it."""
    home = all_for(0, joules=3.6e6, zone="US")[1]
    assert home.amount.value == pytest.approx(3600 / 1.1986, rel=1e-3)
    assert home.text == "50 minutes of an average US home's electricity"


@pytest.mark.parametrize(
    ("first", "second", "times"),
    [
        # Patterson 2021: 1,287 MWh; the calculator's own arithmetic for the rest.
        ("gpt3_training_energy", "us_home_year", 1_287_000 / 10_500),
        ("gpt3_training_co2", "us_car_mile", 552_100_000 / 393),
        ("us_car_mile", "us_car_km", 1.609344),
        ("tree_decade", "tree_year", 10),
        ("kettle_litre", "led_hour", 0.11 / 0.009),
    ],
)
def test_table_agrees_with_itself(first, second, times):
    """Comparators of one dimension stand in the ratio that their sources give."""
    factors = {one.id: one.factor.value for one in comparators()}
    assert factors[first] / factors[second] == pytest.approx(times, rel=2e-3)


@given(st.floats(1e-6, 1e9), st.floats(1e-3, 1e15), st.sampled_from(["WORLD", "US", "DE"]))
def test_energy_ones_scale_with_energy(grams, joules, zone):
    """Doubling the energy doubles energy's comparators and leaves the others alone."""
    dimension = {row["id"]: row["dimension"] for row in records("equivalences")}
    before = {one.id: one for one in all_for(grams, joules, zone, 2)}
    after = {one.id: one for one in all_for(grams, 2 * joules, zone, 2)}
    for name, one in before.items():
        times = 2 if dimension[name] == "energy" else 1
        assert after[name].amount.value == pytest.approx(times * one.amount.value)


@given(st.floats(0, 1e12), st.floats(0, 1e18), st.integers(0, 30))
def test_intervals_and_limit(grams, joules, limit):
    """Intervals are never negative, at most ``limit`` come, none twice."""
    found = all_for(grams, joules, limit=limit)
    assert len(found) <= limit
    assert len({one.id for one in found}) == len(found)
    for one in found:
        assert 0 <= one.amount.low <= one.amount.value <= one.amount.high
        assert one.amount.basis is Basis.ASSUMED


def test_nothing_is_nothing():
    """A cell that cost nothing drove 0 m."""
    car, home = all_for(0, joules=0, limit=2)
    assert car.text.startswith("driving 0 m ")
    assert home.text.startswith("0 seconds ")


def test_every_row_has_words():
    """Each comparator of the table can be said."""
    assert set(PHRASES) == {row["id"] for row in records("equivalences")}
    for one in comparators():
        for times in (0, 0.001, 1, 7.3, 1e6):
            text = one.equivalence(one.factor.scaled(times)).text
            assert text
            assert "{" not in text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (0.00337, "0.0034"),
        (0.996, "1.0"),
        (4.14, "4.1"),
        (9.96, "10"),
        (349, "350"),
        (1234, "1,200"),
        (999_600, "1.0 million"),
        (2.1e6, "2.1 million"),
        (3.4e9, "3.4 billion"),
    ],
)
def test_numbers(number, text):
    """Two significant digits, grouped, no exponents."""
    assert shown(number) == text


@pytest.mark.parametrize(
    ("amount", "ladder", "text"),
    [
        (0.034, METRIC, "3.4 cm"),
        (1500, METRIC, "1.5 km"),
        (1.0, US_CUSTOMARY, "3.3 feet"),
        (0.3048, US_CUSTOMARY, "1.0 foot"),
        (0.0254, US_CUSTOMARY, "1.0 inch"),
        (100_000, METRIC, "100 km"),
        (0.00062, METRIC, "0.62 mm"),
        (0.000999, METRIC, "1.0 mm"),
        (0.0009996, TIME, "1.0 millisecond"),
        (0.042 * 0.0254, US_CUSTOMARY, "42 thousandths of an inch"),
        (0.0123, TIME, "12 milliseconds"),
        (90, TIME, "90 seconds"),
        (3600, TIME, "1.0 hour"),
    ],
)
def test_units_fit(amount, ladder, text):
    """The unit fits the size."""
    assert climbed(amount, ladder) == text


def test_small_parts_are_percentages():
    """A small part of one thing is a percentage, not 0."""
    assert counted(0.0123, "wash", "washes") == "1.2 % of a wash"
    assert counted(1.3e-10, "seat", "seats") == "1/7.7 billion of a seat"
    assert counted(1, "wash", "washes") == "1.0 wash"
    assert counted(2.4, "wash", "washes") == "2.4 washes"

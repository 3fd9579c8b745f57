"""What holds for every footprint: units, order, additivity, intervals, one boundary a sum."""

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from green_notebook.account import footprint, overheads, pue_of
from green_notebook.grids import zones
from green_notebook.grids.annual import AnnualGrid
from green_notebook.host import Host
from green_notebook.model import Basis, Energy, Load, Place, Quantity, total
from green_notebook.settings import GreenNotebook

NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)
GRID = AnnualGrid()
HOST = Host()
SETTINGS = GreenNotebook({})

PLACES = st.builds(
    lambda zone, kind, provider: Place(zone, "x", "low", zone, kind, provider),
    st.sampled_from(sorted(zones())),
    st.sampled_from(["laptop", "desktop", "datacentre", "cloud", "unknown"]),
    st.sampled_from([None, "aws", "gcp", "azure", "ovh", "nobody"]),
)
JOULES = st.floats(0, 1e15)
SECONDS = st.floats(0, 1e8)


def energy(joules, random=0.0):
    one = Quantity.within(
        joules, "J", Basis.MODELLED, systematic=0.2 * joules, random=random * joules
    )
    return Energy(one, one)


def made(place, joules, seconds=0.0, random=0.0):
    used = energy(joules, random)
    pue = pue_of(place)
    extra = overheads(SETTINGS, used, place, pue, HOST, Load(seconds, 1.0, 1.0, threads=4))
    return footprint(used, GRID.intensity(place.zone, NOW), pue, *extra)


@given(PLACES, JOULES, SECONDS)
def test_units_and_intervals(place, joules, seconds):
    """Grams are grams, litres litres, and nothing is ever below zero."""
    found = made(place, joules, seconds)
    for one in (found.co2e, found.operational, found.embodied):
        assert one.unit == "g"
        assert 0 <= one.low <= one.value <= one.high
    assert found.water.unit == "L"
    assert 0 <= found.water.low <= found.water.high
    assert found.co2e.value == pytest.approx(found.operational.value + found.embodied.value)


@given(PLACES, st.floats(1e-6, 1e12), st.floats(1, 100), st.floats(1, 1e6))
def test_more_is_never_less(place, joules, times, seconds):
    """More energy or more time is never less carbon or water."""
    small, large = made(place, joules, seconds), made(place, joules * times, seconds * times)
    assert large.co2e.value >= small.co2e.value
    assert large.water.value >= small.water.value


@given(PLACES, st.lists(st.floats(1e-3, 1e9), min_size=1, max_size=6))
def test_additive_over_spans(place, joules):
    """Spans of one place add up to the span of their sum: the value, and the shared error."""
    parts = [made(place, one).operational for one in joules]
    whole = made(place, sum(joules)).operational
    added = total((("place", one) for one in parts), "g")
    assert added.value == pytest.approx(whole.value)
    assert added.high == pytest.approx(whole.high)
    assert added.low == pytest.approx(whole.low, rel=1e-6, abs=1e-9 * whole.value)


@given(PLACES, st.floats(1e-3, 1e9))
def test_repeating_shrinks_the_random_part_only(place, joules):
    """Twenty-five spans have a fifth of the relative random part of one, and all of the rest."""
    one = made(place, joules, random=0.5).operational
    many = total([("place", one)] * 25, "g")
    assert many.random / many.value == pytest.approx(one.random / one.value / 5)
    assert many.systematic[1] / many.value == pytest.approx(one.systematic[1] / one.value)


@given(PLACES, st.floats(1e-3, 1e9))
def test_a_dirtier_grid_emits_more(place, joules):
    """The order of grids is the order of footprints."""
    other = Place("IN", "x", "low", "India", place.kind, place.provider)
    here, there = (GRID.intensity(one.zone, NOW).quantity.value for one in (place, other))
    one, two = made(place, joules).operational.value, made(other, joules).operational.value
    assert (here < there) == (one < two)

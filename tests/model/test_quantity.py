"""A quantity keeps its interval through sums and products."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from green_notebook.model import Basis, Quantity, product, rounded, total

amounts = st.floats(0, 1e9, allow_nan=False)
parts = st.floats(0, 2, allow_nan=False)


@st.composite
def quantities(draw, unit="J"):
    value = draw(st.floats(1e-6, 1e9))
    return Quantity.within(
        value,
        unit,
        draw(st.sampled_from(list(Basis))),
        systematic=(draw(parts) * value, draw(parts) * value),
        random=draw(parts) * value,
    )


@given(quantities())
def test_the_json_form_is_inverse(quantity):
    """What is written is read again, to the last bit."""
    assert Quantity.from_dict(quantity.to_dict()) == quantity


@given(st.lists(st.tuples(st.sampled_from("abc"), quantities()), min_size=1, max_size=6))
def test_a_sum_holds_its_value_and_is_never_negative(listed):
    """The value is the sum, the interval holds it and stays at or above zero."""
    result = total(listed)
    assert math.isclose(result.value, math.fsum(one.value for _, one in listed))
    assert 0 <= result.low <= result.value <= result.high
    assert result.basis is Basis.weakest(one.basis for _, one in listed)


@given(quantities(), st.integers(2, 50))
def test_repetition_shrinks_the_random_part_only(quantity, times):
    """Of n equal spans the random part grows as sqrt(n), the systematic part as n."""
    result = total([("sensor", quantity)] * times)
    assert math.isclose(result.random, quantity.random * math.sqrt(times), rel_tol=1e-9)
    above = quantity.systematic[1] * times
    assert math.isclose(result.systematic[1], above, rel_tol=1e-3, abs_tol=1e-4 * result.value)


def test_different_sources_add_in_quadrature():
    """Two sensors with 10 % each make a sum with 7 %, one sensor twice keeps 10 %."""
    one = Quantity.within(100, "J", Basis.MEASURED, systematic=10)
    assert total([("a", one), ("b", one)]).high == pytest.approx(200 + math.hypot(10, 10))
    assert total([("a", one), ("a", one)]).high == pytest.approx(220)


@given(quantities(), quantities("1"))
def test_a_product_holds_its_value(first, second):
    """The interval of a product holds the product."""
    result = product(first, second, unit="g")
    assert 0 <= result.low <= result.value <= result.high
    assert math.isclose(result.value, first.value * second.value)


def test_a_product_of_nothing_is_at_most_what_it_could_be():
    """Zero within 0..2 J times 3..5 is zero within 0..10."""
    nothing = Quantity(0, 0, 2, "J", Basis.MEASURED)
    result = product(nothing, Quantity(4, 3, 5, "1", Basis.ASSUMED), unit="g")
    assert (result.value, result.low, result.high) == (0, 0, 10)


def test_an_empty_sum_is_nothing():
    """No parts, no joules."""
    assert total([]) == Quantity.exactly(0.0, "J")


@pytest.mark.parametrize(
    "numbers", [(2, 3, 4), (2, 1, 1.5), (math.nan, 0, 1), (1, 0, math.inf)], ids=str
)
def test_an_impossible_interval_is_refused(numbers):
    """A value outside its interval, or no number at all, never becomes a quantity."""
    with pytest.raises(ValueError, match=r"quantity|does not hold"):
        Quantity(*numbers, "J", Basis.MEASURED)


def test_units_are_not_mixed():
    """Joules and grams cannot be added."""
    with pytest.raises(ValueError, match="units"):
        total([("a", Quantity.exactly(1, "J")), ("b", Quantity.exactly(1, "g"))])


@given(amounts)
def test_rounding_keeps_significant_digits(number):
    """Four digits are within half a unit of the fourth."""
    assert math.isclose(rounded(number, 4), number, rel_tol=5.1e-4)

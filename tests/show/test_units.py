"""Numbers for people: never misleading, never silly."""
# ruff: noqa: RUF001 - an en dash stands between the ends of an interval

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from green_notebook.model import Basis, Quantity
from green_notebook.show import _units as units

SIZES = st.floats(1e-9, 1e13)
UNITS = st.sampled_from(["J", "g", "L", "W", "m", "g/kWh", "1"])


def quantities(unit=UNITS):
    return st.builds(
        lambda value, below, above, name: Quantity(
            value, value * (1 - below), value * (1 + above), name, Basis.MODELLED
        ),
        SIZES,
        st.floats(0, 1),
        st.floats(0, 30),
        unit,
    )


@pytest.mark.parametrize(
    ("joules", "text"),
    [
        (0.0, "0 µJ"),
        (0.002, "2.00 mJ"),
        (1.5, "1.50 J"),
        (35.9, "35.9 J"),
        (36.0, "0.0100 Wh"),
        (1512.0, "0.420 Wh"),
        (3.5998e6, "1.00 kWh"),
        (5e6, "1.39 kWh"),
        (4.6e12, "1.28 GWh"),
        (9e15, "2500 GWh"),
    ],
)
def test_energy_is_in_watt_hours_and_in_joules_when_tiny(joules, text):
    """People see Wh and kWh; J only where Wh would be all zeros."""
    assert units.number(joules, "J") == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 µs"),
        (0.00085, "850 µs"),
        (0.0125, "12.5 ms"),
        (0.998, "998 ms"),
        (0.9997, "1.0 s"),
        (3.24, "3.2 s"),
        (59.94, "59.9 s"),
        (59.97, "1 min"),
        (252, "4 min 12 s"),
        (3599.7, "1 h"),
        (7500, "2 h 5 min"),
        (86399, "1 d"),
        (273600, "3 d 4 h"),
    ],
)
def test_durations_read_as_people_say_them(seconds, text):
    """No 60 s, no 0.05 h."""
    assert units.duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "low", "high", "text"),
    [
        (0.0123, 0.0081, 0.0192, "12.3 mg (8.1–19.2)"),
        (0.0123, 0.0012, 0.5, "12 mg (1–500)"),
        (1.0, 0.9999, 1.0001, "1.0000 g (0.9999–1.0001)"),
        (123.4, 100.0, 150.0, "123 g (100–150)"),
        (0.0, 0.0, 0.004, "0 mg (0–4.0)"),
        (2.0, 2.0, 2.0, "2.00 g (exact)"),
        (0.9996, 0.5, 2.0, "1.00 g (0.50–2.00)"),
    ],
)
def test_value_and_interval_are_rounded_alike(value, low, high, text):
    """The interval says how many digits deserve to be shown."""
    assert units.shown(Quantity(value, low, high, "g", Basis.MEASURED)).text() == text


@given(quantities())
def test_the_shown_interval_holds_the_shown_value(quantity):
    """Rounding never turns low above value, nor value above high."""
    shown = units.shown(quantity)
    assert float(shown.low) <= float(shown.value) <= float(shown.high)


@given(quantities())
def test_the_shown_value_is_near_the_true_one(quantity):
    """At least two significant digits are right, whatever the interval."""
    shown = units.shown(quantity)
    factor, _ = units.scale(quantity.value, quantity.unit)
    assert math.isclose(float(shown.value) * factor, quantity.value, rel_tol=0.0501)


@given(quantities())
def test_an_interval_is_never_rounded_away(quantity):
    """Only what is exact, or sure to a millionth, may look so."""
    shown = units.shown(quantity)
    if quantity.high - quantity.low > 2e-5 * quantity.value:
        assert not shown.exact


@given(SIZES, st.sampled_from(sorted(units.SCALES)))
def test_numbers_stay_short(value, unit):
    """No 0.00 of a large unit, no 1000 of a small one where a better unit exists."""
    text = units.number(value, unit).split()[0]
    assert float(text) > 0 or value < 1e-8
    assert "e" not in text
    largest = units.SCALES[unit][0][1]
    if unit != "1" and value < largest:
        assert float(text) < 1000 + (unit == "s") * 86400


@given(st.floats(0, 1e9))
def test_a_duration_is_right_to_two_digits(seconds):
    """What is shown is the time that passed."""
    worth = {"d": 86400, "h": 3600, "min": 60, "s": 1, "ms": 1e-3, "µs": 1e-6}
    words = units.duration(seconds).split()
    back = sum(float(n) * worth[u] for n, u in zip(words[::2], words[1::2], strict=True))
    assert back == pytest.approx(seconds, rel=0.051, abs=1e-6)


@pytest.mark.parametrize(
    ("part", "text"),
    [(0, "0 %"), (0.0004, "<0.1 %"), (0.004, "0.4 %"), (0.714, "71 %"), (1, "100 %")],
)
def test_shares_read_plainly(part, text):
    """A small share is small, not nothing."""
    assert units.percent(part) == text

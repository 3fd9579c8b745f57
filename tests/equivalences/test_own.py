"""Comparisons of a teacher's own: read, checked, and errors of one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from green_notebook.equivalences import equivalences, own_comparators
from green_notebook.errors import GreenNotebookError
from green_notebook.model import Place, Quantity

PIZZA = """
[[comparison]]
id = "pizza"
text = "baking {n} pizzas"
energy_kwh = 0.8
low = 0.6
high = 1.0
source = "the label of our oven"
"""


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "class.toml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_own_comparison(file):
    """An own comparison stands right after the car and the home."""
    own = own_comparators(file(PIZZA))
    energy, co2e = Quantity.exactly(1.6 * 3.6e6, "J"), Quantity.exactly(700, "g")
    found = equivalences(energy, co2e, Place("FR", "x", "low"), limit=3, own=own)
    assert found[2].text == "baking 2.0 pizzas"
    assert found[2].amount.low == pytest.approx(2 * (1 - (1 - 0.8 / 1.0)))


def test_none():
    """No file, no own comparison."""
    assert own_comparators("") == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[comparison", "not TOML"),
        ("x = 1", r"no \[\[comparison\]\]"),
        ("comparison = [1]", r"no \[\[comparison\]\]"),
        (PIZZA.replace("energy_kwh", "energy_kw"), "did you mean energy_kwh"),
        (PIZZA.replace("0.8", '"0.8"'), "energy_kwh is a number"),
        (PIZZA.replace("0.8", "true"), "energy_kwh is a number"),
        (PIZZA.replace("0.8", "nan"), "finite"),
        (PIZZA.replace("0.8", "-0.8"), "does not hold"),
        (PIZZA.replace("low = 0.6", "low = 0.9"), "does not hold"),
        (PIZZA.replace("{n} ", ""), "needs {n}"),
        (PIZZA.replace("{n}", "{0}"), "needs {n}"),
        (PIZZA + "co2e_g = 3", "exactly one of"),
        (PIZZA.replace("energy_kwh = 0.8", ""), "exactly one of"),
        (PIZZA.replace('"pizza"', "7"), "text in quotes"),
        (PIZZA + PIZZA, "stands twice"),
    ],
)
def test_errors_are_one_line(file, text, said):
    """A wrong file gets one line: which comparison, what is wrong, the closest name."""
    with pytest.raises(GreenNotebookError, match=said) as caught:
        own_comparators(file(text))
    assert "\n" not in str(caught.value)


def test_no_file():
    """A file that is not there is said so."""
    with pytest.raises(GreenNotebookError, match="cannot read"):
        own_comparators("/nowhere/class.toml")


@given(text=st.text(max_size=60))
def test_any_text_is_read_or_one_line(tmp_path_factory, text):
    """No file whatever breaks more than its own reading."""
    path = tmp_path_factory.mktemp("own") / "x.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(GreenNotebookError, match=r"^[^\n]+$"):
        own_comparators(str(path))

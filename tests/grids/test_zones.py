"""Zones: what people, clouds and providers call them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from green_notebook.errors import GreenNotebookError
from green_notebook.grids import WORLD, completions, resolve, zones


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("FR", "FR"),
        ("fra", "FR"),
        ("France", "FR"),
        (" fRANCE ", "FR"),
        ("UK", "GB"),
        ("Côte d'Ivoire", "CI"),
        ("cote d ivoire", "CI"),
        ("US-CA", "US-CA"),
        ("California", "US-CA"),
        ("CA", "CA"),
        ("Georgia", "GE"),
        ("Georgia, US", "US-GA"),
        ("CAMX", "EGRID-CAMX"),
        ("EGRID-SRVC", "EGRID-SRVC"),
        ("Ontario", "CA-ON"),
        ("Québec", "CA-QC"),
        ("Sichuan", "CN-SC"),
        ("AU-NSW", "AU"),
        ("us-east-1", "EGRID-SRVC"),
        ("gcp:us-central1", "EGRID-MROW"),
        ("eastus", "EGRID-SRVC"),
        ("eu-west-3", "FR"),
        ("fr-gravelines", "FR"),
        ("SE-SE3", "SE3"),
        ("IT-NO", "IT"),
        ("US-CAL-CISO", "EGRID-CAMX"),
        ("world", WORLD),
        ("EU", "EU27"),
    ],
)
def test_every_kind_of_word(word, code):
    """Codes, names, states, subregions, provinces, cloud regions and provider's keys are understood."""
    assert resolve(word).code == code


def test_country_and_region_are_told():
    """A zone tells its country, and the region by which it was named."""
    zone = resolve("us-east-1")
    assert (zone.country, zone.region) == ("US", "aws:us-east-1")
    assert resolve("France").region is None


def test_a_small_country_says_who_feeds_it():
    """A country without a row stands in its feeder's grid, and says so."""
    assert resolve("Monaco").code == "FR"
    assert "Monaco" in resolve("MC").name


@pytest.mark.parametrize(
    ("typo", "meant"),
    [("Frnace", "FR"), ("Germny", "DE"), ("Calfornia", "US-CA"), ("us-eest-1", "us-east-1")],
)
def test_did_you_mean(typo, meant):
    """A typing error gets one line with the closest valid name."""
    with pytest.raises(GreenNotebookError, match=rf"did you mean .*{meant}") as caught:
        resolve(typo)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("nothing", ["", "  ", "---", "\n"])
def test_nothing_given(nothing):
    """No word at all gets an example."""
    with pytest.raises(GreenNotebookError, match="country"):
        resolve(nothing)


@given(st.text(max_size=30))
def test_any_text_resolves_or_is_one_clear_line(text):
    """No text whatever breaks the resolver."""
    try:
        said = resolve(text).code
    except GreenNotebookError as error:
        said = str(error)
    assert said in zones() or len(said.splitlines()) == 1


def test_every_zone_finds_itself():
    """Each code of the table resolves to itself."""
    assert [code for code in zones() if resolve(code).code != code] == []


def test_completions():
    """The Tab key offers codes, regions and names."""
    assert {"FR", "France"} <= set(completions("fr"))
    assert "us-east-1" in completions("us-ea")

"""Settings: their order of strength, and what is wrong with them said in one line."""

import pytest
from traitlets.config import Config

from green_notebook.errors import GreenNotebookError
from green_notebook.settings import GreenNotebook


def test_the_environment_beats_the_file_and_config_beats_both():
    """Option, %config, environment, file, default: the middle three, here."""
    settings = GreenNotebook(
        {"GREEN_NOTEBOOK_ZONE": "PL"}, config=Config({"GreenNotebook": {"zone": "DE"}})
    )
    assert settings.zone == "PL"
    settings.update_config(Config({"GreenNotebook": {"zone": "FR"}}))
    assert settings.zone == "FR"


def test_a_file_stands_where_the_environment_is_silent():
    """A class's configuration file is taken."""
    settings = GreenNotebook({}, config=Config({"GreenNotebook": {"zone": "DE", "pue": 1.2}}))
    assert (settings.zone, settings.pue) == ("DE", 1.2)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("GREEN_NOTEBOOK_PUE", "much", "not a valid pue"),
        ("GREEN_NOTEBOOK_LIVE", "loud", "not a valid live"),
        ("GREEN_NOTEBOOK_ZONNE", "FR", "did you mean GREEN_NOTEBOOK_ZONE?"),
        ("GREEN_NOTEBOOK_LEDGER", "off", "ignored: this version keeps reports in the kernel's"),
    ],
)
def test_a_wrong_variable_is_ignored_and_said(name, text, said):
    """A typo in a hub's environment loses no cell, and %carbon status and doctor tell of it."""
    settings = GreenNotebook({name: text})
    assert [said in problem for problem in settings.problems] == [True]
    assert settings.zone == ""


def test_keys_are_no_settings_and_no_mistakes():
    """A service's key in the environment is neither taken nor complained of."""
    settings = GreenNotebook({"GREEN_NOTEBOOK_EIA_KEY": "abc"})
    assert settings.problems == []
    assert "abc" not in repr(settings.config)


@pytest.mark.parametrize("pue", [0.5, -1.0, 11.0])
def test_an_impossible_pue_gets_one_line(pue):
    """Less than all power cannot reach the computer."""
    with pytest.raises(GreenNotebookError, match="at least 1"):
        GreenNotebook({}).checked_pue(pue)

"""``%carbon total``: one sum, or one for each boundary."""

from dataclasses import dataclass
from typing import Any

from green_notebook.verbs import total_


@dataclass
class Loaded:
    """The extension as the verb sees it."""

    kept: Any

    def session(self):
        return self.kept


def test_one_boundary_is_one_sum(session, report):
    """Two cells of one boundary are one figure; a nested one counts with its parent."""
    reports = [report(name="a"), report(name="b"), report(name="c", parent="b")]
    text = total_(Loaded(session(reports)), [])
    assert "2 cells" in text
    assert text.count("CO2e") == 1


def test_two_boundaries_are_two_sums(session, report):
    """Lifecycle and direct grams are told apart, never added."""
    text = total_(Loaded(session([report(name="a"), report(name="b", zone="US-CA")])), [])
    assert "CO2e direct" in text
    assert "CO2e lifecycle" in text

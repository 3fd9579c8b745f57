"""``%carbon budget``: a limit for every day."""

from datetime import datetime, timezone

import pytest

from green_notebook.actions import budget
from green_notebook.errors import GreenNotebookError

NOON = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)


def test_it_is_set_told_and_ended(session, report):
    """What the day's cells took is held against it; alone it tells, off ends it."""
    kept = session([report(joules=7200.0)])
    assert "sets one" in budget.run(kept, [], NOON)
    assert budget.run(kept, ["4Wh/day"], NOON).startswith("50% of the day's budget of 4Wh")
    assert kept.settings.budget == "4Wh/day"
    assert budget.run(kept, [], NOON).startswith("50%")
    budget.run(kept, ["off"], NOON)
    assert kept.settings.budget == ""


@pytest.mark.parametrize(
    ("text", "said"), [("100", "write a number"), ("5xx", "'xx'"), ("5g/cell", "for a day")]
)
def test_what_is_no_budget_changes_nothing(session, text, said):
    """One line, and the old budget stays."""
    kept = session([])
    kept.settings.budget = "10g"
    with pytest.raises(GreenNotebookError, match=said):
        budget.run(kept, [text], NOON)
    assert kept.settings.budget == "10g"

"""``%carbon budget 100g/day``: a budget for every day, and how much of it is spent."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from green_notebook import budget
from green_notebook.errors import GreenNotebookError

if TYPE_CHECKING:
    from green_notebook.session import Session

HELP = "a budget for every day: %carbon budget 100g/day; alone: what is spent of it; off ends it"
OPTIONS = ("off",)


def run(session: Session, argv: list[str], now: datetime | None = None) -> str:
    """``[AMOUNT | off]``; raises GreenNotebookError for what is no daily budget."""
    text = " ".join(argv)
    if text == "off":
        session.settings.budget = ""
        return "there is no budget for the day"
    if text:
        budget.parse(text)
        if "/" in text and not budget.daily(text):
            raise GreenNotebookError(
                f"this budget is for a day, not {text!r}: a cell's is %%carbon --budget 5g"
            )
        session.settings.budget = text
    if not session.settings.budget:
        return "there is no budget for the day: %carbon budget 100g/day sets one"
    limit = budget.parse(session.settings.budget)
    day = (now or datetime.now().astimezone()).date()
    spent = budget.used_on(limit, session.counted, day)
    amount = limit.text.partition("/")[0].strip()
    return f"{spent:.0%} of the day's budget of {amount} is spent, in this session"

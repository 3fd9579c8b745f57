"""What a smaller choice would have done: facts in, advice out, with its evidence.

``advise`` is pure: the same facts give the same advice, and facts can be saved as JSON and
replayed. ``explain`` gives the verdict of every rule, spoken or not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from green_notebook.advice._engine import Verdict, case_of, verdicts
from green_notebook.advice._memory import AdviceMemory
from green_notebook.advice._techniques import techniques
from green_notebook.errors import GreenNotebookError
from green_notebook.model import Advice, Facts, Saving

__all__ = ["AdviceMemory", "Verdict", "advise", "explain", "together", "vocabulary"]


def advise(
    facts: Facts | Mapping[str, Any], tolerance: float = 1.0, limit: int = 4
) -> list[Advice]:
    """At most ``limit`` pieces of advice for one cell, best first, often none.

    ``facts`` has the paths of docs/facts.md; ``tolerance`` is the quality you would give up, in
    points of the benchmark. Savings are fractions of this cell, each on its own: see `together`.
    Raises GreenNotebookError where an argument is of no use.
    """
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
        raise GreenNotebookError(f"a limit is a whole number, 0 or more, not {limit!r}")
    spoken = (one.advice for one in verdicts(case_of(facts, tolerance)))
    return [advice for advice in spoken if advice is not None][:limit]


def explain(facts: Facts | Mapping[str, Any], tolerance: float = 1.0) -> list[Verdict]:
    """What every technique of the vocabulary makes of the facts: advice, or why it is silent."""
    return verdicts(case_of(facts, tolerance))


def vocabulary() -> tuple[str, ...]:
    """Every id that `Advice.technique` may have, and those that never speak first."""
    return tuple(techniques())


def together(advice: Sequence[Advice], of: str = "energy") -> Saving | None:
    """What following all of ``advice`` would save of one thing; None where none of it saves that.

    Savings are not summed: at least the best one alone, at most each on what the others leave
    (the product of what remains), typically between the two.
    """
    savings = [one.saving for one in advice if one.saving is not None and one.saving.of == of]
    if not savings:
        return None
    alone = max(one.typical for one in savings)
    left_typical = left_high = 1.0
    for one in savings:
        left_typical *= 1 - one.typical
        left_high *= 1 - one.high
    low = max(one.low for one in savings)
    numbers = (round(one, 3) for one in (low, (alone + 1 - left_typical) / 2, 1 - left_high))
    return Saving(of, *numbers)

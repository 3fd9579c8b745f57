"""What really changed when a cell ran again after advice was shown."""

from __future__ import annotations

from green_notebook.comparing import compare
from green_notebook.errors import GreenNotebookError
from green_notebook.model import Report


def since_advice(before: Report, after: Report) -> str | None:
    """What changed between two runs of the cell of one name, after advice was shown.

    "-38 % energy (-31..-44) since you followed: mixed precision training". None where there is
    nothing to say: another cell, no advice, a run that failed, or too little energy.
    """
    same = before.name is not None and before.name == after.name
    if not same or not before.advice or (before.status, after.status) != ("ok", "ok"):
        return None
    try:
        comparison = compare([before], [after])
    except GreenNotebookError:
        return None
    still = {one.technique for one in after.advice}
    shown = [one.technique for one in before.advice]
    # Advice whose reason is gone was followed; of the rest it is not known.
    followed = [one for one in shown if one not in still]
    words = ", ".join(one.replace("_", " ") for one in followed or shown)
    how = "since you followed" if followed else "since this advice was shown"
    low, value, high = (round(100 * part) for part in comparison.change)
    if not comparison.real:
        return f"no change of energy that can be seen ({low:+d}..{high:+d} %) {how}: {words}"
    near, far = (high, low) if value < 0 else (low, high)
    return f"{value:+d} % energy ({near:+d}..{far:+d}) {how}: {words}"

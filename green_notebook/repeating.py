"""``%%carbonit``: like ``%timeit`` for energy. The one magic of ours that runs the cell itself."""

from __future__ import annotations

import math
from typing import Any

from green_notebook import arguments
from green_notebook.cellcode import of_the_cell, prepared
from green_notebook.errors import GreenNotebookError


def carbonit_cell(line: str, cell: str) -> None:
    """Repeat this cell until its energy is known well enough: like %timeit for energy.

    What the cell prints comes as often as it runs; names that it sets are kept.

    Examples::

        %%carbonit
        sorted(data)

        %%carbonit dot product --random 2 --seconds 60
        a @ b

    Each figure that it says is of one run; ``%carbon compare`` puts two of them side by side.
    """


def repeated(session: Any, shell: Any, found: Any, cell: str) -> Any:
    """The result of ``%%carbonit`` with the options ``found``; the cell's own error passes on.

    Raises GreenNotebookError for a limit that makes no sense and for a cell that awaits.
    """
    from green_notebook.actions.repeat import Until, Where, repeat

    joules = math.inf if found.joules is None else found.joules
    until = Until(found.random / 100, found.seconds, joules)
    run = prepared(shell, cell)
    if run is None:
        raise GreenNotebookError("%%carbonit cannot repeat a cell with top-level await")
    __tracebackhide__ = True
    try:
        where = Where(arguments.zone_of(found), found.pue)
        return repeat(session, run, until, name=arguments.name_of(found), where=where)
    except GreenNotebookError:
        raise
    except BaseException as error:  # noqa: BLE001 - raised again
        raise error.with_traceback(of_the_cell(error.__traceback__)) from error.__cause__

"""What IPython and its front end tell of a run, in our words; and one line said to the user."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # Imported with the first measured cell: loading the extension is to take no time.
    from green_notebook.model import Status
    from green_notebook.show.live import Screen


def status(result: Any) -> Status:
    """How a run ended, from IPython's result; None is a run that was cut off."""
    if result is None:
        return "interrupted"
    error = result.error_before_exec or result.error_in_exec
    if error is None:
        return "ok"
    if isinstance(error, KeyboardInterrupt) or type(error).__name__ == "CancelledError":
        return "interrupted"
    return "error"


def screen_of(shell: Any) -> Screen:
    """Where displays go now."""
    from green_notebook.show.live import Screen

    kernel = getattr(shell, "kernel", None) is not None
    return Screen(shell.display_pub, kernel, kernel and _attended(shell))


def _cell_id(shell: Any) -> str | None:
    with suppress(Exception):
        cell = shell.get_parent()["metadata"]["cellId"]
        return cell if isinstance(cell, str) else None
    return None


def _attended(shell: Any) -> bool:
    # JupyterLab and Notebook 7 name the cell; nbclient, papermill and scripts send nothing. Visual
    # Studio Code names it too, but is served HTML: its widget support could not be tried.
    cell = _cell_id(shell)
    return cell is not None and not cell.startswith("vscode-")


def cell_info(shell: Any, info: Any) -> Any:
    """What the session may know of the cell."""
    from green_notebook.spans import CellInfo

    count = shell.execution_count
    return CellInfo(
        source=info.raw_cell,
        # IPython has counted on already when it keeps the cell in its history.
        execution_count=count - 1 if info.store_history else None,
        notebook=os.environ.get("JPY_SESSION_NAME"),
        cell_id=getattr(info, "cell_id", None) or _cell_id(shell),
    )


def say(screen: Screen, line: str) -> None:
    """One plain line, as a display of ours: the cell's own streams stay as they are."""
    with suppress(Exception):
        screen.publish({"text/plain": line}, "message", update=False)

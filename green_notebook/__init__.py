"""What each notebook cell costs in energy and CO2e, how sure that is, and what would cost less."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from green_notebook._version import __version__

if TYPE_CHECKING:
    from green_notebook.actions.verify import verify as verify
    from green_notebook.advice import advise as advise
    from green_notebook.callbacks import keras_callback as keras_callback
    from green_notebook.callbacks import lightning_callback as lightning_callback
    from green_notebook.callbacks import trainer_callback as trainer_callback
    from green_notebook.diagnosis import Doctor
    from green_notebook.errors import GreenNotebookError as GreenNotebookError
    from green_notebook.errors import Unavailable as Unavailable
    from green_notebook.measuring import measure as measure
    from green_notebook.model import Facts as Facts
    from green_notebook.model import Quantity as Quantity
    from green_notebook.model import Report as Report
    from green_notebook.session import Session as Session
    from green_notebook.tracking import track as track

# Public name -> the module that holds it, imported when the name is first used: importing the
# package itself loads nothing else, starts nothing and opens nothing.
_LAZY = {
    "Facts": "model",
    "GreenNotebookError": "errors",
    "Quantity": "model",
    "Report": "model",
    "Session": "session",
    "Unavailable": "errors",
    "advise": "advice",
    "keras_callback": "callbacks",
    "lightning_callback": "callbacks",
    "measure": "measuring",
    "track": "tracking",
    "trainer_callback": "callbacks",
    "verify": "actions.verify",
}

__all__ = ["__version__", "doctor", *_LAZY]  # noqa: PLE0604 - they are strings


def __getattr__(name: str) -> Any:
    if name == "advice":
        return import_module(f"{__name__}.advice")
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})


def doctor() -> Doctor:
    """Every sensor: in use, or why not and the exact command that cures it."""
    from green_notebook.kernel_session import current

    return current().doctor()


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext green_notebook``: silent, without network, thread or file."""
    from green_notebook.magic import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """``%unload_ext green_notebook``: everything as it was before."""
    from green_notebook.magic import unload

    unload(shell)

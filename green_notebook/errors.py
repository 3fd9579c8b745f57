"""The two exceptions of the package: what went wrong, and the command that cures it."""

from __future__ import annotations


class GreenNotebookError(Exception):
    """Bad input or a broken environment, said in one line: what, why, the cure.

    ``str(error)`` is that line; it is shown to people as it stands.
    """


class Unavailable(GreenNotebookError):
    """A sensor, grid or library cannot be used here.

    ``reason`` says why in a few words; ``cure`` is the command or setting that changes it, or
    an empty string where nothing does.
    """

    def __init__(self, reason: str, cure: str = "") -> None:
        self.reason = reason
        self.cure = cure
        super().__init__(f"{reason} ({cure})" if cure else reason)

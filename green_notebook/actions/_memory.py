"""What the verbs of advice share: the session's memory of what was said."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from green_notebook.advice import AdviceMemory
    from green_notebook.session import Session


def memory_of(session: Session) -> AdviceMemory:
    """The session's memory of advice."""
    return session.advice_memory

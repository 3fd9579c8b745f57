"""What the verbs of advice share: the session's memory of what was said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from green_notebook.advice import AdviceMemory

if TYPE_CHECKING:
    from green_notebook.session import Session


def memory_of(session: Session) -> AdviceMemory:
    """The session's memory of advice; it gets one where it has none yet."""
    memory = getattr(session, "advice_memory", None)
    if not isinstance(memory, AdviceMemory):
        memory = AdviceMemory()
        session.advice_memory = memory  # type: ignore[attr-defined, unused-ignore]
    return memory

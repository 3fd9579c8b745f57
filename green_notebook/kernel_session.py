"""The kernel's one session: made when first needed, closed at exit, dropped in a forked child."""

from __future__ import annotations

import atexit
import os

from green_notebook.session import Session
from green_notebook.settings import GreenNotebook

_current: Session | None = None


def current(settings: GreenNotebook | None = None) -> Session:
    """The kernel's session; made when first asked for. ``settings`` are used from then on."""
    global _current  # noqa: PLW0603 - one session for a process is what a session is
    if _current is None or _current.closed:
        _current = Session(settings)
    elif settings is not None and _current.settings is not settings:
        _current.use(settings)
    return _current


def close_current() -> None:
    """Close the kernel's session, if there is one."""
    global _current
    session, _current = _current, None
    if session is not None:
        session.close()


def _after_fork() -> None:
    global _current
    session, _current = _current, None
    if session is not None:
        session.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
atexit.register(close_current)

"""The kernel's one session: made when first needed, closed at exit, dropped in a forked child."""

from __future__ import annotations

import atexit
import os
import threading

from green_notebook.model import Report
from green_notebook.session import Session
from green_notebook.settings import GreenNotebook

_current: Session | None = None
# Threads may ask for the first time at once, and a second session would keep a report to itself.
_making = threading.RLock()


def current(settings: GreenNotebook | None = None) -> Session:
    """The kernel's session; made when first asked for. ``settings`` are used from then on."""
    global _current  # noqa: PLW0603 - one session for a process is what a session is
    session = _current
    if session is None or session.closed:
        with _making:
            session = _current
            if session is None or session.closed:
                session = _current = Session(settings)
    if settings is not None and session.settings is not settings:
        session.use(settings)
    return session


def existing() -> Session | None:
    """The kernel's session, if there is one."""
    return _current


def use(session: Session) -> None:
    """Take ``session`` for the kernel's, as tests on fake hardware do."""
    global _current  # noqa: PLW0603 - one session for a process is what a session is
    _current = session


def reports() -> list[Report]:
    """The session's reports, oldest first; none where none was made."""
    return [] if _current is None else _current.reports


def close_current() -> None:
    """Close the kernel's session, if there is one."""
    global _current
    session, _current = _current, None
    if session is not None:
        session.close()


def _after_fork() -> None:
    global _current, _making  # noqa: PLW0603 - the child has its own
    # Another thread of the parent may have held it.
    _making = threading.RLock()
    session, _current = _current, None
    if session is not None:
        session.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
atexit.register(close_current)

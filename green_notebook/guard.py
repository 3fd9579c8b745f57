"""Keeps a running span within its budget: warns, and stops it where that was asked for."""

from __future__ import annotations

import signal
import threading
from dataclasses import replace

from green_notebook.budget import WARN_AT, used_by
from green_notebook.model import Note, Progress
from green_notebook.spans import OpenSpan

# A tracked loop is stopped after its step; a step longer than this is interrupted all the same.
PATIENCE_S = 30.0


def watch(span: OpenSpan, state: Progress) -> Progress:
    """The state with the part of the budget that is spent; stops the span when all of it is."""
    budget = span.budget
    if budget is None:
        return state
    spent = used_by(budget, state)
    # What interrupted the cell stays said, however long it takes to end.
    if spent >= WARN_AT and not span.interrupted:
        span.notes["budget"] = Note(
            "budget", f"{spent:.0%} of the budget of {budget.text} was spent"
        )
    if spent >= 1.0 and budget.stop:
        _stop(span, state.elapsed_s)
    return replace(state, budget=budget, budget_used=spent)


def _stop(span: OpenSpan, elapsed_s: float) -> None:
    """Ask a tracked loop to stop after its step, else interrupt the cell; each once."""
    if span.stop_wanted_s is None:
        span.stop_wanted_s = elapsed_s
    waiting = span.trackers > 0 and elapsed_s - span.stop_wanted_s < PATIENCE_S
    if waiting or span.interrupted:
        return
    span.interrupted = True
    text = f"the cell was interrupted: its budget of {span.budget.text if span.budget else ''} is spent"
    span.notes["budget"] = Note("budget-stop", text)
    interrupt(span.thread)


def interrupt(thread: int) -> None:
    """KeyboardInterrupt in the cell, as the stop button does it.

    A signal wakes the main thread out of a sleep or a read. A cell in another thread (a subshell)
    cannot be interrupted that way and goes on.
    """
    main = threading.main_thread().ident
    if thread != main or main is None:
        return
    if signal.getsignal(signal.SIGINT) in (signal.SIG_IGN, signal.SIG_DFL, None):
        return
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(main, signal.SIGINT)
    else:
        import _thread

        _thread.interrupt_main()

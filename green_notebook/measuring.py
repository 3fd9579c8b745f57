"""``with gn.measure("train") as m:``: the same machinery, without IPython."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

from green_notebook.errors import GreenNotebookError
from green_notebook.kernel_session import current
from green_notebook.model import Report, Status
from green_notebook.session import Session
from green_notebook.spans import OpenSpan


class measure:  # noqa: N801 - used as a verb: with gn.measure("train") as m
    """Measure a block: ``m.report`` is its `Report`, after the block.

    ``zone`` and ``pue`` override the settings for this block. An exception in the block passes
    through; the report then has the status "error" (or "interrupted").
    """

    def __init__(
        self,
        name: str | None = None,
        *,
        zone: str | None = None,
        pue: float | None = None,
        session: Session | None = None,
    ) -> None:
        self.name = name
        self._zone = zone
        self._pue = pue
        self._session = session
        self._span: OpenSpan | None = None
        self._report: Report | None = None
        self._over = False
        # A fault of ours at the block's end: it is told to who asks for the report.
        self._fault: Exception | None = None

    def __enter__(self) -> measure:  # noqa: PYI034 - Self is 3.11's
        self._session = self._session or current()
        self._report = self._fault = None
        self._over = False
        self._span = self._session.begin(self.name, zone=self._zone, pue=self._pue)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._session is None or self._span is None:
            return
        self._over = True
        try:
            self._session.stop(self._span, status_of(kind))
        except Exception as fault:  # noqa: BLE001 - ours: the block's own outcome stands
            self._fault = fault

    @property
    def report(self) -> Report:
        """The block's report; waits (at most 150 ms) until it is final."""
        if not self._over or self._session is None or self._span is None:
            raise GreenNotebookError("the report is ready when the measured block has ended")
        if self._report is None or self._report.state != "final":
            self._report = self._session.finalise(self._span.id) or self._report
        if self._report is None:
            self._report = self._made(self._session, self._span)
        return self._report

    def _made(self, session: Session, span: OpenSpan) -> Report:
        """The report of a block whose end or whose report met a fault; raises with that fault."""
        fault = self._fault
        if fault is None:
            try:
                return session.end(span)
            except Exception as error:  # noqa: BLE001 - ours, whatever it is
                fault = error
        raise GreenNotebookError(
            f"no report could be made of this block: a fault of green_notebook ({fault!r})"
        ) from fault

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """As a decorator: every call is measured."""
        from functools import wraps
        from inspect import iscoroutinefunction

        name, zone, pue = self.name or function.__name__, self._zone, self._pue

        @wraps(function)
        def measured(*args: Any, **kwargs: Any) -> Any:
            with measure(name, zone=zone, pue=pue, session=self._session):
                return function(*args, **kwargs)

        @wraps(function)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            with measure(name, zone=zone, pue=pue, session=self._session):
                return await function(*args, **kwargs)

        # A coroutine function returns at once: its work is done while it is awaited.
        return awaited if iscoroutinefunction(function) else measured


def status_of(kind: type[BaseException] | None) -> Status:
    """The status that an exception leaves a span with."""
    if kind is None:
        return "ok"
    return "interrupted" if issubclass(kind, KeyboardInterrupt) else "error"

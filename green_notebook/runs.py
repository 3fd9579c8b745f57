"""Measured runs of cells, and the summary that each of them ends with."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # Imported with the first measured cell: loading the extension is to take no time.
    from green_notebook.model import Report
    from green_notebook.show.live import LiveView, Screen

WAIT_FOR_FINAL_S = 0.15
# Provisional summaries that may still be refined: more than were ever open at once.
MOST_VIEWS = 64


@dataclass(slots=True, eq=False)
class Run:
    """One measured run of a cell, between its two events."""

    info: Any
    process: int
    span: Any
    view: LiveView
    screen: Screen
    widgets: bool


class Summaries:
    """Shows what runs came to, and refines it in place when a report becomes final later."""

    def __init__(
        self, shell: Any, session: Callable[[], Any], failed: Callable[[BaseException], None]
    ) -> None:
        self._shell = shell
        self._session = session
        self._failed = failed
        self._provisional: OrderedDict[str, LiveView] = OrderedDict()
        self._heard: Any = None

    def listen(self, session: Any) -> None:
        """Hear of the session's reports that become final later."""
        if self._heard is not session:
            self._heard = session
            session.on_final(self._refine)

    def _refine(self, report: Report) -> None:
        view = self._provisional.pop(report.id, None)
        if view is not None:
            view.refine(report)

    def expect(self, run: Run) -> None:
        """A run is about to end: known before, since the refinement may come at once."""
        self._provisional[run.span.id] = run.view
        while len(self._provisional) > MOST_VIEWS:
            self._provisional.popitem(last=False)

    def show(self, run: Run, report: Report) -> None:
        """Put the summary in the place of the live view, then the advice into the summary."""
        report = self._shown(run, report)
        if report.state == "final":
            self._provisional.pop(report.id, None)

    def _shown(self, run: Run, report: Report) -> Report:
        if run.screen.attended:
            run.view.finish(report)
            advised = self._advised(run, report)
            if advised != report:
                run.view.refine(advised)
            return advised
        # Late messages of a headless run are lost: what is to be said is said now.
        if report.state == "provisional":
            with suppress(Exception):
                report = self._session().finalise(report.id, WAIT_FOR_FINAL_S) or report
        report = self._advised(run, report)
        run.view.finish(report)
        return report

    def _advised(self, run: Run, report: Report) -> Report:
        """The report with advice from what the cell left in the namespace."""
        names = self._shell.user_ns
        try:
            found: Report = self._session().advise(run.span, report, names, names.get("Out"))
        except Exception as error:  # noqa: BLE001 - advice is an extra: the figures stand
            self._failed(error)
            return report
        return found

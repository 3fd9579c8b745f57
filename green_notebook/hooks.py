"""Begins a span when a cell starts and ends it when the cell is over, from IPython's own events.

IPython runs the cell. Nothing that happens here may reach it: every error is caught, even Ctrl-C,
which IPython would print as a traceback of ours.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from green_notebook import transformer
from green_notebook.arguments import Options
from green_notebook.errors import GreenNotebookError
from green_notebook.frontend import cell_info, say, screen_of, status
from green_notebook.runs import Run, Summaries

if TYPE_CHECKING:
    # Imported with the first measured cell: loading the extension is to take no time.
    from green_notebook.model import Status
    from green_notebook.show.live import LiveView, Screen, WidgetLink

# A cell of these lines alone does no work of its own: always-on mode leaves it out.
_OURS_ALONE = re.compile(r"\s*(?:(?:%carbon\b|%(?:re|un)?load_ext\b|#).*\s*)*\Z|\s*%%carbonit\b")
# A notebook whose cells are over in half a second needs no widget (60 ms to make).
FRAMES_WORTH_A_WIDGET = 3


@dataclass(frozen=True, slots=True)
class _Code:
    """Stands for IPython's ExecutionInfo where there is none."""

    raw_cell: str
    store_history: bool = False


class Hooks:
    """The two callbacks of one shell, and the runs that are open in each of its threads."""

    def __init__(
        self,
        shell: Any,
        session: Callable[[], Any],
        parse: Callable[[str], Options],
        make_widget: Callable[[], Any],
    ) -> None:
        self._shell = shell
        self._session = session
        self._parse = parse
        self._make_widget = make_widget
        self._link: WidgetLink | None = None
        self._stacks: dict[int, list[Run]] = {}
        self._summaries = Summaries(shell, session, self._failed)
        self.problems: list[str] = []
        self.always = False

    # --- IPython's events ---------------------------------------------------

    def pre_run_cell(self, info: Any) -> None:
        """A cell is about to run: begin its span where it asks for it."""
        try:
            options = transformer.options(info.raw_cell or "")
            if options is not None or self._takes(info):
                self._begin(info, options or "")
        except BaseException as error:  # noqa: BLE001 - nothing of ours may reach the cell
            self._failed(error)

    def post_run_cell(self, result: Any) -> None:
        """A cell is over: end its span and show the summary."""
        try:
            run = self._matching(result)
            if run is not None:
                self._end(run, status(result))
        except BaseException as error:  # noqa: BLE001 - nothing of ours may reach the cell
            self._failed(error)

    def _failed(self, error: BaseException, view: LiveView | None = None) -> None:
        """Say once that a cell could not be measured, and why: silence would hide a fault."""
        why = str(error) if isinstance(error, GreenNotebookError) else repr(error)
        line = f"this cell could not be measured: {why}"
        known = line in self.problems
        if isinstance(error, Exception) and not known:
            self.problems.append(line)
        with suppress(BaseException):
            if view is not None:
                view.fail(line)
            elif isinstance(error, Exception) and not known:
                say(screen_of(self._shell), line)

    # ------------------------------------------------------------------------

    def _takes(self, info: Any) -> bool:
        """Whether always-on mode measures this run; others' helper runs keep no history."""
        return (
            self.always
            and bool(info.store_history)
            and not info.silent
            and not _OURS_ALONE.match(info.raw_cell)
        )

    def _begin(self, info: Any, line: str) -> None:
        screen = screen_of(self._shell)
        try:
            options = self._parse(line)
        except GreenNotebookError as error:
            say(screen, f"{error} (the cell is measured without its options)")
            options = Options()
        self.open(info, options, screen)

    def open(self, info: Any, options: Options, screen: Screen) -> Run:
        """Begin a span and its view in the calling thread."""
        from green_notebook.model import Progress
        from green_notebook.show import html
        from green_notebook.show.live import LiveView

        session = self._session()
        self._summaries.listen(session)
        settings = session.settings
        link = self._widget_link() if screen.attended and settings.live != "html" else None
        view = LiveView(screen, html.frame, link)
        if not (options.quiet or settings.quiet or settings.live == "off"):
            view.start(Progress("", 0.0, name=options.name))
        try:
            span = self._span(session, info, options)
        except GreenNotebookError as error:
            say(screen, f"{error} (the cell is measured with the settings instead)")
            span = self._span(session, info, Options(name=options.name))
        except BaseException as error:
            view.fail(f"this cell could not be measured: {error!r}")
            raise
        run = Run(info, os.getpid(), span, view, screen, link is not None)
        self._stacks.setdefault(threading.get_ident(), []).append(run)
        session.subscribe(span, view.update)
        return run

    def _widget_link(self) -> WidgetLink:
        from green_notebook.show.live import WidgetLink

        if self._link is None:
            self._link = WidgetLink(self._make_widget)
        return self._link

    def _span(self, session: Any, info: Any, options: Options) -> Any:
        cell = cell_info(self._shell, info)
        budget = None
        if options.budget is not None:
            from green_notebook.budget import parse

            budget = parse(options.budget, stop=options.stop)
        return session.begin(
            options.name,
            zone=options.zone,
            pue=options.pue,
            cell=cell,
            budget=budget,
            sync=options.sync or None,
        )

    def _matching(self, result: Any) -> Run | None:
        """The run that this event ends; those opened inside it and left behind end with it."""
        stack = self._stacks.get(threading.get_ident())
        if not stack:
            return None
        info = getattr(result, "info", None)
        # An interrupted run has no result, or one whose info was made anew.
        fresh = info is None or (
            info.raw_cell == stack[-1].info.raw_cell and all(run.info is not info for run in stack)
        )
        found = stack[-1] if fresh else next((run for run in stack if run.info is info), None)
        while found is not None and stack[-1] is not found:
            self._end(stack[-1], "interrupted")
        return found

    def _end(self, run: Run, outcome: Status) -> None:
        if run.process == os.getpid():
            # The last readings come before anything else of ours; what fails is told below.
            with suppress(Exception):
                try:
                    self._session().stop(run.span, outcome)
                except KeyboardInterrupt:
                    # Amid the wait for the GPU, most likely: it ends here, and is waited for no more.
                    run.span.sync = False
        for ident, stack in list(self._stacks.items()):
            if run in stack:
                stack.remove(run)
                if not stack:
                    del self._stacks[ident]
        # A forked child that comes this far is no notebook: it says nothing.
        if run.process != os.getpid():
            return
        session = self._session()
        self._summaries.expect(run)
        try:
            report = session.end(run.span, outcome)
        except Exception as error:  # noqa: BLE001 - the live view must not stay for ever
            self._failed(error, run.view)
            return
        self._summaries.show(run, report)
        if run.widgets and self._link is not None and run.view.frames >= FRAMES_WORTH_A_WIDGET:
            self._link.prepare()

    @contextmanager
    def measuring(self, options: Options, screen: Screen, cell: str) -> Iterator[None]:
        """Measure what runs inside, for code that does not come from IPython's own events."""
        run = None
        try:
            run = self.open(_Code(cell), options, screen)
        except Exception as error:  # noqa: BLE001 - the cell runs all the same
            self._failed(error)
        outcome: Status = "error"
        try:
            yield
            outcome = "ok"
        except KeyboardInterrupt:
            outcome = "interrupted"
            raise
        finally:
            if run is not None:
                try:
                    self._end(run, outcome)
                except Exception as error:  # noqa: BLE001 - the cell's outcome stands
                    self._failed(error)

    def running(self) -> int:
        """How many cells are being measured now."""
        return sum(len(stack) for stack in list(self._stacks.values()))

    def close(self) -> None:
        """End what is open, as the extension is unloaded in the middle of a run."""
        self.always = False
        for stack in list(self._stacks.values()):
            for run in tuple(reversed(stack)):
                with suppress(Exception):
                    self._end(run, "ok")
        self._stacks.clear()
        if self._link is not None:
            self._link.close()

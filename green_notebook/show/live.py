"""The display of one span: frames while it runs, the static summary when it has ended.

HTML first; one widget per kernel takes over once its front end has answered (docs/decisions/).
Nothing here raises: a view that cannot be shown must not disturb the cell.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any

from green_notebook.model import Progress, Report
from green_notebook.show import bundle

METADATA_KEY = "green-notebook"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
# A tenth of a second is as fast as eyes read numbers; the sampler offers five frames a second.
SHORTEST_FRAME_S = 0.1
HISTORY_POINTS = 120
# How long the end of a cell may wait for a frame that is just being sent.
FRAME_WAIT_S = 0.2

Frame = Callable[[Progress, Sequence[tuple[float, float]]], str]


def metadata(state: str) -> dict[str, Any]:
    """The metadata of every display message of ours."""
    return {METADATA_KEY: {"state": state}}


@dataclass(frozen=True, slots=True)
class Screen:
    """Where a cell's displays go, as it was when the cell began.

    ``publisher`` is IPython's ``display_pub`` of that moment, so that ``%%capture`` in the cell
    stays clean. ``updatable`` is False in a terminal, where displays are printed. ``attended``
    tells that a front end with widgets sent the cell. ``context`` leads messages of other threads
    to the right cell.
    """

    publisher: Any
    updatable: bool
    attended: bool
    context: Context = field(default_factory=copy_context)

    def publish(
        self, data: Mapping[str, Any], state: str, display_id: str | None = None, *, update: bool
    ) -> None:
        """Send one display; ``update`` replaces the one with the same id."""
        more: dict[str, Any] = {}
        if display_id is not None and self.updatable:
            more = {"transient": {"display_id": display_id}, "update": update}
        self.context.run(self.publisher.publish, data=dict(data), metadata=metadata(state), **more)


class WidgetLink:
    """The kernel's one live widget, and whether its front end has answered.

    ``make`` creates it (a `show.widget.LiveWidget`); it is made after a first cell that was long
    enough for a live view, and used from the cell after the answer on. Where the front end has no
    such widget, or another version, no answer comes and the view stays HTML.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._widget: Any = None
        self._tried = False
        self._ready = False
        self._in_use = threading.Lock()

    def prepare(self) -> None:
        """Make the widget, once; in the main thread, between cells."""
        if self._tried:
            return
        self._tried = True
        with suppress(Exception):
            widget = self._make()
            widget.on_msg(self._heard)
            self._widget = widget

    def _heard(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if isinstance(content, Mapping) and content.get("type") == "ready":
            self._ready = True

    def take(self) -> Any:
        """The widget for one span alone, to be given back; None where HTML is to be used."""
        if self._ready and self._widget is not None and self._in_use.acquire(blocking=False):
            return self._widget
        return None

    def give_back(self) -> None:
        """End the use that `take` began."""
        self._in_use.release()

    def close(self) -> None:
        """Remove the widget from the front end."""
        self._ready = False
        with suppress(Exception):
            if self._widget is not None:
                self._widget.close()


class LiveView:
    """One span's display.

    `start` and `finish` are called by the cell's thread, `update` by the sampler's, `refine` by
    any. Without ``live`` only the summary is shown.
    """

    def __init__(self, screen: Screen, frame: Frame, link: WidgetLink | None = None) -> None:
        self._screen = screen
        self._frame = frame
        self._link = link
        self._widget: Any = None
        self._id = uuid.uuid4().hex
        self._history: deque[tuple[float, float]] = deque(maxlen=HISTORY_POINTS)
        self._lock = threading.Lock()
        self._shown = False
        self._cleared = False
        self._final: Mapping[str, Any] | None = None
        self._refined: Report | None = None
        self._last_frame_s = 0.0
        self.frames = 0

    def start(self, progress: Progress) -> None:
        """Show the first frame; in a terminal nothing."""
        if not self._screen.updatable:
            return
        with suppress(Exception):
            _Shadow.watch(self._screen.publisher, self)
            if self._link is not None:
                self._widget = self._link.take()
            data = self._first(progress)
            self._screen.publish(data, "live", self._id, update=False)
            self._shown = True

    def _first(self, progress: Progress) -> dict[str, Any]:
        data: dict[str, Any] = {
            "text/plain": "measuring ...",
            "text/html": self._frame(progress, ()),
        }
        if self._widget is not None:
            self._widget.state = progress.to_dict()
            data[WIDGET_VIEW] = {
                "model_id": self._widget.model_id,
                "version_major": 2,
                "version_minor": 0,
            }
        return data

    def update(self, progress: Progress) -> None:
        """Show the next frame, unless the last one is too fresh or the user cleared the output."""
        now_s = time.monotonic()
        if progress.power_w is not None:
            self._history.append((progress.elapsed_s, progress.power_w))
        if not self._shown or self._cleared or now_s - self._last_frame_s < SHORTEST_FRAME_S:
            return
        self._last_frame_s = now_s
        with self._lock, suppress(Exception):
            if self._final is not None:
                return
            if self._widget is not None:
                self._widget.state = progress.to_dict()
            else:
                html = self._frame(progress, tuple(self._history))
                data = {"text/plain": "measuring ...", "text/html": html}
                self._screen.publish(data, "live", self._id, update=True)
            self.frames += 1

    def finish(self, report: Report) -> None:
        """Put the summary in the place of the live view, or below where the output was cleared."""
        with suppress(Exception):
            _Shadow.unwatch(self._screen.publisher, self)
        with suppress(Exception):
            self._replace(report)
        self._release()

    def refine(self, report: Report) -> None:
        """Replace the provisional summary by the final one, where displays can be updated."""
        if self._refined is not None and self._refined.state == "final" != report.state:
            return  # advice upon provisional figures that came after the final ones
        self._refined = report
        if self._final is not None and self._screen.updatable:
            with suppress(Exception):
                self._replace(report)

    def fail(self, line: str) -> None:
        """Put one line in the place of the live view: this span could not be measured."""
        with suppress(Exception):
            _Shadow.unwatch(self._screen.publisher, self)
        with suppress(Exception), self._lock:
            self._final = {"text/plain": line}
            update = self._shown and not self._cleared
            display_id = self._id if update else None
            self._screen.publish(self._final, "message", display_id, update=update)
        self._release()

    def _release(self) -> None:
        if self._widget is not None and self._link is not None:
            self._link.give_back()
        self._widget = None

    def _replace(self, report: Report) -> None:
        # A frame that is being sent must not arrive after the summary. Should its sender hang,
        # the summary is sent all the same.
        held = self._lock.acquire(timeout=FRAME_WAIT_S)
        try:
            again = self._final is not None
            # The refinement may have come before the end was shown.
            report = self._refined or report
            self._final = data = self._summary(report)
            update = self._shown and (again or not self._cleared)
            if self._cleared and not again:
                self._id = uuid.uuid4().hex
            self._screen.publish(data, report.state, self._id, update=update or again)
            self._shown = True
        finally:
            if held:
                self._lock.release()

    def _summary(self, report: Report) -> dict[str, Any]:
        forms = bundle(report, tuple(self._history))
        if self._screen.updatable:
            return forms
        # A terminal prints: the first line says it all, and `%carbon last` the rest.
        return {"text/plain": forms["text/plain"].partition("\n")[0]}

    def cleared(self) -> None:
        """The user's ``clear_output`` took the live view away."""
        self._cleared = True


class _Shadow:
    """Stands before a publisher's ``clear_output`` and tells the views that are on it."""

    def __init__(self, publisher: Any) -> None:
        self._original = publisher.clear_output
        self._was_own = "clear_output" in vars(publisher)
        self._views: list[tuple[int, LiveView]] = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        thread = threading.get_ident()
        for owner, view in tuple(self._views):
            if owner == thread:
                view.cleared()
        return self._original(*args, **kwargs)

    @classmethod
    def watch(cls, publisher: Any, view: LiveView) -> None:
        shadow = vars(publisher).get("clear_output")
        if not isinstance(shadow, cls):
            shadow = cls(publisher)
            publisher.clear_output = shadow
        shadow._views.append((threading.get_ident(), view))

    @classmethod
    def unwatch(cls, publisher: Any, view: LiveView) -> None:
        shadow = vars(publisher).get("clear_output")
        if isinstance(shadow, cls):
            shadow._views = [one for one in shadow._views if one[1] is not view]  # noqa: SLF001
            if not shadow._views and shadow._was_own:  # noqa: SLF001
                publisher.clear_output = shadow._original  # noqa: SLF001
            elif not shadow._views:  # noqa: SLF001
                del publisher.clear_output

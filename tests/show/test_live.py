"""The live view against a publisher that keeps what it is sent."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from green_notebook.model import Progress, Report
from green_notebook.show import bundle
from green_notebook.show.live import WIDGET_VIEW, LiveView, Screen, WidgetLink

REPORTS = sorted((Path(__file__).parents[1] / "reports").glob("*.json"))


class Publisher:
    """Takes what IPython's publisher takes, and keeps it."""

    def __init__(self):
        self.sent = []
        self.cleared = 0

    def publish(self, data, metadata=None, *, transient=None, update=False):
        self.sent.append((data, metadata, transient, update))

    def clear_output(self, wait=False):
        self.cleared += 1


class Widget:
    """What the view needs of the anywidget."""

    model_id = "abc"

    def __init__(self):
        self.state = {}
        self.states = []
        self.closed = False

    def __setattr__(self, name, value):
        super().__setattr__(name, value)
        if name == "state" and value:
            self.states.append(value)

    def on_msg(self, callback):
        self.tell = callback

    def close(self):
        self.closed = True


@pytest.fixture
def report():
    return Report.from_json(REPORTS[0].read_text())


@pytest.fixture
def publisher():
    return Publisher()


def view_on(publisher, *, updatable=True, attended=True, link=None):
    return LiveView(Screen(publisher, updatable, attended), lambda p, h: f"<p>{len(h)}", link)


def ids(publisher):
    return [transient["display_id"] for _, _, transient, _ in publisher.sent]


def test_the_summary_replaces_the_view(publisher, report):
    """One display id; the last update is exactly the report's bundle; every message is marked."""
    view = view_on(publisher)
    view.start(Progress("s", 0.0))
    view.update(Progress("s", 1.0, power_w=3.0))
    view.finish(report)
    assert len(set(ids(publisher))) == 1
    assert [update for *_, update in publisher.sent] == [False, True, True]
    assert publisher.sent[1][0]["text/html"] == "<p>1"
    assert publisher.sent[-1][0] == bundle(report, [(1.0, 3.0)])
    states = [meta["green-notebook"]["state"] for _, meta, _, _ in publisher.sent]
    assert states == ["live", "live", report.state]


def test_frames_are_not_sent_faster_than_eyes_read(publisher):
    """Updates that follow each other at once are one frame; their power is kept."""
    view = view_on(publisher)
    view.start(Progress("s", 0.0))
    for n in range(50):
        view.update(Progress("s", n / 1000, power_w=1.0))
    assert len(publisher.sent) == 2
    assert view.frames == 1


def test_no_frame_follows_the_summary(publisher, report):
    """A late update of the sampler's thread changes nothing."""
    view = view_on(publisher)
    view.start(Progress("s", 0.0))
    view.finish(report)
    view.update(Progress("s", 9.0))
    assert len(publisher.sent) == 2


def test_a_quiet_span_is_one_display(publisher, report):
    """Without a start there is nothing to replace."""
    view = view_on(publisher)
    view.update(Progress("s", 1.0))
    view.finish(report)
    assert [update for *_, update in publisher.sent] == [False]


def test_refined_in_place(publisher, report):
    """The final figures take the provisional ones' place, also when they come first."""
    view = view_on(publisher)
    view.finish(report)
    view.refine(report)
    assert [update for *_, update in publisher.sent] == [False, True]
    assert len(set(ids(publisher))) == 1
    early = view_on(publisher)
    early.refine(report)
    assert len(publisher.sent) == 2
    early.finish(report)
    assert len(publisher.sent) == 3


def test_a_provisional_refinement_never_replaces_the_final_one(publisher, report):
    """Advice that comes upon provisional figures is too late once the final ones are shown."""
    view = view_on(publisher)
    final, provisional = replace(report, state="final"), replace(report, state="provisional")
    view.finish(provisional)
    view.refine(final)
    view.refine(provisional)
    states = [meta["green-notebook"]["state"] for _, meta, _, _ in publisher.sent]
    assert states == ["provisional", "final"]


def test_a_terminal_gets_one_line_at_the_end(publisher, report):
    """Nothing while it runs, no ids, no second line, no refinement."""
    view = view_on(publisher, updatable=False, attended=False)
    view.start(Progress("s", 0.0))
    view.update(Progress("s", 1.0))
    view.finish(report)
    view.refine(report)
    ((data, _, transient, update),) = publisher.sent
    assert list(data) == ["text/plain"]
    assert "\n" not in data["text/plain"]
    assert (transient, update) == (None, False)


def test_cleared_output(publisher, report):
    """clear_output is passed on; then no frames, and the summary is a display of its own."""
    view = view_on(publisher)
    view.start(Progress("s", 0.0))
    publisher.clear_output(wait=True)
    view.update(Progress("s", 1.0))
    view.finish(report)
    view.refine(report)
    assert publisher.cleared == 1
    first, second, third = ids(publisher)
    assert first != second == third
    assert [update for *_, update in publisher.sent] == [False, False, True]


def test_clear_output_is_given_back(publisher, report):
    """After all views on a publisher ended, it is as it was; another thread's clearing is its own."""
    outer, inner = view_on(publisher), view_on(publisher)
    outer.start(Progress("a", 0.0))
    inner.start(Progress("b", 0.0))
    elsewhere = threading.Thread(target=publisher.clear_output)
    elsewhere.start()
    elsewhere.join()
    outer.finish(report)
    assert "clear_output" in vars(publisher)
    inner.finish(report)
    assert "clear_output" not in vars(publisher)
    assert all(update for *_, update in publisher.sent[2:])

    def own(wait=False):
        """Somebody else's."""

    publisher.clear_output = own
    third = view_on(publisher)
    third.start(Progress("c", 0.0))
    third.finish(report)
    assert publisher.clear_output is own


def test_the_widget_takes_over_after_its_answer(publisher, report):
    """HTML until the front end said ready; then the widget, for one span at a time."""
    widget = Widget()
    link = WidgetLink(lambda: widget)
    link.prepare()
    before = view_on(publisher, link=link)
    before.start(Progress("a", 0.0))
    assert WIDGET_VIEW not in publisher.sent[-1][0]
    before.finish(report)
    widget.tell(widget, {"type": "ready"}, [])
    outer, inner = view_on(publisher, link=link), view_on(publisher, link=link)
    outer.start(Progress("b", 0.0))
    assert publisher.sent[-1][0][WIDGET_VIEW]["model_id"] == "abc"
    inner.start(Progress("c", 0.0))
    assert WIDGET_VIEW not in publisher.sent[-1][0]
    sent = len(publisher.sent)
    outer.update(Progress("b", 1.0))
    assert len(publisher.sent) == sent
    assert [one["span_id"] for one in widget.states] == ["b", "b"]
    outer.finish(report)
    assert set(publisher.sent[-1][0]) == set(bundle(report))
    inner.finish(report)
    assert link.take() is widget
    link.close()
    assert widget.closed


def test_a_widget_that_cannot_be_made_leaves_html(publisher):
    """No anywidget, or a broken one: nothing is raised and nothing is tried twice."""
    tried = []

    def make():
        tried.append(1)
        raise ImportError("anywidget")

    link = WidgetLink(make)
    link.prepare()
    link.prepare()
    assert tried == [1]
    assert link.take() is None
    link.close()


def test_a_broken_publisher_disturbs_nobody(report):
    """Every step is taken without an error."""

    class Broken:
        def publish(self, **_):
            raise OSError("gone")

        def clear_output(self, wait=False):
            """Nothing to clear."""

    view = view_on(Broken())
    view.start(Progress("s", 0.0))
    view.update(Progress("s", 1.0))
    view.finish(report)
    view.refine(report)
    view.fail("no")


def test_a_failure_takes_the_place_of_the_view(publisher):
    """What could not be measured says so, where the live view was."""
    view = view_on(publisher)
    view.start(Progress("s", 0.0))
    view.fail("could not be measured: why")
    data, meta, _, update = publisher.sent[-1]
    assert data == {"text/plain": "could not be measured: why"}
    assert (meta["green-notebook"]["state"], update) == ("message", True)
    view.update(Progress("s", 1.0))
    assert len(publisher.sent) == 2

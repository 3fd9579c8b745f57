"""Work measured side by side counts once in a total, however its spans overlap."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from green_notebook.actions._summaries import summarise
from green_notebook.actions.dashboard import state
from green_notebook.model import SensorSpec
from green_notebook.testing import FakeClock, FakeSensor, fake_session
from green_notebook.verbs import total_

POWER_W = 10.0


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def session(tmp_path, clock):
    """One counter of 10 W, all of it this kernel's."""
    return fake_session(tmp_path, FakeSensor(clock, POWER_W), clock=clock)


def pass_time(session, clock, seconds):
    for _ in range(round(seconds * 10)):
        clock.advance(0.1, 1.0)
        session.sampler.tick()


def joules(reports):
    return sum(one.energy.machine.value for one in reports)


def overlapping(session, clock):
    """Two tasks of two seconds, the second a second later: three seconds in all."""
    first = session.begin("first", thread=False)
    pass_time(session, clock, 1.0)
    second = session.begin("second", thread=False)
    pass_time(session, clock, 1.0)
    session.end(first)
    pass_time(session, clock, 1.0)
    session.end(second)


def test_a_total_holds_the_union(session, clock):
    """Each has its 20 J, together they took 30: the total says 30 J in 3 s of two cells."""
    overlapping(session, clock)
    assert [round(one.energy.machine.value) for one in session.reports] == [20, 20]
    (whole,) = session.counted
    assert whole.energy.machine.value == pytest.approx(30.0, rel=0.01)
    assert whole.duration_s == pytest.approx(3.0)
    assert "totals count it once" in session.reports[0].notes[0].text


def test_every_total_counts_it_once(session, clock):
    """%carbon total, the report's page and the dashboard agree, and list each by itself."""
    overlapping(session, clock)
    line = total_(SimpleNamespace(session=lambda: session), [])
    assert "2 cells" in line
    assert "3.0 s measured" in line
    assert "what ran side by side counts once" in line
    page = summarise(session)
    assert len(page.reports) == 2
    assert page.duration_s == pytest.approx(3.0)
    assert page.energy.value == pytest.approx(joules(session.counted), rel=0.01)
    shown = state(session)
    assert shown["count"] == 2
    assert shown["energy"]["value"] == pytest.approx(page.energy.value, rel=0.01)


def test_cells_one_after_the_other_stay_apart(session, clock):
    """A group ends with its last member: what comes later counts by itself."""
    overlapping(session, clock)
    later = session.begin("later", thread=False)
    pass_time(session, clock, 1.0)
    session.end(later)
    assert [one.name for one in session.counted] == [None, "later"]
    assert joules(session.counted) == pytest.approx(40.0, rel=0.01)


def test_while_one_goes_on_the_rest_counts_once(session, clock):
    """A server measured in a thread, cells beside it: the total so far is the union so far."""
    with ThreadPoolExecutor(1) as other:
        server = other.submit(session.begin, "server", thread=False).result()
        for name in ("one", "two"):
            cell = session.begin(name, thread=False)
            pass_time(session, clock, 1.0)
            session.end(cell)
        assert joules(session.counted) == pytest.approx(20.0, rel=0.01)
        pass_time(session, clock, 1.0)
        other.submit(session.end, server).result()
    assert joules(session.counted) == pytest.approx(30.0, rel=0.01)
    assert joules(session.reports) == pytest.approx(50.0, rel=0.01)


def test_what_came_to_nothing_leaves_the_group(session, clock):
    """A cell that never ran is no member to wait for."""
    with ThreadPoolExecutor(1) as other:
        never = other.submit(session.begin, "never", thread=False).result()
        cell = session.begin("cell", thread=False)
        pass_time(session, clock, 1.0)
        session.end(cell)
        session.discard(never)
    pass_time(session, clock, 1.0)
    later = session.begin("later", thread=False)
    pass_time(session, clock, 1.0)
    session.end(later)
    assert joules(session.counted) == pytest.approx(20.0, rel=0.01)


def test_a_long_group_is_folded_like_a_span(session, clock):
    """What is long past is folded: the union of a minute and a half keeps every joule."""
    with ThreadPoolExecutor(1) as other:
        server = other.submit(session.begin, "server", thread=False).result()
        pass_time(session, clock, 40.0)
        cell = session.begin("cell", thread=False)
        pass_time(session, clock, 50.0)
        session.end(cell)
        other.submit(session.end, server).result()
    assert joules(session.counted) == pytest.approx(900.0, rel=0.01)


def test_the_unions_figure_is_refined_too(tmp_path, clock):
    """A counter with steps of 100 ms: the step after the last end settles the union."""

    class Stepping(FakeSensor):
        shown, next_s = 0.0, clock.monotonic()

        def read(self):
            now_s = self.clock.monotonic()
            while self.next_s <= now_s:
                self.clock.now_s = self.next_s
                self.shown = super().read()
                self.next_s += 0.1
            self.clock.now_s = now_s
            return self.shown

    spec = SensorSpec("steps", "cpu:0", "energy", step_s=0.1)
    session = fake_session(tmp_path, Stepping(clock, POWER_W, spec), clock=clock)
    overlapping(session, clock)
    assert session.counted[0].state == "provisional"
    for _ in range(40):
        clock.advance(0.005)
        session.sampler.tick()
    assert session.counted[0].state == "final"
    assert session.counted[0].energy.machine.value == pytest.approx(30.0, rel=0.01)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(["begin", "end first", "end last"])),
        min_size=2,
        max_size=12,
    )
)
def test_a_total_is_the_time_in_which_anything_was_measured(tmp_path_factory, steps):
    """Spans of three threads, nested and overlapping in any way: no joule twice, none lost."""
    clock = FakeClock()
    session = fake_session(tmp_path_factory.mktemp("host"), FakeSensor(clock, POWER_W), clock=clock)
    measured_s, opened = 0.0, {0: [], 1: [], 2: []}
    with ExitStack() as threads:
        pools = [threads.enter_context(ThreadPoolExecutor(1)) for _ in opened]

        def end(thread, which):
            span = opened[thread].pop(which)
            pools[thread].submit(session.end, span).result()

        for thread, what in steps:
            if what == "begin":
                span = pools[thread].submit(session.begin, thread=False).result()
                opened[thread].append(span)
            elif opened[thread]:
                end(thread, 0 if what == "end first" else -1)
            measured_s += 0.2 * any(opened.values())
            pass_time(session, clock, 0.2)
        for thread, spans in opened.items():
            while spans:
                end(thread, -1)
    assert joules(session.counted) == pytest.approx(POWER_W * measured_s, rel=0.02, abs=0.05)


def test_the_end_of_one_of_many_makes_no_report(session, clock):
    """Spans side by side pay no more at their ends than others: the union is told later too."""
    with ThreadPoolExecutor(1) as other:
        server = other.submit(session.begin, "server", thread=False).result()
        cell = session.begin("cell", thread=False)
        pass_time(session, clock, 1.0)
        session.stop(cell)
        assert not session.recorder.together.wholes
        clock.advance(0.2, 1.0)
        session.sampler.tick()
        (whole,) = set(session.recorder.together.wholes.values())
        assert whole.energy.machine.value == pytest.approx(10.0, rel=0.01)
        other.submit(session.stop, server).result()
    assert joules(session.counted) == pytest.approx(12.0, rel=0.01)

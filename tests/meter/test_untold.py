"""A block's end takes readings alone: its report is made when asked for, else by the sampler."""

import threading
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from green_notebook.errors import GreenNotebookError
from green_notebook.measuring import measure
from green_notebook.testing import FakeClock, FakeSensor, fake_session
from green_notebook.untold import MOST, Untold


def block(session, clock, name="block", seconds=1.0):
    """A measured second, without the thread."""
    span = session.begin(name, thread=False)
    clock.advance(seconds, 1.0)
    session.sampler.read_sensors()
    session.stop(span)
    return span


def made(tmp_path):
    clock = FakeClock()
    return clock, fake_session(tmp_path, FakeSensor(clock, 10.0), clock=clock)


def test_the_sampler_tells_what_nobody_asked_for(tmp_path):
    """A moment after the end the report is there, final, and was made once."""
    clock, session = made(tmp_path)
    block(session, clock)
    session.sampler.tick()
    assert len(session.recorder._ledger) == 0
    clock.advance(0.2)
    session.sampler.tick()
    (report,) = session.recorder._ledger
    assert (report.name, report.state, report.duration_s) == ("block", "final", 1.0)


def test_whoever_looks_sees_all_in_order(tmp_path):
    """Reports stand in the order of their ends, inner blocks before the one around them."""
    clock, session = made(tmp_path)
    outer = session.begin("outer", thread=False)
    block(session, clock, "first")
    block(session, clock, "second")
    assert session.end(outer).name == "outer"
    assert [one.name for one in session.reports] == ["first", "second", "outer"]


def test_a_late_report_tells_of_its_own_time(tmp_path):
    """What happens between a block's end and its report is not in it."""
    clock, session = made(tmp_path)
    block(session, clock)
    clock.advance(30.0, 1.0)
    session.sampler.read_sensors()
    (report,) = session.reports
    assert report.duration_s == 1.0
    assert abs(report.energy.machine.value - 10.0) < 0.2


def test_many_short_blocks_do_not_pile_up(tmp_path):
    """A loop of blocks that nobody asks about keeps few of them untold, and loses none."""
    clock, session = made(tmp_path)
    for _ in range(3 * MOST):
        block(session, clock, seconds=0.01)
        assert len(session.recorder._untold._spans) <= MOST
    assert len(session.reports) == 3 * MOST


def test_a_block_is_asked_after_another_began(tmp_path):
    """`m.report` is of its own block, whenever it is asked for."""
    clock, session = made(tmp_path)
    with measure("first", session=session) as first:
        clock.advance(1.0, 1.0)
    with measure("second", session=session):
        clock.advance(1.0, 1.0)
    assert first.report.name == "first"
    session.close()


def test_who_looks_waits_for_a_report_in_the_making():
    """The sampler's thread makes the only one: `m.report` waits for it, and is not without."""
    making, go, told = threading.Event(), threading.Event(), []

    def tell(span):
        making.set()
        go.wait(10)
        told.append(span)

    untold = Untold(tell)
    untold.add("span")
    with ThreadPoolExecutor(2) as threads:
        sampler = threads.submit(untold.tell)
        assert making.wait(10)
        looked = threads.submit(lambda: (untold.tell(), list(told))[1])
        assert not wait([looked], timeout=0.05).done
        go.set()
        assert looked.result(10) == ["span"]
        sampler.result(10)


def test_a_report_that_cannot_be_made_costs_no_other(tmp_path, monkeypatch):
    """Whoever asks for the others gets them; the broken one has none."""
    clock, session = made(tmp_path)
    broken, whole = block(session, clock, "broken"), block(session, clock, "whole")
    make = session.assembler.report

    def made_of(span, *args, **options):
        if span is broken:
            raise ValueError("a fault of ours")
        return make(span, *args, **options)

    monkeypatch.setattr(session.assembler, "report", made_of)
    assert [one.name for one in session.reports] == ["whole"]
    assert session.finalise(whole.id).name == "whole"
    assert session.finalise(broken.id) is None
    (problem,) = session.doctor().problems
    assert "a report of 'broken' could not be made" in problem
    assert "a fault of ours" in problem


def test_who_asks_for_a_report_that_cannot_be_made_is_told_why(tmp_path, monkeypatch):
    """`m.report` names the fault; the block itself has met none of it."""
    clock, session = made(tmp_path)

    def broken(*_args, **_options):
        raise ValueError("a fault of ours")

    monkeypatch.setattr(session.assembler, "report", broken)
    with measure("block", session=session) as block:
        clock.advance(1.0, 1.0)
    with pytest.raises(GreenNotebookError, match=r"fault of green_notebook .*a fault of ours"):
        _ = block.report
    session.close()


def test_an_end_that_fails_is_told_and_leaves_nothing_open(tmp_path, monkeypatch):
    """A fault at a block's last readings: the next block is not its child, and nobody measures on."""
    clock, session = made(tmp_path)
    block = measure("broken", session=session)
    with monkeypatch.context() as patch, block:
        patch.setattr(session.sampler, "mark", lambda _: 1 / 0)
    with pytest.raises(GreenNotebookError, match="ZeroDivisionError"):
        _ = block.report
    assert not session.sampler.busy
    with measure("whole", session=session) as whole:
        clock.advance(1.0, 1.0)
    assert whole.report.parent_id is None
    session.close()


def test_what_is_open_at_the_end_of_a_session_ends_with_it(tmp_path):
    """A block around %unload_ext keeps its figure up to there; its sensors are given back after."""
    clock, session = made(tmp_path)
    with measure("outer", session=session) as outer, measure("inner", session=session) as inner:
        clock.advance(1.0, 1.0)
        session.close()
        clock.advance(5.0, 1.0)
    assert [one.name for one in session.reports] == ["inner", "outer"]
    for block in (inner, outer):
        assert (block.report.state, block.report.duration_s) == ("final", 1.0)
        assert abs(block.report.energy.machine.value - 10.0) < 0.2

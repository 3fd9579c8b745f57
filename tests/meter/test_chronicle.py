"""The session's power over time: of a long cell nothing is added up twice, and no joule is lost."""

from itertools import pairwise

import pytest

from green_notebook.accountant import Accountant
from green_notebook.chronicle import Chronicle
from green_notebook.testing import FakeClock, FakeSensor, fake_session


class Counting(Accountant):
    """An accountant that tells how often it added up a stretch beside the spans' own."""

    asked = 0

    def known_between(self, start, end):
        """The energy, counted."""
        self.asked += 1
        return super().known_between(start, end)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def session(tmp_path, clock):
    made = fake_session(tmp_path, FakeSensor(clock, 50.0), clock=clock)
    made.sampler.open()
    yield made
    made.close()


@pytest.fixture
def accountant(session):
    """Of the session's chronicle, in place of the recorder's: both share the folds."""
    made = Counting(session.sampler, session.baseline)
    made.folds = session.accountant.folds
    session.chronicle._accountant = made
    return made


def pass_by(session, clock, seconds):
    for _ in range(round(seconds)):
        for _ in range(10):
            clock.advance(0.1, 1.0)
            session.sampler.read_sensors()
        session.sampler.tick()


def joules(chronicle: Chronicle):
    """The energy under the record."""
    points = [(0.0, 0.0), *chronicle.power]
    return sum((then[0] - first[0]) * then[1] for first, then in pairwise(points))


def test_a_long_cell_is_added_up_once(session, clock, accountant):
    """Nobody follows: the pieces that the span is folded into are the record, a point each 10 s."""
    session.sampler.tick()
    span = session.begin(thread=False)
    pass_by(session, clock, 2)
    asked = accountant.asked
    pass_by(session, clock, 98)
    assert accountant.asked == asked
    assert len(session.chronicle.power) >= 8
    report = session.end(span)
    pass_by(session, clock, 2)
    assert joules(session.chronicle) == pytest.approx(report.energy.kernel.value, rel=0.05)


def test_a_followed_cell_has_a_point_each_four_seconds(session, clock, accountant):
    """While somebody looks, the record keeps up; when nobody does any more, pieces are taken again."""
    follower = object()
    session.chronicle.followers.add(follower)
    session.sampler.tick()
    span = session.begin(thread=False)
    pass_by(session, clock, 40)
    assert 8 <= len(session.chronicle.power) <= 12
    session.chronicle.followers.discard(follower)
    pass_by(session, clock, 40)
    asked = accountant.asked
    pass_by(session, clock, 40)
    assert accountant.asked == asked
    times = [at_s for at_s, _ in session.chronicle.power]
    assert times == sorted(set(times))
    report = session.end(span)
    pass_by(session, clock, 2)
    assert joules(session.chronicle) == pytest.approx(report.energy.kernel.value, rel=0.05)


def test_a_cell_with_blocks_of_its_own_inside(session, clock, accountant):
    """Spans within a span are folded too, at other times: the outer one's pieces are the record."""
    session.sampler.tick()
    span = session.begin(thread=False)
    pass_by(session, clock, 5)
    inner = session.begin(thread=False)
    asked = accountant.asked
    pass_by(session, clock, 60)
    session.end(inner)
    assert accountant.asked == asked
    report = session.end(span)
    pass_by(session, clock, 2)
    assert joules(session.chronicle) == pytest.approx(report.energy.kernel.value, rel=0.05)


@pytest.mark.parametrize("measured", [True, False])
def test_what_could_not_be_read_is_a_gap(tmp_path, clock, measured):
    """A sensor that fails leaves no 0 W in the record, in a cell or between cells."""
    sensor = FakeSensor(clock, 50.0)
    session = fake_session(tmp_path, sensor, clock=clock)
    session.sampler.open()
    sensor.failing = True
    span = session.begin(thread=False) if measured else None
    pass_by(session, clock, 60)
    assert {watts for _, watts in session.chronicle.power} == {None}
    assert session.chronicle.idle is None
    if span is not None:
        session.end(span)
    session.close()

"""gn.verify: two callables alternately, until the difference of their energy is known."""

from dataclasses import replace

import pytest

from green_notebook.actions.verify import verify
from green_notebook.errors import GreenNotebookError
from green_notebook.followed import since_advice
from green_notebook.measuring import measure as measured
from green_notebook.model import Advice, Saving
from green_notebook.testing import FakeClock, FakeSensor, fake_session


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def lab(tmp_path, clock):
    """A machine of constant 20 W; `work` lasts so many seconds and returns a value."""
    session = fake_session(tmp_path, FakeSensor(clock, 20.0), clock=clock)

    class Lab:
        def work(self, seconds, value=None, seen=None):
            def run():
                clock.advance(seconds, 1.0)
                session.sampler.tick()
                if seen is not None:
                    seen.append(seconds)
                return value

            return run

        def verify(self, first, second, **options):
            return verify(
                first,
                second,
                measure=lambda name: measured(name, session=session),
                clock=clock.monotonic,
                **options,
            )

    yield Lab()
    session.close()


def test_half_the_work_is_half_the_energy(lab):
    """A candidate of half the time at the same power takes half the energy, and that is certain."""
    found = lab.verify(lab.work(1.0), lab.work(0.5))
    assert found.comparison.ratio.value == pytest.approx(0.5, rel=0.02)
    assert found.comparison.real
    assert found.reached
    assert "50 %" in str(found)
    assert "less energy" in str(found)


def test_equal_work_is_not_told_apart(lab):
    """Two callables that do the same are not said to differ."""
    found = lab.verify(lab.work(0.5), lab.work(0.5))
    assert not found.comparison.real
    assert "as far as can be seen" in str(found)


def test_they_alternate_and_swap_their_order(lab):
    """Pairs in turn, each in the other order, after one run of each to warm up."""
    seen = []
    lab.verify(lab.work(1.0, seen=seen), lab.work(0.5, seen=seen))
    assert seen[:2] == [1.0, 0.5]
    assert seen[2:6] == [1.0, 0.5, 0.5, 1.0]


def test_short_callables_are_repeated_within_a_span(lab):
    """What is over in a millisecond runs so often that a counter can see it."""
    found = lab.verify(lab.work(0.001), lab.work(0.003))
    assert found.comparison.ratio.value == pytest.approx(3.0, rel=0.05)
    assert found.runs[0] >= 250 * found.pairs * 0.9
    assert "times (2.85 to 3.15) the energy of the baseline" in str(found)


def test_the_quality_of_both_is_told(lab):
    """What the callables return goes to quality; cheaper is told beside worse."""
    found = lab.verify(lab.work(1.0, value=0.94), lab.work(0.5, value=0.9), quality=lambda r: r)
    assert found.quality == pytest.approx((0.94, 0.9))
    assert "0.94 -> 0.9" in str(found)


def test_a_limit_ends_it_and_is_told(tmp_path, clock):
    """Energies that never settle end at the limit."""
    power = FakeSensor(clock, lambda t: 100.0 if int(t * 3) % 2 else 1.0)
    session = fake_session(tmp_path, power, clock=clock)

    def work():
        clock.advance(0.29, 1.0)
        session.sampler.tick()

    found = verify(
        work,
        work,
        measure=lambda name: measured(name, session=session),
        precision=0.0001,
        limit_s=5.0,
        clock=clock.monotonic,
    )
    assert not found.reached
    assert "limit" in str(found)
    assert found.duration_s < 8
    session.close()


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"baseline": 3}, "baseline"),
        ({"candidate": None}, "candidate"),
        ({"precision": 0}, "precision"),
        ({"limit_s": 0}, "limit_s"),
        ({"quality": lambda result: "good"}, "quality"),
        ({"quality": lambda result: float("nan")}, "quality"),
    ],
)
def test_bad_input_is_one_clear_line(lab, options, word):
    """What cannot be run or compared is said at once."""
    given = {"baseline": lab.work(1.0), "candidate": lab.work(1.0), **options}
    with pytest.raises(GreenNotebookError, match=word) as error:
        lab.verify(given.pop("baseline"), given.pop("candidate"), **given)
    assert "\n" not in str(error.value)


def test_an_exception_of_the_work_passes_on(lab):
    """verify hides no error of what it runs."""

    def broken():
        raise KeyError("x")

    with pytest.raises(KeyError):
        lab.verify(lab.work(1.0), broken)


AMP = Advice("mixed_precision_training", "Mixed precision", "..", Saving("time", 0.1, 0.3, 0.5), "")
STOP = Advice("early_stopping", "Early stopping", "..", Saving("time", 0.1, 0.3, 0.5), "")


@pytest.fixture
def runs(report):
    def pair(joules, advised=(AMP,), left=()):
        before = replace(report(1000.0, name="train"), advice=tuple(advised), id="1")
        return before, replace(report(joules, name="train"), advice=tuple(left), id="2")

    return pair


def test_what_followed_advice_changed(runs):
    """The run after: its change with the interval, and the advice whose reason is gone."""
    text = since_advice(*runs(620.0, (AMP, STOP), (STOP,)))
    assert text == "-38 % energy (-22..-50) since you followed: mixed precision training"


def test_advice_that_still_stands_is_not_said_to_be_followed(runs):
    """Where its reason is still there, nothing says that it was followed."""
    text = since_advice(*runs(1500.0, (AMP,), (AMP,)))
    assert text == "+50 % energy (+20..+88) since this advice was shown: mixed precision training"


def test_no_change_is_said_as_such(runs):
    """A difference within the interval is no change."""
    before, after = runs(1000.0)
    assert "no change of energy that can be seen" in since_advice(before, after)


def test_nothing_is_said_where_nothing_can_be(runs):
    """Another name, no advice, a run that failed: nothing."""
    before, after = runs(500.0)
    assert since_advice(before, replace(after, name="other")) is None
    assert since_advice(replace(before, advice=()), after) is None
    assert since_advice(before, replace(after, status="error")) is None
    assert since_advice(replace(before, name=None), replace(after, name=None)) is None

"""Two measurements side by side: what cancels and what does not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from green_notebook.actions import compare as action
from green_notebook.actions._told import change
from green_notebook.comparing import compare
from green_notebook.errors import GreenNotebookError
from green_notebook.model import Basis, Comparison, Component, Energy, Note, Quantity
from green_notebook.testing import FakeClock, FakeModel, FakeSensor, fake_session


@pytest.fixture
def session(tmp_path):
    clock = FakeClock()
    made = fake_session(tmp_path, FakeModel(), FakeSensor(clock), clock=clock)
    made.test_clock = clock
    return made


def measured(session, name, **sensors):
    span = session.begin(name, thread=False)
    session.test_clock.advance(1.0, 1.0)
    report = session.end(span)
    components = tuple(
        Component(sensor, sensor, quantity, quantity) for sensor, quantity in sensors.items()
    )
    from green_notebook.model import total

    kernel = total((one.sensor, one.kernel) for one in components)
    made = replace(report, energy=Energy(kernel, kernel, components))
    session.ledger.append(made)
    return made


def several(session, name, count=12, **sensors):
    return [measured(session, name, **sensors) for _ in range(count)]


def joules(value, gain=0.2, random=0.0):
    return Quantity.within(value, "J", Basis.MEASURED, systematic=gain * value, random=random)


def test_one_sensors_gain_cancels(session):
    """Each figure is known to 50 %, their ratio to a few: the sensor errs alike in both."""
    result = compare(
        several(session, "a", cpu=joules(100, 0.5)), several(session, "b", cpu=joules(60, 0.5))
    )
    assert result.ratio.value == pytest.approx(0.6)
    assert 0.57 < result.ratio.low < 0.6
    assert result.real


def test_repeating_does_not_shrink_what_a_sensor_gets_wrong(session):
    """A dozen runs are known no better in absolute terms than the sensor's gain."""
    from green_notebook.comparing import mean_energy

    mean = mean_energy(several(session, "a", cpu=joules(100, 0.5)))
    assert mean.value == pytest.approx(100)
    assert mean.systematic == pytest.approx((50, 50))
    assert mean.random < 3


def test_one_run_each_is_not_called_a_difference(session):
    """Two runs of one cell differ by 15 % by chance; three times as much is more than that."""
    first = [measured(session, "a", cpu=joules(100))]
    near = compare(first, [measured(session, "b", cpu=joules(85))])
    assert not near.real
    assert compare(first, [measured(session, "c", cpu=joules(300))]).real
    text = str(action.run(session, ["a", "b"]))
    assert "one run does not tell chance from a difference of less than about 25 %" in text
    assert "real" not in text


def test_a_cell_that_repeated_itself_needs_no_assumption_of_its_runs(session):
    """What %%carbonit measured is told apart at 20 %, which single runs are not."""
    first, second = (
        replace(measured(session, name, cpu=joules(value, random=2.0)), repeats=50)
        for name, value in (("a", 100), ("b", 120))
    )
    assert compare([first], [second]).real
    assert not compare([replace(first, repeats=None)], [replace(second, repeats=1)]).real


def test_a_cell_of_a_millisecond_is_mostly_its_own_start(session):
    """A single run so short is not told apart from the same work repeated without the start."""
    once = replace(measured(session, "once", cpu=joules(0.02)), duration_s=0.0008)
    many = replace(measured(session, "many", cpu=joules(1)), repeats=20_000)
    assert not compare([many], [once]).real


def test_busy_others_make_a_comparison_less_sure(session):
    """Where other processes were busy, chance is larger, and that is said."""
    busy = (Note("others-busy", "other processes made about 60% of this machine's load meanwhile"),)
    first, second = (
        replace(measured(session, name, cpu=joules(value)), repeats=50, notes=busy)
        for name, value in (("a", 100), ("b", 115))
    )
    assert not compare([first], [second]).real
    for one in (first, second):
        session.ledger.append(one)
    assert "Other processes were busy" in str(action.run(session, ["a", "b"]))


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        ((2e4, 1.5e4, 2.6e4), "20000 times (15000 to 26000) the energy of a"),
        ((146.0, 72.0, 300.0), "150 times (70 to 300) the energy of a"),
        ((1e-4, 0.5e-4, 2e-4), "over 99 % less energy than a"),
        ((0.03, 0.0005, 0.2), "97 % (80 to over 99 %) less energy than a"),
        ((0.6, 0.48, 0.75), "40 % (25 to 52 %) less energy than a"),
        ((1.2, 1.05, 1.37), "20 % (5 to 37 %) more energy than a"),
        ((1.0, 0.8, 1.25), "as much energy as a, as far as can be seen (-20 to +25 %)"),
        ((1.1, 0.2, 300.0), "as much energy as a, as far as can be seen (0.20 to 300 times)"),
    ],
)
def test_a_change_is_said_in_plain_digits(ratio, said):
    """No powers of ten, no digits that the interval does not support, nothing above 99 % less."""
    one = Quantity.exactly(1.0, "J")
    quantity = Quantity(*ratio, "1", Basis.MEASURED)
    assert change(Comparison("a", "b", quantity, one, one), "a") == said


def test_different_sensors_do_not_cancel(session):
    """Moving the work from the CPU to the GPU leaves both gains in the ratio."""
    result = compare(
        [measured(session, "a", cpu=joules(100))], [measured(session, "b", gpu=joules(90))]
    )
    assert result.ratio.low < 0.75
    assert not result.real


def test_chance_is_not_called_a_difference(session):
    """With 10 % random error each, 5 % less is nothing."""
    result = compare(
        [measured(session, "a", cpu=joules(100, 0.0, 10))],
        [measured(session, "b", cpu=joules(95, 0.0, 9.5))],
    )
    assert not result.real


def test_the_scatter_of_runs_counts(session):
    """Runs that differ among themselves make the mean less sure than the sensor alone."""
    runs = [measured(session, "a", cpu=joules(value)) for value in (80, 100, 120)]
    result = compare(runs, [measured(session, "b", cpu=joules(90))])
    assert not result.real
    assert result.first_runs == 3


@given(st.floats(1e-3, 1e6), st.floats(1e-3, 1e6), st.floats(0, 0.5), st.floats(0, 0.5))
def test_a_ratio_holds_its_value(first, second, gain, random):
    """low <= ratio <= high, whatever goes in, and the ratio back is its inverse."""
    from green_notebook.comparing import ratio_of

    one = joules(first, gain, random * first)
    other = joules(second, gain, random * second)
    there, back = ratio_of(one, other, (gain, gain)), ratio_of(other, one, (gain, gain))
    assert 0 < there.low <= there.value <= there.high
    assert there.low * back.high == pytest.approx(1.0)


def test_the_verb_compares_by_name(session):
    """%carbon compare says by how much, and whether it is sure."""
    measured(session, "large", cpu=joules(100))
    measured(session, "small", cpu=joules(60))
    text = str(action.run(session, ["large", "small"]))
    assert "small took 40 % (25 to 52 %) less energy than large" in text
    assert "real" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [(["a"], "two names"), (["larg", "small"], "did you mean large"), (["x", "y"], "measured:")],
)
def test_wrong_names_get_one_line(session, words, said):
    """A typo names the closest, a missing one all that there are."""
    measured(session, "large", cpu=joules(100))
    measured(session, "small", cpu=joules(60))
    with pytest.raises(GreenNotebookError, match=said):
        action.run(session, words)

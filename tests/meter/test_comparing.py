"""Two measurements side by side: what cancels and what does not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from green_notebook.actions import compare as action
from green_notebook.comparing import compare
from green_notebook.errors import GreenNotebookError
from green_notebook.model import Basis, Component, Energy, Quantity
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


def joules(value, gain=0.2, random=0.0):
    return Quantity.within(value, "J", Basis.MEASURED, systematic=gain * value, random=random)


def test_one_sensors_gain_cancels(session):
    """Each figure is known to 20 %, their ratio exactly: the sensor errs alike in both."""
    result = compare(
        [measured(session, "a", cpu=joules(100))], [measured(session, "b", cpu=joules(60))]
    )
    assert result.ratio.value == pytest.approx(0.6)
    assert result.ratio.low == pytest.approx(0.6)
    assert result.real


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
    assert "small took 40.0 % (" in text
    assert "less energy than large" in text
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

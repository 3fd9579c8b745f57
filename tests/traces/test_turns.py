"""Windows that hold a load's switch, and what they tell of the gaps beside them."""

import random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_meter import Device, Late, Run, square

from green_notebook.model import SensorSpec
from green_notebook.traces.turns import turns_of

CARD = SensorSpec("nvml:0", "gpu:0", "power", step_s=0.1, window_s=0.025, max_power_w=600.0)
WAVE = [80.0, 350.0, 350.0, 80.0, 80.0, 350.0] * 4


def numbered(powers):
    return list(enumerate(powers))


def test_a_window_between_two_levels_holds_the_switch():
    """It has the levels before and after, by its number; windows at a level hold none."""
    assert turns_of(numbered([*WAVE, 80.0, 200.0, 350.0])) == {25: (80.0, 350.0)}
    assert turns_of(numbered([*WAVE, 350.0, 349.0, 80.0])) == {25: (350.0, 80.0)}
    assert turns_of(numbered(WAVE)) == {}


@pytest.mark.parametrize(
    "powers",
    [
        [200.0] * 20,
        [200.0, 201.0, 203.0] * 8,
        [80.0, 130.0, 180.0, 230.0, 280.0, 330.0] * 4,
        # A pulse within one window: there are two switches in it.
        [*WAVE, 80.0, 200.0, 80.0],
    ],
)
def test_other_loads_have_none(powers):
    """A load that is constant, has more than two levels or pulses is not taken for a switching one."""
    assert turns_of(numbered(powers)) == {}


def test_a_missing_neighbour_tells_nothing():
    """Where the value before or after was not read the switch may lie elsewhere."""
    values = [*numbered(WAVE), (24, 80.0), (26, 200.0), (27, 350.0)]
    assert turns_of(values) == {}


def test_a_noisy_level_is_one():
    """Values that scatter about a level are no switch."""
    rng = random.Random(2)
    values = numbered([one + rng.gauss(0, 1.5) for one in WAVE * 3])
    assert turns_of(values) == {}


@given(st.lists(st.floats(0.0, 500.0), min_size=1, max_size=30))
def test_any_values(powers):
    """Whatever was read, a switch lies between what was before and after it."""
    for number, (first_w, then_w) in turns_of(numbered(powers)).items():
        assert min(first_w, then_w) < powers[number] < max(first_w, then_w)


@pytest.mark.parametrize(
    ("phase_s", "most"), [(0.0, 0.1), (0.025, 0.1), (0.002, 0.03), (0.0235, 0.03), (0.04, 0.03)]
)
def test_the_worst_alignments(phase_s, most):
    """Windows that end where the load switches leave 9 % open at 3 s; one millisecond beside, little."""
    rng = random.Random(9)
    run = Run(Device(square(duration_s=110.0), power_phase_s=phase_s), CARD, Late(random.Random(4)))
    pauses = ((rng.uniform(0.3, 0.9), 3.0 * rng.uniform(0.97, 1.03)) for _ in range(20))
    found = [
        (abs(told.quantity.value / truth_j - 1), told.quantity.low <= truth_j <= told.quantity.high)
        for told, truth_j in run.spans(pauses, warm_s=5.0)
    ]
    assert median(error for error, _ in found) <= most
    assert all(held for _, held in found)

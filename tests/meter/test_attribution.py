"""From the machine's energy to this kernel's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from green_notebook.attribution import Share, attribute, attribute_model
from green_notebook.model import Basis, Load, Quantity, SensorSpec
from green_notebook.testing import FakeModel

SPEC = SensorSpec("rapl:0", "cpu:0", "energy")


def measured(joules, random=0.0, gain=0.0):
    return Quantity.within(joules, "J", Basis.MEASURED, systematic=gain * joules, random=random)


def test_alone_on_the_machine_everything_is_the_kernels():
    """With a share of one on an exclusive machine the sensor's figure stands as it is."""
    result = attribute(SPEC, measured(100, gain=0.05), measured(30), Share(1.0))
    assert result.component.kernel == measured(100, gain=0.05)
    assert (result.active.value, result.idle.value) == (70, 30)
    assert result.component.kernel.basis is Basis.MEASURED


@given(st.floats(1e-6, 1e4), st.floats(1, 3))
def test_an_idle_part_of_everything_leaves_nothing_active(joules, more):
    """Roundings never make an energy less than nothing."""
    result = attribute(SPEC, measured(joules), measured(joules * more), Share(1.0))
    assert 0 <= result.active.low <= result.active.value <= 1e-9 * joules


def test_half_the_work_is_half_of_the_active_energy():
    """Active energy goes by share; idle energy is all ours on an exclusive machine."""
    result = attribute(SPEC, measured(100), measured(30), Share(0.5))
    assert result.component.kernel.value == 0.5 * 70 + 30
    assert result.component.kernel.basis is Basis.MODELLED


def test_on_a_hub_idle_goes_by_quota():
    """With a quarter of the machine, a quarter of its idle draw is ours."""
    result = attribute(SPEC, measured(100), measured(40), Share(0.5, 0.0, 0.25))
    assert result.component.kernel.value == 0.5 * 60 + 0.25 * 40


def test_an_unknown_baseline_widens_and_is_said():
    """Without a baseline nothing is divided, and the interval holds both extremes."""
    result = attribute(SPEC, measured(100), None, Share(0.2))
    kernel = result.component.kernel
    assert result.active is None
    assert result.idle is None
    assert kernel.low <= 0.2 * 100 + 0.05
    assert kernel.high >= 0.2 * 100 + 0.8 * 60


@given(st.floats(0, 1e6), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_the_kernel_never_takes_more_than_the_machine(joules, idle, share, error, quota):
    """Whatever the figures, 0 <= kernel <= machine, and its interval stays inside too."""
    machine = measured(joules, random=0.1 * joules, gain=0.1)
    kernel = attribute(
        SPEC, machine, measured(idle * joules), Share(share, error, quota)
    ).component.kernel
    assert 0 <= kernel.value <= machine.value * (1 + 1e-9)
    assert kernel.high <= machine.high * (1 + 1e-9) + 1e-12


def load(duration_s=2.0, own_s=1.0, machine_s=1.0, error_s=0.04, **more):
    return Load(duration_s, own_s, machine_s, error_s, 2, **more)


def test_a_vm_knows_its_own_work_without_clock_ticks():
    """Watts per thread times own CPU seconds: the ticks of the machine's total do not matter."""
    model = FakeModel(idle_w=2.0, full_w=10.0)
    exact = attribute_model(model, load(error_s=0.0), 0.0)
    coarse = attribute_model(model, load(error_s=1.0), 0.0)
    assert exact.component.kernel == coarse.component.kernel
    # 2 W idle for 2 s, and 8 W x 2 s x (1 of 4 CPU seconds busy).
    assert exact.component.kernel.value == pytest.approx(4 + 4)
    assert exact.active.value == pytest.approx(4)


def test_a_cell_that_sleeps_costs_close_to_idle():
    """No work, no active energy."""
    result = attribute_model(FakeModel(), load(own_s=0.0, machine_s=0.0), 0.0)
    assert result.active.value == 0
    assert result.component.kernel.value == pytest.approx(4)


def test_others_work_in_a_vm_is_not_ours():
    """A neighbour that keeps both CPUs busy raises the machine's energy, not the kernel's."""
    quiet = attribute_model(FakeModel(), load(), 0.0).component
    noisy = attribute_model(FakeModel(), load(machine_s=4.0), 0.0).component
    assert noisy.kernel == quiet.kernel
    assert noisy.machine.value > quiet.machine.value


def test_active_is_as_unsure_as_the_idle_part_it_leaves():
    """An idle draw from a table is assumed: what is above it is no measurement, nor sharp."""
    table = Quantity(30.0, 15.0, 60.0, "J", Basis.ASSUMED)
    active = attribute(SPEC, measured(100, gain=0.05), table, Share(1.0)).active
    assert active.basis is Basis.ASSUMED
    assert active.low == pytest.approx(70 - (30**2 + 3.5**2) ** 0.5)
    assert active.high == pytest.approx(70 + (15**2 + 3.5**2) ** 0.5)


def test_a_part_of_the_active_energy_is_arithmetic():
    """Half of the work is our division, and its ticks are in the interval."""
    active = attribute(SPEC, measured(100), measured(30), Share(0.5, 0.1)).active
    assert active.basis is Basis.MODELLED
    assert active.random == pytest.approx(7.0)


@pytest.mark.parametrize(
    ("more", "idle"),
    [
        ({}, 1.0),
        ({"exclusive": False, "quota": 0.25}, 0.25),
        ({"exclusive": False}, 0.5),
    ],
    ids=["own machine", "quota", "hub without quotas"],
)
def test_idle_is_charged_to_those_who_share_it(more, idle):
    """Two users of a hub without quotas are not both charged all of its idle draw."""
    assert Share.of_cpu(load(own_s=1.0, machine_s=2.0, **more)).idle == idle

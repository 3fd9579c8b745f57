"""What every kind of sensor promises, whoever wrote it: checked on every sample machine."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from green_notebook.errors import Unavailable
from green_notebook.host import Host
from green_notebook.model import Basis, Load
from green_notebook.sensors import Model, Sensor, kinds

MACHINES = Path(__file__).parents[1] / "machines"
KINDS = {kind.name: kind for kind in kinds()}
HOSTS = sorted(one.name for one in MACHINES.iterdir() if one.is_dir())
LOAD = Load(2.0, 1.0, 1.5, 0.02, threads=2, kernel_memory_bytes=1e9)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("host", HOSTS)
def test_found_or_unavailable(machine, kind, host):
    """Discovery gives whole sensors, or one line that says why not; it never fails otherwise."""
    found, problem = _discovered(kind, machine(host))
    if problem is not None:
        assert problem.reason
        assert "\n" not in str(problem)
    for one in found:
        spec = one.spec
        assert spec.id
        assert spec.component
        assert all(error >= 0 and math.isfinite(error) for error in spec.gain_error)
        assert spec.step_s > 0
        assert spec.component in spec.covers
        if isinstance(one, Sensor):
            one.close()
            one.close()
        else:
            assert isinstance(one, Model)
            assert spec.basis is not Basis.MEASURED
            _check_estimate(one)
    assert len({one.spec.id for one in found}) == len(found)


def _discovered(kind, host):
    try:
        return KINDS[kind].discover(host, {}), None
    except Unavailable as error:
        return [], error


def _check_estimate(model):
    told = model.estimate(LOAD, 30.0)
    assert told.machine.unit == told.idle.unit == "J"
    assert 0 < told.machine.low <= told.machine.value <= told.machine.high
    assert told.idle.value <= told.machine.value
    assert told.machine.basis is not Basis.MEASURED
    assert told.share is None or 0 <= told.share <= 1


def test_this_machine():
    """The machine that runs the tests has at least a model of its processor."""
    found = KINDS["CPU model"].discover(Host.here(), {})
    assert found[0].estimate(LOAD, 0.0).machine.value > 0


def test_kinds_are_named_once():
    """Doctor shows each kind under one name."""
    assert len(KINDS) == len(list(kinds()))

"""TPUs: what the environment tells, how many chips are this machine's, and how wide the figure is."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from green_notebook.errors import Unavailable
from green_notebook.model import Basis, Load
from green_notebook.selection import choose
from green_notebook.sensors import Model, cpu_model, tpu
from green_notebook.testing import FakeClock, FakeSensor, fake_host


@pytest.fixture(autouse=True)
def frameworks(monkeypatch):
    """No framework is loaded, unless a test says so."""
    for name in ("jax._src.xla_bridge", "torch_xla", "tensorflow"):
        monkeypatch.delitem(sys.modules, name, raising=False)

    def load(name, **members):
        module = ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)

    return load


@pytest.mark.parametrize(
    ("environ", "chips", "watts"),
    [
        ({"TPU_ACCELERATOR_TYPE": "v5litepod-1", "TPU_NAME": "local"}, 1, 120),
        ({"TPU_ACCELERATOR_TYPE": "v5litepod-16"}, 8, 8 * 120),
        ({"TPU_ACCELERATOR_TYPE": "v3-8"}, 4, 4 * 220),
        ({"TPU_ACCELERATOR_TYPE": "v4-32", "TPU_CHIPS_PER_HOST_BOUNDS": "2,2,1"}, 4, 4 * 170),
        ({"TPU_ACCELERATOR_TYPE": "v6e-1"}, 1, 220),
        ({"COLAB_TPU_ADDR": "10.0.0.2:8470"}, 4, 4 * 221),
    ],
)
def test_chips_of_this_machine(tmp_path, frameworks, environ, chips, watts):
    """The type tells the kind and the slice; only this machine's chips count here."""
    frameworks("jax._src.xla_bridge", _backends={"tpu": object()})
    (model,) = tpu.discover(fake_host(tmp_path, **environ), {})
    assert isinstance(model, Model)
    assert model.spec.label.startswith(f"{chips} x ")
    told = model.estimate(Load(10.0, 1.0, 1.0), 0.0)
    assert told.machine.value == pytest.approx(10 * watts)
    assert told.share == 1.0
    assert told.machine.basis is Basis.ASSUMED
    assert told.machine.low < 0.6 * told.machine.value
    assert told.machine.high > told.machine.value
    assert bool(told.notes) == ("TPU_ACCELERATOR_TYPE" not in environ)


def test_a_tpu_that_nobody_uses(tmp_path):
    """Without a framework the chips idle, and none of it is this kernel's."""
    (model,) = tpu.discover(fake_host(tmp_path, TPU_ACCELERATOR_TYPE="v5litepod-1"), {})
    told = model.estimate(Load(10.0, 1.0, 1.0), 0.0)
    assert told.share == 0.0
    assert told.machine.value == pytest.approx(400)


def test_a_framework_that_does_not_tell(tmp_path, frameworks):
    """A framework that may use the chips is taken to do so."""
    frameworks("torch_xla")
    assert tpu.in_use() is None
    (model,) = tpu.discover(fake_host(tmp_path, TPU_ACCELERATOR_TYPE="v5litepod-1"), {})
    assert model.estimate(Load(1.0, 1.0, 1.0), 0.0).share == 1.0


@pytest.mark.parametrize(
    ("environ", "said"), [({}, "no TPU"), ({"TPU_ACCELERATOR_TYPE": "v99-4"}, "v99-4 is not in")]
)
def test_unavailable(tmp_path, environ, said):
    """Without a hint there is no TPU, and an unknown type is named."""
    with pytest.raises(Unavailable, match=said):
        tpu.discover(fake_host(tmp_path, **environ), {})


def test_beside_a_machine(tmp_path, machine):
    """A model of the machine does not hold the chips; a meter of the whole does."""
    (chips,) = tpu.discover(fake_host(tmp_path, TPU_ACCELERATOR_TYPE="v2-8"), {})
    guest = cpu_model.discover(machine("colab-broadwell"), {})
    assert chips in choose([chips, *guest]).models
    clock = FakeClock()
    whole = FakeSensor(clock, 300.0)
    whole.spec = type(whole.spec)("plug:fake", "node", "power", covers=("node",))
    assert choose([chips, *guest, whole]).models == ()

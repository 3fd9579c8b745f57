"""Jetson: which rails are the whole, which are its parts, and that nothing is counted twice."""

from __future__ import annotations

import shutil

import pytest

from green_notebook.errors import Unavailable
from green_notebook.host import Host
from green_notebook.selection import choose
from green_notebook.sensors import cpu_model, jetson, memory_model, rest_model
from green_notebook.sensors._gpu import UsersTold
from green_notebook.testing import fake_host


@pytest.fixture
def rails():
    """Finds, and closes after the test, twice."""
    kept = []

    def find(host):
        found = jetson.discover(host, {})
        kept.extend(found)
        return {one.spec.component: one for one in found}

    yield find
    for one in [*kept, *kept]:
        one.close()


def test_a_sum_of_rails(machine, rails):
    """Where the input is not measured, the rails that it feeds make up the whole."""
    found = rails(machine("jetson-agx-orin"))
    assert set(found) == {"node", "gpu:jetson0", "cpu:0"}
    gpu, cpu, system = 19.088 * 0.248, 19.096 * 0.496, 4.976 * 0.712
    assert found["node"].read() == pytest.approx(gpu + cpu + system)
    assert found["gpu:jetson0"].read() == pytest.approx(gpu)
    assert found["cpu:0"].read() == pytest.approx(cpu)
    assert not any(one.spec.tried_on_hardware for one in found.values())


def test_the_older_files(machine, rails):
    """JetPack 4's files tell milliwatts, and the board's input is the whole."""
    found = rails(machine("jetson-nano"))
    watts = {name: one.read() for name, one in found.items()}
    assert watts == pytest.approx({"node": 2.532, "gpu:jetson0": 0.08, "cpu:0": 0.604})


@pytest.mark.parametrize("name", ["jetson-agx-orin", "jetson-nano"])
def test_nothing_twice(machine, rails, name):
    """Beside a measured whole no model adds what it holds already."""
    host = machine(name)
    found = list(rails(host).values())
    models = [
        one for kind in (cpu_model, memory_model, rest_model) for one in kind.discover(host, {})
    ]
    choice = choose([*found, *models])
    assert len(choice.sensors) == len(found)
    assert choice.models == ()


def test_only_the_input(tmp_path, rails):
    """A rail that feeds processor and GPU together counts within the whole only."""
    folder = "/sys/class/hwmon/hwmon1"
    files = {f"{folder}/name": "ina3221"}
    for channel, name in enumerate(("VDD_IN", "VDD_CPU_GPU_CV", "VDD_SOC"), 1):
        files |= {
            f"{folder}/in{channel}_label": name,
            f"{folder}/in{channel}_input": "5000",
            f"{folder}/curr{channel}_input": "1000",
        }
    found = rails(fake_host(tmp_path, files))
    assert set(found) == {"node"}
    assert found["node"].read() == pytest.approx(5.0)


def test_who_uses_the_gpu(machine, rails):
    """This process has no GPU open, so the GPU's energy is not this kernel's."""
    gpu = rails(machine("jetson-nano"))["gpu:jetson0"]
    assert isinstance(gpu, UsersTold)
    assert gpu.users().pids == frozenset()


def test_a_rail_that_fails(machine, tmp_path, rails):
    """A rail that cannot be read leaves the sum without a value, not with a part of it."""
    shutil.copytree(machine("jetson-agx-orin").root, tmp_path, dirs_exist_ok=True)
    whole = rails(Host(tmp_path, {}))["node"]
    (tmp_path / "sys/class/hwmon/hwmon3/curr2_input").write_text("")
    with pytest.raises(ValueError, match="invalid literal"):
        whole.read()


def test_other_chips(tmp_path):
    """An INA3221 on some other board is not taken for a Jetson's."""
    folder = "/sys/class/hwmon/hwmon0"
    files = {
        f"{folder}/name": "ina3221",
        f"{folder}/in1_label": "3V3",
        f"{folder}/in1_input": "3300",
        f"{folder}/curr1_input": "10",
    }
    with pytest.raises(Unavailable, match="rails of a Jetson"):
        jetson.discover(fake_host(tmp_path, files), {})


def test_rails_with_garbage(machine, tmp_path):
    """Files without numbers are the chip's fault: no permission is asked for."""
    shutil.copytree(machine("jetson-agx-orin").root, tmp_path, dirs_exist_ok=True)
    for file in (tmp_path / "sys/class/hwmon").glob("hwmon*/*_input"):
        file.write_text("x")
    with pytest.raises(Unavailable, match="hold no numbers") as caught:
        jetson.discover(Host(tmp_path, {}), {})
    assert "chmod" not in caught.value.cure

"""Processors as hardware monitors: which channels count, in which units, and what is left alone."""

from __future__ import annotations

import shutil

import pytest

from green_notebook.errors import Unavailable
from green_notebook.host import Host
from green_notebook.selection import choose
from green_notebook.sensors import cpu_model, hwmon_energy, memory_model
from green_notebook.testing import fake_host

POWER_METER = {
    "/sys/class/hwmon/hwmon0/name": "power_meter",
    "/sys/class/hwmon/hwmon0/device/power1_average": "215000000",
}


@pytest.fixture
def discover():
    """Finds, and closes after the test, twice."""
    kept = []

    def find(host):
        found = hwmon_energy.discover(host, {})
        kept.extend(found)
        return found

    yield find
    for one in [*kept, *kept]:
        one.close()


def test_sockets_of_amd_energy(machine, discover):
    """Each socket counts once, in joules; the cores inside it do not."""
    first, second = discover(machine("epyc-7452-amd-energy"))
    assert (first.spec.component, second.spec.component) == ("cpu:0", "cpu:1")
    assert first.read() == pytest.approx(1203.456789)
    assert second.read() == pytest.approx(1123.456001)
    assert first.spec.kind == "energy"
    assert "core:0" in first.spec.covers
    assert not first.spec.tried_on_hardware


def test_a_socket_of_grace(machine, discover):
    """Grace's socket is told with its memory, as a mean over the interval that it states."""
    (socket,) = discover(machine("grace-server"))
    assert socket.read() == pytest.approx(190.0)
    assert socket.spec.kind == "power"
    assert socket.spec.window_s == pytest.approx(0.05)
    assert "ram" in socket.spec.covers
    assert socket.spec.label == "Grace Power Socket 0"


@pytest.mark.parametrize("own", [("name",), ("name", "power1")])
def test_grace_in_every_layout(machine, tmp_path, discover, own):
    """The name and the values are found in the monitor's folder as in its device's."""
    shutil.copytree(machine("grace-server").root, tmp_path, dirs_exist_ok=True)
    for monitor in (tmp_path / "sys/class/hwmon").iterdir():
        for file in (monitor / "device").iterdir():
            if file.name.startswith(own):
                file.rename(monitor / file.name)
    (socket,) = discover(Host(tmp_path, {}))
    assert socket.read() == pytest.approx(190.0)
    assert socket.spec.window_s == pytest.approx(0.05)


def test_memory_inside_the_socket_is_not_added(machine, discover):
    """Where the socket's meter holds the memory, no model adds it a second time."""
    host = machine("grace-server")
    found = [*discover(host), *memory_model.discover(host, {}), *cpu_model.discover(host, {})]
    choice = choose(found)
    assert [one.spec.id for one in choice.sensors] == ["hwmon:cpu:0"]
    assert choice.models == ()


def test_only_the_cores_rail(tmp_path, discover):
    """Without a socket's meter the cores' rail is taken, and it does not hold the memory."""
    files = POWER_METER | {"/sys/class/hwmon/hwmon0/device/power1_oem_info": "CPU Power Socket 1"}
    (rail,) = discover(fake_host(tmp_path, files))
    assert rail.spec.component == "cpu:1"
    assert rail.read() == pytest.approx(215.0)
    assert "ram" not in rail.spec.covers


@pytest.mark.parametrize("told", [None, "System Power", "Grace Power Socket x"])
def test_meters_of_something_else(tmp_path, told):
    """A power meter that does not say that it measures a processor is not taken for one."""
    files = dict(POWER_METER)
    if told is not None:
        files["/sys/class/hwmon/hwmon0/device/power1_oem_info"] = told
    with pytest.raises(Unavailable, match="no hardware monitor"):
        hwmon_energy.discover(fake_host(tmp_path, files), {})


def test_a_failed_read_is_an_error(machine, tmp_path, discover):
    """A counter that says nonsense raises: a gap, never a zero."""
    shutil.copytree(machine("epyc-7452-amd-energy").root, tmp_path, dirs_exist_ok=True)
    sensor, _ = discover(Host(tmp_path, {}))
    (tmp_path / "sys/class/hwmon/hwmon3/energy3_input").write_text("")
    with pytest.raises(ValueError, match="invalid literal"):
        sensor.read()

"""RAPL by powercap: which zones count, how the counter is read, and what is said when it cannot be."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from brackets import bracketed
from hypothesis import given
from hypothesis import strategies as st
from simulated_powercap import PowercapTree, Zone, laptop, one_socket, two_sockets
from waveforms import constant

from green_notebook.errors import Unavailable
from green_notebook.host import Cpu, Host
from green_notebook.model import Basis
from green_notebook.sensors import Sensor, rapl
from green_notebook.testing import fake_host


@pytest.fixture
def found(tmp_path):
    """The sensors of a simulated tree; closed after the test."""
    opened = []

    def discover(zones, root=tmp_path):
        tree = PowercapTree(root, zones)
        opened.extend(rapl.discover(Host(root, {}), {}))
        return tree, {one.spec.component: one for one in opened}

    yield discover
    for one in opened:
        one.close()
        one.close()


def test_package_and_memory(found):
    """A package and the memory beside it count; the cores inside the package do not."""
    tree, sensors = found(one_socket())
    assert set(sensors) == {"cpu:0", "dram:0"}
    package = sensors["cpu:0"]
    assert isinstance(package, Sensor)
    assert package.spec.kind == "energy"
    assert package.spec.basis is Basis.MEASURED
    assert package.spec.wrap_j == pytest.approx(262143.32885)
    before = [one.read() for one in sensors.values()]
    tree.set_time(10.0)
    after = [one.read() for one in sensors.values()]
    assert [b - a for a, b in zip(before, after, strict=True)] == pytest.approx([600, 50])


def test_mirrors_and_platform(found):
    """The MMIO view of a package and the platform's counter are not counted beside the package."""
    _, sensors = found(laptop())
    assert set(sensors) == {"cpu:0", "dram:0"}
    assert "intel-rapl:0" in sensors["cpu:0"].spec.label
    assert "mmio" not in sensors["cpu:0"].spec.label
    # A 15 W part reaches its short limits, no more.
    assert sensors["cpu:0"].spec.max_power_w == 60.0


def test_two_sockets_with_equal_counters_are_no_mirrors(found):
    """Two packages count as two, even when their counters stand at the same value."""
    tree, sensors = found(two_sockets())
    assert set(sensors) == {"cpu:0", "cpu:1"}
    before = sum(one.read() for one in sensors.values())
    tree.set_time(1.0)
    assert sum(one.read() for one in sensors.values()) - before == pytest.approx(120)


def test_mirror_within_one_control_type(found):
    """The same name at the same value twice is one package; at another value it is two."""
    _, sensors = found(
        [Zone("intel-rapl:0", "package-0"), Zone("intel-rapl:1", "package-0")],
    )
    assert set(sensors) == {"cpu:0"}


def test_same_name_other_counter(found):
    """Two zones of one name whose counters differ are two."""
    _, sensors = found(
        [Zone("intel-rapl:0", "package-0"), Zone("intel-rapl:1", "package-0", base=99.0)],
    )
    assert set(sensors) == {"cpu:0", "cpu:1"}


def test_dies(found):
    """Each die of a package is a part of its own."""
    zones = [
        Zone(f"intel-rapl:{index}", name, base=1000.0 * index)
        for index, name in enumerate(
            ("package-1-die-1", "package-0-die-0", "package-1-die-0", "package-0-die-1")
        )
    ]
    _, sensors = found(zones)
    labels = [sensors[f"cpu:{index}"].spec.label.split()[0] for index in range(4)]
    assert labels == [
        "package-0-die-0", "package-0-die-1", "package-1-die-0", "package-1-die-1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("zones", "components"),
    [
        ([Zone("intel-rapl-mmio:0", "package-0")], {"cpu:0"}),
        ([Zone("intel-rapl:0", "package-0")], {"cpu:0"}),
        ([Zone("intel-rapl:0:0", "core")], {"cpu:0"}),
        ([Zone("intel-rapl:0", "psys")], {"node"}),
        ([Zone("amd-rapl:0", "package-0")], {"cpu:0"}),
    ],
)
def test_missing_subdomains(found, zones, components):
    """What there is counts: a mirror alone, cores without a package, the platform alone."""
    _, sensors = found(zones)
    assert set(sensors) == components


def test_nested_folders(tmp_path, found):
    """A copy of the tree with parts inside their package reads the same."""
    PowercapTree(tmp_path / "flat", one_socket())
    flat = tmp_path / "flat/sys/class/powercap"
    for part in ("intel-rapl:0:0", "intel-rapl:0:1"):
        shutil.move(flat / part, flat / "intel-rapl:0" / part)
    sensors = rapl.discover(Host(tmp_path / "flat", {}), {})
    assert {one.spec.component for one in sensors} == {"cpu:0", "dram:0"}
    for one in sensors:
        one.close()


def test_recorded_machines(machine):
    """The recorded trees give the packages that those machines have."""
    for name, components in [
        ("i7-8550u-laptop", {"cpu:0", "dram:0"}),
        ("ryzen-5800x-desktop", {"cpu:0"}),
        ("epyc-7502p-server", {"cpu:0"}),
    ]:
        sensors = rapl.discover(machine(name), {})
        assert {one.spec.component for one in sensors} == components
        for one in sensors:
            assert one.read() > 0
            one.close()


def test_removed_zone_is_a_gap(found):
    """A zone that is taken away raises at the next reading, and never says zero."""
    tree, sensors = found(one_socket())
    tree.remove("intel-rapl:0")
    with pytest.raises((OSError, ValueError)):
        sensors["cpu:0"].read()
    assert sensors["dram:0"].read() > 0
    sensors["dram:0"].close()
    with pytest.raises(OSError, match="descriptor"):
        sensors["dram:0"].read()


def replace(tree, text):
    """The counter's file becomes another one, as of a tree that is written anew."""
    file = tree.energy_file("intel-rapl:0")
    file.with_name("new").write_text(text)
    file.with_name("new").replace(file)


def read_later(sensor):
    """A reading so late that a live counter has moved."""
    end = time.monotonic() + 1.5 * rapl.STILL_S
    while time.monotonic() < end:
        pass
    return sensor.read()


def test_replaced_file_is_followed(found):
    """A counter whose file is replaced at each change is read as it stands, not as it stood."""
    tree, sensors = found([Zone("intel-rapl:0", "package-0")])
    sensor = sensors["cpu:0"]
    replace(tree, "7000000\n")
    assert read_later(sensor) == 7.0
    for number in range(8, 12):
        replace(tree, f"{number}000000\n")
        assert sensor.read() == number


def test_zone_that_comes_back(found):
    """A zone that went away raises while it is away, and is read again when it is back."""
    tree, sensors = found([Zone("intel-rapl:0", "package-0")])
    sensor, file = sensors["cpu:0"], tree.energy_file("intel-rapl:0")
    file.unlink()
    for _ in range(3):
        with pytest.raises(FileNotFoundError):
            read_later(sensor)
    file.mkdir()
    with pytest.raises(IsADirectoryError):
        sensor.read()
    file.rmdir()
    file.write_text("000005000000\n")
    assert sensor.read() == 5.0
    tree.set_counter("intel-rapl:0", 6_000_000)
    assert sensor.read() == 6.0


def test_file_that_is_looked_at_again_leaks_nothing(found):
    """However often the path is looked at, one descriptor stays open."""
    tree, sensors = found([Zone("intel-rapl:0", "package-0")])
    before = len(os.listdir("/proc/self/fd"))
    for number in range(20):
        replace(tree, f"{number}\n")
        read_later(sensors["cpu:0"])
    tree.energy_file("intel-rapl:0").unlink()
    for _ in range(5):
        with pytest.raises(FileNotFoundError):
            read_later(sensors["cpu:0"])
    assert len(os.listdir("/proc/self/fd")) <= before


@given(st.integers(0, 2**48))
def test_reads_every_counter(tmp_path_factory, number):
    """Any number of microjoules is read as joules, padded or not."""
    root = tmp_path_factory.mktemp("tree")
    tree = PowercapTree(root, [Zone("intel-rapl:0", "package-0")])
    (sensor,) = rapl.discover(Host(root, {}), {})
    tree.energy_file("intel-rapl:0").write_text(f"{number}\n")
    assert sensor.read() == pytest.approx(number / 1e6)
    sensor.close()
    shutil.rmtree(root)


def test_gain_by_generation():
    """Counters that are models of events have three times the error of those that measure."""
    measured = rapl._gain(Cpu("GenuineIntel", "", 6, 143))
    assert rapl._gain(Cpu("GenuineIntel", "", 6, 45)) > measured
    assert rapl._gain(Cpu("AuthenticAMD", "", 0x19, 1)) > measured


def test_nothing_there(machine, tmp_path):
    """A machine without counters says why, and what would change it."""
    with pytest.raises(Unavailable, match="virtual machine") as caught:
        rapl.discover(machine("colab-broadwell"), {})
    assert caught.value.cure == ""
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cpuinfo").write_text("processor: 0\nvendor_id: GenuineIntel\n")
    with pytest.raises(Unavailable, match="no RAPL zones") as caught:
        rapl.discover(Host(tmp_path, {}), {})
    assert caught.value.cure == "sudo modprobe intel_rapl_msr"


CHILD = """
import os
from pathlib import Path
from green_notebook.errors import Unavailable
from green_notebook.host import Host
from green_notebook.sensors import rapl
import green_notebook.data
green_notebook.data.records("cpu_chips")
if os.getuid() == 0:  # root reads everything: be nobody, once all is imported
    os.setgid(65534)
    os.setuid(65534)
try:
    print("found", len(rapl.discover(Host(Path({root!r}), {{}}), {{}})))
except Unavailable as error:
    print(error.reason, "|", error.cure)
"""


@pytest.mark.parametrize(("denied", "said"), [("intel-rapl:0", "only root"), ("dram", "found 1")])
def test_permission_denied(denied, said):
    """A counter that only root may read is unavailable with the cure; memory alone is left out."""
    root = Path(tempfile.mkdtemp())  # not below tmp_path, which others may not enter
    try:
        tree = PowercapTree(root, one_socket())
        zone = "intel-rapl:0:1" if denied == "dram" else denied
        tree.energy_file(zone).chmod(0o400 if os.getuid() == 0 else 0)
        root.chmod(0o755)
        done = subprocess.run(
            [sys.executable, "-c", CHILD.format(root=str(root))],
            capture_output=True, text=True, check=True, cwd="/",
        )  # fmt: skip
        assert done.stdout.startswith(said)
        if denied != "dram":
            assert "chmod a+r /sys/class/powercap/*/energy_uj" in done.stdout
    finally:
        shutil.rmtree(root)


def test_reading_is_cheap(found, slower):
    """A reading takes at most 25 us, the kernel's part of it included where that is quick."""
    tree, sensors = found(one_socket())
    file = os.open(tree.energy_file("intel-rapl:0"), os.O_RDONLY)
    plain_s = min(_call_s(lambda: os.pread(file, 32, 0)) for _ in range(20))
    os.close(file)
    best_s = min(_call_s(sensors["cpu:0"].read) for _ in range(20))
    # Of the counter's file the kernel makes its text anew; here it costs what a file's does.
    assert best_s < 20e-6 * slower + 2 * plain_s


def _call_s(read):
    start = time.thread_time()
    for _ in range(100):
        read()
    return (time.thread_time() - start) / 100


def test_live(found):
    """Against a tree that moves each millisecond: the energy within its last step."""
    tree, sensors = found([Zone("intel-rapl:0", "package-0", constant(150.0))])
    with tree.running():
        first, began = bracketed(sensors["cpu:0"].read)
        while time.monotonic() < began[1] + 0.2:
            pass
        last, ended = bracketed(sensors["cpu:0"].read)
        least, most = tree.between("intel-rapl:0", began, ended)
    # The counter is written in whole microjoules.
    assert least - 2e-6 <= last - first <= most + 2e-6


@pytest.mark.parametrize(
    ("file", "text", "reason", "cure"),
    [
        ("energy_uj", "garbage", "intel-rapl:0/energy_uj holds no number", "modprobe -r"),
        ("name", None, "intel-rapl:0 has no readable name", "/sys/class/powercap"),
    ],
)
def test_a_broken_zone_is_said_in_words(tmp_path, file, text, reason, cure):
    """A zone with garbage or without a name gets one line, with what helps in its case."""
    zone = "/sys/class/powercap/intel-rapl:0"
    files = {f"{zone}/name": "package-0", f"{zone}/energy_uj": "5"}
    host = fake_host(tmp_path, files | {f"{zone}/{file}": text or ""})
    if text is None:
        host.path(f"{zone}/{file}").unlink()
    with pytest.raises(Unavailable, match=reason) as caught:
        rapl.discover(host, {})
    assert cure in caught.value.cure

"""The simulated powercap folder: shaped like the kernel's, moving, and of known energy."""

from __future__ import annotations

from brackets import bracketed
from simulated_powercap import PowercapTree, Zone, laptop, one_socket
from waveforms import constant, square


def test_shape(tmp_path):
    """Names, ranges and limits stand where the kernel puts them."""
    tree = PowercapTree(tmp_path, laptop())
    folder = tmp_path / "sys/class/powercap"
    assert (folder / "intel-rapl:1/name").read_text() == "psys\n"
    assert int((folder / "intel-rapl:0/max_energy_range_uj").read_text()) == 262143328850
    assert int((folder / "intel-rapl:0/constraint_0_max_power_uw").read_text()) == 15_000_000
    tree.set_time(2.0)
    assert int(tree.energy_file("intel-rapl:0").read_text()) == int((123_456 + 24) * 1e6)


def test_wraps_at_its_range(tmp_path):
    """The counter starts again at its range."""
    tree = PowercapTree(
        tmp_path, [Zone("intel-rapl:0", "package-0", constant(100.0), base=0.0, range_uj=10**9)]
    )
    tree.set_time(25.0)
    assert int(tree.energy_file("intel-rapl:0").read_text()) == 500_000_000
    tree.remove("intel-rapl:0")
    assert not tree.energy_file("intel-rapl:0").exists()


def test_moves_each_millisecond(tmp_path):
    """While it runs, every reading is whole and what the waveform said at the last write."""
    wave = square(20, 120, 0.035)
    tree = PowercapTree(tmp_path, one_socket(wave))
    path = tree.energy_file("intel-rapl:0")
    with tree.running():
        first, began = bracketed(lambda: int(path.read_text()))
        seen = {first}
        while len(seen) < 50:
            last, ended = bracketed(lambda: int(path.read_text()))
            seen.add(last)
        least, most = tree.between("intel-rapl:0", began, ended)
    # The counter is written in whole microjoules.
    assert least - 2e-6 <= (last - first) / 1e6 <= most + 2e-6
    still = path.read_text()
    assert len(still) == 13
    assert path.read_text() == still

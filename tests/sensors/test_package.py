"""What a bare machine's packages draw: what of them runs, how they are set up, what chips they are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from green_notebook.host import Cpu
from green_notebook.model import Basis
from green_notebook.sensors import cpu_model
from green_notebook.sensors.cpu_model import power_w
from green_notebook.testing import fake_host


def test_cpus_that_do_not_run_draw_no_load(tmp_path):
    """Two CPUs of a container on 64, both busy, are not the whole chip; SMT that is off is."""
    block = "vendor_id: AuthenticAMD\nmodel name: AMD EPYC 7763 64-Core Processor\ncpu family: 25\nmodel: 1\n"
    cpus = "/sys/devices/system/cpu"
    seen = {}
    for kind, count, files in (
        ("all", 128, {f"{cpus}/present": "0-127"}),
        ("two", 2, {f"{cpus}/present": "0-127"}),
        ("no smt", 64, {f"{cpus}/present": "0-127", f"{cpus}/smt/control": "off"}),
        ("nothing told", 64, {}),
        ("garbled", 64, {f"{cpus}/present": "0-x,"}),
    ):
        cpuinfo = "\n\n".join(f"processor: {n}\n{block}" for n in range(count))
        host = fake_host(tmp_path / kind, {"/proc/cpuinfo": cpuinfo, **files})
        seen[kind] = cpu_model.host_power_w(host, 1.0).value
    assert seen["two"] < 0.5 * seen["all"]
    assert seen["no smt"] == seen["nothing told"] == seen["garbled"] == seen["all"]


def test_the_limit_that_is_set_is_the_design_power(tmp_path):
    """A chip set to less, or a laptop's to more, draws that; a board's 4 kW tells nothing."""
    zone = "/sys/class/powercap/intel-rapl:0/constraint_0"

    def full(name: str, watts: float | None, battery: bool = False) -> float:
        info = f"processor: 0\nvendor_id: GenuineIntel\ncpu family: 6\nmodel: 158\nmodel name: {name}\n"
        files = {"/proc/cpuinfo": info}
        if watts is not None:
            files |= {f"{zone}_name": "long_term", f"{zone}_power_limit_uw": f"{watts * 1e6:.0f}"}
        folder = tmp_path / f"{name}{watts}".replace("/", "")
        cpu = fake_host(folder, files).cpu
        return power_w(cpu, 1.0, virtual=False, threads=12, battery=battery).value

    desktop, laptop = "Intel(R) Core(TM) i7-8700 CPU", "Intel(R) Core(TM) i7-8550U CPU"
    assert full(desktop, 35) == pytest.approx(full(desktop, None) * 35 / 65)
    assert full(desktop, 4095) == full(desktop, None)
    assert full(laptop, 25, battery=True) == pytest.approx(full(laptop, None, True) * 25 / 15)
    assert full(laptop, 0) == full(laptop, None)


def test_an_arm_server_without_a_name_is_told_by_its_cores():
    """96 cores of Arm at a meter drew 295 W with their board: the chip some 230 W."""
    cpu = Cpu("0x41", "", 8, 0xD0C, threads=96)
    full = power_w(cpu, 1.0, virtual=False, threads=96)
    assert full.low < 130 < full.value < 300 < full.high
    assert full.basis is Basis.ASSUMED


def test_hybrid_and_locked_parts():
    """A hybrid chip has its threads' load; an unlocked one its turbo power, a locked one its 65 W."""
    unlocked = Cpu("GenuineIntel", "13th Gen Intel(R) Core(TM) i9-13900K", 6, 183, 1, threads=32)
    locked = replace(unlocked, name="13th Gen Intel(R) Core(TM) i9-13900")
    assert power_w(unlocked, 1.0, virtual=False, threads=32).value == pytest.approx(253, rel=0.1)
    assert power_w(locked, 1.0, virtual=False, threads=32).value < 80
    assert power_w(unlocked, 0.0, virtual=False, threads=32).value < 15


def test_an_epyc_of_few_cores_stays_below_its_design_power():
    """8 cores of 90 W drew half of it, 32 of 180 W most; a chip of 2012 two thirds of its own."""
    parts = []
    for name, cores, watts in (("8024P", 8, 90), ("7502", 32, 180), ("7713", 64, 225)):
        cpu = Cpu("AuthenticAMD", f"AMD EPYC {name} {cores}-Core Processor", 25, 1)
        parts.append(power_w(cpu, 1.0, virtual=False, threads=2 * cores).value / watts)
    assert parts == sorted(parts)
    assert 0.45 < parts[0] < 0.65 < parts[1] < parts[2] < 1
    old = Cpu("GenuineIntel", "Intel(R) Xeon(R) CPU E3-1240 V2 @ 3.40GHz", 6, 58, 9, threads=8)
    assert power_w(old, 1.0, virtual=False, threads=8).value < 0.75 * 69

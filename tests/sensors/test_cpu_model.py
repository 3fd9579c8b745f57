"""The processor's model: what is recognised, and how power follows load and size."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from green_notebook.data import records
from green_notebook.host import Cpu, Host
from green_notebook.model import Basis, Load
from green_notebook.sensors import Model, _cpu, cpu_model
from green_notebook.sensors.cpu_model import CpuModel, power_w
from green_notebook.testing import FakeClock, fake_host, fake_session

MACHINES = Path(__file__).parents[1] / "machines"
NAMES = (
    "Intel(R) Xeon(R) CPU E5-2620 v3 @ 2.40GHz",
    "AMD EPYC 7763 64-Core Processor",
    "AMD Ryzen 7 5800X 8-Core Processor",
    "Intel(R) Core(TM) i7-8550U CPU @ 1.80GHz",
    "Apple M2 Pro",
    "nobody knows",
    "",
    "13th Gen Intel(R) Core(TM) i9-13900K",
    "Intel(R) Core(TM) Ultra 7 255H",
    "AMD Ryzen 9 9990U w/ Radeon 999M",
    "AMD EPYC 9B99",
    "Intel(R) Xeon(R) Processor",
    "AMD Opteron(TM) Processor 6234",
)
cpus = st.builds(
    Cpu,
    vendor=st.sampled_from(["GenuineIntel", "AuthenticAMD", "0x41", "0x61", ""]),
    name=st.sampled_from(NAMES),
    family=st.one_of(st.none(), st.sampled_from([6, 0x17, 0x19, 0x1A, 8])),
    model=st.one_of(st.none(), st.integers(0, 255)),
    stepping=st.integers(0, 15),
    flags=st.frozensets(
        st.sampled_from(["avx2", "adx", "avx512f", "avx512_vnni", "amx_tile", "vaes", "clwb"])
    ),
    threads=st.integers(1, 512),
    sockets=st.integers(1, 4),
)
loads = st.floats(0, 1)


def test_is_a_model(machine):
    """Every machine has exactly one model of its processor."""
    (found,) = cpu_model.discover(machine("colab-broadwell"), {})
    assert isinstance(found, Model)
    assert cpu_model.discover(Host.here(), {})


@pytest.mark.parametrize(
    ("name", "generations"),
    [
        ("colab-broadwell", ("Intel Broadwell-EP",)),
        ("graviton2-vm", ("Ampere Altra (Neoverse N1)",)),
        (
            "kvm-masked-xeon",
            (
                "Intel Sapphire Rapids-SP",
                "Intel Emerald Rapids-SP",
                "Intel Granite Rapids (Xeon 6 P)",
            ),
        ),
        ("epyc-7502p-server", ("AMD Rome (EPYC 7002)",)),
    ],
)
def test_generation(machine, name, generations):
    """The generation comes from vendor, family, model and stepping, unless the flags contradict."""
    assert _cpu.generations(machine(name).cpu) == generations


@pytest.mark.parametrize(
    ("vendor", "family", "model", "stepping", "flags", "generation"),
    [
        ("GenuineIntel", 6, 85, 4, "avx512f", "Intel Skylake-SP"),
        ("GenuineIntel", 6, 85, 7, "avx512f avx512_vnni", "Intel Cascade Lake-SP"),
        ("GenuineIntel", 6, 106, 6, "avx512_vbmi2", "Intel Ice Lake-SP"),
        # Flags that the hypervisor hides do not make the chip older.
        ("GenuineIntel", 6, 143, 8, "avx2", "Intel Sapphire Rapids-SP"),
        ("GenuineIntel", 6, 63, 0, "avx2", "Intel Haswell-EP"),
        ("AuthenticAMD", 0x17, 1, 2, "", "AMD Naples (EPYC 7001)"),
        ("AuthenticAMD", 0x19, 1, 1, "vaes clwb", "AMD Milan (EPYC 7003)"),
        ("AuthenticAMD", 0x19, 0x11, 1, "avx512f", "AMD Genoa/Bergamo (EPYC 9004)"),
        ("AuthenticAMD", 0x1A, 2, 1, "avx512f", "AMD Turin (EPYC 9005)"),
    ],
)
def test_numbers(vendor, family, model, stepping, flags, generation):
    """Servers of ten years are told apart by their numbers."""
    cpu = Cpu(vendor, "", family, model, stepping, frozenset(flags.split()))
    assert _cpu.generations(cpu) == (generation,)


def test_flags_alone():
    """Without a known number the flags say what the silicon is at least."""
    cpu = Cpu("GenuineIntel", "Intel Xeon Processor", 6, 1, 1, frozenset({"avx512_vbmi2"}))
    found = _cpu.generations(cpu)
    assert "Intel Ice Lake-SP" in found
    assert "Intel Skylake-SP" not in found
    assert not _cpu.contradictory(cpu)


def test_masked_number_is_said(machine):
    """A masked model number is said by doctor, and the interval holds every candidate."""
    label = CpuModel(machine("kvm-masked-xeon")).spec.label
    assert "disagree" in label
    assert "Granite Rapids" in label
    known = replace(machine("kvm-masked-xeon").cpu, model=143)
    unsure, sure = (
        power_w(one, 0.5, virtual=True, threads=2)
        for one in (machine("kvm-masked-xeon").cpu, known)
    )
    assert unsure.high - unsure.low > sure.high - sure.low


@pytest.mark.parametrize(
    ("name", "plain", "watts"),
    [
        ("Intel(R) Xeon(R) CPU E5-2620 v3 @ 2.40GHz", "xeon e5-2620 v3", 85),
        ("AMD Ryzen Threadripper 1950X 16-Core Processor", "ryzen threadripper 1950x", 180),
        ("AMD EPYC 7763 64-Core Processor", "epyc 7763", 280),
        ("11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz", "core i7-1165g7", 28),
        ("Intel(R) Core(TM) i7-8550U CPU @ 1.80GHz", "core i7-8550u", 15),
    ],
)
def test_design_power_by_name(name, plain, watts):
    """The maker's design power is found by the name in /proc/cpuinfo."""
    assert _cpu.plain(name) == plain
    assert _cpu.tdp_w(Cpu(name=name)) == watts


@given(cpus, loads, loads, st.booleans(), st.booleans())
def test_monotonic_in_load(cpu, one, other, virtual, battery):
    """More load never draws less, in value or in either bound."""
    low, high = (
        power_w(cpu, busy, virtual=virtual, threads=cpu.threads, battery=battery)
        for busy in sorted((one, other))
    )
    assert low.value <= high.value * (1 + 1e-12)
    assert low.low <= low.value <= low.high
    assert low.low > 0


@given(cpus, loads, st.integers(1, 255))
def test_monotonic_in_size(cpu, busy, threads):
    """A larger virtual machine never draws less than a smaller one of the same kind."""
    small, large = (
        power_w(cpu, busy, virtual=True, threads=count) for count in (threads, threads + 1)
    )
    assert small.value < large.value


@given(cpus, loads, st.integers(1, 255))
def test_a_larger_chip_never_draws_less(cpu, busy, threads):
    """Where only the number of threads tells the size, more of them never draw less."""
    one = replace(cpu, sockets=1)
    small, large = (power_w(one, busy, virtual=False, threads=n) for n in (threads, threads + 1))
    assert small.value <= large.value


def every_chip() -> list[Cpu]:
    """Each chip of the tables, each generation's number, and some that nobody knows."""
    named = [
        Cpu("GenuineIntel", f"Intel {row['name']}", 6)
        for row in records("cpu_chips")
        if row["name"].startswith(("xeon", "core"))
    ]
    named += [
        Cpu("AuthenticAMD", f"AMD {row['name']}", 0x19)
        for row in records("cpu_chips")
        if row["name"].startswith(("epyc", "ryzen"))
    ]
    numbers = [Cpu("GenuineIntel", "Intel(R) Xeon(R)", 6, model, 4) for model in range(256)]
    amd = [Cpu("AuthenticAMD", "AMD EPYC", family, 1) for family in range(0x10, 0x1F)]
    return [*named, *numbers, *amd, Cpu(), Cpu("0x41"), Cpu("0x61", "Apple M9")]


def test_no_guest_of_any_chip_gets_the_whole_chip():
    """Two vCPUs of any processor, known or not, draw tens of watts at the most."""
    chips = every_chip()
    assert len(chips) > 1000
    for cpu in chips:
        two = power_w(cpu, 1.0, virtual=True, threads=2)
        assert 0.5 < two.value < 35, cpu
        assert two.high < 80, cpu


@pytest.mark.parametrize(
    ("name", "watts"),
    [
        ("Intel(R) Core(TM) i7-99990U CPU @ 1.80GHz", 15),
        ("99th Gen Intel(R) Core(TM) i9-99900H", 45),
        ("Intel(R) Core(TM) i5-99400", 65),
        ("Intel(R) Core(TM) i5-99400T CPU @ 2.00GHz", 35),
        ("AMD Ryzen 9 99950X 16-Core Processor", 115),
        ("AMD Ryzen 7 9999HS with Radeon Graphics", 45),
        ("Intel(R) Xeon(R) Platinum 9999C CPU", None),
    ],
)
def test_letters_of_an_unknown_client_chip(name, watts):
    """A client chip that no table has is told by the letters that its maker gives such chips."""
    cpu = Cpu("AuthenticAMD" if "AMD" in name else "GenuineIntel", name, threads=16)
    assert _cpu.tdp_w(cpu) is None
    assert _cpu.likely_tdp_w(cpu) == watts
    guess = power_w(cpu, 1.0, virtual=False, threads=16)
    assert guess.basis is Basis.ASSUMED
    assert guess.low < 0.8 * guess.value < 1.3 * guess.value < guess.high


def test_a_battery_makes_a_laptop():
    """A machine with a battery and a chip that nobody names has a laptop's curve and power."""
    cpu = Cpu("GenuineIntel", "", 6, 999, threads=8)
    small, large = (power_w(cpu, 1, virtual=False, threads=8, battery=b) for b in (True, False))
    assert _cpu.chip_class(cpu, battery=True) == "laptop"
    assert small.value < 0.6 * large.value


@pytest.mark.parametrize("name", ["colab-broadwell", "kvm-masked-xeon", "graviton2-vm"])
def test_a_vm_never_gets_the_whole_chip(machine, name):
    """A few threads draw a few watts each, not a server's hundreds."""
    model = CpuModel(machine(name))
    threads = machine(name).cpu.threads
    full = model.estimate(Load(1, threads, threads, threads=threads), 0.0).machine
    assert full.high < 15 * threads
    assert model.spec.component == "node"
    assert model.spec.basis is Basis.MODELLED


@pytest.mark.parametrize(
    "name",
    ["colab-broadwell", "kvm-masked-xeon", "epyc-7502p-server", "ryzen-5800x-desktop"],
)
def test_sleeping_costs_close_to_idle(machine, name):
    """A cell that sleeps costs what an idle machine does, far from a busy one's."""
    model = CpuModel(machine(name))
    threads = machine(name).cpu.threads
    asleep = model.estimate(Load(1, 0.002, 0.002 * threads, threads=threads), 0.0)
    busy = model.estimate(Load(1, threads, threads, threads=threads), 0.0)
    assert asleep.machine.value <= 1.1 * asleep.idle.value
    assert asleep.machine.value < 0.3 * busy.machine.value


@pytest.mark.parametrize(
    "name",
    ["colab-broadwell", "graviton2-vm", "i7-8550u-laptop", "epyc-7502p-server"],
)
def test_a_cell_that_sleeps(machine, tmp_path, name):
    """Through sampler and attribution: near idle, next to no active energy, far from a busy one."""
    reports = {}
    for kind, busy in (("asleep", 0.0), ("busy", 1.0)):
        clock = FakeClock()
        found = machine(name)
        fake_host(tmp_path / kind, {"/proc/cpuinfo": found.read("/proc/cpuinfo")})
        session = fake_session(tmp_path / kind, CpuModel(found), clock=clock)
        stat = tmp_path / kind / "proc/stat"
        span = session.begin(thread=False, zone="FR")
        ticks = 0.0
        for _ in range(20):
            clock.advance(0.1, busy * found.cpu.threads)
            ticks += 10 * max(0.002, busy) * found.cpu.threads
            stat.write_text(f"cpu  {round(ticks)} 0 0 0 0 0 0 0 0 0\n")
            session.sampler.tick()
        reports[kind] = session.end(span).energy
        session.close()
    asleep, busy_one = reports["asleep"], reports["busy"]
    idle_w = CpuModel(machine(name)).spec.idle_power_w
    assert asleep.machine.value == pytest.approx(2.0 * idle_w, rel=0.12)
    assert asleep.kernel_active.value <= 0.05 * asleep.machine.value
    assert asleep.machine.value < 0.35 * busy_one.machine.value


def test_bare_metal(machine):
    """On bare metal the packages are their own component, and a guessed TDP is only assumed."""
    server = CpuModel(machine("epyc-7502p-server"))
    assert server.spec.component == "cpu:0"
    assert server.spec.basis is Basis.MODELLED
    unknown = power_w(Cpu("GenuineIntel", "Intel(R) Zeon 1", 6, 999), 1, virtual=False, threads=8)
    assert unknown.basis is Basis.ASSUMED
    # One of two sockets is half of both.
    one = Cpu("GenuineIntel", "Intel(R) Xeon(R) CPU E5-2620 v3 @ 2.40GHz", 6, 63, threads=12)
    two = replace(one, threads=24, sockets=2)
    single, double = (power_w(cpu, 0.7, virtual=False, threads=cpu.threads) for cpu in (one, two))
    assert double.value == pytest.approx(2 * single.value)


def test_quantised_load_is_random(machine):
    """Ticks of 10 ms are a random part of the energy; a span without a duration costs nothing."""
    model = CpuModel(machine("colab-broadwell"))
    sure, unsure = (
        model.estimate(Load(0.05, 0.05, 0.05, error, threads=2), 0.0).machine
        for error in (0.0, 0.02)
    )
    assert sure.random == 0
    assert 0 < unsure.random < unsure.value
    assert model.estimate(Load(0.0, 0.0, 0.0, threads=2), 0.0).machine.value == 0


def test_whole_core_instances_count_double():
    """A vCPU that is a whole core draws what two threads do."""
    half = Cpu("AuthenticAMD", "AMD EPYC 9B14", 0x19, 0x11, threads=4)
    whole = replace(half, name="AMD EPYC 9R14")
    first, second = (power_w(cpu, 0.5, virtual=True, threads=4).value for cpu in (half, whole))
    assert second == pytest.approx(2 * first, rel=0.3)


def test_a_guest_of_a_laptop():
    """A virtual machine on a laptop draws a laptop's watts."""
    flags = frozenset({"hypervisor", "avx2"})
    laptop = Cpu("GenuineIntel", NAMES[3], 6, 142, 10, flags, threads=8)
    unnamed = replace(laptop, name="Intel(R) Core(TM) i7")
    small, usual = (power_w(cpu, 1.0, virtual=True, threads=8).value for cpu in (laptop, unnamed))
    assert 15 < small < 30 < usual
    tiny = Cpu("GenuineIntel", "Intel(R) N100", 6, 190, 0, flags, threads=4)
    assert power_w(tiny, 1.0, virtual=True, threads=4).value < 12
    newer = Cpu("GenuineIntel", "12th Gen Intel(R) Core(TM) i7-12700H", 6, 154, 3, flags)
    assert power_w(newer, 1.0, virtual=True, threads=20).value < 60


@given(loads)
def test_a_models_curve_is_the_function(machine_of_colab, busy):
    """What a model keeps of the curve is within two per cent of the curve."""
    model, cpu = machine_of_colab
    kept = model.estimate(Load(1, busy * 2, busy * 2, threads=2), 0.0).machine
    exact = power_w(cpu, busy, virtual=True, threads=2)
    for one, other in ((kept.value, exact.value), (kept.low, exact.low), (kept.high, exact.high)):
        assert one == pytest.approx(other, rel=0.02)


@pytest.fixture(scope="module")
def machine_of_colab():
    host = Host(MACHINES / "colab-broadwell", {})
    return CpuModel(host), host.cpu


def test_an_estimate_is_cheap(machine, slower):
    """An estimate takes a small part of the 0.3 ms that a quiet span may cost."""
    model = CpuModel(machine("kvm-masked-xeon"))
    load = Load(1, 0.5, 0.5, 0.02, threads=2)
    best = 1.0
    for _ in range(10):
        start = time.thread_time()
        for _ in range(50):
            model.estimate(load, 0.0)
        best = min(best, (time.thread_time() - start) / 50)
    assert best < 150e-6 * slower


@given(cpus, loads, loads, st.booleans(), st.integers(0, 64), st.floats(1, 700))
def test_bounds_follow_load(cpu, one, other, battery, dark, limit_w):
    """On bare metal neither bound falls with more load, whatever is offline or set."""
    found = replace(cpu, dark=dark, limit_w=limit_w)
    low, high = (
        power_w(found, busy, virtual=False, threads=cpu.threads, battery=battery)
        for busy in sorted((one, other))
    )
    near = 1 + 1e-9
    assert low.value <= high.value * near
    assert low.low <= high.low * near
    assert low.high <= high.high * near

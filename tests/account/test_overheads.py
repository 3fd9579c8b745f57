"""What stands beside the electricity: manufacture and water."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from green_notebook.account import embodied, footprint, overheads, pue_of, water
from green_notebook.account.embodied import gpu_rate
from green_notebook.account.water import offsite, onsite
from green_notebook.data import records
from green_notebook.host import Host
from green_notebook.model import Basis, Energy, Intensity, Load, Place, Quantity
from green_notebook.settings import GreenNotebook

HOUR = 3600.0
LAPTOP = Place("FR", "x", "medium", kind="laptop")
DESKTOP = Place("FR", "x", "medium", kind="desktop")
SERVER = Place("FR", "x", "low", kind="datacentre")
REGION = Place("SG", "x", "high", "", "cloud", "aws", "ap-southeast-1")


@pytest.fixture
def metal(tmp_path):
    """A machine with 8 threads and no hypervisor."""
    return _machine(tmp_path / "metal", "fpu")


@pytest.fixture
def guest(tmp_path):
    """A virtual machine of 8 threads."""
    return _machine(tmp_path / "guest", "fpu hypervisor")


def _machine(tmp_path, flags):
    (tmp_path / "proc").mkdir(parents=True)
    blocks = [
        f"processor\t: {n}\nvendor_id\t: GenuineIntel\nflags\t\t: {flags}\n" for n in range(8)
    ]
    (tmp_path / "proc/cpuinfo").write_text("\n".join(blocks))
    return Host(tmp_path, {})


def energy(joules):
    one = Quantity.exactly(joules, "J")
    return Energy(one, one)


@pytest.mark.parametrize(
    ("place", "grams_per_hour"),
    # Boavizta's medians over the lifetime at 24 x 7: 236 kg / 4 years, 249 kg / 6 years.
    [(LAPTOP, 6.735), (DESKTOP, 4.737), (SERVER, 34.675)],
)
def test_published_hourly_figures(metal, place, grams_per_hour):
    """An hour's share of a laptop, a desktop and a server, as Boavizta's data gives it."""
    found = embodied(place, metal, HOUR)
    assert found.value == pytest.approx(grams_per_hour, rel=1e-3)
    assert found.low < found.value < found.high
    assert found.basis is Basis.ASSUMED


def test_a_guest_is_a_part_of_a_server(metal, guest):
    """A virtual machine counts as its threads' part, and is less sure."""
    whole, part = embodied(SERVER, metal, HOUR), embodied(SERVER, guest, HOUR)
    assert part.value == pytest.approx(whole.value * 8 / 96)
    assert part.high / part.value > whole.high / whole.value


def test_a_laptops_figure_holds_its_gpu(metal):
    """A laptop was made with its graphics; a server's cards were made apart."""
    gpu = ("NVIDIA GeForce RTX 4070 Laptop GPU",)
    assert embodied(LAPTOP, metal, HOUR, gpus=gpu) == embodied(LAPTOP, metal, HOUR)
    assert embodied(SERVER, metal, HOUR, gpus=gpu).value > embodied(SERVER, metal, HOUR).value


def test_a_quota_is_a_part(metal):
    """A hub's user with a quarter of the CPUs carries a quarter."""
    quarter = embodied(SERVER, metal, HOUR, quota=0.25)
    assert quarter.value == pytest.approx(embodied(SERVER, metal, HOUR).value / 4)


@pytest.mark.parametrize(
    ("name", "kg"),
    [
        ("NVIDIA A100-SXM4-40GB", 127.6),  # Falk et al. 2025
        ("NVIDIA H100 80GB HBM3", 164),  # NVIDIA's HGX H100 PCF / 8
        ("NVIDIA B200", 284),  # NVIDIA's HGX B200 PCF / 8
        ("Tesla T4", 150),  # generic
        ("NVIDIA GeForce RTX 4090", 150),
        ("Quadro K620", 150),
    ],
)
def test_gpus_have_their_makers_figure(name, kg):
    """A GPU's maker is believed; models are upper bounds; the rest is a generic card."""
    rate = gpu_rate(name)
    assert rate.value * 5 * 365 * 86400 / 1000 == pytest.approx(kg)
    assert rate.high > rate.value > rate.low > 0


def test_a_model_widens_upwards():
    """The bottom-up model of an H100, 3.5 times its maker's figure, is inside the interval."""
    assert gpu_rate("NVIDIA H100 80GB HBM3").high * 5 * 365 * 86400 / 1000 > 575


@given(st.floats(0, 1e7), st.floats(0, 1e7))
def test_manufacture_is_additive_over_time(first, second):
    """Two spans carry what one of their length does."""
    host = Host()
    one, two, both = (embodied(LAPTOP, host, t).value for t in (first, second, first + second))
    assert one + two == pytest.approx(both)


def test_water_of_a_region():
    """AWS Singapore 2024: 1.68 L/kWh on site; a laptop has no cooling tower."""
    assert onsite(REGION).value == 1.68
    assert onsite(LAPTOP).value == 0


def test_water_of_the_us():
    """LBNL 2024 (4.52 L/kWh) lies within the interval around WRI 2020 (3.13)."""
    us = offsite(Place("US-CA", "x", "high"))
    assert us.value == pytest.approx(3.13, abs=0.01)
    assert us.high * 1.01 > 4.52


def test_water_arithmetic():
    """Litres = kWh x (WUE + PUE x litres per kWh of the grid)."""
    pue = pue_of(REGION)
    found = water(Quantity.exactly(3.6e6, "J"), REGION, pue)
    assert found.value == pytest.approx(1.68 + pue.value * offsite(REGION).value)
    assert found.unit == "L"


def test_every_zone_has_water():
    """No zone breaks the estimate, and no interval reaches below zero."""
    for row in records("grid"):
        for kind, provider in (
            ("laptop", None),
            ("cloud", "aws"),
            ("cloud", "ovh"),
            ("unknown", None),
        ):
            place = Place(row["code"], "x", "low", "", kind, provider)
            found = water(Quantity.exactly(1.0, "J"), place, pue_of(place))
            assert 0 <= found.low <= found.value <= found.high


def test_each_can_be_switched_off(metal):
    """``embodied = False`` and ``water = False`` leave them out: None, not 0."""
    load = Load(HOUR, 1.0, 1.0)
    pue = pue_of(LAPTOP)
    on = overheads(GreenNotebook({}), energy(1.0), LAPTOP, pue, metal, load)
    off = overheads(
        GreenNotebook({}, embodied=False, water=False), energy(1.0), LAPTOP, pue, metal, load
    )
    assert None not in on
    assert off == (None, None)


def test_co2e_is_the_sum(metal):
    """CO2e = operational + embodied; water stands beside."""
    intensity = Intensity(Quantity.exactly(400, "g/kWh"), "lifecycle", "t", year=2025)
    made = embodied(LAPTOP, metal, HOUR)
    found = footprint(energy(3.6e6), intensity, pue_of(LAPTOP), made)
    assert found.co2e.value == pytest.approx(400 + made.value)
    assert found.operational.value == pytest.approx(400)
    assert found.embodied == made

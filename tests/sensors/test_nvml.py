"""NVIDIA GPUs through the real pynvml on a library of known energy."""

from __future__ import annotations

import ctypes
import json
import random
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from types import SimpleNamespace

import brackets
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_nvml import (
    FUNCTION_NOT_FOUND,
    GPU_IS_LOST,
    NO_PERMISSION,
    NOT_SUPPORTED,
    Fault,
    Gpu,
    Instance,
    Process,
    SimulatedGpus,
)
from waveforms import constant, square, steps

from green_notebook.channel import Channel
from green_notebook.clock import Clock
from green_notebook.data import records
from green_notebook.errors import Unavailable
from green_notebook.host import Host
from green_notebook.model import Basis, Trace
from green_notebook.sensors import PowerBeside, Sensor, _gpu, _nvml_kinds, _nvml_names, nvml
from green_notebook.sensors._gpu import UsersTold
from green_notebook.sensors._nvml_library import counted


@pytest.fixture
def discover():
    """The cards found, closed after the test."""
    opened = []

    def find(environ=None, root=Path("/")):
        found = nvml.discover(Host(root, environ or {}), {})
        opened.extend(found)
        return found

    yield find
    for one in opened:
        one.close()
        one.close()


def test_counter_and_power(gpus, discover):
    """A card with a counter gives joules, and its power beside them, in two calls."""
    simulated = gpus(Gpu(wave=steps([(0, 100), (10, 300)])))
    (card,) = discover()
    assert isinstance(card, Sensor)
    assert isinstance(card, PowerBeside)
    assert isinstance(card, UsersTold)
    assert (card.spec.id, card.spec.component, card.spec.kind) == ("nvml:0", "gpu:0", "energy")
    assert card.spec.basis is Basis.MEASURED
    simulated.at(9.0)
    calls, first = simulated.calls, card.read()
    card.read_power()
    assert simulated.calls == calls + 2
    simulated.at(12.0)
    assert card.read() - first == pytest.approx(100 + 600)
    assert card.read_power() == pytest.approx(300)


def test_a_card_without_a_counter(gpus, discover):
    """A card without a counter gives watts, with the period and the window of its architecture."""
    gpus(Gpu(name="Tesla P100-PCIE-16GB", architecture="pascal", counter=False, window=0.01))
    (card,) = discover()
    assert card.spec.kind == "power"
    assert (card.spec.step_s, card.spec.window_s) == (0.02, 0.01)
    assert card.read() == card.read_power() == pytest.approx(200)
    assert card.spec.idle_power_w == 26


@pytest.mark.parametrize(
    ("gpu", "driver", "window_s"),
    [
        (Gpu(), "550.54.15", 0.025),
        (Gpu(name="NVIDIA GeForce RTX 3090", window=1.0), "550.54.15", 1.0),
        (Gpu(name="NVIDIA GeForce RTX 3090", window=1.0, instant=True), "550.54.15", 0.1),
        (Gpu(name="NVIDIA GeForce RTX 3090"), "525.60", 0.1),
        (Gpu(name="NVIDIA H100 80GB HBM3", architecture="hopper", instant=True), "550.1", 0.025),
        (Gpu(name="NVIDIA H100 80GB HBM3", architecture="hopper", window=1.0), "550.1", 1.0),
        (Gpu(name="Tesla V100-SXM2-16GB", architecture="volta"), "418.67", 0.01),
        (Gpu(name="Tesla T4", architecture="turing"), "450.1", 0.1),
    ],
)
def test_window_by_architecture_and_driver(gpus, discover, gpu, driver, window_s):
    """The power's window follows card and driver; the short field is used where it is served."""
    gpus(gpu, driver=driver)
    (card,) = discover()
    assert card.spec.window_s == window_s
    assert card.read_power() == pytest.approx(200)


def test_errors_are_the_published_ones(gpus, discover):
    """A reading that was found 5.8 % low stands for a truth up to 6.2 % above it."""
    gpus(Gpu(), Gpu(name="NVIDIA GeForce RTX 2060 SUPER", architecture="turing"))
    ampere, turing = (card.spec.gain_error for card in discover())
    for reading, (below, above) in [(-0.058, ampere), (-0.056, ampere), (-0.079, turing)]:
        assert 1 / (1 + reading) - 1 <= above < 0.10
        assert below < 0.13
    assert turing[0] >= 1 - 1 / 1.127


def test_names_before_r470(gpus, discover):
    """Old drivers omit "NVIDIA "; the card is the same."""
    gpus(Gpu(name="GeForce RTX 3090"), Gpu(name="NVIDIA GeForce RTX 3090"), Gpu(name="A new card"))
    old, new, unknown = discover()
    assert old.spec.idle_power_w == new.spec.idle_power_w == 22
    assert unknown.spec.idle_power_w is None


def test_lost_gpu_is_a_gap(gpus, discover):
    """A card that is lost raises at its reading; the others go on."""
    simulated = gpus(Gpu(), Gpu())
    first, second = discover()
    simulated.change(0, faults=(Fault(GPU_IS_LOST),))
    with pytest.raises(Exception, match="lost"):
        first.read()
    assert second.read() > 0
    assert first.users().pids is None
    assert first.users().problem


def test_cards_that_cannot_be_read(gpus, discover):
    """A lost card leaves the others; none at all says why."""
    gpus(Gpu(faults=(Fault(GPU_IS_LOST),)), Gpu())
    assert [card.spec.component for card in discover()] == ["gpu:1"]
    gpus(Gpu(faults=(Fault(NOT_SUPPORTED, "Power"), Fault(NOT_SUPPORTED, "Energy"))))
    with pytest.raises(Unavailable, match="Not Supported"):
        discover()
    gpus(Gpu(faults=(Fault(NO_PERMISSION),)))
    with pytest.raises(Unavailable, match="GPU 0: Insufficient Permissions"):
        discover()
    gpus()
    with pytest.raises(Unavailable, match="no GPU"):
        discover()


ASKED = ("Architecture", "CudaComputeCapability")
# A name, and the window (s) of that card's power.
NAMED = [
    ("Tesla K80", 0.1),
    ("GeForce GTX 980 Ti", 0.1),
    ("Tesla P100-PCIE-16GB", 0.01),
    ("NVIDIA GeForce GTX 1080 Ti", 0.01),
    ("Tesla V100-SXM2-16GB", 0.01),
    ("NVIDIA GeForce RTX 2080 Ti", 0.1),
    ("GeForce RTX 2080 Ti", 0.1),
    ("NVIDIA GeForce GTX 1660 SUPER", 0.1),
    ("Tesla T4", 0.1),
    ("Quadro RTX 4000", 0.1),
    ("A100", 0.025),
    ("NVIDIA A100-SXM4-80GB", 0.025),
    ("A100-SXM4-40GB", 0.025),
    ("GRID A100X-40C", 0.025),
    ("NVIDIA A10G", 1.0),
    ("GeForce RTX 3090", 1.0),
    ("NVIDIA RTX A4000", 1.0),
    ("NVIDIA GeForce RTX 4090", 1.0),
    ("NVIDIA L4", 1.0),
    ("NVIDIA RTX 4000 Ada Generation", 1.0),
    ("NVIDIA H100 80GB HBM3", 1.0),
    ("NVIDIA GH200 480GB", 1.0),
    ("NVIDIA B200", 1.0),
    ("NVIDIA GeForce RTX 5090", 1.0),
]


@pytest.mark.parametrize(("name", "window_s"), NAMED)
def test_the_name_tells_the_architecture(gpus, discover, name, window_s):
    """Where no function tells a card's architecture its name does, as old drivers write it too."""
    functions = tuple(Fault(FUNCTION_NOT_FOUND, one) for one in ASKED)
    gpus(Gpu(name=name, counter=False, window=window_s, faults=functions))
    (card,) = discover()
    assert card.spec.window_s == window_s
    assert card.spec.gain_error != _nvml_kinds._UNKNOWN.gain


def test_naming_rules_agree_with_the_table():
    """The rules for names say what the table of cards says, wherever they say anything."""
    cards = [one for one in records("gpu") if one["vendor"] == "NVIDIA"]
    said = {name: one["architecture"].lower() for one in cards for name in one["names"]}
    told = 0
    for name, architecture in said.items():
        words = re.sub("[-_]", " ", _gpu.plain(name))
        found = next((number for rule, number in _nvml_names._RULES if rule.search(words)), None)
        told += found is not None
        assert found in (None, _nvml_names._BY_WORD.get(architecture.partition(" ")[0])), name
    assert told > 0.9 * len(said)


def test_a_card_that_tells_little_is_used(gpus, discover):
    """Without name, identifier, processes, limits and architecture the energy still counts."""
    missing = ("Name", "UUID", "Running", "Limit", "MigMode", *ASKED)
    gpus(Gpu(faults=tuple(Fault(FUNCTION_NOT_FOUND, one) for one in missing)))
    (card,) = discover()
    assert (card.spec.id, card.spec.label) == ("nvml:0", "NVIDIA GPU 0")
    assert card.spec.gain_error == _nvml_kinds._UNKNOWN.gain
    assert card.read() > 0
    assert card.users().pids is None
    assert card.users().visible


def test_functions_that_are_missing_are_named(gpus, discover):
    """A driver without energy and power says which functions those are, and the cure."""
    missing = ("Energy", "PowerUsage")
    gpus(Gpu(faults=tuple(Fault(FUNCTION_NOT_FOUND, one) for one in missing)))
    with pytest.raises(Unavailable, match="nvmlDeviceGetPowerUsage") as caught:
        discover()
    assert "driver" in caught.value.cure


@pytest.mark.parametrize(
    ("faults", "limit_w"),
    [((), 400), (("Constraints",), 300), (("Constraints", "Enforced"), 300), (("Limit",), 400)],
)
def test_the_cards_limit(gpus, discover, faults, limit_w):
    """A card draws no more than the highest limit that may be set, else the one that is set."""
    hidden = tuple(Fault(FUNCTION_NOT_FOUND, one) for one in faults)
    gpus(Gpu(limit=300.0, faults=hidden))
    (card,) = discover()
    assert card.spec.max_power_w == pytest.approx(_nvml_kinds.PEAK * limit_w)


def test_a_value_costs_one_call(gpus, discover):
    """A card without a counter is asked once for each value, in the sampler too."""
    simulated = gpus(Gpu(counter=False))
    (card,) = discover()
    channel = Channel(card, Trace(card.spec), Clock())
    before = simulated.calls
    channel.take()
    assert simulated.calls == before + 1


def test_no_driver(gpus, discover, monkeypatch):
    """A machine without a driver says so."""
    gpus(Gpu())
    monkeypatch.delenv("SIMULATED_NVML")
    with pytest.raises(Unavailable, match="no NVIDIA driver"):
        discover()


def test_a_sleeping_gpu_stays_asleep(gpus, tmp_path):
    """A laptop's suspended card is not woken: the library is not even opened."""
    simulated = gpus(Gpu())
    device = tmp_path / "sys/bus/pci/devices/0000:01:00.0"
    (device / "power").mkdir(parents=True)
    (device / "vendor").write_text("0x10de\n")
    (device / "class").write_text("0x030200\n")
    (device / "power/runtime_status").write_text("suspended\n")
    with pytest.raises(Unavailable, match="sleeps") as caught:
        nvml.discover(Host(tmp_path, {}), {})
    assert caught.value.cure
    assert simulated.calls == 0
    (device / "power/runtime_status").write_text("active\n")
    (card,) = nvml.discover(Host(tmp_path, {}), {})
    card.close()


def test_who_uses_it(gpus, discover):
    """Processes and their part of the compute units, as the driver numbers them."""
    simulated = gpus(Gpu(processes=(Process(41, 30), Process(42, 60))), Gpu())
    used, unused = discover()
    told = used.users()
    assert told.pids == {41, 42}
    assert told.sm == {41: 0.3, 42: 0.6}
    assert told.visible
    assert not told.mig
    assert unused.users().pids == frozenset()
    assert unused.users().sm == {}
    simulated.change(0, processes=())
    assert used.users().pids == frozenset()


def test_mig(gpus, discover):
    """A divided card tells no utilisation; an instance's identifier leads to its card."""
    gpus(Gpu(mig=True, processes=(Process(41),), mig_uuid="MIG-aaaa"), Gpu(mig_uuid="MIG-bbbb"))
    first, second = discover({"CUDA_VISIBLE_DEVICES": "MIG-aaaa"})
    told = first.users()
    assert told.mig
    assert told.sm is None
    assert told.visible
    assert not second.users().visible


PARTS = Gpu(
    mig=True,
    faults=(Fault(NO_PERMISSION, "RunningProcesses"),),
    instances=(
        Instance(3, "MIG-aaaa-1", (Process(41),)),
        Instance(2, "MIG-bbbb-2", (Process(42),)),
        Instance(1, "MIG-cccc-3"),
    ),
)


@pytest.mark.parametrize(
    ("listed", "seen", "named"),
    [
        ("MIG-bbbb-2", True, 1),
        ("MIG-cccc", True, 2),
        ("MIG-GPU-00000000-0000-4000-8000-000000000000/2/0", True, 1),
        ("MIG-GPU-00000000-0000-4000-8000-000000000000/5/0", True, None),
        ("MIG-GPU-00000001-0000-4000-8000-000000000001/2/0", False, None),
        ("MIG-dddd", False, None),
        (None, True, None),
    ],
)
def test_instances_of_a_divided_card(gpus, discover, listed, seen, named):
    """Size and processes of each part, though the whole's are denied; ids before R470 are known."""
    gpus(PARTS)
    (card,) = discover({} if listed is None else {"CUDA_VISIBLE_DEVICES": listed})
    told = card.users()
    assert (told.pids, told.visible) == (None, seen)
    assert [one.size for one in told.instances] == [3 / 7, 2 / 7, 1 / 7]
    assert [one.pids for one in told.instances] == [{41}, {42}, frozenset()]
    assert [at for at, one in enumerate(told.instances) if one.named] == (
        [] if named is None else [named]
    )


@pytest.mark.parametrize(
    ("listed", "seen"),
    [
        (None, [0, 1, 2]),
        ("1", [1]),
        ("2,0", [0, 2]),
        ("", []),
        ("-1", []),
        ("0,-1,2", [0]),
        ("0,9,1", [0]),
        ("1,GPU-nonsense,0", [1]),
        ("GPU-00000001", [1]),
        ("GPU-00000002-0000-4000-8000-000000000002,0", [0, 2]),
        ("NoDevFiles", []),
    ],
)
def test_visible_devices(gpus, discover, listed, seen):
    """CUDA_VISIBLE_DEVICES by index, by identifier or its beginning; it ends at an invalid entry."""
    gpus(Gpu(), Gpu(), Gpu())
    cards = discover({} if listed is None else {"CUDA_VISIBLE_DEVICES": listed})
    assert [index for index, card in enumerate(cards) if card.users().visible] == seen


@pytest.mark.parametrize(
    ("environ", "seen"),
    [
        ({"CUDA_VISIBLE_DEVICES": "1"}, [None, None]),
        ({"CUDA_VISIBLE_DEVICES": "1", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}, [False, True]),
        ({"CUDA_VISIBLE_DEVICES": "GPU-00000001"}, [False, True]),
        ({}, [True, True]),
    ],
)
def test_different_cards_by_number(gpus, discover, environ, seen):
    """CUDA numbers different cards by speed, so a number alone does not tell which card it is."""
    gpus(Gpu(), Gpu(name="Tesla T4", architecture="turing"))
    assert [card.users().visible for card in discover(environ)] == seen


@given(st.text(max_size=30), st.integers(0, 9))
def test_any_list_of_visible_devices(text, index):
    """Whatever stands in the variable, the answer is yes or no."""
    assert _gpu.visible(text, index, [("GPU-1",)] * 8) in (True, False)
    assert _gpu.visible(text, index, [()] * 8) in (True, False)


def test_the_drivers_own_samples(gpus, discover):
    """The driver's buffer fills the time in which no thread of ours could read."""
    simulated = gpus(Gpu(wave=constant(150.0)), origin=time.monotonic() - 30)
    (card,) = discover()
    since = time.monotonic() - 1.0
    samples = card.power_samples(since)
    now = time.monotonic()
    assert all(since < at <= now + 0.1 for at, _ in samples)
    # Ten a second, up to the moment at which it was asked.
    assert 8 <= len(samples) <= 1 + 10 * (now - since)
    assert [watts for _, watts in samples] == pytest.approx([150.0] * len(samples), abs=0.002)
    simulated.change(0, faults=(Fault(NOT_SUPPORTED, "Samples"),))
    assert card.power_samples(since) == []


@pytest.mark.parametrize("name", ["", "GPU", "8 x weird", "NVIDIA"])
def test_unknown_cards(name):
    """A name that nobody knows has no limits of its own."""
    assert _gpu.kind(name).max_w is None


def test_gain_is_the_sensors(gpus, discover):
    """What the sensor adds is inside the spec's error for gains as published."""
    rng = random.Random(3)
    for _ in range(20):
        gain = 1 + rng.choice((-0.058, -0.056, -0.053, -0.02, 0.0))
        simulated = gpus(Gpu(gain=gain, step=0.0))
        (card,) = discover()
        simulated.at(10.0)
        first = card.read()
        simulated.at(20.0)
        seen = card.read() - first
        below, above = card.spec.gain_error
        assert seen * (1 - below) <= 2000 <= seen * (1 + above)
        card.close()


CHILD = """
import json, time
from brackets import bracketed
from green_notebook.host import Host
from green_notebook.sensors import nvml
cards = nvml.discover(Host.here(), {})
first = [bracketed(card.read) for card in cards]
while time.monotonic() < first[0][1][0] + 0.5:
    pass
last = [bracketed(card.read) for card in cards]
print(json.dumps([first, last, cards[0].users().visible]))
for card in cards:
    card.close()
"""


def test_in_a_process_of_its_own(tmp_path):
    """A child that finds the library on LD_LIBRARY_PATH measures the truth, as users' kernels do."""
    simulated = SimulatedGpus(
        tmp_path, [Gpu(wave=square(), step=0.0), Gpu(wave=constant(70.0), step=0.02)]
    )
    hardware = str(Path(brackets.__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        env=simulated.environment() | {"PYTHONPATH": hardware},
        capture_output=True,
        text=True,
        check=True,
    )
    first, last, visible = json.loads(done.stdout)
    assert visible
    for index in range(2):
        (before, began), (after, ended) = first[index], last[index]
        least, most = simulated.between(index, began, ended)
        assert least - 0.002 <= after - before <= most + 0.002
    simulated.close()


class CallsAtOnce:
    """A library whose one function answers its own handle, when so many threads are in it."""

    NVMLError = RuntimeError

    def __init__(self, threads):
        self.meet = Barrier(threads)
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_uint64, ctypes.POINTER(ctypes.c_uint64))
        self.nvmlLib = SimpleNamespace(energy=kind(self.answer))

    def answer(self, handle, place):
        place[0] = handle
        self.meet.wait(5)
        return 0 if handle < 100 else 15


def test_threads_that_ask_at_once_get_their_own_answers():
    """The cell's thread and the meter's ask the same card: neither writes into the other's answer."""
    ask = counted(CallsAtOnce(4), "energy", ctypes.c_uint64)
    with ThreadPoolExecutor(4) as pool:
        for first in range(0, 40, 4):
            handles = range(first, first + 4)
            assert list(pool.map(ask, handles)) == list(handles)


def test_a_refusal_leaves_the_next_answer_alone():
    """The driver's error is raised as the library's own, and the place of the answer serves on."""
    ask = counted(CallsAtOnce(1), "energy", ctypes.c_uint64)
    with pytest.raises(RuntimeError, match="15"):
        ask(100)
    assert ask(7) == 7

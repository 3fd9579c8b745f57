"""Single-board computers: which machine is one, and what its chips draw."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from green_notebook.host import Host
from green_notebook.model import Basis, Load
from green_notebook.selection import choose
from green_notebook.sensors import _board, cpu_model, memory_model, rest_model
from green_notebook.testing import fake_host

MACHINES = Path(__file__).parents[1] / "machines"
ARM = "processor\t: {}\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU part\t: 0xd08\n\n"
TREE = "/proc/device-tree/model"
DMI = "/sys/class/dmi/id/sys_vendor"
BOARDS = ("raspberry pi 5 model b rev 1.0", "nvidia jetson nano developer kit", "nobody's board")


def arm(cores: int, **files: str) -> dict[str, str]:
    return {"/proc/cpuinfo": "".join(ARM.format(core) for core in range(cores)), **files}


def whole_w(host: Host, busy: float) -> tuple[float, float, float]:
    """The machine's watts by all models that are used of it, over ten seconds."""
    found = [
        one for each in (cpu_model, memory_model, rest_model) for one in each.discover(host, {})
    ]
    threads = host.cpu.threads
    load = Load(10.0, 0.0, 10.0 * threads * busy, threads=threads)
    parts = [0.0, 0.0, 0.0]
    chips = 0.0
    for one in sorted(choose(found).models, key=lambda one: one.spec.component == "rest"):
        energy = one.estimate(load, chips).machine
        chips += energy.value
        parts = [
            sum(two) for two in zip(parts, (energy.value, energy.low, energy.high), strict=True)
        ]
    return tuple(part / 10 for part in parts)


@pytest.mark.parametrize(
    ("name", "idle", "full"),
    [("raspberry-pi-4", (1.8, 2.7), (5.7, 6.9)), ("raspberry-pi-5", (2.4, 4.5), (7.8, 13.0))],
)
def test_a_boards_watts_are_those_that_were_measured(machine, name, idle, full):
    """Without its rails a Raspberry Pi takes what such boards take at their input, not a server's."""
    for busy, (least, most) in ((0.0, idle), (1.0, full)):
        value, low, high = whole_w(machine(name), busy)
        assert least <= value <= most
        assert low <= least
        assert most <= high


def test_every_published_board_is_inside_the_interval():
    """Each row of the raw table lies between the bounds of the board that it was measured on."""
    text = (MACHINES.parents[1] / "data-src" / "board_power.csv").read_text(encoding="utf-8")
    by_board = defaultdict(list)
    for row in csv.DictReader(text.splitlines()):
        by_board[row["board"]].append(row)
    assert len(by_board) >= 8
    for rows in by_board.values():
        name = rows[0]["names"].split("|")[0]
        for busy, key in ((0.0, "idle_w"), (1.0, "full_w")):
            value, low, high = _board.chips_w(name, int(rows[0]["cores"]), busy)
            others, wide, room = _board.chips_w("nobody's", int(rows[0]["cores"]), busy)
            assert low < value < high
            assert wide < others < room
            for row in rows:
                watts = float(row[key])
                assert low <= max(watts / 4, (watts - 0.5879) / 1.1451) <= high


@pytest.mark.parametrize(
    ("files", "board"),
    [
        (arm(4, **{TREE: "Radxa ROCK 5B\0"}), True),
        (arm(8, **{TREE: "Some Maker's Board\0"}), True),
        # Small Arm machines that are none: a guest, a laptop, network equipment, a server.
        (arm(4, **{TREE: "linux,dummy-virt"}), False),
        (arm(4, **{TREE: "QEMU virt", DMI: "QEMU"}), False),
        (arm(8, **{TREE: "Laptop", "/sys/class/power_supply/BAT0/type": "Battery"}), False),
        (arm(16, **{TREE: "SolidRun LX2160A"}), False),
        (arm(8, **{TREE: "Some Server", DMI: "Some Maker"}), False),
        # Amazon's first Arm server has the cores of a Raspberry Pi 4: a guest, and bare metal.
        (arm(4, **{DMI: "Amazon EC2"}), False),
        (
            arm(16, **{DMI: "Amazon EC2", "/sys/class/dmi/id/product_name": "a1.metal"}),
            False,
        ),
    ],
)
def test_what_is_a_board(tmp_path, files, board):
    """A device tree of a board, and neither firmware's tables nor a battery nor a hypervisor."""
    host = fake_host(tmp_path, files)
    assert bool(_board.name(host)) is board
    (model,) = cpu_model.discover(host, {})
    assert (model.spec.covers == ("cpu:0", "ram")) is board


def test_a_container_that_hides_the_tree_shows_the_board(machine, tmp_path):
    """Docker masks the device tree: the last line of /proc/cpuinfo names a Raspberry Pi too."""
    text = machine("raspberry-pi-4").read("/proc/cpuinfo")
    assert _board.name(fake_host(tmp_path, {"/proc/cpuinfo": text})).startswith("raspberry pi 4")


def test_other_machines_are_no_boards():
    """No recorded machine but the boards is taken for one."""
    found = {one.name for one in MACHINES.iterdir() if one.is_dir() and _board.name(Host(one, {}))}
    assert found == {"raspberry-pi-4", "raspberry-pi-5", "jetson-nano", "jetson-agx-orin"}


def test_an_unknown_board_says_so(tmp_path):
    """Where the table has no such board, a note tells that its cores are all that is known."""
    (model,) = cpu_model.discover(fake_host(tmp_path, arm(8, **{TREE: "Radxa ROCK 5B"})), {})
    estimate = model.estimate(Load(1.0, 4.0, 4.0, threads=8), 0.0)
    assert [code for code, _ in estimate.notes] == ["cpu-unknown"]
    assert estimate.machine.basis is Basis.MODELLED


@given(
    st.sampled_from(BOARDS), st.integers(1, 8), st.integers(1, 8), st.floats(0, 1), st.floats(0, 1)
)
def test_more_load_and_more_cores_never_draw_less(board, few, many, low, high):
    """Value and bounds rise with load and size, and the value lies between the bounds."""
    few, many = sorted((few, many))
    low, high = sorted((low, high))
    less, more = _board.chips_w(board, few, low), _board.chips_w(board, many, high)
    assert all(one <= two + 1e-9 for one, two in zip(less, more, strict=True))
    assert less[1] <= less[0] <= less[2]

"""Only the GPUs that this kernel uses count, by the part that is its own."""

import os

import pytest

from green_notebook.gpus import GpuUsers, in_container
from green_notebook.model import Basis, SensorSpec
from green_notebook.sensors._gpu import GpuUse
from green_notebook.testing import FakeClock, FakeSensor, fake_host, fake_session

PID = 4711


class Card(FakeSensor):
    """A card whose users the test decides."""

    def __init__(self, clock, use, index=0):
        spec = SensorSpec(f"nvml:{index}", f"gpu:{index}", "energy", label="NVIDIA T4")
        super().__init__(clock, 100.0, spec)
        self.use = use

    def users(self):
        return self.use


def look(tmp_path, use, files=None, descendants=()):
    users = GpuUsers(fake_host(tmp_path, files), pid=PID)
    card = Card(FakeClock(), use)
    users.look([card], descendants, 1000.0)
    return users.part("nvml:0", 999.0, 1000.0)


def open_uvm(tmp_path, pid=PID):
    folder = tmp_path / f"proc/{pid}/fd"
    folder.mkdir(parents=True)
    (folder / "7").symlink_to("/dev/nvidia-uvm")


CONTAINER = {"/.dockerenv": ""}


@pytest.mark.parametrize(
    ("use", "mine"),
    [
        (GpuUse(pids=frozenset({PID})), True),
        (GpuUse(pids=frozenset({99})), False),
        (GpuUse(pids=frozenset()), False),
        (GpuUse(pids=frozenset({PID}), visible=False), False),
    ],
    ids=["ours", "another's", "nobody's", "hidden"],
)
def test_the_drivers_list_decides_on_a_plain_machine(tmp_path, use, mine):
    """Our pid among the users, and nothing else, makes a card ours."""
    assert look(tmp_path, use).mine is mine


def test_a_childs_card_is_ours(tmp_path):
    """A data loader or a launcher started from the cell uses the card for us."""
    assert look(tmp_path, GpuUse(pids=frozenset({5})), descendants=(5,)).mine is True


@pytest.mark.parametrize("pids", [frozenset(), frozenset({99}), None])
def test_in_a_container_the_open_device_decides(tmp_path, pids):
    """The driver numbers processes as the host does: our open device file is the evidence."""
    open_uvm(tmp_path)
    assert look(tmp_path, GpuUse(pids=pids), CONTAINER).mine is True


def test_in_a_container_without_an_open_device_it_is_not_ours(tmp_path):
    """Looked and found nothing: not used."""
    (tmp_path / f"proc/{PID}/fd").mkdir(parents=True)
    assert look(tmp_path, GpuUse(pids=frozenset()), CONTAINER).mine is False


def test_what_cannot_be_told_is_unknown(tmp_path):
    """No list, no /proc: nobody knows."""
    assert look(tmp_path, GpuUse(pids=None), CONTAINER).mine is None


def test_a_shared_card_is_divided_by_its_work(tmp_path):
    """Three quarters of the compute units' time are ours."""
    use = GpuUse(pids=frozenset({PID, 99}), sm={PID: 0.6, 99: 0.2})
    part = look(tmp_path, use)
    assert part.part == pytest.approx(0.75)
    assert [note.code for note in part.notes] == ["gpu-shared"]


def test_without_utilisation_a_shared_card_is_split_and_flagged(tmp_path):
    """MIG tells no utilisation: equal parts, with a wide interval."""
    part = look(tmp_path, GpuUse(pids=frozenset({PID, 99}), sm=None, mig=True))
    assert part.part == 0.5
    assert part.error >= 0.2
    assert "equal" in part.notes[0].text


def test_one_of_eight_cards_is_counted(tmp_path):
    """A job on one card is not charged for eight, and the machine's figure holds them all."""
    clock = FakeClock()
    cards = [
        Card(clock, GpuUse(pids=frozenset({os.getpid()} if index == 3 else set())), index)
        for index in range(8)
    ]
    session = fake_session(tmp_path, *cards, clock=clock)
    span = session.begin(thread=False)
    clock.advance(1.0, 1.0)
    session.sampler.tick()
    report = session.end(span)
    session.sampler.tick()
    report = session.finalise(report.id)
    assert [one.component for one in report.energy.components] == ["gpu:3"]
    assert report.energy.kernel.value == pytest.approx(100.0, rel=0.01)
    assert report.energy.machine.value == pytest.approx(800.0, rel=0.01)
    assert "gpu-unused" in {note.code for note in report.notes}


def test_unknown_use_is_from_nothing_to_all(tmp_path):
    """The interval holds both, the figure is not called measured, and a note says why."""
    clock = FakeClock()
    session = fake_session(tmp_path, Card(clock, GpuUse(pids=None)), clock=clock)
    session.sampler.gpus.container = True
    span = session.begin(thread=False)
    clock.advance(1.0)
    session.sampler.tick()
    kernel = session.end(span).energy.kernel
    assert kernel.low == 0.0
    assert kernel.high >= 100.0
    assert kernel.basis is not Basis.MEASURED


@pytest.mark.parametrize(
    ("files", "environ", "expected"),
    [
        ({"/proc/1/cgroup": "0::/init.scope"}, {}, False),
        ({"/proc/1/cgroup": "0::/kubepods/pod1"}, {}, True),
        ({"/.dockerenv": ""}, {}, True),
        ({}, {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, True),
    ],
)
def test_a_container_is_recognised(tmp_path, files, environ, expected):
    """By the files that runtimes leave, or by the orchestrator's variables."""
    assert in_container(fake_host(tmp_path, files, **environ)) is expected


def test_a_card_used_for_a_part_of_the_span_is_charged_for_that_part(tmp_path):
    """Three looks at others' work and one at ours: a quarter; nobody's looks do not count."""
    users = GpuUsers(fake_host(tmp_path), pid=PID)
    card = Card(FakeClock(), GpuUse())
    uses = [{99}, {99}, {99}, set(), {PID}]
    for second, pids in enumerate(uses):
        card.use = GpuUse(pids=frozenset(pids))
        users.look([card], (), 1000.0 + second)
    assert users.part("nvml:0", 1000.0, 1004.0).part == pytest.approx(0.25)

"""Only the GPUs that this kernel uses count, by the part that is its own."""

import os
import sys
import threading

import pytest

from green_notebook import gpus
from green_notebook.gpus import ASKED, GpuUsers, in_container
from green_notebook.model import Basis, SensorSpec
from green_notebook.sensors._gpu import GpuState, GpuUse, Instance
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


class Working(Card):
    """A card that tells how busy it is, too."""

    def __init__(self, clock, use, index, busy):
        super().__init__(clock, use, index)
        self.busy = busy

    def state(self):
        return GpuState(busy=self.busy)


def look(tmp_path, use, files=None, descendants=()):
    users = GpuUsers(fake_host(tmp_path, files), pid=PID)
    card = Card(FakeClock(), use)
    users.look([card], descendants, 1000.0)
    return users.part("nvml:0", 999.0, 1000.0)


def counted(session, clock):
    """The final report of a second's cell, once the users of the cards were looked at."""
    span = session.begin(thread=False)
    clock.advance(1.0, 1.0)
    session.sampler.tick()
    session.end(span)
    session.sampler.tick()
    return session.finalise(span.id)


def open_uvm(tmp_path, pid=PID):
    folder = tmp_path / f"proc/{pid}/fd"
    folder.mkdir(parents=True)
    (folder / "7").symlink_to("/dev/nvidia-uvm")


CONTAINER = {"/.dockerenv": ""}


@pytest.mark.parametrize(("pids", "before"), [(None, None), (frozenset({99}), False)])
def test_our_own_open_files_are_real_below_a_simulated_root(tmp_path, monkeypatch, pids, before):
    """A simulated tree that does not show this process does not hide what it has open."""
    users = GpuUsers(fake_host(tmp_path))
    card = Card(FakeClock(), GpuUse(pids=pids))
    users.look([card], (), 1000.0)
    assert users.part("nvml:0", 999.0, 1000.0).mine is before
    # There is no such device here: a file of ours stands for it.
    device = tmp_path / "nvidia-uvm"
    device.touch()
    monkeypatch.setattr(gpus, "DEVICES", (str(device),))
    with device.open():
        users.look([card], (), 1010.0)
    assert users.part("nvml:0", 1009.0, 1010.0).mine is True


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


@pytest.mark.parametrize(
    ("pids", "part", "low"),
    [({70}, 1.0, None), ({70, 71}, 0.5, 0.0), ({70, 71, 72, 73}, 0.25, 0.0)],
    ids=["one stranger is us", "two", "four"],
)
def test_among_the_hosts_numbers_some_may_be_ours(tmp_path, pids, part, low):
    """A list of strangers and our open device: equal parts, anything up to all of it, and said."""
    open_uvm(tmp_path)
    found = look(tmp_path, GpuUse(pids=frozenset(pids)), CONTAINER)
    assert (found.mine, found.part, found.low, found.high) == (True, part, low, 1.0)
    assert [note.code for note in found.notes] == ["gpu-shared"] * (part < 1)


def looked(tmp_path, *uses, descendants=()):
    """The parts of some cards that are looked at together, in a container that holds one open."""
    open_uvm(tmp_path)
    users = GpuUsers(fake_host(tmp_path, CONTAINER), pid=PID)
    cards = [Card(FakeClock(), use, index) for index, use in enumerate(uses)]
    users.look(cards, descendants, 1000.0)
    return [users.part(f"nvml:{index}", 999.0, 1000.0) for index in range(len(uses))]


def test_a_card_that_lists_nobody_is_not_the_one_that_is_used(tmp_path):
    """The driver lists a stranger on one card: that is us, and the empty card is not ours."""
    busy, empty = looked(tmp_path, GpuUse(pids=frozenset({70})), GpuUse(pids=frozenset()))
    assert (busy.mine, busy.part, empty.mine) == (True, 1.0, False)


def test_strangers_on_several_cards_are_not_all_us(tmp_path):
    """One of our processes holds a device open, a stranger is on each of two cards: half of each."""
    uses = [GpuUse(pids=frozenset({number})) for number in (70, 71)]
    assert [(one.part, one.low) for one in looked(tmp_path, *uses)] == [(0.5, 0.0)] * 2


def test_where_one_of_ours_is_listed_the_driver_counts_as_we_do(tmp_path):
    """In a container with the host's processes another's card stays another's."""
    ours, theirs = looked(tmp_path, GpuUse(pids=frozenset({PID})), GpuUse(pids=frozenset({70})))
    assert (ours.mine, theirs.mine) == (True, False)


def instances(*each):
    """Instances of three, two and one seventh of a card, with who is on each."""
    parts = [
        Instance(f"MIG-{index}", (3 - index) / 7, None if pids is None else frozenset(pids), named)
        for index, (pids, named) in enumerate(each)
    ]
    return GpuUse(pids=None, mig=True, instances=tuple(parts))


NOBODY = ((), False)


@pytest.mark.parametrize(
    ("use", "part", "low"),
    [
        (instances(((99,), False), ((PID,), False), NOBODY), 2 / 5, 2 / 7),
        (instances(NOBODY, ((PID,), False), NOBODY), 1.0, 2 / 7),
        (instances(NOBODY, ((), True), NOBODY), 2 / 6, 2 / 7),
        (instances((None, False), (None, True), (None, False)), 2 / 6, 2 / 7),
        (instances(NOBODY, NOBODY, NOBODY), 1 / 3, 1 / 7),
        (instances(((PID, 99), False), NOBODY, NOBODY), 0.5, 1.5 / 7),
    ],
    ids=["another's slice", "alone", "named, not listed", "no lists", "unknown slice", "crowded"],
)
def test_a_slice_is_charged_its_share(tmp_path, use, part, low):
    """Of a divided card: the slices in use, from the slice's own part to all of it, and said."""
    (found,) = looked(tmp_path, use)
    assert (found.mine, found.high) == (True, 1.0)
    assert (found.part, found.low, found.idle) == pytest.approx((part, low, found.idle))
    assert [note.code for note in found.notes] == ["gpu-mig"]


def test_an_instance_of_the_whole_card_is_the_card(tmp_path):
    """Seven of seven slices: nothing to share."""
    whole = Instance("MIG-0", 1.0, frozenset({PID}))
    (found,) = looked(tmp_path, GpuUse(pids=frozenset(), mig=True, instances=(whole,)))
    assert (found.part, found.low, found.notes) == (1.0, None, ())


def test_a_slices_energy_reaches_from_its_part_to_all(tmp_path):
    """The report of a cell on two of seven slices, with another's work on three."""
    clock = FakeClock()
    use = instances(((99,), False), ((os.getpid(),), False), NOBODY)
    session = fake_session(tmp_path, Card(clock, use), clock=clock)
    report = counted(session, clock)
    kernel = report.energy.kernel
    assert kernel.basis is Basis.MODELLED
    assert kernel.low <= 200 / 7 <= kernel.value <= 50.0
    assert kernel.high >= 100.0
    assert "gpu-mig" in {note.code for note in report.notes}


def test_of_hundreds_of_children_the_one_on_the_card_is_found(tmp_path):
    """A few are asked at each look: the one that holds the device is found, and asked first then."""
    (tmp_path / f"proc/{PID}/fd").mkdir(parents=True)
    children = range(5000, 5200)
    open_uvm(tmp_path, 5150)
    users = GpuUsers(fake_host(tmp_path, CONTAINER), pid=PID)
    card = Card(FakeClock(), GpuUse(pids=frozenset()))
    found = []
    for at_s in range(1000, 1020):
        users.look([card], children, float(at_s))
        found.append(users._looks["nvml:0"][-1].mine)
    assert found == [False] * found.index(True) + [True] * (20 - found.index(True))
    assert found.index(True) <= 200 // ASKED


def test_rocms_device_is_evidence_too(tmp_path):
    """Where the kernel lists nobody on an AMD card, its compute driver that we hold open tells."""
    folder = tmp_path / f"proc/{PID}/fd"
    folder.mkdir(parents=True)
    (folder / "9").symlink_to("/dev/kfd")
    assert look(tmp_path, GpuUse(pids=None)).mine is True


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
    report = counted(session, clock)
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


@pytest.mark.parametrize(
    ("busy", "holders", "mine"),
    [
        ((0.9, 0.0, 0.0), 1, (True, False, False)),
        ((0.9, 0.4, 0.0), 2, (True, True, False)),
        ((0.9, 0.4, 0.0), 1, (None, None, False)),
        ((0.0, 0.0, 0.0), 1, (None, None, None)),
        ((None, None, None), 1, (None, None, None)),
        ((0.0,), 1, (True,)),
    ],
    ids=["one works", "two of ours", "more work than are ours", "none works", "untold", "alone"],
)
@pytest.mark.parametrize("pids", [None, frozenset()])
def test_which_of_several_cards_is_told_by_their_work(tmp_path, busy, holders, mine, pids):
    """Nobody is listed and a device is open here: cards that work are ours, else nobody knows."""
    for pid in range(PID, PID + holders):
        open_uvm(tmp_path, pid)
    users = GpuUsers(fake_host(tmp_path, CONTAINER), pid=PID)
    clock = FakeClock()
    cards = [Working(clock, GpuUse(pids=pids), index, part) for index, part in enumerate(busy)]
    users.look(cards, range(PID + 1, PID + holders), 1000.0)
    parts = [users.part(one.spec.id, 999.0, 1000.0) for one in cards]
    assert tuple(one.mine for one in parts) == mine


def test_a_card_that_worked_at_any_look_of_the_span_is_ours(tmp_path):
    """Between two kernels a card is idle for a look: the span's other looks count too."""
    open_uvm(tmp_path)
    users = GpuUsers(fake_host(tmp_path, CONTAINER), pid=PID)
    cards = [Working(FakeClock(), GpuUse(pids=None), index, 0.0) for index in range(2)]
    for second, busy in enumerate((0.0, 0.7, 0.0)):
        cards[1].busy = busy
        users.look(cards, (), 1000.0 + second)
    assert [users.part(one.spec.id, 1000.0, 1002.0).mine for one in cards] == [False, True]


@pytest.mark.parametrize(("busy", "low", "high"), [(0.8, 99.0, 101.0), (0.0, 0.0, 800.0)])
def test_eight_unlisted_cards_are_not_all_charged(tmp_path, busy, low, high):
    """One of eight works: its energy is ours. None does: from nothing to all, modelled and said."""
    clock = FakeClock()
    pid = os.getpid()
    open_uvm(tmp_path, pid)
    cards = [
        Working(clock, GpuUse(pids=None), index, busy if index == 3 else 0.0) for index in range(8)
    ]
    session = fake_session(tmp_path, *cards, clock=clock)
    report = counted(session, clock)
    kernel = report.energy.kernel
    told = busy > 0
    assert kernel.value == pytest.approx(100.0, rel=0.01)
    assert kernel.low == pytest.approx(low, abs=1.0)
    assert kernel.high == pytest.approx(high, rel=0.02)
    assert (kernel.basis is Basis.MEASURED) is told
    codes = {note.code for note in report.notes}
    assert ("gpu-unused" in codes, "gpu-use-unknown" in codes) == (told, not told)
    assert report.energy.machine.value == pytest.approx(800.0, rel=0.01)


def test_a_look_may_come_while_a_report_is_made(tmp_path):
    """The sampler's thread looks while the cell's thread asks whose a card was: neither fails."""
    users = GpuUsers(fake_host(tmp_path), pid=PID)
    card = Working(FakeClock(), GpuUse((PID,)), 0, 0.5)
    for _ in range(1000):
        users.look([card], (), 1000.0)
    going = [True]

    def look_on():
        while going:
            users.look([card], (), 1000.0)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread = threading.Thread(target=look_on)
    thread.start()
    try:
        for _ in range(300):
            assert users.part("nvml:0", 999.0, 1001.0).mine
            assert users.states("nvml:0", 999.0, 1001.0)
    finally:
        going.clear()
        sys.setswitchinterval(before)
        thread.join()

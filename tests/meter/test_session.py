"""From a span to its report, on fake hardware and a clock that stands still."""

import asyncio
import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from green_notebook.clock import Clock
from green_notebook.errors import GreenNotebookError
from green_notebook.kernel_session import close_current, current
from green_notebook.measuring import measure
from green_notebook.model import Basis, Report, SensorSpec
from green_notebook.testing import FakeClock, FakeModel, FakeSensor, fake_session


@pytest.fixture
def clock():
    return FakeClock()


def run(session, clock, seconds, busy=0.0, **options):
    span = session.begin(thread=False, **options)
    for _ in range(round(seconds * 10)):
        clock.advance(0.1, busy)
        session.sampler.tick()
    return session.end(span)


def test_a_counter_gives_the_energy_between_two_marks(tmp_path, clock):
    """Ten watts for three seconds are thirty joules, measured."""
    session = fake_session(tmp_path, FakeSensor(clock, 10.0), clock=clock)
    report = run(session, clock, 3.0, busy=1.0, zone="FR")
    machine = report.energy.machine
    assert machine.value == pytest.approx(30.0, rel=0.002)
    assert machine.low <= 30.0 <= machine.high
    assert machine.basis is Basis.MEASURED
    assert report.duration_s == pytest.approx(3.0)


def test_the_parts_of_a_report_agree(tmp_path, clock):
    """The kernel is the sum of its components, and grams are joules times PUE times intensity."""
    session = fake_session(tmp_path, FakeModel(), FakeSensor(clock, 50.0, GPU), clock=clock)
    report = run(session, clock, 2.0, busy=0.5, zone="PL", pue=1.5)
    parts = sum(one.kernel.value for one in report.energy.components)
    assert report.energy.kernel.value == pytest.approx(parts)
    expected = report.energy.kernel.value / 3.6e6 * 1.5 * report.intensity.quantity.value
    assert report.footprint.operational.value == pytest.approx(expected)
    assert report.place.zone == "PL"


GPU = SensorSpec("nvml:0", "gpu:0", "energy", step_s=0.001)


def test_tasks_that_overlap_are_nobodys_children(tmp_path, clock):
    """The one that outlives the other keeps its figure, and both say that they overlap."""
    session = fake_session(tmp_path, FakeModel(), clock=clock)
    first = session.begin("first", thread=False)
    second = session.begin("second", thread=False)
    clock.advance(1.0, 1.0)
    one = session.end(first)
    clock.advance(1.0, 1.0)
    session.sampler.tick()
    two = session.end(second)
    assert two.parent_id is None
    assert two.duration_s == pytest.approx(2.0)
    for report in (one, two):
        assert "side-by-side" in {note.code for note in report.notes}
    assert not session.sampler.busy


def test_a_coroutine_function_is_measured_while_it_is_awaited(tmp_path, clock):
    """As a decorator: what is measured is the work, not the making of the coroutine."""
    session = fake_session(tmp_path, FakeModel(), clock=clock)

    @measure(session=session)
    async def work():
        clock.advance(2.0, 1.0)
        return 3

    assert asyncio.run(work()) == 3
    assert session.reports[-1].name == "work"
    assert session.reports[-1].duration_s == pytest.approx(2.0)
    session.close()


def test_what_could_not_be_read_is_unknown_and_not_zero(tmp_path, clock):
    """The only sensor fails: nothing is called measured, and the interval reaches what it can draw."""
    spec = SensorSpec("rapl:0", "cpu:0", "energy", step_s=0.001, max_power_w=100.0)
    sensor = FakeSensor(clock, 20.0, spec)
    sensor.failing = True
    session = fake_session(tmp_path, sensor, clock=clock)
    report = run(session, clock, 3.0, busy=1.0)
    assert report.energy.components == ()
    assert report.energy.kernel.basis is Basis.ASSUMED
    assert report.energy.kernel.high == pytest.approx(300.0)
    assert report.footprint.operational.high > 0
    assert "energy-unknown" in {note.code for note in report.notes}


def test_a_shared_machine_is_said_once(tmp_path, clock):
    """On a hub the first report says by what its idle draw counts; the next ones do not."""
    session = fake_session(tmp_path, FakeModel(), clock=clock)
    session.sampler.usage.exclusive = False
    first, second = (run(session, clock, 1.0, busy=0.5) for _ in range(2))
    assert "shared-machine" in {note.code for note in first.notes}
    assert "shared-machine" not in {note.code for note in second.notes}


def test_a_report_survives_its_json(tmp_path, clock):
    """to_json and from_json are inverse, and every field of the contract is there."""
    session = fake_session(tmp_path, FakeModel(), clock=clock)
    report = run(session, clock, 1.0, busy=1.0, name="sort")
    assert Report.from_json(report.to_json()) == report
    data = json.loads(report.to_json())
    assert {
        "schema", "id", "session_id", "parent_id", "state", "name", "cell_key", "notebook_key",
        "execution_count", "repeats", "version", "data_version", "started_at", "duration_s",
        "status", "energy", "place", "intensity", "overhead", "footprint", "equivalences",
        "advice", "remote", "notes", "meter",
    } <= set(data)  # fmt: skip
    assert set(data["energy"]["kernel"]) == {"value", "low", "high", "random", "unit", "basis"}


def test_rubbish_is_no_report():
    """Text that is no report is refused with one line."""
    for text in ("", "[]", '{"schema": 2}', '{"schema": 1}'):
        with pytest.raises(ValueError, match="report"):
            Report.from_json(text)


def test_nested_spans_know_their_parent_and_a_total_counts_once(tmp_path, clock):
    """A measured block inside a measured cell is part of it."""
    session = fake_session(tmp_path, FakeModel(), clock=clock)
    outer = session.begin("outer", thread=False)
    clock.advance(1.0, 1.0)
    inner = run(session, clock, 1.0, busy=1.0, name="inner")
    clock.advance(1.0, 1.0)
    whole = session.end(outer)
    assert inner.parent_id == whole.id
    assert [one.name for one in session.counted] == ["outer"]
    assert whole.energy.kernel.value > inner.energy.kernel.value


def test_a_failing_sensor_is_a_gap_and_never_zero(tmp_path, clock):
    """When every read fails the component is absent, and a note says why."""
    sensor = FakeSensor(clock, 10.0)
    session = fake_session(tmp_path, sensor, FakeModel(component="ram"), clock=clock)
    sensor.failing = True
    report = run(session, clock, 1.0)
    assert [one.component for one in report.energy.components] == ["ram"]
    lost = [note.text for note in report.notes if note.code == "sensor-lost"]
    assert lost == ["cpu:0: the sensor could not be read"]


def test_a_long_span_rolls_up_to_the_same_sum(tmp_path, clock):
    """An hour of work is the sum of its pieces, within the interval."""
    session = fake_session(tmp_path, FakeSensor(clock, 10.0), clock=clock)
    span = session.begin(thread=False)
    for _ in range(360):
        clock.advance(1.0, 1.0)
        session.sampler.tick()
    report = session.end(span)
    assert report.energy.machine.value == pytest.approx(3600.0, rel=1e-3)
    assert len(span.folded[1]) == 1


def test_live_states_come_at_most_five_times_a_second(tmp_path, clock):
    """A subscriber hears of a running span, and nothing after its end."""
    session = fake_session(tmp_path, FakeModel(), clock=clock)
    states = []
    span = session.begin(thread=False)
    session.subscribe(span, states.append)
    for _ in range(100):
        clock.advance(0.05, 1.0)
        session.sampler.tick()
    session.end(span)
    heard = len(states)
    session.sampler.tick()
    assert len(states) == heard
    assert 20 <= heard <= 26
    assert states[-1].energy.value == pytest.approx(50, rel=0.5)
    assert len(json.dumps(states[-1].to_dict())) < 1024


def test_wrong_options_are_refused_before_anything_begins(tmp_path, clock):
    """A typo in a zone names the closest; a PUE below one is refused."""
    session = fake_session(tmp_path, FakeModel(), clock=clock)
    with pytest.raises(GreenNotebookError, match="FR"):
        session.begin(zone="Frnace", thread=False)
    with pytest.raises(GreenNotebookError, match="PUE"):
        session.begin(pue=0.5, thread=False)
    assert session.reports == []
    assert not session.sampler.busy


def test_the_zone_is_asked_for_once(tmp_path, clock):
    """The first report with an unknown zone says how to set it; the second does not."""
    session = fake_session(tmp_path, FakeModel(), clock=clock)
    first, second = run(session, clock, 1.0), run(session, clock, 1.0)
    assert [note.code for note in first.notes if note.code.startswith("zone-")]
    assert not [note.code for note in second.notes if note.code.startswith("zone-")]


@pytest.mark.parametrize(
    ("error", "status"), [(ValueError, "error"), (KeyboardInterrupt, "interrupted")]
)
def test_an_exception_passes_through_a_measured_block(tmp_path, clock, error, status):
    """The block's own outcome is untouched, and the report tells how it ended."""
    session = fake_session(tmp_path, FakeModel(), clock=clock)
    block = measure("train", session=session)
    with pytest.raises(error), block:
        raise error
    assert block.report.status == status
    session.close()


def test_a_report_before_its_end_is_refused(tmp_path, clock):
    """There is nothing to see while the block runs."""
    block = measure(session=fake_session(tmp_path, FakeModel(), clock=clock))
    with pytest.raises(GreenNotebookError, match="ended"):
        _ = block.report


def test_a_fork_leaves_the_child_without_session(tmp_path):
    """The child of a fork drops the parent's thread and sensors and can measure on its own."""
    from green_notebook import kernel_session as module

    parent = module.current()
    parent.sampler.open()
    pid = os.fork()
    if pid == 0:
        os._exit(0 if module._current is None and parent.closed else 1)
    _, code = os.waitpid(pid, 0)
    module.close_current()
    assert os.waitstatus_to_exitcode(code) == 0


def test_closing_leaves_no_thread(tmp_path):
    """After close the measuring thread has ended and sensors are given back."""
    before = set(threading.enumerate())
    clock = FakeClock()
    sensor = FakeSensor(clock)
    session = fake_session(tmp_path, sensor, clock=clock)
    span = session.begin()
    session.end(span)
    session.close()
    session.close()
    assert sensor.closed
    left = set(threading.enumerate()) - before
    assert not [one for one in left if one.name == "green-notebook"]


def test_a_meter_of_the_whole_gives_the_rest_by_difference(tmp_path, clock):
    """A plug at 100 W and a package at 30 W: the rest is 70 W, and nothing is counted twice."""
    plug = FakeSensor(clock, 100.0, SensorSpec("plug", "node", "energy", covers=("rest",)))
    package = FakeSensor(clock, 30.0, SensorSpec("rapl:0", "cpu:0", "energy"))
    session = fake_session(tmp_path, plug, package, FakeModel(component="rest"), clock=clock)
    energy = run(session, clock, 2.0, busy=1.0).energy
    parts = {one.component: one.machine.value for one in energy.components}
    assert parts == {"cpu:0": pytest.approx(60, rel=0.01), "rest": pytest.approx(140, rel=0.01)}
    assert energy.machine.value == pytest.approx(200, rel=0.01)


def test_what_is_true_of_the_machine_is_said_once(tmp_path, clock):
    """A CPU that hides its model is noted with the first cell, not with each."""

    class Masked(FakeModel):
        def estimate(self, load, chips_j):
            estimate = super().estimate(load, chips_j)
            return replace(estimate, notes=(("cpu-unknown", "the CPU hides its model"),))

    session = fake_session(tmp_path, Masked(), clock=clock)
    reports = [run(session, clock, 1.0), run(session, clock, 1.0)]
    said = [[note.code for note in one.notes if note.code == "cpu-unknown"] for one in reports]
    assert said == [["cpu-unknown"], []]


@pytest.mark.parametrize(
    ("settings", "code"), [({"zone": "Frnace"}, "zone-wrong"), ({"pue": 0.5}, "pue-wrong")]
)
def test_a_wrong_setting_is_noted_and_nothing_is_lost(tmp_path, clock, settings, code):
    """The cell has its report all the same, with one line that names the cure."""
    session = fake_session(tmp_path, FakeModel(), clock=clock, **settings)
    report = run(session, clock, 1.0)
    assert code in {note.code for note in report.notes}
    assert report.energy.kernel.value > 0


class Device:
    """Stands where a framework's module is: it is initialised, and can be waited for."""

    def __init__(self, error=None):
        self.waited = 0
        self.error = error

    def is_initialized(self):
        return True

    def is_current_stream_capturing(self):
        return False

    def synchronize(self):
        self.waited += 1
        if self.error:
            raise self.error


@pytest.mark.parametrize("sync", [True, False])
def test_work_on_the_gpu_is_waited_for_where_that_is_asked(tmp_path, clock, monkeypatch, sync):
    """With sync a span ends when the device is done; without it nobody waits."""
    device = Device()
    monkeypatch.setitem(sys.modules, "torch.cuda", device)
    session = fake_session(tmp_path, FakeModel(), clock=clock)
    run(session, clock, 0.1, sync=sync)
    assert device.waited == int(sync)


def test_a_device_that_fails_is_noted(tmp_path, clock, monkeypatch):
    """An error that waiting surfaces ends no cell: the report names its kind, not what it says."""
    device = Device(RuntimeError("in /home/somebody/kernels.cu"))
    monkeypatch.setitem(sys.modules, "torch.cuda", device)
    session = fake_session(tmp_path, FakeModel(), clock=clock, sync=True)
    notes = {note.code: note.text for note in run(session, clock, 0.1).notes}
    assert notes["gpu-sync"] == "waiting for the GPU failed: torch.cuda raised RuntimeError"


def test_threads_that_ask_at_once_share_one_session():
    """The first `gn.measure` of several threads: a second session would lose a report."""
    close_current()
    together = threading.Barrier(8)

    def ask(_):
        together.wait()
        return current()

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(ask, range(8)))) == 1
    close_current()


def test_the_thread_runs_without_any_sensor(tmp_path):
    """A machine with nothing but a model has a live view too: the thread lives on and ticks."""
    session = fake_session(tmp_path, FakeModel())
    session.clock = session.sampler.clock = session.sampler.usage.clock = Clock()
    heard = threading.Event()
    span = session.begin()
    session.subscribe(span, lambda _state: heard.set())
    assert heard.wait(10)
    session.end(span)
    session.close()


def test_threads_that_measure_at_once_leave_the_sampler_at_rest(tmp_path):
    """However begins and ends fall together, the last end lets the session rest."""
    clock = FakeClock()
    session = fake_session(tmp_path, FakeSensor(clock, 10.0), clock=clock)
    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            begun = [
                threads.submit(
                    lambda: [session.discard(session.begin(thread=False)) for _ in range(20)]
                )
                for _ in range(4)
            ]
        for one in begun:
            one.result()
    finally:
        sys.setswitchinterval(interval_s)
    assert not session.sampler.busy
    assert session.outermost() is None

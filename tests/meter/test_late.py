"""GPU work that outlives its cell: noted where it ended and where it went on, never waited for."""

import os
import sys
from types import ModuleType, SimpleNamespace

import pytest

from green_notebook import pending, waiting
from green_notebook.model import SensorSpec
from green_notebook.sensors._gpu import GpuUse
from green_notebook.testing import FakeClock, FakeModel, FakeSensor, fake_session

OURS = (os.getpid(),)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture(autouse=True)
def no_framework(monkeypatch):
    """What other tests imported is not asked here."""
    for name in ("torch.cuda", "torch._C", "cupy", "jax", "jax._src.xla_bridge", "tensorflow"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def run(session, clock, seconds=0.1, **options):
    span = session.begin(thread=False, **options)
    clock.advance(seconds)
    return session.end(span)


def codes(report):
    return [note.code for note in report.notes if note.code.startswith("gpu-")]


class Torch:
    """torch.cuda as far as it is asked: two devices, a context on the first alone.

    ``busy`` holds the devices whose stream still works; ``calls`` what was called.
    """

    def __init__(self, monkeypatch, busy=()):
        self.busy, self.calls = set(busy), []
        self.initialised, self.capturing, self.error = True, False, None
        core = SimpleNamespace(
            _cuda_getDeviceCount=lambda: 2, _cuda_hasPrimaryContext=lambda index: index == 0
        )
        monkeypatch.setitem(sys.modules, "torch._C", core)
        monkeypatch.setitem(sys.modules, "torch.cuda", self)

    def is_initialized(self):
        return self.initialised

    def is_current_stream_capturing(self):
        return self.capturing

    def current_stream(self, index):
        return SimpleNamespace(query=lambda: self.query(index))

    def query(self, index):
        self.calls.append(f"query {index}")
        if self.error:
            raise self.error
        return index not in self.busy

    def synchronize(self, index):
        self.calls.append(f"synchronize {index}")
        self.busy.discard(index)


def test_late_work_is_noted_where_it_ended_and_where_it_went_on(tmp_path, clock, monkeypatch):
    """The cell that left work says so and names the cure; the next one says what it holds."""
    torch = Torch(monkeypatch)
    session = fake_session(tmp_path, FakeModel(), clock=clock)
    span = session.begin(thread=False)
    torch.busy = {0}
    late = session.end(span)
    early = session.begin(thread=False)
    torch.busy = set()
    clock.advance(0.1)
    followed = session.end(early)
    after = run(session, clock)
    assert [codes(one) for one in (late, followed, after)] == [["gpu-late"], ["gpu-early"], []]
    assert "%%carbon --sync" in next(n.text for n in late.notes if n.code == "gpu-late")
    assert not [call for call in torch.calls if call.startswith("synchronize")]


def test_with_sync_nothing_is_late(tmp_path, clock, monkeypatch):
    """The work was waited for, on every device with a context and on no other."""
    torch = Torch(monkeypatch)
    session = fake_session(tmp_path, FakeModel(), clock=clock)
    span = session.begin(thread=False, sync=True)
    torch.busy = {0}
    torch.calls.clear()
    assert codes(session.end(span)) == []
    assert torch.calls == ["synchronize 0"]


def test_a_device_without_a_context_is_not_asked(monkeypatch):
    """A question would make the context, and take memory."""
    torch = Torch(monkeypatch, busy={1})
    assert pending.running() is False
    assert torch.calls == ["query 0"]


@pytest.mark.parametrize(
    "state",
    [{"initialised": False}, {"capturing": True}, {"error": RuntimeError("device-side assert")}],
    ids=["not initialised", "a graph is captured", "the query raises"],
)
def test_who_cannot_be_asked_tells_nothing(tmp_path, clock, monkeypatch, state):
    """No note, no error: a failed device is the user's to hear of, from the next call."""
    torch = Torch(monkeypatch, busy={0})
    for name, value in state.items():
        setattr(torch, name, value)
    assert pending.running() is None
    assert codes(run(fake_session(tmp_path, FakeModel(), clock=clock), clock)) == []
    if "error" not in state:
        assert torch.calls == []


@pytest.mark.parametrize("name", ["torch.cuda", "cupy", "jax"])
def test_a_half_imported_framework_is_left_alone(monkeypatch, name):
    """Another thread may be in the middle of the import: what is missing is not missed."""
    monkeypatch.setitem(sys.modules, name, ModuleType(name))
    assert pending.running() is None


def test_one_that_fails_hides_no_other(monkeypatch):
    """CuPy's answer counts where torch's device failed."""
    torch = Torch(monkeypatch)
    torch.error = RuntimeError("lost")
    Cupy(monkeypatch, status=600)
    assert pending.running() is True


class Cupy:
    """cupy as far as it is asked; ``left`` is what CUDA's last error would be."""

    def __init__(self, monkeypatch, status, context=1, capturing=False):
        self.status, self.left, self.asked = status, 0, 0
        stream = SimpleNamespace(ptr=7, is_capturing=lambda: capturing)
        self.cuda = SimpleNamespace(
            driver=SimpleNamespace(ctxGetCurrent=lambda: context),
            runtime=SimpleNamespace(streamQuery=self.query, check_status=self.check),
            get_current_stream=lambda: stream,
        )
        monkeypatch.setitem(sys.modules, "cupy", self)

    def query(self, pointer):
        assert pointer == 7
        self.asked += 1
        self.left = self.status
        return self.status

    def check(self, status):
        self.left = 0
        raise RuntimeError(f"status {status}")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"status": 0}, False),
        ({"status": 600}, True),
        ({"status": 710}, None),
        ({"status": 600, "context": 0}, None),
        ({"status": 600, "capturing": True}, None),
    ],
    ids=["done", "not ready", "failed", "no context", "capturing"],
)
def test_cupy_is_asked_and_not_ready_is_taken_away(monkeypatch, fields, told):
    """Left behind, "not ready" would fail the user's next check of a launch."""
    cupy = Cupy(monkeypatch, **fields)
    assert pending.running() is told
    assert cupy.left in (0, 710)
    assert cupy.asked == (told is not None or fields["status"] == 710)


class Array:
    """A jax array: asked after it was deleted, jax 0.10 ends the process."""

    def __init__(self, ready=True, deleted=False):
        self.ready, self.deleted = ready, deleted

    def is_deleted(self):
        return self.deleted

    def is_ready(self):
        assert not self.deleted
        return self.ready


@pytest.mark.parametrize(
    ("backends", "arrays", "told"),
    [
        ({}, [Array(ready=False)], None),
        ({"cpu": 0}, [Array(ready=False)], None),
        ({"cpu": 0, "cuda": 0}, [Array(), Array(ready=False)], True),
        ({"cuda": 0}, [Array(), Array(ready=False, deleted=True)], False),
        ({"cuda": 0}, [Array()] * 100_000 + [Array(ready=False)], False),
    ],
    ids=["not started", "no GPU", "pending", "done", "only the newest are asked"],
)
def test_jax_is_asked_for_arrays_of_started_gpus(monkeypatch, backends, arrays, told):
    """jax would start its backends if it were asked earlier, and CPU arrays are no GPU work."""
    started = []
    live = SimpleNamespace(live_arrays=lambda name: (started.append(name), iter(arrays))[1])
    monkeypatch.setitem(sys.modules, "jax", live)
    monkeypatch.setitem(
        sys.modules, "jax._src.xla_bridge", SimpleNamespace(_backends=dict(backends))
    )
    assert pending.running() is told
    assert set(started) <= {"cuda"} & set(backends)


def frameworks(monkeypatch, name, *, used=True, capturing=False, eager=True, error=None):
    """One framework as far as it is waited for; the list of how often it was."""
    waited = []

    def wait():
        waited.append(1)
        if error:
            raise error

    array = SimpleNamespace(is_deleted=lambda: False, block_until_ready=wait)
    cuda = SimpleNamespace(
        driver=SimpleNamespace(ctxGetCurrent=lambda: int(used)),
        runtime=SimpleNamespace(deviceSynchronize=wait),
        get_current_stream=lambda: SimpleNamespace(is_capturing=lambda: capturing),
    )
    modules = {
        "torch.cuda": SimpleNamespace(
            is_initialized=lambda: used,
            is_current_stream_capturing=lambda: capturing,
            synchronize=wait,
        ),
        "cupy": SimpleNamespace(cuda=cuda),
        "jax": SimpleNamespace(effects_barrier=lambda: None, live_arrays=lambda _name: [array]),
        "tensorflow": SimpleNamespace(
            executing_eagerly=lambda: eager,
            test=SimpleNamespace(experimental=SimpleNamespace(sync_devices=wait)),
        ),
    }
    monkeypatch.setitem(sys.modules, name, modules[name])
    bridge = SimpleNamespace(_backends={"cuda": 0} if used else {})
    monkeypatch.setitem(sys.modules, "jax._src.xla_bridge", bridge)
    context = SimpleNamespace(_context=SimpleNamespace(_context_handle=1 if used else None))
    monkeypatch.setitem(sys.modules, "tensorflow.python.eager.context", context)
    return waited


FRAMEWORKS = ("torch.cuda", "cupy", "jax", "tensorflow")


@pytest.mark.parametrize("used", [False, True])
@pytest.mark.parametrize("name", FRAMEWORKS)
def test_only_what_is_in_use_is_waited_for(monkeypatch, name, used):
    """Imported is not used: waiting would start the framework and take the GPU's memory."""
    waited = frameworks(monkeypatch, name, used=used)
    assert waiting.synchronise() is None
    assert waited == ([1] if used else [])


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("torch.cuda", {"capturing": True}),
        ("cupy", {"capturing": True}),
        ("tensorflow", {"eager": False}),
    ],
    ids=["torch captures a graph", "cupy captures a graph", "TensorFlow 1's graphs"],
)
def test_who_may_not_be_waited_for_is_let_be(monkeypatch, name, state):
    """Waiting would break a capture, or is refused: neither is done, and nothing has failed."""
    waited = frameworks(monkeypatch, name, **state)
    assert waiting.synchronise() is None
    assert waited == []


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_who_could_not_be_waited_for_is_named(monkeypatch, name):
    """The framework and the error's kind; what it says may hold paths. The others are waited for."""
    other = frameworks(monkeypatch, next(one for one in FRAMEWORKS if one != name))
    frameworks(monkeypatch, name, error=ValueError("at /home/somebody/secret.py"))
    assert waiting.synchronise() == f"{name} raised ValueError"
    assert other == [1]


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_an_import_that_goes_on_is_not_waited_for(monkeypatch, name):
    """Another thread is in the middle of it: nothing runs yet, and nothing has failed."""
    half = ModuleType(name)
    half.__spec__ = SimpleNamespace(_initializing=True)
    monkeypatch.setitem(sys.modules, name, half)
    assert waiting.synchronise() is None


# --- where no framework can be asked: what the counter shows -----------------------------------


class Card(FakeSensor):
    """A card with a counter that steps each 100 ms, and the users that the test gives it."""

    def __init__(self, clock, power_w, pids):
        spec = SensorSpec(
            "nvml:0", "gpu:0", "energy", step_s=0.1, idle_power_w=50.0, max_power_w=600.0
        )
        super().__init__(clock, power_w, spec)
        self.pids = pids
        self._shown, self._next_s = 0.0, clock.monotonic() + 0.037

    def read(self):
        now_s = self.clock.monotonic()
        while self._next_s <= now_s:
            self.clock.now_s = self._next_s
            self._shown = super().read()
            self._next_s += 0.1
        self.clock.now_s = now_s
        return self._shown

    def users(self):
        return GpuUse(pids=frozenset(self.pids))


def pass_time(session, clock, seconds):
    """As the sampler's thread would: a round each 5 ms."""
    for _ in range(round(seconds / 0.005)):
        clock.advance(0.005)
        session.sampler.tick()


def after_a_cell(tmp_path, clock, power_w, *, pids=OURS, sync=False, meanwhile=None):
    """The final report of a second's cell; ``power_w`` follows the time since its begin."""
    begun_s = clock.monotonic() + 1.0
    card = Card(clock, lambda at_s: power_w(at_s - begun_s), pids)
    session = fake_session(tmp_path, FakeModel(component="cpu:0"), card, clock=clock)
    session.sampler.open()
    pass_time(session, clock, 1.0)
    span = session.begin(thread=False, sync=sync)
    pass_time(session, clock, 1.0)
    session.end(span)
    if meanwhile:
        meanwhile(session)
    pass_time(session, clock, 0.2)
    report = session.finalise(span.id)
    assert report.state == "final"
    return report


def busy_until(end_s, high_w=350.0, rest_w=60.0):
    """Work from the cell's begin to ``end_s``, then what a card draws with its clocks still up."""
    return lambda at_s: high_w if 0.0 <= at_s < end_s else rest_w


def test_a_card_that_draws_on_is_noted(tmp_path, clock):
    """With no framework to ask, the counter's next step tells, and the note says what it saw."""
    report = after_a_cell(tmp_path, clock, busy_until(1.5))
    assert codes(report) == ["gpu-late"]
    assert "350 W" in next(note.text for note in report.notes if note.code == "gpu-late")


@pytest.mark.parametrize(
    "power_w",
    [
        busy_until(1.0),
        busy_until(1.0, rest_w=120.0),
        busy_until(0.98),
        busy_until(2.0, high_w=150.0),
        lambda _: 60.0,
    ],
    ids=["it rests", "clocks stay up", "just before the end", "light work", "never worked"],
)
def test_a_card_that_may_rest_is_not_noted(tmp_path, clock, power_w):
    """Half of the work's power and half of the limit: what is less may be clocks that stay up."""
    assert codes(after_a_cell(tmp_path, clock, power_w)) == []


def another_cell(session):
    """The next cell begins at once, and ends at once."""
    session.end(session.begin(thread=False))


@pytest.mark.parametrize(
    "fields",
    [
        {"pids": (*OURS, 1)},
        {"pids": ()},
        {"sync": True},
        {"meanwhile": another_cell},
    ],
    ids=["shared", "not ours", "waited for", "the next cell began"],
)
def test_what_another_may_draw_is_not_noted(tmp_path, clock, fields):
    """Another process, or the next cell: the power says nothing of this cell's work."""
    assert "gpu-late" not in codes(after_a_cell(tmp_path, clock, busy_until(1.5), **fields))


def test_a_framework_that_says_done_is_believed(tmp_path, clock, monkeypatch):
    """Its own answer is better than a counter that may lag."""
    Torch(monkeypatch)
    assert codes(after_a_cell(tmp_path, clock, busy_until(1.5))) == []

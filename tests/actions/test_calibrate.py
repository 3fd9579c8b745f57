"""Calibration against an external meter: the line, what is refused, and that it is used later."""

from __future__ import annotations

from contextlib import contextmanager

import platformdirs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from green_notebook.actions import calibrate
from green_notebook.errors import GreenNotebookError
from green_notebook.host import Host
from green_notebook.model import Basis, Load, SensorSpec
from green_notebook.sensors import _calibration, rest_model
from green_notebook.sensors._calibration import Calibration, fitted
from green_notebook.testing import FakeClock, FakeSensor, fake_session

CPU = SensorSpec("rapl:cpu:0", "cpu:0", "energy", step_s=0.001, covers=("cpu:0",))
PLUG = SensorSpec(
    "plug:shelly",
    "node",
    "power",
    gain_error=(0.02, 0.02),
    step_s=1.0,
    window_s=1.0,
    covers=("node",),
    label="Shelly plug: all that hangs on it",
)


class Room:
    """A machine on a plug: chips of 10 W to 70 W, a wall of 20 W + 1.2 x chips (unless told)."""

    def __init__(self, folder, base_w=20.0, factor=1.2, swing_w=60.0, meter=True, parts=True):
        self.clock = FakeClock()
        self.level = 0
        self.asked = []
        self.swing_w = swing_w
        chips = FakeSensor(self.clock, lambda _: self.chips_w, CPU)
        plug = FakeSensor(self.clock, lambda _: base_w + factor * self.chips_w, PLUG)
        sources = [chips] * parts + [plug] * meter
        self.session = fake_session(folder, *sources, clock=self.clock)
        self.session.sampler.start = lambda: None  # the test ticks in its place
        self.threads = self.session.sampler.usage.threads

    @property
    def chips_w(self):
        return 10.0 + self.swing_w * self.level / self.threads

    def wait(self, seconds):
        for _ in range(round(seconds * 10)):
            self.clock.advance(0.1)
            self.session.sampler.tick()

    @contextmanager
    def work(self, level):
        self.level = level
        self.asked.append(level)
        yield
        self.level = 0

    def calibrated(self, seconds=60.0):
        bench = calibrate.Bench(self.session, self.wait, self.work)
        try:
            return bench.calibrated(seconds)
        finally:
            self.session.close()


def test_the_line_is_found_and_kept(tmp_path):
    """The wall is a base and a part of the chips; the line is kept for this machine."""
    room = Room(tmp_path)
    said = room.calibrated()
    assert "20.0 W + 1.20 x the chips" in said
    assert "Shelly plug" in said
    assert room.asked == [0, max(1, room.threads // 2), room.threads]
    line = _calibration.kept(room.session.host)
    assert line is not None
    assert line.base_w == pytest.approx(20.0, abs=0.5)
    assert line.factor == pytest.approx(1.2, abs=0.02)
    assert line.at == "2026-03-02"


def test_it_is_used_later(machine_of_its_own):
    """Without the meter the rest of the machine is modelled by the line, closer than assumed."""
    line = Calibration(20.0, 1.2, 0.5, 0.02, 70.0, "Shelly plug", "2026-03-02")
    (assumed,) = rest_model.discover(machine_of_its_own, {})
    (known,) = rest_model.discover(machine_of_its_own, {"calibration": line})
    load = Load(10.0, 5.0, 5.0)
    told, guess = (one.estimate(load, 500.0).machine for one in (known, assumed))
    assert told.value == pytest.approx(10 * (20 + 0.2 * 50))
    assert told.basis is Basis.MODELLED
    assert told.high - told.low < (guess.high - guess.low) / 3
    assert known.estimate(load, 500.0).idle.value == pytest.approx(200)
    assert "calibrated against Shelly plug" in known.spec.label


@pytest.mark.parametrize(
    ("room", "said"),
    [
        ({"meter": False}, "needs an external meter"),
        ({"parts": False}, "nothing to calibrate"),
        ({"swing_w": 1.0}, "too little to fit a line"),
        ({"factor": 4.0}, "which no machine does"),
        ({"base_w": -15.0}, "which no machine does"),
    ],
)
def test_refused(tmp_path, room, said):
    """What cannot be calibrated is refused in one line, and nothing is kept."""
    bench = Room(tmp_path, **room)
    with pytest.raises(GreenNotebookError, match=said) as caught:
        bench.calibrated()
    assert "\n" not in str(caught.value)
    assert _calibration.kept(bench.session.host) is None


def test_a_meter_that_fails(tmp_path):
    """Windows in which the meter did not answer are left out; without any there is no line."""
    room = Room(tmp_path)
    room.session.sampler.open()
    for one in room.session.sampler.choice.sensors:
        one.failing = one.spec.component == "node"
    with pytest.raises(GreenNotebookError, match="too rarely"):
        room.calibrated()


@pytest.mark.parametrize("argv", [["--seconds", "3"], ["--seconds", "soon"], ["--second", "60"]])
def test_arguments(tmp_path, argv):
    """Wrong arguments are said in one line, before anything runs."""
    with pytest.raises(GreenNotebookError, match="calibrate"):
        calibrate.run(Room(tmp_path).session, argv)


def test_the_load():
    """The load of its own runs on threads that end with it."""
    with calibrate.hashing(2):
        pass


def test_where_it_is_kept():
    """The file lies in the user's data folder, where platformdirs puts it."""
    assert str(_calibration.file().parent) == platformdirs.user_data_dir("green-notebook", False)


def test_garbled_files(tmp_path):
    """A file that is no calibration is none."""
    host = Host(tmp_path, {})
    path = _calibration.file()
    path.parent.mkdir(parents=True, exist_ok=True)
    for text in ("", "[]", '{"version": 1, "machines": 3}', '{"version": 9, "machines": {}}'):
        path.write_text(text)
        assert _calibration.kept(host) is None
    for told in (None, 3, {}, {"base_w": "x"}, {"base_w": 1.0}):
        assert _calibration.parsed(told) is None
    line = Calibration(20.0, 1.2, 0.5, 0.02, 70.0, "plug", "2026-03-02")
    _calibration.keep(host, line)
    assert _calibration.kept(host) == line


@given(
    st.floats(0, 200),
    st.floats(1, 1.6),
    st.lists(st.floats(0, 300), min_size=4, max_size=20),
)
def test_the_fit(base_w, factor, chips):
    """Points on a line give that line."""
    points = [(one, base_w + factor * one) for one in chips]
    if max(chips) - min(chips) < _calibration.LEAST_SWING_W:
        with pytest.raises(GreenNotebookError):
            fitted(points, 0.02)
        return
    line = fitted(points, 0.02)
    assert line.base_w == pytest.approx(base_w, abs=1e-4)
    assert line.factor == pytest.approx(factor, abs=1e-4)
    assert line.rest_w(100.0)[0] >= 0


@pytest.fixture
def machine_of_its_own():
    from pathlib import Path

    return Host(Path(__file__).parents[1] / "machines" / "ryzen-5800x-desktop", {})

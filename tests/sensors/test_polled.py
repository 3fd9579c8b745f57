"""A meter asked in the background: its age, its faults, its thread, and forks."""

from __future__ import annotations

import os
import threading

import pytest

from green_notebook.errors import Unavailable
from green_notebook.model import SensorSpec
from green_notebook.sensors import _polled
from green_notebook.sensors._polled import Polled, PolledSensor


class Clock:
    now_s = 100.0

    def __call__(self):
        return self.now_s


def test_the_latest_value():
    """Reading gives the last answer at once; asking is somebody else's time."""
    answers = [5.0, 7.0]
    polled = Polled(lambda: answers.pop(0), Clock())
    polled.poll()
    assert (polled.read(), polled.read()) == (5.0, 5.0)
    polled.poll()
    assert polled.read() == 7.0


def test_too_old_is_a_gap():
    """A value is given for five seconds, then it is a gap with the last problem."""
    clock = Clock()
    answers = [5.0]
    polled = Polled(lambda: answers.pop(0), clock)
    polled.poll()
    clock.now_s += 4.9
    polled.poll()
    assert polled.read() == 5.0
    clock.now_s += 0.2
    with pytest.raises(OSError, match="pop from empty list"):
        polled.read()


@pytest.mark.parametrize("watts", [float("nan"), float("inf"), -3.0, 1e9])
def test_nonsense_is_a_gap(watts):
    """What no machine draws is no reading."""
    polled = Polled(lambda: watts, Clock())
    polled.poll()
    with pytest.raises(OSError, match="it tells"):
        polled.read()


def test_the_thread_ends():
    """Closing ends the thread; a closed meter reads as a gap, and closing twice does no harm."""
    polled = Polled(lambda: 1.0)
    polled.start()
    assert polled.read() == 1.0
    polled.close()
    polled.close()
    assert not [one for one in threading.enumerate() if one.name == "green-notebook-meter"]
    with pytest.raises(OSError, match="does not answer"):
        polled.read()


def test_a_first_answer_that_fails():
    """What fails at once is unavailable, with the reason, and leaves no thread."""

    def refuse():
        raise Unavailable("it refuses", "ask nicely")

    with pytest.raises(Unavailable, match="it refuses") as caught:
        Polled(refuse).start()
    assert caught.value.cure == "ask nicely"
    assert not [one for one in threading.enumerate() if one.name == "green-notebook-meter"]


def test_a_slow_first_answer():
    """A meter that needs longer joins; until it answers its readings are gaps."""
    let = threading.Event()

    def slow():
        let.wait(5)
        return 9.0

    polled = Polled(slow)
    polled.start(wait_s=0.01)
    with pytest.raises(OSError, match="does not answer"):
        polled.read()
    let.set()
    assert polled._asked.wait(5)
    assert polled.read() == 9.0
    polled.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child():
    """A child does not take the parent's old value for its own, and closing there does no harm."""
    polled = Polled(lambda: 1.0)
    polled.start()
    child = os.fork()
    if child == 0:
        try:
            polled.read()
        except OSError:
            polled.close()
            os._exit(0)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert polled.read() == 1.0
    polled.close()


def test_a_counter_is_asked_at_an_edge(monkeypatch):
    """A span's edge wakes the thread, which would sleep on, and does not wait for it."""
    monkeypatch.setattr(_polled, "PERIOD_S", 60.0)
    counted = iter(range(1000))
    polled = Polled(lambda: (1.0, float(next(counted))))
    polled.start()
    assert polled.counts
    before = len(polled.answers)
    asked = threading.Event()
    polled._ask = lambda: (asked.set(), (1.0, float(next(counted))))[1]
    polled.edge()
    assert asked.wait(30)
    polled.close()
    assert len(polled.answers) > before


def test_a_failure_is_an_answer_too():
    """A question that failed stands among the answers as a gap."""
    answers = [5.0]
    polled = Polled(lambda: answers.pop(0), Clock())
    polled.poll()
    polled.poll()
    assert [one.watts for one in polled.answers] == [5.0, None]


def test_a_device_that_turns_out_to_count_later(monkeypatch):
    """A sensor that was opened for its power goes on telling power."""
    monkeypatch.setattr(_polled, "PROBE_S", 0.001)
    monkeypatch.setattr(Polled.start, "__defaults__", (0.0,))
    let = threading.Event()
    counted = iter(range(1000))

    def slow():
        let.wait(5)
        return 9.0, 1000.0 + next(counted)

    sensor = PolledSensor(slow, SensorSpec("plug:x", "node", "power"), lambda: None)
    let.set()
    assert sensor._polled._asked.wait(5)
    assert sensor._polled.counts
    assert sensor.spec.kind == "power"
    assert sensor.read() == 9.0
    assert {value.value for value, _ in sensor.answers(0.0)} == {9.0}
    sensor.close()

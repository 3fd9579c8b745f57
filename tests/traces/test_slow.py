"""Meters that answer once a second or more rarely: samples, counters that are asked, gaps."""

from __future__ import annotations

import random

import pytest

from green_notebook.model import Reading, SensorSpec, Trace
from green_notebook.traces import energy_between

BATTERY = SensorSpec(
    "battery", "node", "power", gain_error=(0.15, 0.4), step_s=5.0, max_power_w=500.0
)
PLUG = SensorSpec("plug", "node", "power", gain_error=(0.02, 0.02), step_s=1.0, max_power_w=4000.0)
COUNTER = SensorSpec(
    "plug",
    "node",
    "energy",
    gain_error=(0.02, 0.02),
    step_s=1.0,
    resolution_j=3.6,
    max_power_w=4000.0,
)


def square(at_s, period_s=3.1, low_w=40.0, high_w=120.0):
    return high_w if at_s % period_s < period_s / 2 else low_w


def joules(start_s, end_s, period_s=3.1, low_w=40.0, high_w=120.0):
    def until(at_s):
        whole, rest = divmod(at_s, period_s)
        half = period_s / 2
        return (
            whole * half * (low_w + high_w)
            + min(rest, half) * high_w
            + max(0.0, rest - half) * low_w
        )

    return until(end_s) - until(start_s)


def steady(spec, watts, start_s, end_s, every_s=0.09):
    trace = Trace(spec)
    for index in range(int((end_s - start_s) / every_s) + 1):
        trace.readings.append(Reading(start_s + index * every_s, watts))
    return trace


@pytest.mark.parametrize("lasts_s", [0.5, 2.0, 6.0, 15.0, 60.0])
def test_a_steady_battery(lasts_s):
    """Constant watts of a slow battery: its gain's error and some, and nothing said to be unread."""
    trace = steady(BATTERY, 9.5, 80.0, 100.0 + lasts_s)
    told = energy_between(trace, 100.0, 100.0 + lasts_s)
    truth = 9.5 * lasts_s
    assert told.quantity.value == pytest.approx(truth)
    assert 0.7 * truth < told.quantity.low < truth < told.quantity.high < 1.55 * truth
    assert told.notes == ()
    assert told.settled


def test_a_battery_that_just_joined():
    """A few seconds of one value are a figure, with a wider interval."""
    told = energy_between(steady(BATTERY, 9.5, 99.0, 102.0), 100.0, 102.0).quantity
    assert told.low < 0.75 * 19.0
    assert told.high < 2 * 19.0


def test_a_true_gap_is_said():
    """Where readings failed for long the time is named and the interval reaches wide."""
    trace = steady(BATTERY, 9.5, 80.0, 105.0)
    for index in range(100):
        trace.readings.append(Reading(105.1 + index / 10, None))
    trace.readings.extend(steady(BATTERY, 9.5, 115.2, 132.0).readings)
    told = energy_between(trace, 100.0, 130.0)
    assert {one.code for one in told.notes} == {"read-failed", "power-unread"}
    assert told.quantity.high > 1.7 * told.quantity.value


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -5.0, 1e9])
def test_a_bad_value_long_ago_changes_nothing(bad):
    """What no meter can have meant does not tell how far the power went."""
    good, spoilt = (steady(PLUG, 50.0, 60.0, 103.0) for _ in range(2))
    spoilt.readings.appendleft(Reading(59.0, bad))
    assert energy_between(spoilt, 100.0, 103.5) == energy_between(good, 100.0, 103.5)


def test_never_read():
    """Without a reading there is no figure."""
    told = energy_between(Trace(PLUG), 0.0, 1.0)
    assert told.quantity is None
    assert told.notes[0].code == "sensor-lost"


@pytest.mark.parametrize("lasts_s", [1.0, 3.0, 10.0])
def test_samples_of_a_load_that_varies(lasts_s):
    """The interval holds the truth where only samples of a square wave are known."""
    chance = random.Random(int(lasts_s))
    held = 0
    for _ in range(100):
        start_s = 100 + chance.random() * 3.1
        trace = Trace(PLUG)
        at_s = start_s - 15
        while at_s < start_s + lasts_s:
            trace.readings.append(Reading(at_s, square(at_s)))
            at_s += chance.uniform(0.7, 1.3)
        told = energy_between(trace, start_s, start_s + lasts_s).quantity
        held += told.low <= joules(start_s, start_s + lasts_s) <= told.high
    assert held >= 93


@pytest.mark.parametrize(("lasts_s", "most"), [(1.0, 0.12), (3.0, 0.06), (10.0, 0.03)])
def test_a_counter_that_is_asked(lasts_s, most):
    """Answers at a span's edges and once a second enclose its energy, whatever the load did."""
    chance = random.Random(int(lasts_s))
    for _ in range(100):
        start_s = 100 + chance.random() * 3.1
        end_s = start_s + lasts_s
        asked = {start_s - 12 + index for index in range(int(lasts_s) + 13)}
        asked |= {start_s + chance.uniform(0.005, 0.05), end_s + chance.uniform(0.005, 0.05)}
        trace = Trace(COUNTER)
        for at_s in sorted(asked):
            counted = 3.6 * round(joules(0.0, at_s) / 3.6)
            trace.readings.append(Reading(at_s, 1e6 + counted, 0.01))
            trace.power.append(Reading(at_s, square(at_s)))
        told = energy_between(trace, start_s, end_s)
        truth = joules(start_s, end_s)
        assert told.quantity.low <= truth <= told.quantity.high
        assert told.quantity.value == pytest.approx(truth, rel=most, abs=4.0)
        assert told.settled


def test_the_answer_at_the_end_is_waited_for():
    """Until the counter's answer about the end has come, the figure is provisional."""
    trace = Trace(COUNTER)
    for at_s in (98.0, 99.0, 100.0):
        trace.readings.append(Reading(at_s, 100.0 * at_s))
        trace.power.append(Reading(at_s, 100.0))
    told = energy_between(trace, 99.0, 100.4)
    assert not told.settled
    assert told.refine_until_s == pytest.approx(100.55)
    assert told.quantity.value == pytest.approx(140.0, rel=0.05)
    trace.readings.append(Reading(100.41, 10041.0))
    assert energy_between(trace, 99.0, 100.4).settled


def test_a_counter_that_is_set_back():
    """Where the device forgot its count the power stands in, with a note: never a negative."""
    trace = Trace(COUNTER)
    for index, counted in enumerate((5000.0, 5100.0, 0.0, 100.0, 200.0)):
        trace.readings.append(Reading(100.0 + index, counted))
        trace.power.append(Reading(100.0 + index, 100.0))
    told = energy_between(trace, 100.0, 104.0)
    assert [one.code for one in told.notes] == ["counter-reset"]
    assert told.quantity.value == pytest.approx(400.0)
    assert told.quantity.low < 400.0 < told.quantity.high

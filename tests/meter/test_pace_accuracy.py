"""Short cells after long ones, measured by the real sampler for few wakes of its thread.

The wave is a square of 80 and 350 W, 0.35 s long, and the counter steps each 100 ms: what a short
cell took is known only as well as the instants of its counter's steps. The limits have room above
what was found in simulated time (2026).
"""

import random
from itertools import pairwise
from statistics import mean

import pytest
from simulated_meter import sine, square
from simulated_sampler import Setting, after_long_spans, first_spans

SEEDS = (2, 3, 4)
# Of an interval that is to hold the truth in 19 of 20 spans.
HELD = 0.93
WAVE = square(duration_s=400.0)


@pytest.fixture(params=[(0.13, 0.30), (0.33, 0.12)], ids=["0.13 s", "0.33 s"])
def short(request):
    """How long a short span lasts (s), and its largest error allowed."""
    return request.param


@pytest.mark.parametrize(("gpus", "count", "wakes"), [(1, 40, 12.5), (2, 16, 15.0), (8, 10, 24.0)])
def test_a_short_cell_after_a_long_one(tmp_path, short, gpus, count, wakes):
    """The instants are clear of all steps, and some enclose one: they tell when each counter stepped."""
    seconds, largest = short
    found = after_long_spans(tmp_path, Setting(WAVE, gpus), seconds, count, SEEDS)
    assert found.short.median <= 0.01, found.short
    assert found.short.nearly_all <= largest / 2, found.short
    assert found.short.held_part >= HELD, found.short
    assert found.long.median <= 0.0005, found.long
    assert found.long.worst <= 0.005, found.long
    assert found.long.held_part >= HELD, found.long
    assert mean(found.woken) <= wakes


@pytest.mark.parametrize("gpus", [1, 8])
def test_the_first_short_cell(tmp_path, short, gpus):
    """2 s after the session was opened nothing is known yet: the steps after its edges tell."""
    seconds, largest = short
    found = first_spans(tmp_path, Setting(WAVE, gpus), seconds, 48 // gpus)
    assert found.median <= (0.08 if seconds < 0.2 else 0.03), found
    assert found.nearly_all <= largest, found
    assert found.held_part >= HELD, found


def test_the_first_cell_of_a_session(tmp_path, short):
    """6 s after the session was opened the steps and the load are known as amid cells."""
    seconds, largest = short
    found = first_spans(tmp_path, Setting(WAVE), seconds, 40, after_s=6.0)
    assert found.median <= 0.01, found
    assert found.nearly_all <= largest / 2, found
    assert found.held_part >= HELD, found


def test_the_first_cell_on_a_counter_of_finer_steps(tmp_path):
    """What was learned within the cell is not carried back to steps that it cannot number."""
    found = first_spans(tmp_path, Setting(sine(40.0), step_s=0.02), 0.33, 60, after_s=6.0)
    assert found.median <= 0.01, found
    assert found.worst <= 0.05, found
    assert found.held_part >= HELD, found


@pytest.mark.parametrize("gpus", [1, 8])
def test_a_thread_that_wakes_late(tmp_path, short, gpus):
    """Mostly by 1 ms, now and then by 3: a reading that missed its step is told from one that saw it."""
    seconds, largest = short
    found = after_long_spans(
        tmp_path, Setting(WAVE, gpus, late_s=0.001), seconds, 40 // gpus, SEEDS
    )
    assert found.short.median <= 0.01, found.short
    assert found.short.nearly_all <= largest, found.short
    assert found.short.held_part >= HELD, found.short
    assert found.long.worst <= 0.01, found.long
    assert mean(found.woken) <= (13.0 if gpus == 1 else 35.0)


def test_a_counter_whose_steps_jitter(tmp_path, short):
    """By 3 ms either way: so much more is open at each edge, and the steps are looked at more often."""
    seconds, largest = short
    found = after_long_spans(tmp_path, Setting(WAVE, jitter_s=0.003), seconds, 12, SEEDS)
    assert found.short.median <= largest / 6, found.short
    assert found.short.nearly_all <= 2 * largest, found.short
    assert found.short.held_part >= 0.9, found.short
    assert found.long.median <= 0.002, found.long
    assert mean(found.woken) <= 25.0


@pytest.mark.parametrize(("gpus", "wakes"), [(1, 15.0), (8, 45.0)])
def test_a_counter_of_finer_steps(tmp_path, short, gpus, wakes):
    """Each 20 ms: five of them go with one instant."""
    seconds, largest = short
    found = after_long_spans(tmp_path, Setting(WAVE, gpus, 0.02), seconds, 24 // gpus, SEEDS)
    assert found.short.median <= 0.005, found.short
    assert found.short.nearly_all <= largest / 4, found.short
    assert found.short.held_part >= HELD, found.short
    assert found.long.worst <= 0.01, found.long
    assert mean(found.woken) <= wakes


@pytest.mark.parametrize("gpus", [1, 8])
def test_listeners_hear_in_time_amid_a_long_span(tmp_path, gpus):
    """However few plans are asked meanwhile: whoever wants to hear each half second does."""
    one, heard = Setting(WAVE, gpus).simulation(tmp_path, random.Random(1)), []
    one.sampler.listeners.append(lambda now_s: heard.append(now_s) or 0.5)
    one.span(20.0)
    waits_s = [then - before for before, then in pairwise(heard)]
    assert len(waits_s) > 30
    assert max(waits_s) < 0.7

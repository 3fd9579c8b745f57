"""A counter's steps are learned from those enclosed: far apart for the period, the latest for now."""

import random
from statistics import mean

import pytest
from simulated_meter import Device, Late, Run, constant, square

from green_notebook.model import Reading, SensorSpec
from green_notebook.pace import PERIOD_S as PACE_S
from green_notebook.traces import StepClock, watch_plan
from green_notebook.traces.rhythm import LOST
from green_notebook.traces.steps import KEPT, KEPT_S
from green_notebook.traces.watch import SEARCH_EVERY_S

GPU = SensorSpec("nvml:0", "gpu:0", "energy", step_s=0.1, max_power_w=400.0)
PERIOD_S = 0.1 * (1 + 73e-6)
PHASE_S = 0.0321
# So often three steps in a row are enclosed.
APART_S = 1.5
# Between the reading before a step and the one after it.
WIDTH_S = 0.002


def step_s(number, phase_s=PHASE_S):
    return phase_s + number * PERIOD_S


class Enclosing:
    """Tells a step clock of readings around some of a counter's steps."""

    def __init__(self, seed, phase_s=PHASE_S):
        self.clock = StepClock(0.1)
        self.rng = random.Random(seed)
        self.phase_s = phase_s
        self.pairs = []

    def enclose(self, number, width_s=WIDTH_S):
        at_s = step_s(number, self.phase_s)
        before_s = at_s - self.rng.uniform(0.05, 0.95) * width_s
        self.clock.saw(before_s, number - 1.0)
        self.clock.saw(before_s + width_s, float(number))
        self.pairs.append((number, before_s, before_s + width_s))

    def run(self, first_s, last_s):
        """Bursts of three steps, as after a cell's edges."""
        at_s = first_s
        while at_s < last_s:
            number = round((at_s - self.phase_s) / PERIOD_S)
            for one in range(3):
                self.enclose(number + one)
            at_s += APART_S


def half_width_s(pairs):
    """Of the periods that no two of these steps exclude."""
    least_s, most_s = 0.0, 1.0
    for index, (number, low_s, high_s) in enumerate(pairs):
        for other, other_low_s, other_high_s in pairs[index + 1 :]:
            least_s = max(least_s, (other_low_s - high_s) / (other - number))
            most_s = min(most_s, (other_high_s - low_s) / (other - number))
    return (most_s - least_s) / 2


def test_steps_far_apart_tell_the_period():
    """Many times as well as the latest ones, which came in a few seconds, each three in a row."""
    better = []
    for seed in range(5):
        one = Enclosing(seed)
        one.run(1.0, 61.0)
        rhythm = one.clock.rhythm
        assert abs(rhythm.period_s - PERIOD_S) <= rhythm.period_error_s
        better.append(half_width_s(one.pairs[-KEPT:]) / rhythm.period_error_s)
        # Nor is it much worse than what all steps of so long a time tell.
        recent = [pair for pair in one.pairs if pair[1] > 61.0 - KEPT_S]
        assert rhythm.period_error_s < 4 * half_width_s(recent)
    assert min(better) > 2
    assert mean(better) > 4


@pytest.mark.parametrize("seed", range(5))
def test_what_is_foretold_holds(seed):
    """The next seconds' steps come within the error that is told, which is about a millisecond."""
    one = Enclosing(seed)
    one.run(1.0, 61.0)
    last = one.pairs[-1][0]
    for number in range(last + 1, last + 60):
        true_s = step_s(number)
        error_s = one.clock.error_at(true_s)
        foretold_s = one.clock.before(true_s + PERIOD_S / 2)
        assert abs(foretold_s - true_s) <= error_s < 0.0015
        assert abs(one.clock.rhythm.before(true_s + PERIOD_S / 2) - true_s) <= error_s


def test_steps_kept_are_few_and_not_old():
    """Each reading costs as much after an hour as after a minute, and a drift is followed."""
    one = Enclosing(1)
    one.run(1.0, 300.0)
    ticks = one.clock._ticks
    assert len(ticks) <= KEPT
    assert one.pairs[-1][1] - ticks[0][1] <= KEPT_S + 2 * APART_S
    # Spread over the time, not all of the latest bursts.
    assert ticks[-1][0] - ticks[0][0] > 0.8 * KEPT_S / PERIOD_S


def test_a_counter_that_drifts_is_followed():
    """Its period changes by 20 parts in a million each 10 s, as a part that warms up does."""
    one, at_s, number, period_s = Enclosing(2), PHASE_S, 0, 0.1
    while at_s < 120.0:
        apart = 15 if number % 45 else 1
        for _ in range(apart):
            at_s += period_s
            period_s *= 1 + 2e-7
        number += apart
        before_s = at_s - one.rng.uniform(0.1, 0.9) * WIDTH_S
        one.clock.saw(before_s, number - 1.0)
        one.clock.saw(before_s + WIDTH_S, float(number))
    assert abs(one.clock.before(at_s + 0.05) - at_s) <= one.clock.error_at(at_s)
    assert one.clock.rhythm.period_s == pytest.approx(period_s, rel=2e-4)


@pytest.mark.parametrize("jump_s", [0.021, 0.05, 0.083])
def test_a_phase_that_jumps_is_learned_anew(jump_s):
    """After a driver's reset nothing that was known holds; what comes then is right again."""
    one = Enclosing(3)
    one.run(1.0, 40.0)
    known_s = one.clock.before(40.0)
    one.phase_s += jump_s
    one.run(42.0, 80.0)
    last = one.pairs[-1][0]
    true_s = step_s(last + 5, one.phase_s)
    assert one.clock.known
    assert abs(one.clock.before(true_s + 0.05) - true_s) <= one.clock.error_at(true_s) < 0.002
    assert abs((true_s - known_s + 0.05) % PERIOD_S - 0.05) > 0.015


@pytest.mark.parametrize("jump_s", [0.03, 0.05])
def test_the_watch_finds_a_phase_that_jumped(jump_s):
    """By its own readings, within seconds of the next edge."""
    one = Run(Device(square(duration_s=120.0), 0.1, PHASE_S), GPU, Late(random.Random(1)))
    one.until(10.0, in_cell=False)
    one.device.phase_s += jump_s
    for _ in range(6):
        one.mark()
        one.until(one.now_s + 3.0, in_cell=False)
    clock, true_s = one.watch.clock, one.device.last_step(one.now_s)
    assert clock.known
    assert abs(clock.before(true_s + 0.05) - true_s) <= max(clock.error_at(true_s), 0.001)


def known_watch():
    """A watch that knows its counter's steps, and when it was read last."""
    one = Run(Device(square(duration_s=120.0), 0.1, PHASE_S), GPU, Late(random.Random(1)))
    one.until(6.0, in_cell=False)
    assert one.watch.clock.known
    return one.watch, one.now_s


def lost_s(watch, now_s):
    """When the next step is open by more than part of a period."""
    while watch.error_at(now_s) <= LOST * 0.1:
        now_s += 10.0
    return now_s


def test_at_a_mark_a_rhythm_that_tells_no_step_is_searched_anew():
    """Hours later it is open which step is the next: a wrong number would spoil all that follow."""
    watch, now_s = known_watch()
    now_s = lost_s(watch, now_s)
    watch.saw(Reading(now_s, 5.0, 0.00002))
    watch.mark(now_s)
    assert not watch.clock.known
    assert not watch.rhythm.known
    due_s = watch.next_s(now_s, now_s + 0.09)
    assert due_s == pytest.approx(now_s + SEARCH_EVERY_S)


def test_amid_readings_such_a_rhythm_is_searched_anew():
    """At rest there is nothing to be spoiled: a search a night would cost for nobody."""
    watch, now_s = known_watch()
    now_s = lost_s(watch, now_s)
    watch.saw(Reading(now_s, 5.0, 0.00002))
    watch.next_s(now_s, now_s + 1.0)
    assert watch.clock.known
    watch.next_s(now_s, now_s + 0.09)
    assert not watch.clock.known


def test_a_mark_soon_after_keeps_what_is_known():
    """A few seconds without a reading lose no number."""
    watch, now_s = known_watch()
    before = watch.clock
    watch.mark(now_s + 5.0)
    assert watch.clock is before
    assert watch.clock.known


def test_a_plan_tells_how_well_it_foretells():
    """Where nothing is foretold, by no width at all."""
    watch, now_s = known_watch()
    assert 0 < watch.error_at(now_s) < watch.error_at(now_s + 100.0)
    for spec in (
        SensorSpec("x", "gpu:0", "power", step_s=0.02, window_s=0.01),
        SensorSpec("y", "gpu:0", "energy", step_s=0.001, wrap_j=5.0),
    ):
        assert watch_plan(spec).error_at(now_s) == float("inf")


def test_a_step_that_could_be_any_is_not_numbered():
    """Three steps of 20 ms foretell none a second later: a wrong number makes a rhythm sure and wrong."""
    spec = SensorSpec("nvml:0", "gpu:0", "energy", step_s=0.02, max_power_w=400.0)
    for seed in range(30):
        rng = random.Random(seed)
        device = Device(constant(), 0.02, rng.random() * 0.02)
        run = Run(device, spec, Late(rng), background_s=1.0)
        for second in range(3, 9):
            run.until(float(second), in_cell=False)
            rhythm = run.watch.rhythm
            true_s = device.last_step(run.now_s)
            off_s = abs(rhythm.before(true_s + rhythm.period_s / 2) - true_s)
            assert off_s <= rhythm.error_at(run.now_s)


def test_steps_foretold_roughly_are_searched_anew():
    """A rest may leave them known to 30 ms: so far around them no pair of readings sharpens anything."""
    for seed in range(30):
        rng = random.Random(seed)
        device = Device(square(duration_s=60.0), phase_s=rng.random() * 0.1)
        run = Run(device, GPU, Late(rng), background_s=1.0)
        run.until(6.0, in_cell=False)
        run.pace.period_s = PACE_S
        run.mark()
        run.until(9.0, in_cell=True)
        assert run.watch.rhythm.error_at(9.0) < 0.005

"""What a broken counter does to a span: a gap or a wider interval with a note, never a lie."""

import random

import pytest
from simulated_meter import Device, Late, Run, Waveform, constant, square

from green_notebook.model import SensorSpec, Trace
from green_notebook.traces import energy_between


def gpu(**given):
    fields = {"step_s": 0.1, "resolution_j": 0.001, "max_power_w": 400.0, "idle_power_w": 50.0}
    return SensorSpec("nvml:0", "gpu:0", "energy", **(fields | given))


def rapl(**given):
    fields = {"step_s": 0.001, "resolution_j": 6.1e-5, "max_power_w": 300.0, "wrap_j": 262144.0}
    return SensorSpec("rapl:0", "cpu:0", "energy", **(fields | given))


def measured(spec, fault=None, wave=None):
    """One span of 2 s of a device whose readings pass through ``fault(at, value)``."""
    start_s, duration_s = 3.0, 2.0
    device = Device(wave or constant(200.0), spec.step_s, 0.0123 * spec.step_s, wrap_j=spec.wrap_j)
    run = Run(device, spec, Late(random.Random(1)), fault=fault)
    run.until(start_s, in_cell=False)
    first_s = run.mark()
    run.until(start_s + duration_s, in_cell=True)
    last_s = run.mark()
    run.until(start_s + duration_s + 0.15, in_cell=False)
    clock = run.watch.rhythm if run.watch else None
    truth_j = device.wave.energy(last_s) - device.wave.energy(first_s)
    return energy_between(run.trace, first_s, last_s, clock), truth_j


def codes(result):
    return {note.code for note in result.notes}


BOTH = pytest.mark.parametrize("spec", [gpu(), rapl()], ids=["gpu", "rapl"])


@BOTH
def test_no_fault_no_note(spec):
    """A healthy counter is told without notes."""
    result, truth_j = measured(spec)
    assert result.notes == ()
    assert result.quantity.value == pytest.approx(truth_j, rel=0.002)


@BOTH
def test_failed_reads_lose_nothing(spec):
    """Reads that fail inside a span are noted; the counter went on counting."""
    result, truth_j = measured(spec, lambda at, value: None if 3.5 < at < 4.2 else value)
    assert codes(result) == {"read-failed"}
    assert result.quantity.low <= truth_j <= result.quantity.high


@BOTH
def test_every_read_failing_is_a_gap(spec):
    """A sensor that cannot be read gives no figure, and says why."""
    result, _ = measured(spec, lambda at, value: None)
    assert result.quantity is None
    assert "sensor-lost" in codes(result)


@BOTH
def test_counter_frozen_throughout(spec):
    """A counter that stands still is a gap, not 0 J."""
    result, _ = measured(spec, lambda at, value: 1234.5)
    assert result.quantity is None
    assert codes(result) == {"counter-frozen"}


@BOTH
@pytest.mark.parametrize("resumes", ["late", "short"])
def test_counter_frozen_in_part(spec, resumes):
    """A counter that stood still and lost energy widens the figure; one that caught up does not."""
    frozen_j = 1000.0 + 3.5 * 200.0
    lost_j = 0.47 * 200.0 if resumes == "short" else 0.0

    def fault(at_s, value):
        return frozen_j if 3.5 < at_s < 4.1 else value - lost_j if at_s >= 4.1 else value

    result, truth_j = measured(spec, fault)
    assert result.quantity.low <= truth_j <= result.quantity.high
    assert result.quantity.value > 0.5 * truth_j
    if resumes == "short":
        assert codes(result) == {"counter-frozen"}
        assert result.quantity.random > 0.02 * truth_j
    else:
        assert result.notes == ()


@BOTH
def test_counter_reset(spec):
    """A counter that starts again from nothing is no wrap: the rest counts, with a note."""
    result, truth_j = measured(
        spec, lambda at, value: value if at < 4.0 else value - 1000.0 - 700.0
    )
    assert codes(result) == {"counter-reset"}
    assert result.quantity.low <= truth_j <= result.quantity.high
    assert result.quantity.value == pytest.approx(truth_j, rel=0.15)
    assert result.quantity.random > 0.01 * truth_j


@BOTH
@pytest.mark.parametrize("jump_j", [500.0, 5e4, 1e9])
def test_counter_jump(spec, jump_j):
    """More than the part can draw is not believed."""
    if spec.wrap_j and jump_j > spec.wrap_j:
        pytest.skip("beyond what this counter can show")
    result, truth_j = measured(spec, lambda at, value: value if at < 4.0 else value + jump_j)
    assert codes(result) == {"counter-jump"}
    assert result.quantity.low <= truth_j <= result.quantity.high
    assert result.quantity.value < 1.2 * truth_j


@BOTH
@pytest.mark.parametrize("bad", [0.0, 1e12, -5.0, float("nan"), float("inf")])
def test_single_bad_reading(spec, bad):
    """One impossible value is left out; nothing is lost by it."""
    seen = []

    def fault(at_s, value):
        if at_s > 3.7 and not seen:
            seen.append(at_s)
            return bad
        return value

    result, truth_j = measured(spec, fault)
    assert codes(result) <= {"read-failed", "reading-implausible"}
    assert codes(result)
    assert result.quantity.value == pytest.approx(truth_j, rel=0.01)


@BOTH
def test_lost_device(spec):
    """A device lost in the middle: most of the span known is widened, less is a gap."""
    result, truth_j = measured(spec, lambda at, value: value if at < 4.4 else None)
    assert "sensor-lost" in codes(result)
    assert result.quantity.low <= truth_j <= result.quantity.high
    assert result.quantity.random > 0.1 * truth_j
    result, _ = measured(spec, lambda at, value: value if at < 3.5 else None)
    assert result.quantity is None
    assert "sensor-lost" in codes(result)


@BOTH
def test_sensor_that_joins_late(spec):
    """A slow sensor that opens inside the span is told, and widens it."""
    result, truth_j = measured(spec, lambda at, value: value if at > 3.6 else None)
    assert "sensor-late" in codes(result)
    assert result.quantity.low <= truth_j <= result.quantity.high


def test_no_reading_at_all():
    """An empty trace is a gap."""
    for spec in (gpu(), rapl(), SensorSpec("nvml:0", "gpu:0", "power")):
        result = energy_between(Trace(spec), 1.0, 2.0)
        assert result.quantity is None
        assert result.notes


def test_square_wave_with_faults_stays_covered():
    """Faults at any moment of a changing load: the truth stays in the interval."""
    held = 0
    rng = random.Random(5)
    for _ in range(40):
        at_s, lost_j = rng.uniform(3.1, 4.9), rng.uniform(200, 5000)
        result, truth_j = measured(
            gpu(),
            lambda at, value, at_s=at_s, lost_j=lost_j: value if at < at_s else value + lost_j,
            square(duration_s=10.0),
        )
        held += result.quantity.low <= truth_j <= result.quantity.high
    assert held >= 38


def around_a_fault(seed, fault, wave=None, spec=None):
    """A span of 1 s of a 100 ms counter; ``fault(device, at)`` makes what is read from ``at`` on."""
    rng, spec = random.Random(seed), spec or gpu(max_power_w=440.0)
    phases_s = rng.uniform(0, spec.step_s), rng.uniform(0, 0.1)
    device = Device(wave or square(), spec.step_s, phases_s[0], power_phase_s=phases_s[1])
    start_s = 3.0 + rng.uniform(0, 0.35)
    at_s = start_s + rng.uniform(0.15, 0.6)
    run = Run(device, spec, Late(rng), fault=fault(device, at_s))
    run.until(start_s, in_cell=False)
    first_s = run.mark()
    run.until(start_s + 1.0, in_cell=True)
    last_s = run.mark()
    run.until(last_s + 0.15, in_cell=False)
    result = energy_between(run.trace, first_s, last_s, run.watch.rhythm)
    return result, device.wave.energy(last_s) - device.wave.energy(first_s)


@pytest.mark.parametrize("jump_j", [60.0, 100.0, 150.0])
def test_jumps_of_a_few_steps_are_not_believed(jump_j):
    """More in one step than a card of 400 W can draw is bridged and noted, however small it is."""

    def fault(device, at_s):
        return lambda t, value: value + jump_j if device.last_step(t) >= at_s else value

    for seed in range(20):
        result, truth_j = around_a_fault(seed, fault)
        assert codes(result) == {"counter-jump"}
        assert result.quantity.low <= truth_j <= result.quantity.high
        assert result.quantity.value == pytest.approx(truth_j, rel=0.25)


def test_short_freezes_that_lose_energy_are_told():
    """Two steps that were due and did not come, and whose energy is gone, are bridged and noted."""

    def fault(device, at_s, lasted_s=0.3):
        def told(t, value):
            stood = device.counter(device.last_step(at_s))
            lost = device.counter(device.last_step(at_s + lasted_s)) - stood
            return value if t < at_s else stood if t < at_s + lasted_s else value - lost

        return told

    for seed in range(20):
        result, truth_j = around_a_fault(seed, fault)
        assert codes(result) == {"counter-frozen"}
        assert result.quantity is None or result.quantity.low <= truth_j <= result.quantity.high


def test_freezes_that_are_made_up_for_are_no_fault():
    """A counter that was late by two steps and then told all of it has lost nothing."""

    def fault(device, at_s):
        return lambda t, value: device.counter(at_s) if at_s <= t < at_s + 0.25 else value

    noted = sum(bool(around_a_fault(seed, fault)[0].notes) for seed in range(20))
    assert noted <= 2


@pytest.mark.parametrize("step_s", [0.1, 0.02])
def test_real_bursts_are_no_jumps(step_s):
    """Bursts to a quarter above the limit, amid idle time and each shorter than a step, are told."""
    for seed in range(10):
        rng = random.Random(seed)
        pieces, at_s = [(0.0, 60.0)], 0.0
        while at_s < 8.0:
            at_s += rng.expovariate(2.5) + 0.01
            pieces.append((at_s, 500.0))
            at_s += rng.uniform(0.005, 0.15)
            pieces.append((at_s, 60.0))
        spec = gpu(max_power_w=440.0, step_s=step_s)
        result, _ = around_a_fault(seed, lambda *_: None, Waveform(pieces), spec)
        assert result.notes == ()


def test_a_freeze_from_before_the_start_is_told():
    """A counter that stood still when the span began leaves a note, however it goes on."""
    for seed in range(10):

        def fault(device, at_s, from_s=1.2):
            def told(t, value):
                stood = device.counter(device.last_step(at_s - from_s))
                lost = device.counter(device.last_step(at_s)) - stood
                return value if t < at_s - from_s else stood if t < at_s else value - lost

            return told

        result, truth_j = around_a_fault(seed, fault)
        assert "counter-frozen" in codes(result)
        assert result.quantity is None or result.quantity.low <= truth_j <= result.quantity.high


def test_a_counter_that_fell_back_and_then_stood_still_is_told():
    """The fall before the span does not hide that nothing was counted in it."""
    for seed in range(10):

        def fault(device, at_s):
            fell_s = device.last_step(at_s - 0.5)
            before_j = device.counter(device.last_step(fell_s - 0.05))

            def told(t, value):
                return value if t < fell_s + 0.02 else before_j

            return told

        result, truth_j = around_a_fault(seed, fault)
        assert "counter-frozen" in codes(result)
        assert result.quantity is None or result.quantity.low <= truth_j <= result.quantity.high


def test_a_fine_counter_that_shows_one_value_stands_still():
    """A counter of 1 ms that shows one value for 30 ms and lost that energy is noted."""
    result, truth_j = measured(
        rapl(),
        lambda at, value: 1000.0 + 3.5 * 200.0 if 3.5 < at < 3.7 else value - 40.0 * (at >= 3.7),
    )
    assert codes(result) == {"counter-frozen"}
    assert result.quantity.low <= truth_j <= result.quantity.high

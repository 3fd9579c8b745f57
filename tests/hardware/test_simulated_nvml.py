"""The real pynvml on our library: what it shows is what the waveforms say."""

from __future__ import annotations

import functools
import random
import time

import pynvml
import pytest
from brackets import bracketed
from simulated_nvml import GPU_IS_LOST, NO_PERMISSION, Fault, Gpu, Process
from waveforms import ramp, square, steps, table


@pytest.fixture
def nvml():
    """The real library, to be opened by the test; closed after it."""
    yield pynvml
    while pynvml._nvmlLib_refcount:
        pynvml.nvmlShutdown()


def handle(nvml, index=0):
    nvml.nvmlInit()
    return nvml.nvmlDeviceGetHandleByIndex(index)


WAVES = {
    "square": square(),
    "short duty": square(10, 20, 1.3, 0.2, 0.7),
    "ramp": ramp(50, 400, 5),
    "steps": steps([(0, 10), (1, 300), (2.5, 40)]),
    "saw": table([(0, 0), (1, 100), (3, 20)], repeat=True),
}


@pytest.mark.parametrize("name", WAVES)
@pytest.mark.parametrize(("step", "gain"), [(0.0, 1.0), (0.02, 0.942), (0.1, 1.079)])
def test_counter_is_the_integral(gpus, nvml, name, step, gain):
    """The counter is the integral up to the last step, times the gain: C and Python agree."""
    wave = WAVES[name]
    simulated = gpus(Gpu(wave=wave, step=step, gain=gain, counter_base=5.0))
    device = handle(nvml)
    rng = random.Random(7)
    for _ in range(200):
        at = rng.uniform(1, 1000)
        simulated.at(at)
        shown = nvml.nvmlDeviceGetTotalEnergyConsumption(device) / 1e3
        least, most = (5.0 + gain * wave.energy(0, moment) for moment in (at - step, at))
        assert least - 0.002 <= shown <= most + 0.002


def test_power_is_a_mean_of_the_window(gpus, nvml):
    """Power is refreshed each period with the mean of the window before it."""
    simulated = gpus(Gpu(wave=steps([(0, 100), (1.0, 300)]), period=0.1, window=0.025))
    device = handle(nvml)
    for at, expected in [(0.99, 100), (1.01, 100), (1.05, 100), (1.1001, 300), (1.19, 300)]:
        simulated.at(at)
        assert nvml.nvmlDeviceGetPowerUsage(device) / 1e3 == pytest.approx(expected, abs=0.01)
    simulated.change(0, window=1.0)
    simulated.at(1.5001)
    assert nvml.nvmlDeviceGetPowerUsage(device) / 1e3 == pytest.approx(200, abs=0.01)


def test_runs_on_the_monotonic_clock(gpus, nvml):
    """Truth is told for the instants of time.monotonic()."""
    simulated = gpus(Gpu(wave=square(), step=0.0))
    device = handle(nvml)
    counter = functools.partial(nvml.nvmlDeviceGetTotalEnergyConsumption, device)
    before, began = bracketed(counter)
    while time.monotonic() < began[1] + 0.1:
        pass
    after, ended = bracketed(counter)
    least, most = simulated.between(0, began, ended)
    # Whole millijoules, twice.
    assert least - 0.002 <= (after - before) / 1e3 <= most + 0.002


def test_faults_by_name_and_time(gpus, nvml):
    """A named function fails in its time; an unnamed fault takes the whole device."""
    simulated = gpus(
        Gpu(faults=(Fault(NO_PERMISSION, "TotalEnergy", 1, 2), Fault(GPU_IS_LOST, "", 5))),
        Gpu(counter=False),
    )
    simulated.at(0.0)
    device = handle(nvml)
    for at, code in [(0.5, None), (1.5, NO_PERMISSION), (2.5, None), (6.0, GPU_IS_LOST)]:
        simulated.at(at)
        if code is None:
            nvml.nvmlDeviceGetTotalEnergyConsumption(device)
            continue
        with pytest.raises(nvml.NVMLError) as caught:
            nvml.nvmlDeviceGetTotalEnergyConsumption(device)
        assert caught.value.value == code
    other = nvml.nvmlDeviceGetHandleByIndex(1)
    assert nvml.nvmlDeviceGetPowerUsage(other) == 200_000
    with pytest.raises(nvml.NVMLError_NotSupported):
        nvml.nvmlDeviceGetTotalEnergyConsumption(other)


def test_reset_and_freeze(gpus, nvml):
    """A counter that is reset starts at nothing; a frozen one stands still."""
    simulated = gpus(Gpu(step=0.0, reset_at=10.0), Gpu(step=0.0, frozen_from=10.0))
    first, second = handle(nvml), nvml.nvmlDeviceGetHandleByIndex(1)
    simulated.at(9.0)
    assert nvml.nvmlDeviceGetTotalEnergyConsumption(first) > 12_345_000
    simulated.at(11.0)
    assert nvml.nvmlDeviceGetTotalEnergyConsumption(first) == 200_000
    stands = nvml.nvmlDeviceGetTotalEnergyConsumption(second)
    simulated.at(50.0)
    assert nvml.nvmlDeviceGetTotalEnergyConsumption(second) == stands


def test_what_tools_ask(gpus, nvml):
    """Names, identifiers, limits, processes, fields and samples as the real library gives them."""
    simulated = gpus(
        Gpu(processes=(Process(41, 30), Process(42, 70)), instant=True),
        Gpu(name="Tesla T4", architecture="turing", mig=False),
        driver="535.1",
    )
    device = handle(nvml)
    assert nvml.nvmlDeviceGetCount() == 2
    assert nvml.nvmlSystemGetDriverVersion() == "535.1"
    assert nvml.nvmlDeviceGetName(nvml.nvmlDeviceGetHandleByIndex(1)) == "Tesla T4"
    assert nvml.nvmlDeviceGetUUID(device).startswith("GPU-")
    assert nvml.nvmlDeviceGetCudaComputeCapability(device) == (8, 0)
    assert nvml.nvmlDeviceGetPowerManagementLimitConstraints(device) == [100_000, 400_000]
    assert nvml.nvmlDeviceGetMemoryInfo(device).total == 80 << 30
    assert [one.pid for one in nvml.nvmlDeviceGetComputeRunningProcesses(device)] == [41, 42]
    used = nvml.nvmlDeviceGetProcessUtilization(device, 0)
    assert {one.pid: one.smUtil for one in used} == {41: 30, 42: 70}
    fields = nvml.nvmlDeviceGetFieldValues(device, [nvml.NVML_FI_DEV_POWER_INSTANT, 1])
    assert fields[0].value.uiVal == 200_000
    assert fields[1].nvmlReturn == nvml.NVML_ERROR_NOT_SUPPORTED
    kind, samples = nvml.nvmlDeviceGetSamples(device, nvml.NVML_TOTAL_POWER_SAMPLES, 0)
    assert kind == nvml.NVML_VALUE_TYPE_UNSIGNED_INT
    assert len(samples) > 50
    before = simulated.calls
    nvml.nvmlDeviceGetPowerUsage(device)
    assert simulated.calls == before + 1


def test_no_file_no_driver(gpus, nvml, monkeypatch):
    """Without a simulation the library says what a machine without a driver says."""
    gpus(Gpu())
    monkeypatch.delenv("SIMULATED_NVML")
    with pytest.raises(nvml.NVMLError_DriverNotLoaded):
        nvml.nvmlInit()

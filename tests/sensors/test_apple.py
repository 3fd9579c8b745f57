"""Apple Silicon: what the library tells becomes counters in joules.

No Mac stands behind these tests. `Library` has the interface of zeus-apple-silicon 1.1 as its own
source declares it, at the place where the library would be; its numbers are composed.
"""

from __future__ import annotations

import os
import sys
from types import ModuleType

import pytest

from green_notebook.errors import Unavailable
from green_notebook.sensors import Sensor, apple
from green_notebook.sensors._gpu import UsersTold
from green_notebook.testing import fake_host

FIELDS = (
    "cpu_total_mj",
    "efficiency_cores_mj",
    "performance_cores_mj",
    "efficiency_cluster_mj",
    "performance_cluster_mj",
    "efficiency_core_manager_mj",
    "performance_core_manager_mj",
    "dram_mj",
    "gpu_mj",
    "gpu_sram_mj",
    "ane_mj",
)


class Metrics:
    """AppleEnergyMetrics: every field, None where the chip does not tell it."""

    def __init__(self, **told):
        for name in FIELDS:
            setattr(self, name, told.get(name))


class Library:
    """The module: its one class, which counts how often it is sampled."""

    def __init__(self, error=None, **told):
        self.told = told
        self.error = error
        self.samples = 0

    def AppleEnergyMonitor(self):  # noqa: N802 - the library's name
        if self.error:
            raise RuntimeError(self.error)
        return self

    def get_cumulative_energy(self):
        self.samples += 1
        return Metrics(**self.told)


M2 = {"cpu_total_mj": 1_234_567, "gpu_mj": 400_000, "gpu_sram_mj": 1_500, "dram_mj": 90_001}


def test_parts_in_joules():
    """Each part that the chip tells is a counter in joules; what it does not tell is no part."""
    found = {one.spec.component: one for one in apple.told_by(Library(**M2, ane_mj=0))}
    joules = {name: one.read() for name, one in found.items()}
    assert joules == pytest.approx(
        {"cpu:0": 1234.567, "gpu:apple0": 401.5, "dram:0": 90.001, "npu:0": 0.0}
    )
    assert all(isinstance(one, Sensor) and one.spec.kind == "energy" for one in found.values())
    assert "ram" in found["dram:0"].spec.covers
    assert not any(one.spec.tried_on_hardware for one in found.values())
    assert "npu:0" not in [one.spec.component for one in apple.told_by(Library(**M2))]


def test_one_sample_for_all_parts():
    """Parts that are read together share one sample; later readings take a new one."""
    now = [10.0]
    library = Library(**M2)
    samples = apple.Samples(library, lambda: now[0])
    parts = [apple.ApplePart(samples, name) for name in ("cpu:0", "dram:0", "gpu:apple0")]
    for one in parts:
        one.read()
    assert library.samples == 1
    now[0] += 0.1
    parts[0].read()
    assert library.samples == 2


def test_a_part_that_is_told_no_more():
    """A field that turns None is a gap, and so is a part that was closed."""
    library = Library(**M2)
    cpu = apple.told_by(library)[0]
    library.told = {}
    cpu._samples._taken_s = float("-inf")
    with pytest.raises(OSError, match="not told"):
        cpu.read()
    cpu.close()
    cpu.close()
    with pytest.raises(OSError, match="not told"):
        cpu.read()


@pytest.mark.parametrize(
    ("library", "said"),
    [
        (Library(), "no Apple Silicon"),
        (Library(error="Failed to create IOReport subscription."), "IOReport"),
    ],
)
def test_macs_that_tell_nothing(library, said):
    """An Intel Mac, or a macOS that refuses, is unavailable with the reason."""
    with pytest.raises(Unavailable, match=said):
        apple.told_by(library)


@pytest.mark.parametrize(
    ("loaded", "pids"),
    [("mlx.core", {os.getpid()}), ("torch", None), ("", set())],
)
def test_who_uses_the_gpu(monkeypatch, loaded, pids):
    """MLX computes on the GPU; of other frameworks nobody tells; without any it is not used."""
    for name in ("mlx.core", "torch", "tensorflow", "jax"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    if loaded:
        monkeypatch.setitem(sys.modules, loaded, ModuleType(loaded))
    gpu = next(one for one in apple.told_by(Library(**M2)) if one.spec.component == "gpu:apple0")
    assert isinstance(gpu, UsersTold)
    assert gpu.users().pids == pids


def test_elsewhere(tmp_path):
    """Other systems are told so at once."""
    with pytest.raises(Unavailable, match="is not macOS"):
        apple.discover(fake_host(tmp_path), {})

"""The benchmarks in simulated time: each kind of device is read by the package's own sampler."""

import importlib.util
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def script(monkeypatch):
    """One of the scripts as a module, by its name; a library may have the same."""
    monkeypatch.setattr(sys, "path", [*sys.path])

    def loaded(name):
        spec = importlib.util.spec_from_file_location(f"script_{name}", BENCHMARKS / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return loaded


@pytest.mark.parametrize("busy", [False, True], ids=["free", "late"])
def test_a_row_for_each_sensor(script, busy):
    """All columns are there, and a constant load is exact but for what the sensor cannot say."""
    accuracy = script("accuracy")
    for name, fields in accuracy.SENSORS:
        row = accuracy.row_of(name, fields, "constant 200 W", busy, 0.33, 1)
        assert set(row) == set(accuracy.FIELDS)
        assert row["spans"] == accuracy.FEWEST * accuracy.EACH
        assert row["median"] <= 1.0, row
        assert row["held"] >= 90.0, row


def test_other_tools_have_readings_of_their_own(script):
    """A counter's plain difference and polled power miss much of a short span, whenever ours are."""
    accuracy = script("accuracy")
    name, fields = accuracy.SENSORS[0]
    row = accuracy.row_of(name, fields, "square 80/350 W, 0.35 s", False, 0.13, 1)
    assert row["difference_median"] > 10 * row["median"]
    assert row["polled_median"] > 10 * row["median"]
    package = accuracy.row_of(*accuracy.SENSORS[-1], "constant 200 W", False, 0.13, 1)
    assert package["polled_median"] is None


@pytest.mark.parametrize("thread", ["free", "late", "held"])
def test_a_group_for_each_sensor_and_thread(script, thread):
    """Every span is told, twice, also where the thread cannot run within it."""
    coverage = script("coverage")
    load = coverage.loads()["constant"]
    for sensor in coverage.SENSORS:
        found = coverage.group(sensor, load, thread, "1")
        assert len(found) == 2 * len(coverage.LENGTHS_S)
        assert all(told.held for _, told in found), sensor

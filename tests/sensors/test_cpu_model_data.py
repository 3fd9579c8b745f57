"""The processor's model against published measurements of processors it was not fitted on."""

from __future__ import annotations

import csv
import importlib
import statistics
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from green_notebook.host import Cpu
from green_notebook.sensors import _package, cpu_model
from green_notebook.sensors.cpu_model import power_w

DATA = Path(__file__).parents[2] / "data-src"
LOADS = range(0, 101, 10)


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def scripts():
    """The scripts that build the tables, as modules."""
    names = (
        "_table",
        "build_cpu",
        "build_cpu_boards",
        "build_cpu_package",
        "_package_fit",
        "build_hardware",
    )
    sys.path.insert(0, str(DATA))
    try:
        yield {name: importlib.import_module(name) for name in names}
    finally:
        sys.path.remove(str(DATA))
        for name in names:
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def machines() -> dict[str, dict[str, str]]:
    return {row["cpu"]: row for row in rows("cpu_machines")}


def cpu_of(machine: dict[str, str], *, named: bool = True) -> Cpu:
    """What /proc/cpuinfo says of a measured machine; without its name, what a number alone says."""
    return Cpu(
        machine["vendor"],
        machine["cpu"] if named else "",
        *(int(machine[key]) if machine[key] else None for key in ("family", "model", "stepping")),
        threads=int(machine["threads"]),
        sockets=int(machine["sockets"]),
    )


def compared(machines, *files: str, named: bool = True) -> tuple[list[float], list[bool]]:
    """The errors of the model at each measured point, and whether its interval holds the truth.

    The profiling tool's first row of each run (its start-up: 0.2-1.4 W, below what an I/O die
    alone draws) is left out of the errors, not of the coverage.
    """
    errors, inside = [], []
    for row in (row for file in files for row in rows(file) if row["cpu"] in machines):
        cpu = cpu_of(machines[row["cpu"]], named=named)
        laptop = machines[row["cpu"]]["class"] == "laptop"
        busy = float(row["load"])
        guess = power_w(cpu, busy, virtual=False, threads=cpu.threads, battery=laptop)
        truth = float(row["package_w"])
        inside.append(guess.low <= truth <= guess.high)
        if truth > 1.5:
            errors.append(abs(guess.value / truth - 1))
    return errors, inside


@pytest.mark.parametrize("alike", [("cpu",), ("vendor", "family", "model")])
def test_packages_left_out(scripts, machines, monkeypatch, alike):
    """Each measured package predicted from other CPUs, or other generations: error <= 30 %.

    The whole way, with idle, the first busy threads and the interval, which is 90 % coverage.
    """
    fit, curve = scripts["_package_fit"], scripts["build_cpu_package"]._curve
    known = [row for row in machines.values() if row["use"] != "check"]
    wide = fit.spread(known)
    shipped = {name: _package._class(name) for name in wide}
    by_cpu, errors, inside = [], [], []
    for machine in known:
        others = [row for row in known if any(row[key] != machine[key] for key in alike)]
        idle, full, shape = curve(fit.classes(others)[machine["class"]])
        row = dict(shipped[machine["class"]])
        row |= {"idle": idle, "full": full, "shape": shape, "cool": fit.cool(others)}
        row |= zip(("low_few", "high_few", "low", "high"), wide[machine["class"]], strict=True)
        monkeypatch.setattr(_package, "_class", lambda name, row=row: row)
        only = {machine["cpu"]: machine}
        own, held = compared(only, "rapl_load", "rapl_blind")
        errors += own
        inside += held
        by_cpu.append(statistics.median(own))
    assert len(by_cpu) >= 40
    assert statistics.median(errors) <= 0.25
    assert statistics.median(by_cpu) <= 0.30
    assert sum(inside) / len(inside) >= 0.92


def test_packages_that_were_measured(machines):
    """The shipped curve is within a fifth of the packages that it was made of."""
    errors, inside = compared(machines, "rapl_load", "rapl_blind")
    assert len(errors) > 250
    assert statistics.median(errors) <= 0.20
    assert sum(inside) / len(inside) >= 0.90


def test_packages_without_a_name(machines):
    """Vendor, family, model and threads alone: the interval widens and still holds the truth."""
    errors, inside = compared(machines, "rapl_load", "rapl_blind", named=False)
    assert statistics.median(errors) <= 0.50
    assert sum(inside) / len(inside) >= 0.90


def test_machines_of_the_second_set():
    """Whole servers of 2010 to 2012 at a power meter, by number only: 30 % and 90 %."""
    errors, inside = [], []
    for row in rows("server_check"):
        family, model, threads = (int(row[key]) for key in ("family", "model", "threads"))
        cpu = Cpu(row["vendor"], row["cpu"], family, model, 1, threads=threads, sockets=2)
        guess = power_w(cpu, float(row["load"]), virtual=True, threads=threads)
        truth = float(row["wall_w"])
        errors.append(abs(guess.value / truth - 1))
        inside.append(guess.low <= truth <= guess.high)
    assert len(errors) > 25
    assert statistics.median(errors) <= 0.30
    assert sum(inside) / len(inside) >= 0.90


def test_a_server_that_never_sleeps_is_inside_the_interval(machines):
    """A node with its sleep states off idles at half its design power: off, but not outside."""
    only = {name: row for name, row in machines.items() if "E5-2698" in name}
    errors, inside = compared(only, "rapl_check")
    assert all(inside[1:])
    assert statistics.median(errors) <= 0.60


def test_chips_without_fitted_data(machines):
    """Chips that no curve was made of (Apple's, desktops, an EPYC 7713): 30 %, all inside."""
    only = {name: row for name, row in machines.items() if row["use"] == "check"}
    only = {name: row for name, row in only.items() if "E5-2698" not in name}
    errors, inside = compared(only, "rapl_check")
    assert len(inside) > 12
    assert statistics.median(errors) <= 0.30
    assert all(inside)


def test_servers_left_out_one_cpu_at_a_time(scripts):
    """Whole servers, each CPU model predicted from the others: error <= 30 %, 90 % covered."""
    build = scripts["build_cpu"]
    groups: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows("specpower_load"):
        groups["client" if build.is_client(row) else row["architecture"]].append(row)
    by_cpu = []
    covered = []
    for group in groups.values():
        for name in {row["cpu"] for row in group}:
            others = [row for row in group if row["cpu"] != name]
            if len(others) < 2:
                continue
            table = _fitted(build, others)
            errors = []
            for row in (row for row in group if row["cpu"] == name):
                for load in LOADS:
                    truth = float(row[f"w_{load}"]) / float(row["threads"])
                    value, low, high = cpu_model._thread_w(table, load / 100)
                    down, up = _package.blend(*cpu_model._NODE, load / 10)
                    value, low, high = (cpu_model._TUNED * w for w in (value, low, high))
                    errors.append(abs(value / truth - 1))
                    covered.append(low * down <= truth <= high * up)
            by_cpu.append(statistics.median(errors))
    assert len(by_cpu) > 60
    assert statistics.median(by_cpu) <= 0.30
    assert sum(covered) / len(covered) >= 0.90


def test_guests_against_servers_that_nobody_tuned():
    """Servers of clouds and laboratories, reckoned from their packages: half too low, but held."""
    machines = {row["cpu"]: row for row in rows("cpu_machines") if "server" in row["class"]}
    errors, inside = [], []
    for row in (*rows("rapl_load"), *rows("rapl_blind")):
        machine = machines.get(row["cpu"])
        if machine is None or float(row["package_w"]) < 2 or "codecarbon" in row["source"]:
            continue
        cpu = cpu_of(machine)
        # Losses and the board, as build_cpu_package reckons them.
        design = float(machine["tdp_w"]) * cpu.sockets
        wall = 1.17 * float(row["package_w"]) + 0.1 * design
        guess = power_w(cpu, float(row["load"]), virtual=True, threads=cpu.threads)
        errors.append(abs(guess.value / wall - 1))
        inside.append(guess.low <= wall <= guess.high)
    assert len(errors) > 120
    assert statistics.median(errors) <= 0.45
    assert sum(inside) / len(inside) >= 0.90


def _fitted(build, others):
    idle, full = (
        build.quantiles([float(row[key]) / float(row["threads"]) for row in others])
        for key in ("w_0", "w_100")
    )
    names = ("w", "low", "high")
    return (
        {f"idle_{key}": value for key, value in zip(names, idle, strict=True)}
        | {f"max_{key}": value for key, value in zip(names, full, strict=True)}
        | {"shape": build.shape(others)}
    )


def test_tables_are_what_the_scripts_build(scripts, tmp_path, monkeypatch):
    """The shipped tables are the raw rows' and no hand's."""
    shipped = scripts["_table"].DATA
    monkeypatch.setattr(scripts["_table"], "DATA", tmp_path)
    cpu, hardware = scripts["build_cpu"], scripts["build_hardware"]
    package = scripts["build_cpu_package"].package
    boards = scripts["build_cpu_boards"].boards
    for part in (cpu.generations, package, cpu.chips, boards, hardware.gpus, hardware.memory):
        part()
    built = sorted(tmp_path.iterdir())
    assert len(built) == 7
    for path in built:
        assert path.read_text() == (shipped / path.name).read_text(), path.name

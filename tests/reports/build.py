"""The golden reports beside this file, built from the model's nouns: `python tests/reports/build.py`.

Invented but plausible numbers; pytest and vitest read the JSON. In
widget/: states of the live view and the dashboard, and numbers with the words for them.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from green_notebook.model import (
    Advice,
    Basis,
    Budget,
    Component,
    Energy,
    Equivalence,
    Footprint,
    Intensity,
    MeterCost,
    Note,
    Place,
    Progress,
    Quantity,
    Report,
    RunForecast,
    Saving,
    product,
    total,
)
from green_notebook.show import _units
from green_notebook.show.dashboard import Idle, Timeline, session_state

HERE = Path(__file__).parent
FRANCE = Intensity(
    Quantity.within(44.2, "g/kWh", Basis.ASSUMED, systematic=10.0), "lifecycle", "Ember", 2025
)
WORLD = Intensity(
    Quantity.within(458.0, "g/kWh", Basis.ASSUMED, systematic=183.0), "lifecycle", "Ember", 2025
)
PARIS = Place("FR", "time zone Europe/Paris", "medium", "France", "desktop")
NOWHERE = Place("WORLD", "unknown", "low", "World average")


def part(component, sensor, joules, basis, below=0.05, above=0.05, random=0.0):
    """A component whose machine draws a third more than the kernel."""

    def spread(value):
        return Quantity.within(
            value,
            "J",
            basis,
            systematic=(value * below, value * above),
            random=value * random,
        )

    return Component(component, sensor, spread(joules), spread(joules * 1.33))


def energy(*components, idle=0.2):
    """The sum of components, a part of it idle."""
    kernel = total((one.sensor, one.kernel) for one in components)
    machine = total((one.sensor, one.machine) for one in components)
    return Energy(kernel, machine, components, kernel.scaled(1 - idle), kernel.scaled(idle))


def climbed(amount, *steps):
    """An amount in the first unit that it fills."""
    size, unit = next(step for step in steps if amount >= step[0] or step is steps[-1])
    return f"{amount / size:.2g} {unit}" if amount < 100 * size else f"{amount / size:,.0f} {unit}"


def compared(used, co2e):
    """A car's way (m) and a home's time (s), as the package words them."""
    way = co2e.scaled(1000 / 168.0, "m")
    time = used.scaled(1 / 409.0, "s")
    km = climbed(way.value, (1000, "km"), (1, "m"), (0.01, "cm"), (0.001, "mm"), (1e-6, "µm"))
    seconds = climbed(
        time.value,
        (2 * 86400, "days"),
        (3600, "hours"),
        (60, "minutes"),
        (1, "seconds"),
        (1e-3, "milliseconds"),
        (1e-6, "microseconds"),
    )
    return (
        Equivalence(
            "eu_fleet_car_km",
            "km driven, average European car on the road",
            way,
            f"driving {km} in an average European car",
        ),
        Equivalence(
            "eu_home_year",
            "EU home electricity, one year",
            time,
            f"{seconds} of an average EU home's electricity",
        ),
    )


def report(number, used, duration_s, place=PARIS, grid=FRANCE, **fields):
    """A report of these joules."""
    pue = fields.pop("pue", Quantity.exactly(1.0, "1", Basis.ASSUMED))
    per_joule = grid.quantity.scaled(1 / 3.6e6, "g/J")
    operational = product(used.kernel, pue, per_joule, unit="g")
    embodied = Quantity.within(
        duration_s * 2e-4, "g", Basis.ASSUMED, systematic=(duration_s * 1e-4, duration_s * 2e-4)
    )
    co2e = total([("operational", operational), ("embodied", embodied)], "g")
    litres = used.kernel.scaled(1.8 / 3.6e6, "L").with_basis(Basis.ASSUMED)
    water = Quantity.within(litres.value, "L", Basis.ASSUMED, systematic=0.6 * litres.value)
    return Report(
        id=f"5f0c1e9a7b2d4c3e8a6f1b0d9c8e7a{number:02d}",
        session_id="c0ffee00c0ffee00c0ffee00c0ffee00",
        started_at=f"2026-11-21T09:{number:02d}:12.250+01:00",
        duration_s=duration_s,
        state="final",
        energy=used,
        place=place,
        intensity=grid,
        pue=pue,
        footprint=Footprint(co2e, operational, embodied, water),
        meter=MeterCost(
            Quantity.within(0.004 * duration_s, "J", Basis.MODELLED, systematic=0.002 * duration_s),
            2e-4 * duration_s,
        ),
        equivalences=compared(used.kernel, co2e),
        **({"status": "ok", "version": "0.1.0", "data_version": "2026-11"} | fields),
        execution_count=number,
        cell_key=f"b1946ac92492d2{number:02d}",
        notebook_key="591785b794601e21",
    )


ADVICE = (
    Advice(
        "mixed_precision",
        "Mixed precision (bf16)",
        "This training step runs in float32 on a GPU with tensor cores.",
        Saving("energy", 0.3, 0.4, 0.5),
        "Micikevicius 2018 and own figures, B",
        "Check the loss for overflow.",
        "with torch.autocast('cuda', torch.bfloat16): ...",
    ),
    Advice(
        "early_stopping",
        "Early stopping",
        "The validation loss has not moved for 4 of 10 epochs.",
        Saving("energy", 0.2, 0.4, 0.4),
        "this cell's own history, A",
    ),
    Advice(
        "shift_in_time",
        "Run it at night",
        "The grid here is cleaner from 23 h to 5 h.",
        Saving("carbon", 0.02, 0.08, 0.19),
        "Wiesner 2021, C",
        "Saves no energy.",
    ),
)


def goldens() -> dict[str, Report]:
    """Every golden report by name."""
    node = part("node", "cpu-generation", 1512.0, Basis.MODELLED, 0.35, 0.6)
    chips = (
        part("cpu:0", "rapl", 8120.0, Basis.MEASURED, 0.03, 0.03, 0.002),
        part("dram:0", "rapl", 610.0, Basis.MEASURED, 0.03, 0.03, 0.01),
        part("gpu:0", "nvml", 96400.0, Basis.MEASURED, 0.03, 0.08, 0.004),
        part("rest", "table", 14300.0, Basis.ASSUMED, 0.5, 0.7),
    )
    gpus = [
        part(f"gpu:{at}", "nvml", 1.9e9 + at * 1e7, Basis.MEASURED, 0.03, 0.08) for at in range(8)
    ]
    small = part("cpu:0", "rapl", 0.0213, Basis.MEASURED, 0.05, 0.05, 0.4)
    vm = report(1, energy(node), 61.3, name="train", advice=ADVICE[1:2])
    gap = Note(
        "rapl-permission", "No permission to read RAPL (CPU): modelled from its TDP instead."
    )
    return {
        "vm": vm,
        "gpu": report(2, energy(*chips), 412.0, name="fine-tune", advice=ADVICE),
        "tiny": report(3, energy(small), 0.0042),
        "huge": report(
            4,
            energy(*gpus, part("node", "ipmi", 4e9, Basis.MEASURED)),
            9.1e5,
            pue=Quantity(1.2, 1.1, 1.4, "1", Basis.ASSUMED),
        ),
        "error": report(
            5,
            energy(part("node", "cpu-generation", 44.0, Basis.MODELLED, 0.35, 0.6)),
            1.9,
            status="error",
        ),
        "interrupted": replace(vm, status="interrupted", advice=(), execution_count=6, name=None),
        "unknown-zone": report(
            7,
            energy(part("node", "cpu-generation", 9.4, Basis.MODELLED, 0.35, 0.6)),
            0.41,
            NOWHERE,
            WORLD,
            notes=(
                Note(
                    "zone-unknown",
                    'Zone unknown: world average taken. Set it for good: %config GreenNotebook.zone = "FR"',
                ),
            ),
        ),
        "gaps": report(
            8,
            energy(
                part("cpu:0", "tdp", 2210.0, Basis.MODELLED, 0.5, 0.6),
                part("ram", "ram", 130.0, Basis.MODELLED, 0.6, 0.9),
            ),
            33.0,
            notes=(
                gap,
                Note("gap", "The GPU's sensor was silent for 1.2 s: its interval is wider."),
                Note(
                    "shared",
                    "1 other kernel was busy at the same time: 38 % of the CPU was theirs.",
                ),
            ),
        ),
        "markup": replace(vm, name="<b>&'\"</b>", advice=(), execution_count=9),
    }


def frames() -> dict[str, Progress]:
    """Every golden state of the live view by name."""
    used = Quantity.within(1512.0, "J", Basis.MODELLED, systematic=(529.0, 907.0))
    co2e = Quantity.within(0.01856, "g", Basis.ASSUMED, systematic=(0.0077, 0.0119))
    running = Progress(
        "ab12",
        61.3,
        71.4,
        (("cpu:0", 23.1), ("gpu:0", 41.2), ("rest", 7.1)),
        used,
        co2e,
        compared(used, co2e),
        "train",
    )
    ahead = RunForecast(
        used.scaled(4), co2e.scaled(4), Quantity(245.0, 221.0, 280.0, "s", Basis.MODELLED), 0.25
    )
    return {
        "first": Progress("ab12", 0.2),
        "vm": replace(running, power_by_component=(("node", 24.7),), power_w=24.7, name=None),
        "running": running,
        "forecast": replace(
            running, forecast=ahead, budget=Budget(0.1, "g", "100 mg CO2e"), budget_used=0.186
        ),
        "over": replace(
            running, budget=Budget(0.015, "g", "15 mg CO2e", stop=True), budget_used=1.24
        ),
    }


def session() -> dict[str, Any]:
    """A golden state of the dashboard."""
    reports = [one for name, one in goldens().items() if name not in ("huge", "markup")]
    power = [
        (at * 10.0, None if 20 <= at < 23 else 18 + 60 * (at % 9 > 4) + at % 4) for at in range(60)
    ]
    hour = Quantity.within(2.2e5, "J", Basis.MODELLED, systematic=(7e4, 1.1e5))
    state = session_state(
        reports,
        Timeline("2026-11-21T09:00:00.000+01:00", power),
        Idle(hour, 2400.0, "with a model on the GPU"),
        frames()["vm"],
        compared(reports[1].energy.kernel, reports[1].footprint.co2e),
    )
    json.dumps(state, allow_nan=False)
    return state


def words() -> list[dict[str, Any]]:
    """Numbers and how they are shown, for Python and TypeScript alike."""
    values = (0.0, 3.2e-7, 0.0996, 0.9996, 12.34, 35.96, 456.7, 4.56e8)
    spreads = ((0.0, 0.0), (1e-4, 1e-4), (0.05, 0.05), (0.35, 0.6), (0.9, 7.0))
    rows: list[dict[str, Any]] = []
    for unit in ("J", "g", "L", "W", "m"):
        for value in values:
            rows.append({"number": value, "unit": unit, "text": _units.number(value, unit)})
            for below, above in spreads:
                one = Quantity(
                    value, value * (1 - below), value * (1 + above), unit, Basis.MODELLED
                )
                text = _units.shown(one)
                data = one.to_dict()
                rows.append({"quantity": data, "amount": text.amount, "interval": text.interval})
    rows += [
        {"seconds": one, "text": _units.duration(one)} for one in (*values, 3599.0, 86399.0, 1e6)
    ]
    rows += [
        {"part": one, "text": _units.percent(one)} for one in (0, 4e-4, 0.004, 0.0096, 0.714, 1)
    ]
    return rows


def texts() -> dict[str, str]:
    """Every file's name and text."""
    files: dict[str, Any] = {name: one.to_dict() for name, one in goldens().items()}
    files |= {f"widget/frame-{name}": one.to_dict() for name, one in frames().items()}
    files |= {"widget/session": session()}
    texts = {
        f"{name}.json": json.dumps(data, indent=1, ensure_ascii=False) + "\n"
        for name, data in files.items()
    }
    rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in words())
    return texts | {"widget/words.json": f"[\n{rows}\n]\n"}


if __name__ == "__main__":
    for name, text in texts().items():
        path = HERE / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

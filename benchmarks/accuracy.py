"""How near a span's joules come to the truth, in simulated time: a table for docs/benchmarks.md.

    python benchmarks/accuracy.py [--spans 300] [--csv FILE]

Each row: a sensor, a load and a span length, at random phase. "ours" is `traces.energy_between`
after the counter's next step, "at the end" before it; "difference" is the counter's plain
difference between the edges, and "polled" the power reading integrated at 10 Hz, as other tools do.
Held: the part of the 95 % intervals that held the truth, sensor gain drawn from what is published.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from itertools import pairwise
from pathlib import Path
from statistics import mean, median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "traces"))

from simulated_meter import (
    Device,
    Late,
    Run,
    Waveform,
    constant,
    plain_difference,
    sine,
    square,
    telegraph,
    training,
)

from green_notebook.model import SensorSpec, Trace
from green_notebook.traces import energy_between

GAIN = 0.05
# (name, kind, step or refresh, averaging window, further fields of the specification)
SENSORS: list[tuple[str, dict[str, Any]]] = [
    ("counter, 100 ms", {"kind": "energy", "step_s": 0.1, "window_s": 0.025}),
    ("counter, 20 ms", {"kind": "energy", "step_s": 0.02, "window_s": 0.01}),
    ("power, 25 of 100 ms", {"kind": "power", "step_s": 0.1, "window_s": 0.025}),
    ("power, 100 of 100 ms", {"kind": "power", "step_s": 0.1, "window_s": 0.1}),
    ("power, mean of 1 s", {"kind": "power", "step_s": 0.1, "window_s": 1.0}),
    ("power, 10 of 20 ms", {"kind": "power", "step_s": 0.02, "window_s": 0.01}),
    ("RAPL, 1 ms", {"kind": "energy", "step_s": 0.001, "resolution_j": 6.1e-5, "wrap_j": 400.0}),
]
LENGTHS_S = (0.05, 0.13, 0.33, 1.07, 3.0)
FIELDS = (
    "sensor", "load", "thread", "span_s", "spans", "median", "p95", "worst", "at_end_median",
    "difference_median", "difference_worst", "polled_median", "polled_worst", "held",
    "half_width_median",
)  # fmt: skip


def loads(rng: random.Random, duration_s: float) -> dict[str, Waveform]:
    return {
        "square 80/350 W, 0.35 s": square(duration_s=duration_s),
        "constant 200 W": constant(200.0),
        "training loop": training(rng, duration_s),
        "random levels": telegraph(rng, duration_s),
        "sine, 0.9 s": sine(duration_s),
    }


def polled(trace: Trace, start_s: float, end_s: float) -> float:
    """The trapezoid of power readings at the edges and 10 times a second."""
    readings = trace.power if trace.spec.kind == "energy" else trace.readings
    points, last_s = [], -1.0
    for one in readings:
        if one.value is None or not start_s - 1e-3 <= one.at_s <= end_s + 1e-3:
            continue
        if one.at_s - last_s >= 0.09 or one.at_s > end_s - 1e-3:
            points.append((one.at_s, one.value))
            last_s = one.at_s
    return sum((then - at) * (watts + more) / 2 for (at, watts), (then, more) in pairwise(points))


def measure(spec: SensorSpec, wave: Waveform, run: Run, span: tuple[float, float]) -> dict:
    """One span, by every method: relative errors, and the interval."""
    pause_s, duration_s = span
    run.until(run.now_s + pause_s, in_cell=False)
    start_s = run.mark()
    run.until(start_s + duration_s, in_cell=True)
    end_s = run.mark()
    rhythm = run.watch.rhythm if run.watch else None
    at_end = energy_between(run.trace, start_s, end_s, rhythm)
    truth_j = wave.energy(end_s) - wave.energy(start_s)
    row = {"polled": abs(polled(run.trace, start_s, end_s) / truth_j - 1)}
    if spec.kind == "energy" and spec.wrap_j is None:
        row["difference"] = abs(plain_difference(run.trace, start_s, end_s) / truth_j - 1)
    if not at_end.settled:
        run.until(max(run.now_s, at_end.refine_until_s or 0.0), in_cell=False)
    rhythm = run.watch.rhythm if run.watch else None
    told = energy_between(run.trace, start_s, end_s, rhythm).quantity
    if told is None or at_end.quantity is None:
        return {**row, "missing": 1.0}
    truth_said_j = truth_j * run.device.gain
    return {
        **row,
        # The gain is the sensor's, not the method's: errors are of what the sensor could say.
        "error": abs(told.value / truth_said_j - 1),
        "at_end": abs(at_end.quantity.value / truth_said_j - 1),
        "held": float(told.low <= truth_j <= told.high),
        "half": (told.high - told.low) / 2 / truth_j,
    }


def row_of(name: str, fields: dict, load: str, busy: bool, span_s: float, count: int) -> dict:
    """The table's row for one sensor, load and length."""
    rng = random.Random(f"{name}{load}{span_s}")
    groups = 6
    found: list[dict] = []
    for group in range(groups):
        each = max(5, count // groups)
        wave = loads(rng, each * (span_s + 1.2) + 20)[load]
        gain = 1 / (1 + rng.uniform(-GAIN, GAIN))
        spec = SensorSpec(
            "x", "gpu:0", **{"gain_error": (GAIN, GAIN), "max_power_w": 600.0, **fields}
        )
        power = {"refresh_s": spec.step_s, "window_s": spec.window_s or 0.025}
        if spec.kind == "energy" and spec.step_s < 0.01:
            power["refresh_s"] = 0.1
        device = Device(
            wave, spec.step_s, rng.uniform(0, 0.1), gain=gain, wrap_j=spec.wrap_j, **power,
            power_phase_s=rng.uniform(0, 0.1), resolution_j=spec.resolution_j or 0.001,
        )  # fmt: skip
        late = Late(random.Random(group), cell_s=0.005 if busy else 0.0, cell_part=0.7)
        run = Run(device, spec, late)
        run.until(6.0, in_cell=False)
        found += [
            measure(spec, wave, run, (rng.uniform(0.3, 0.9), span_s * rng.uniform(0.97, 1.03)))
            for _ in range(each)
        ]
    return summary(found) | {
        "sensor": name, "load": load, "thread": "late" if busy else "free", "span_s": span_s,
    }  # fmt: skip


def summary(found: list[dict]) -> dict:
    """Medians and the like, in per cent."""
    told = [one for one in found if "error" in one]
    errors = sorted(one["error"] for one in told)
    differences = [one["difference"] for one in found if "difference" in one]
    polls = [one["polled"] for one in found]
    return {
        "spans": len(found),
        "median": 100 * median(errors),
        "p95": 100 * errors[int(0.95 * len(errors))],
        "worst": 100 * errors[-1],
        "at_end_median": 100 * median(one["at_end"] for one in told),
        "difference_median": 100 * median(differences) if differences else None,
        "difference_worst": 100 * max(differences) if differences else None,
        "polled_median": 100 * median(polls),
        "polled_worst": 100 * max(polls),
        "held": 100 * mean(one["held"] for one in told),
        "half_width_median": 100 * median(one["half"] for one in told),
    }


def shown(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spans", type=int, default=120, help="spans per row")
    parser.add_argument("--csv", help="write the rows here too")
    given = parser.parse_args()
    rows = []
    print("| " + " | ".join(FIELDS) + " |")
    print("|" + "---|" * len(FIELDS))
    for name, fields in SENSORS:
        for load in loads(random.Random(0), 1.0):
            for span_s in LENGTHS_S:
                for busy in (False, True):
                    row = row_of(name, fields, load, busy, span_s, given.spans)
                    rows.append(row)
                    print("| " + " | ".join(shown(row[one]) for one in FIELDS) + " |", flush=True)
    if given.csv:
        with Path(given.csv).open("w", newline="") as file:
            writer = csv.DictWriter(file, FIELDS)
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()

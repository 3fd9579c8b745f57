"""How near a span's joules come to the truth, in simulated time: a table for docs/benchmarks.md.

    python benchmarks/accuracy.py [--spans 300] [--csv FILE]

Each row: a sensor, a load and a span length, at random phase, and the package's own sampler with its
thread's rounds in simulated time (tests/meter/simulated_sampler.py). "ours" is what it tells when a
span is settled, which is after the counter's next step; "at the end" before it. The other two are
ways that other tools go, each with readings of its own that cost no time, whatever instants ours are
at: "difference" is the counter's at the edges, and "polled" the trapezoid of the power at the edges
and each 100 ms from the start. A late thread is up to 5 ms late for 7 of 10 of its rounds within a
span. All errors are of what the sensor could say: its gain, drawn from what is published, is not the
method's. Held: the part of the 95 % intervals that held the truth, the gain included.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from statistics import mean, median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "meter"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "traces"))

from simulated_meter import Device, Late, Waveform, constant, sine, square, telegraph, training
from simulated_sampler import Counter, Meter, Simulation

from green_notebook.model import SensorSpec
from green_notebook.testing import FakeClock

GAIN = 0.05
POLL_S = 0.1
WARM_S = 6.0
READ_S = 0.00002
# Spans of one session: its first ones know least, and are as large a part in any number of spans.
EACH = 10
# Sessions at least: each has one phase and one gain.
FEWEST = 6
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


def polled(meter: Meter, start_s: float, end_s: float) -> float:
    """The trapezoid of power readings (J) at the edges and 10 times a second."""
    times = int((end_s - start_s) / POLL_S)
    instants = [*(start_s + number * POLL_S for number in range(times + 1)), end_s]
    readings = [(at_s, meter.power_at(at_s)) for at_s in instants]
    return sum((then - at) * (watts + more) / 2 for (at, watts), (then, more) in pairwise(readings))


def measure(one: Simulation, pause_s: float, duration_s: float) -> dict:
    """One span, by every method: relative errors, and the interval."""
    (meter,) = one.meters
    one.run(pause_s)
    edges = start_s, end_s = one.span(duration_s)
    truth_j = meter.truth_j(*edges)
    said_j = truth_j * meter.device.gain
    row = {}
    if meter.spec.kind == "power" or isinstance(meter, Counter):
        row["polled"] = abs(polled(meter, *edges) / said_j - 1)
    if meter.spec.kind == "energy" and meter.spec.wrap_j is None:
        difference_j = meter.counter_at(end_s) - meter.counter_at(start_s)
        row["difference"] = abs(difference_j / said_j - 1)
    at_end, told = (found.quantity for found in one.settled(meter, edges))
    if told is None or at_end is None:
        return row
    return {
        **row,
        "error": abs(told.value / said_j - 1),
        "at_end": abs(at_end.value / said_j - 1),
        "held": float(told.low <= truth_j <= told.high),
        "half": (told.high - told.low) / 2 / truth_j,
    }


def made(fields: dict, wave: Waveform, rng: random.Random, late: Late) -> Simulation:
    """A session with one such sensor, of a phase and a gain of its own."""
    part = "cpu:0" if fields["step_s"] < 0.01 else "gpu:0"
    spec = SensorSpec("x", part, gain_error=(GAIN, GAIN), max_power_w=600.0, **fields)
    device = Device(
        wave, spec.step_s, rng.uniform(0, 0.1), gain=1 / (1 + rng.uniform(-GAIN, GAIN)),
        wrap_j=spec.wrap_j, refresh_s=spec.step_s, window_s=spec.window_s,
        power_phase_s=rng.uniform(0, 0.1), resolution_j=spec.resolution_j or 0.001,
    )  # fmt: skip
    # A package's counter has no power beside it.
    shape = Counter if spec.kind == "energy" and part != "cpu:0" else Meter
    clock = FakeClock()
    return Simulation(clock, [shape(clock, device, spec, READ_S)], late)


def row_of(name: str, fields: dict, load: str, busy: bool, span_s: float, count: int) -> dict:
    """The table's row for one sensor, load and length."""
    rng = random.Random(f"{name}{load}{span_s}")
    found: list[dict] = []
    for group in range(max(FEWEST, round(count / EACH))):
        wave = loads(rng, EACH * (span_s + 1.2) + 20)[load]
        late = Late(random.Random(group), cell_s=0.005 if busy else 0.0, cell_part=0.7)
        with closing(made(fields, wave, rng, late)) as one:
            one.run(WARM_S)
            found += [
                measure(one, rng.uniform(0.3, 0.9), span_s * rng.uniform(0.97, 1.03))
                for _ in range(EACH)
            ]
    return summary(found) | {
        "sensor": name, "load": load, "thread": "late" if busy else "free", "span_s": span_s,
    }  # fmt: skip


def summary(found: list[dict]) -> dict:
    """Medians and the like, in per cent."""
    told = [one for one in found if "error" in one]
    errors = sorted(one["error"] for one in told)
    differences = [one["difference"] for one in found if "difference" in one]
    polls = [one["polled"] for one in found if "polled" in one]
    return {
        "spans": len(found),
        "median": 100 * median(errors),
        "p95": 100 * errors[int(0.95 * len(errors))],
        "worst": 100 * errors[-1],
        "at_end_median": 100 * median(one["at_end"] for one in told),
        "difference_median": 100 * median(differences) if differences else None,
        "difference_worst": 100 * max(differences) if differences else None,
        "polled_median": 100 * median(polls) if polls else None,
        "polled_worst": 100 * max(polls) if polls else None,
        "held": 100 * mean(one["held"] for one in told),
        "half_width_median": 100 * median(one["half"] for one in told),
    }


def shown(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spans", type=int, default=120, help="spans per row, 60 at least")
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

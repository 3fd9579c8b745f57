"""How many 95 % intervals hold the truth, and how many are idle, over many loads in simulated time.

    python benchmarks/coverage.py [--groups 10] [--rows]

The package's own sampler takes the readings (tests/meter/simulated_sampler.py). Each sensor meets
each load with a thread that is free, late, or held off for the whole span. Steps, their jitter, how
long a read takes, the resolution, how early before its step a counter's value is from, and the gain
(within 5 %) are drawn anew for each group. An interval is idle where its median
half-width is more than 4 times the median error (the gain apart) and the 5 % of the gain.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import mean, median
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "meter"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "traces"))

from simulated_meter import Device, Late, Waveform, constant, sine, square, telegraph, training
from simulated_sampler import Counter, Meter, Simulation

from green_notebook.model import Quantity, SensorSpec
from green_notebook.testing import FakeClock

GAIN = 0.05
LENGTHS_S = (0.05, 0.13, 0.33, 1.07, 3.0, 10.0)
# Name: kind, shortest and longest step (s), the power's refresh and window (s) where it tells power.
SENSORS: dict[str, tuple[str, float, float, float, float]] = {
    "counter 100 ms, power 25 of 100": ("energy", 0.095, 0.105, 0.1, 0.025),
    "counter 100 ms, power 100 of 100": ("energy", 0.095, 0.105, 0.1, 0.1),
    "counter 100 ms, power of 1 s": ("energy", 0.095, 0.105, 0.1, 1.0),
    "counter 30-80 ms": ("energy", 0.03, 0.08, 0.1, 0.025),
    "counter 20 ms": ("energy", 0.018, 0.022, 0.02, 0.01),
    "power, 25 of 100 ms": ("power", 0.098, 0.102, 0.0, 0.025),
    "power, 100 of 100 ms": ("power", 0.098, 0.102, 0.0, 0.1),
    "power, mean of 1 s": ("power", 0.098, 0.102, 0.0, 1.0),
    "power, 10 of 20 ms": ("power", 0.0198, 0.0202, 0.0, 0.01),
    "RAPL, 1 ms": ("energy", 0.00098, 0.00102, 0.0, 0.0),
}
THREADS = {"free": (0.0, 0.0), "late": (0.005, 0.7), "held": (1e9, 1.0)}
PERIODS_S = (0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.35, 0.5, 0.8, 1.0, 2.0)
PULSES = (
    (0.06, 0.2), (0.1, 0.2), (0.1, 0.7), (0.2, 0.1), (0.2, 0.3), (0.3, 0.1), (0.3, 0.7),
    (0.35, 0.2), (0.4, 0.1), (0.5, 0.1), (0.5, 0.8), (1.0, 0.05), (1.0, 0.3),
)  # fmt: skip
Load = Callable[[random.Random, float], Waveform]


class Told(NamedTuple):
    """One span: its error, its half-width, and whether both of its intervals held."""

    error: float
    half: float
    held: bool
    held_at_end: bool


def busy(rng: random.Random, lasts_s: float, rest: tuple, work: tuple) -> Waveform:
    """Idle, then busy for a while, again and again."""
    pieces, at_s = [(0.0, 52.0)], 0.0
    while at_s < lasts_s:
        at_s += rng.uniform(*rest)
        pieces.append((at_s, rng.uniform(200.0, 340.0)))
        at_s += rng.uniform(*work)
        pieces.append((at_s, 52.0))
    return Waveform(pieces)


def unsteady(rng: random.Random, lasts_s: float, period_s: float, duty: float = 0.5) -> Waveform:
    pieces, at_s = [], 0.0
    while at_s < lasts_s:
        this_s = period_s * rng.uniform(0.97, 1.03)
        pieces += [(at_s, 330.0), (at_s + duty * this_s, 80.0)]
        at_s += this_s
    return Waveform(pieces)


def ramp(lasts_s: float, period_s: float) -> Waveform:
    cuts = range(int(lasts_s / 0.005) + 2)
    return Waveform([(i * 0.005, 70 + 280 * ((i * 0.005 / period_s) % 1)) for i in cuts])


def loads() -> dict[str, Load]:
    found: dict[str, Load] = {
        "constant": lambda rng, _: constant(rng.uniform(60, 350)),
        "sine 0.9 s": lambda _, lasts_s: sine(lasts_s),
        "sine 0.21 s": lambda _, lasts_s: sine(lasts_s, 0.21),
        "training": training,
        "bursts": lambda rng, lasts_s: busy(rng, lasts_s, (1.5, 4.0), (0.03, 0.6)),
        "idle and busy": lambda rng, lasts_s: busy(rng, lasts_s, (3.0, 8.0), (2.0, 9.0)),
        "ramps": lambda rng, lasts_s: ramp(lasts_s, rng.uniform(1, 4)),
    }
    for mean_s in (0.05, 0.2, 1.0):
        found[f"random levels, {mean_s} s"] = lambda rng, lasts_s, s=mean_s: telegraph(
            rng, lasts_s, s
        )
    for period_s, duty in ((0.08, 0.5), (0.27, 0.5), (0.6, 0.3)):
        found[f"unsteady square {period_s} s"] = lambda rng, lasts_s, p=period_s, d=duty: unsteady(
            rng, lasts_s, p, d
        )
    for period_s, duty in (*((one, 0.5) for one in PERIODS_S), *PULSES):
        found[f"square {period_s} s, {duty}"] = lambda _, lasts_s, p=period_s, d=duty: square(
            period_s=p, duration_s=lasts_s, duty=d
        )
    return found


def made(sensor: str, wave: Waveform, thread: str, rng: random.Random) -> Simulation:
    """A session with one device; everything that is not known of real ones is drawn at random."""
    kind, least_s, most_s, refresh_s, window_s = SENSORS[sensor]
    step_s = rng.uniform(least_s, most_s)
    coarse = kind == "energy" and step_s > 0.01
    resolution_j = rng.choice([0.001, 0.01, 0.1]) if coarse else 6.1e-5
    fields: dict[str, Any] = {
        "jitter_s": step_s * rng.choice([0, 0, 0.01, 0.03]) if kind == "energy" else 0.0,
        "late_s": rng.uniform(0, 0.002) if coarse else 0.0,
        "refresh_s": refresh_s or step_s,
        "window_s": window_s * (rng.uniform(0.9, 1.1) if window_s < 0.05 else 1.0),
    }
    nominal_s = min((0.001, 0.02, 0.1), key=lambda one: abs(one - step_s))
    spec = SensorSpec(
        "x", "cpu:0" if nominal_s == 0.001 else "gpu:0", kind, gain_error=(GAIN, GAIN),
        step_s=nominal_s, window_s=window_s, resolution_j=resolution_j, max_power_w=600.0,
    )  # fmt: skip
    device = Device(
        wave, step_s, rng.uniform(0, 0.1), gain=1 / (1 + rng.uniform(-GAIN, GAIN)),
        resolution_j=resolution_j, power_phase_s=rng.uniform(0, 0.1), **fields,
    )  # fmt: skip
    cell_s, cell_part = THREADS[thread]
    late = Late(random.Random(rng.random()), cell_s=cell_s, cell_part=cell_part)
    read_s = rng.choice([2e-5, 2e-5, 2e-4, 2e-3]) if coarse else 2e-5
    clock, shape = FakeClock(), Counter if coarse else Meter
    return Simulation(clock, [shape(clock, device, spec, read_s)], late)


def group(sensor: str, load: Load, thread: str, seed: str) -> list[tuple[float, Told]]:
    """Each length twice, on one device."""
    rng = random.Random(seed)
    lengths_s = [*LENGTHS_S, *LENGTHS_S]
    rng.shuffle(lengths_s)
    wave = load(rng, 20 + 1.1 * sum(lengths_s) + 1.5 * len(lengths_s))
    found = []
    with closing(made(sensor, wave, thread, rng)) as one:
        (meter,) = one.meters
        one.run(rng.uniform(3, 6))
        for length_s in lengths_s:
            one.run(rng.uniform(0.3, 0.9))
            edges = one.span(length_s * rng.uniform(0.97, 1.03))
            first, final = (told.quantity for told in one.settled(meter, edges))
            if first and final:
                truth_j = meter.truth_j(*edges)
                found.append((length_s, compared(first, final, truth_j, meter.device.gain)))
    return found


def compared(first: Quantity, final: Quantity, truth_j: float, gain: float) -> Told:
    return Told(
        abs(final.value / truth_j / gain - 1),
        (final.high - final.low) / 2 / truth_j,
        final.low <= truth_j <= final.high,
        first.low <= truth_j <= first.high,
    )


def idle(told: list[Told]) -> bool:
    return median(one.half for one in told) > 4 * median(one.error for one in told) + GAIN


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--groups", type=int, default=10, help="devices per sensor, load, thread")
    parser.add_argument(
        "--rows", action="store_true", help="each load and length that held < 93 %%"
    )
    given = parser.parse_args()
    print("| sensor | thread | held at the end | held | loads x lengths under 93 | idle |")
    print("|---|---|---|---|---|---|")
    for sensor in SENSORS:
        for thread in THREADS:
            rows: dict[tuple[str, float], list[Told]] = defaultdict(list)
            for name, load in loads().items():
                for number in range(given.groups):
                    seed = f"{sensor}{name}{thread}{number}"
                    for length_s, told in group(sensor, load, thread, seed):
                        rows[name, length_s].append(told)
            every = [one for told in rows.values() for one in told]
            under = {key: mean(one.held for one in told) for key, told in rows.items()}
            under = {key: held for key, held in under.items() if held < 0.93}
            print(
                f"| {sensor} | {thread} | {100 * mean(one.held_at_end for one in every):.1f} "
                f"| {100 * mean(one.held for one in every):.1f} | {len(under)} of {len(rows)} "
                f"| {sum(map(idle, rows.values()))} |",
                flush=True,
            )
            if given.rows:
                for (name, length_s), held in sorted(under.items(), key=lambda one: one[1]):
                    print(f"    {name}, {length_s} s: {100 * held:.0f}")


if __name__ == "__main__":
    main()

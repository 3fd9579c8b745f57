"""Which of the sensors found are used, so that every part is counted once.

Per component the best basis wins, ties go to the smaller stated error over one second, then to
the name. A package counter covers its cores; a model of the whole node gives way to any measured
part of it; a measured whole keeps its parts, and the rest is the difference.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from green_notebook.model import Basis, SensorSpec
from green_notebook.sensors import Model, Sensor

# Two names for memory: a counter sees modules ("dram:0"), a model what is installed ("ram").
SAME = {"dram": "ram"}
WHOLE = "node"
# What is added to a machine, and is in none of its models.
CARDS = ("gpu", "tpu", "npu")


@dataclass(frozen=True, slots=True)
class Choice:
    """The sources in use, and the specs left out with the reason."""

    sensors: tuple[Sensor, ...]
    models: tuple[Model, ...]
    left_out: tuple[tuple[SensorSpec, str], ...]


def part(component: str) -> str:
    """The kind of part of a component: ``part("dram:1") == "ram"``."""
    kind = component.partition(":")[0]
    return SAME.get(kind, kind)


def choose(found: Iterable[Sensor | Model]) -> Choice:
    """Choose among all sources that were found."""
    ranked = sorted(found, key=lambda one: _rank(one.spec))
    measured = {part(one.spec.component) for one in ranked if one.spec.basis is Basis.MEASURED}
    used: list[Sensor | Model] = []
    left_out: list[tuple[SensorSpec, str]] = []
    for source in ranked:
        reason = _against(source.spec, used, measured)
        if reason:
            left_out.append((source.spec, reason))
        else:
            used.append(source)
    return Choice(
        tuple(one for one in used if isinstance(one, Sensor)),
        tuple(one for one in used if not isinstance(one, Sensor) and isinstance(one, Model)),
        tuple(left_out),
    )


def _rank(spec: SensorSpec) -> tuple[int, int, float, str]:
    # The wider view comes first, so that what it covers is known when that is looked at. A counter of steps s is uncertain by a step's part of the second; see docs/method.
    error = max(spec.gain_error) + spec.step_s
    return spec.basis.rank, -len(spec.covers), error, spec.id


def _against(spec: SensorSpec, used: list[Sensor | Model], measured: set[str]) -> str:
    for other in (one.spec for one in used):
        if other.component == spec.component:
            return f"{other.id} knows {spec.component} better"
        if spec.component in other.covers:
            return f"counted within {other.id}"
        modelled = spec.basis is not Basis.MEASURED
        if modelled and part(other.component) == part(spec.component):
            return f"{other.id} measures {part(spec.component)}"
        # A model of watts per thread knows nothing of cards; a meter of the whole holds them.
        apart = _is_card(spec.component) and other.basis is not Basis.MEASURED
        if modelled and other.component == WHOLE and spec.component != WHOLE and not apart:
            return f"counted within {other.id}"
    if spec.basis is not Basis.MEASURED and spec.component == WHOLE:
        parts = measured - {*CARDS, WHOLE}
        if parts:
            return f"{', '.join(sorted(parts))} is measured"
    return ""


def _is_card(component: str) -> bool:
    return part(component) in CARDS

"""The ratio of two energies measured on one machine.

To first order a sensor's gain error e moves ln(B/A) by e times the difference of that sensor's
shares in B and in A: what both have in common cancels (GUM, 5.2.2), so a comparison can be sharp
where each figure is not. docs/method/repeating.md shows it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from green_notebook import chance
from green_notebook.errors import GreenNotebookError
from green_notebook.model import Basis, Comparison, Quantity, Report, total


def compare(
    first: Sequence[Report], second: Sequence[Report], names: tuple[str, str] | None = None
) -> Comparison:
    """Compare the mean kernel energy of two sets of reports of one machine.

    Raises GreenNotebookError where a set is empty or took no energy that could be seen.
    """
    if not first or not second:
        raise GreenNotebookError("a comparison needs two measured pieces of work")
    one, other = mean_energy(first), mean_energy(second)
    if one.value <= 0 or other.value <= 0:
        raise GreenNotebookError("too little energy was seen to compare; repeat it with %%carbonit")
    labels = names or (_label(first[0]), _label(second[0]))
    return Comparison(
        *labels, ratio_of(one, other, _gains(first, second)), one, other, len(first), len(second)
    )


def ratio_of(first: Quantity, second: Quantity, systematic: tuple[float, float]) -> Quantity:
    """``second / first`` with relative systematic half-widths below and above.

    The interval is symmetric in the logarithm, as a ratio's is.
    """
    value = second.value / first.value
    random = math.hypot(first.random / first.value, second.random / second.value)
    below, above = (math.hypot(random, part) for part in systematic)
    low, high = value * math.exp(-below), value * math.exp(min(above, 50.0))
    basis = Basis.weakest((first.basis, second.basis))
    return Quantity(value, low, high, "1", basis, min(value * random, high - value))


def mean_energy(reports: Sequence[Report]) -> Quantity:
    """The mean kernel energy (J) of one run; ``repeats`` within a report count as runs.

    Its random part is the larger of what the sensors state and of what the runs' own scatter
    shows; few runs tell little of that, one tells nothing: `chance` says what is then assumed.
    """
    count = sum(report.repeats or 1 for report in reports)
    # One machine's sensors err alike in all its reports: more of them do not make that smaller.
    summed = total((report.session_id, report.energy.kernel) for report in reports)
    mean = summed.scaled(1 / count)
    per_run = [report.energy.kernel.value / (report.repeats or 1) for report in reports]
    if mean.value <= 0:
        return mean
    scatter = mean.value * chance.pooled(per_run, _assumed(reports))
    # A report of one measurement does not hold that scatter, the spread of several does.
    random = math.hypot(mean.random, scatter) if len(reports) == 1 else max(mean.random, scatter)
    return Quantity.within(mean.value, "J", mean.basis, systematic=mean.systematic, random=random)


def ran_once(reports: Sequence[Report]) -> bool:
    """Whether it is one run alone, whose scatter nobody has seen."""
    return len(reports) == 1 and (reports[0].repeats or 1) == 1


def disturbed(reports: Sequence[Report]) -> bool:
    """Whether other processes were busy meanwhile."""
    return any(note.code == "others-busy" for report in reports for note in report.notes)


def _assumed(reports: Sequence[Report]) -> float:
    """The relative standard deviation from one report to the next."""
    repeated = all((report.repeats or 1) > 1 for report in reports)
    scatter = chance.SLOW_DRIFT if repeated else chance.RUN_TO_RUN
    scatter *= chance.DISTURBED if disturbed(reports) else 1.0
    shortest_s = min(report.duration_s for report in reports)
    return math.hypot(scatter, chance.START_S / max(shortest_s, 1e-6))


def _gains(first: Sequence[Report], second: Sequence[Report]) -> tuple[float, float]:
    """The relative systematic half-widths that do not cancel in the ratio."""
    shares_first, shares_second = _shares(first), _shares(second)
    same_machine = first[0].session_id == second[0].session_id
    below: list[float] = []
    above: list[float] = []
    for sensor in {*shares_first, *shares_second}:
        a, down_a, up_a = shares_first.get(sensor, (0.0, 0.0, 0.0))
        b, down_b, up_b = shares_second.get(sensor, (0.0, 0.0, 0.0))
        down, up = max(down_a, down_b), max(up_a, up_b)
        if same_machine:
            below.append(abs(b - a) * down)
            above.append(abs(b - a) * up)
        else:
            below.append(math.hypot(b * down, a * up))
            above.append(math.hypot(b * up, a * down))
    return math.hypot(*below), math.hypot(*above)


def _shares(reports: Sequence[Report]) -> Mapping[str, tuple[float, float, float]]:
    """Per sensor: its share of the energy, and its relative systematic half-widths."""
    values: dict[str, float] = defaultdict(float)
    below: dict[str, float] = defaultdict(float)
    above: dict[str, float] = defaultdict(float)
    for report in reports:
        for one in report.energy.components:
            down, up = one.kernel.systematic
            values[one.sensor] += one.kernel.value
            below[one.sensor] += down
            above[one.sensor] += up
    whole = math.fsum(values.values())
    return {
        sensor: (value / whole, below[sensor] / value, above[sensor] / value)
        for sensor, value in values.items()
        if value > 0 and whole > 0
    }


def _label(report: Report) -> str:
    if report.name:
        return report.name
    return f"cell {report.execution_count}" if report.execution_count else report.id[:6]

"""What the dashboard shows of a session: pure, from its reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from green_notebook.model import Advice, Equivalence, Progress, Quantity, Report, rounded, total
from green_notebook.model.summary import counted
from green_notebook.show import _rows
from green_notebook.show._units import duration

DIGITS = 4
MOST_CELLS = 40
MOST_POINTS = 240
# Idle time below this is nothing to be told about (s).
TOLD_IDLE_S = 60.0


@dataclass(frozen=True, slots=True)
class Idle:
    """What the kernel drew between cells: ``energy`` (J) over ``duration_s``.

    ``because`` may say what was held meanwhile: "with a model on the GPU".
    """

    energy: Quantity
    duration_s: float
    because: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Power over the session: ``(seconds since it began, W)``, None for a gap.

    ``began_at`` is the session's begin (ISO 8601 with zone), so that cells can be marked.
    """

    began_at: str
    power: Sequence[tuple[float, float | None]] = ()


def session_state(
    reports: Sequence[Report],
    timeline: Timeline | None = None,
    idle: Idle | None = None,
    running: Progress | None = None,
    equivalences: Sequence[Equivalence] = (),
    summed: Sequence[Report] | None = None,
) -> dict[str, Any]:
    """The dashboard's state (JSON): bars, totals, power, idle share, what to save, advice.

    ``reports`` oldest first; of nested ones only the outer count. ``equivalences`` are of the
    total, which is of ``summed`` where that differs: work measured side by side counts once.
    Numbers at 4 significant digits; at most 40 cells, the largest.
    """
    outer = counted(reports)
    whole = outer if summed is None else list(summed)
    energy = total((("session", one.energy.kernel) for one in whole), "J")
    alike = _rows.same_boundary(whole)
    co2e = total((("session", one.footprint.co2e) for one in alike), "g")
    shown = _largest(outer)
    labels = {id(one): _label(one, index) for index, one in enumerate(outer)}
    return {
        "cells": [_cell(one, labels[id(one)]) for one in shown],
        "left_out": len(outer) - len(shown),
        "count": len(outer),
        "duration_s": rounded(sum(one.duration_s for one in whole), DIGITS),
        "energy": energy.to_dict(DIGITS),
        "co2e": co2e.to_dict(DIGITS),
        "co2e_note": _boundary_note(whole, alike),
        "equivalences": [one.to_wire() for one in equivalences],
        "power": _power(timeline),
        "marks": _marks(outer, labels, timeline),
        "idle": _idle(idle, energy),
        "wasteful": _wasteful(outer, labels),
        "advice": _last_advice(outer),
        "running": None if running is None else running.to_dict(),
    }


def _boundary_note(reports: Sequence[Report], alike: Sequence[Report]) -> str:
    """What to say beside a sum that leaves some cells out; empty where it holds all."""
    if len(alike) == len(reports):
        return ""
    return f"{alike[0].intensity.boundary}, {len(alike)} of {len(reports)} cells"


def _label(report: Report, index: int) -> str:
    if report.name:
        return report.name
    return f"cell [{report.execution_count}]" if report.execution_count else f"span {index + 1}"


def _largest(reports: list[Report]) -> list[Report]:
    """The largest by CO2e, in the order in which they ran."""
    by_size = sorted(reports, key=lambda one: one.footprint.co2e.value, reverse=True)
    kept = {id(one) for one in by_size[:MOST_CELLS]}
    return [one for one in reports if id(one) in kept]


def _cell(report: Report, label: str) -> dict[str, Any]:
    return {
        "id": report.id,
        "label": label,
        "status": report.status,
        "duration_s": rounded(report.duration_s, DIGITS),
        "energy": report.energy.kernel.to_dict(DIGITS),
        "co2e": report.footprint.co2e.to_dict(DIGITS),
    }


def _power(timeline: Timeline | None) -> list[list[float | None]]:
    """At most ``MOST_POINTS``: the means of neighbours; a gap among them stays a gap."""
    if timeline is None:
        return []
    size = -(-len(timeline.power) // MOST_POINTS) or 1
    groups = [timeline.power[at : at + size] for at in range(0, len(timeline.power), size)]
    return [[rounded(group[-1][0], DIGITS + 2), _mean(group)] for group in groups]


def _mean(group: Sequence[tuple[float, float | None]]) -> float | None:
    watts = [one for _, one in group if one is not None]
    return rounded(sum(watts) / len(watts), DIGITS) if len(watts) == len(group) else None


def _marks(
    reports: list[Report], labels: dict[int, str], timeline: Timeline | None
) -> list[list[float | str]]:
    if timeline is None:
        return []
    began = datetime.fromisoformat(timeline.began_at)
    marks: list[list[float | str]] = []
    for one in reports:
        start = (datetime.fromisoformat(one.started_at) - began).total_seconds()
        end = start + one.duration_s
        marks.append([rounded(start, DIGITS + 2), rounded(end, DIGITS + 2), labels[id(one)]])
    return marks


def _idle(idle: Idle | None, energy: Quantity) -> dict[str, Any] | None:
    if idle is None or idle.duration_s < TOLD_IDLE_S:
        return None
    whole = idle.energy.value + energy.value
    because = f" {idle.because}" if idle.because else ""
    return {
        "energy": idle.energy.to_dict(DIGITS),
        "duration_s": rounded(idle.duration_s, DIGITS),
        "share": rounded(idle.energy.value / whole, DIGITS) if whole > 0 else 0.0,
        "text": f"your kernel idled {duration(idle.duration_s)}{because}:",
    }


def _wasteful(reports: list[Report], labels: dict[int, str]) -> dict[str, Any] | None:
    """The cell whose first advice would save most energy, by its typical saving."""
    best: tuple[float, Report, Advice] | None = None
    for one in reports:
        for advice in one.advice:
            saving = advice.saving
            if saving is None or saving.of != "energy":
                continue
            joules = saving.typical * one.energy.kernel.value
            if best is None or joules > best[0]:
                best = (joules, one, advice)
    if best is None:
        return None
    _, report, advice = best
    return {
        "id": report.id,
        "label": labels[id(report)],
        "text": _rows.advice_line(advice),
    }


def _last_advice(reports: list[Report]) -> list[dict[str, str]]:
    for one in reversed(reports):
        if one.advice:
            return [{"title": advice.title, "text": advice.text} for advice in one.advice[:3]]
    return []

"""docs/benchmarks.md from the kept rows: the words stand in page.md, numbers come from the rows."""

from __future__ import annotations

from pathlib import Path
from string import Template

from peer.loads import FORBIDDEN, LOADS
from peer.rows import LATE_MS, Run, fair
from peer.tables import (
    accuracy_table,
    cost_table,
    error_table,
    forbidden_table,
    held_table,
    own_cost_table,
    table,
    title,
    wrap_table,
)
from peer.tools import OURS

TEMPLATE = Path(__file__).with_name("page.md")
TITLES = {one.name: one.title for one in LOADS}
WAVES = ("square", "constant", "training", "idle")
PARTS = {"gpu": "The card", "cpu": "The processor (RAPL)"}
NO_NAMESPACE = "Left out: no mount namespace could be made on this machine, so no tool saw it."
FORBIDDEN_SAYS = {
    OURS: "*modelled*, with an interval; `doctor` says why, and the cure",
    "codecarbon": "a warning in its log; the figure is not marked",
    "zeus": "says nothing",
    "pyjoules": "no figure for the card either",
    "carbontracker": "prints the cure; 0 goes into its sum as actual consumption",
    "eco2ai": "reads no counter; its sum is not marked as modelled in part",
}


def _errors(run: Run) -> str:
    lines: list[str] = []
    for part, what in PARTS.items():
        if part == "cpu" and not run.about["powercap"]:
            lines += [f"### {what}", "", NO_NAMESPACE, ""]
            continue
        for load in WAVES:
            if run.of(load=load):
                lines += [f"### {what}, {TITLES[load]}", "", *error_table(run, load, part), ""]
    return "\n".join(lines)


def _special(run: Run) -> str:
    lines: list[str] = []
    if run.of(load="wraps"):
        lines += [
            "## A wrap of the counter inside the span",
            "",
            "The processor at 200 W; its counter wraps every 600 J, once in each of these spans (real ones",
            "wrap after 65 to 262 kJ). Wrong: off by more than 10 %.",
            "",
            *wrap_table(run),
            "",
        ]
    if run.of(load=FORBIDDEN):
        lines += [
            "## A counter that may not be read",
            "",
            "As without root since Linux 5.10. The simulated processor draws 60 W for 1 s; a model sees the load",
            "of the real one, so none can be right here. What counts is whether a figure says what it is.",
            "",
            *forbidden_table(run, FORBIDDEN, FORBIDDEN_SAYS),
            "",
        ]
    return "\n".join(lines)


def _own(run: Run) -> str:
    lines = ["## green_notebook alone", ""] if run.cost or run.accuracy else []
    if run.cost:
        lines += [
            "In real Jupyter kernels (benchmarks/bench.py), beside the limits that it must keep:",
            "",
            *own_cost_table(run.cost),
            "",
        ]
    if run.accuracy:
        lines += [
            f"In simulated time (benchmarks/accuracy.py), {run.accuracy[0]['spans']:.0f} spans of each length and of each of",
            "five loads, the gain drawn from its published error; each session's sensor was read for 6 s before its first span.",
            "*Error* and *difference*: the median over the loads.",
            "",
            *accuracy_table(run.accuracy),
            "",
        ]
    return "\n".join(lines)


def _problems(run: Run) -> str:
    found = [
        [title(one["tool"]), one["load"], one["problem"]]
        for one in run.facts
        if one.get("problem") and one["load"] != FORBIDDEN
    ]
    return "\n".join(["", *table(["tool that failed", "load", "why"], found)]) if found else ""


def page(run: Run) -> str:
    """The whole page."""
    about = run.about
    held = {
        load: TITLES[load].partition(":")[0].partition(" (")[0].partition(",")[0]
        for load in (*WAVES, "wraps")
    }
    held["wraps"] = "a wrap in each span"
    starts = [len(run.facts_of(tool, "startup_s")) for tool in run.tools]
    text = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        {name: about[name] for name in ("when", "cpus", "python", "seed", "rounds")},
        minutes=f"{about['minutes']:.0f}",
        late=f"{sum(not fair(row, 'cpu') for row in run.spans)} of {len(run.spans)}",
        late_ms=f"{LATE_MS:g}",
        load_average=f"{about['load_average']:.1f}",
        idle_s=f"{about['idle_s']:g}",
        starts=f"{min(starts)} or more",
        versions=", ".join(f"{title(tool)} {one['version']}" for tool, one in run.tools.items()),
        errors=_errors(run),
        special=_special(run),
        held="\n".join(held_table(run, held)),
        costs="\n".join(cost_table(run)),
        problems=_problems(run),
        own=_own(run),
    )
    return text.rstrip() + "\n"

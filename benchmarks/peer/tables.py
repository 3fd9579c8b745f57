"""The tables of the page, each from the rows alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import mean, median
from typing import Any

from peer.rows import Errors, Row, Run, errors, held
from peer.tools import OURS, TITLES

MISSING = "-"


def table(head: Sequence[str], body: Iterable[Sequence[str]]) -> list[str]:
    """A table in Markdown."""
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return [*lines, *("| " + " | ".join(row) + " |" for row in body)]


def title(tool: str) -> str:
    return TITLES.get(tool, tool)


def signed(percent: float) -> str:
    text = f"{percent:+.1f}" if abs(percent) < 9.95 else f"{percent:+.0f}"
    return "0.0" if text in ("+0.0", "-0.0") else text


def cell(found: Errors) -> str:
    """The median of the absolute errors, and the worst below and above."""
    if not found.values:
        return "none"
    middle = f"{found.median:.1f}" if found.median < 9.95 else f"{found.median:.0f}"
    text = f"{middle} ({signed(min(found.values))}..{signed(max(found.values))})"
    lacking = found.spans - len(found.values)
    return f"{text}, none in {lacking} of {found.spans}" if lacking else text


def error_table(run: Run, load: str, part: str) -> list[str]:
    """A row a tool, a column a length of span."""
    lengths = sorted({row["length_s"] for row in run.of(load=load)})
    body = []
    for tool in run.tools:
        found = [errors(run, part, load=load, tool=tool, length_s=one) for one in lengths]
        counts = sorted({one.spans for one in found})
        spans = "-".join(str(one) for one in sorted({counts[0], counts[-1]}))
        body.append([title(tool), *map(cell, found), spans])
    head = ["tool", *(f"{one:g} s" for one in lengths), "spans of each length"]
    return table(head, body)


def wrap_table(run: Run) -> list[str]:
    """Spans with a wrap in them: how many are off by more than a tenth."""
    rows = run.of(load="wraps")
    lengths = sorted({row["length_s"] for row in rows})
    body = []
    for tool in run.tools:
        cells = []
        for length_s in lengths:
            fields = {"load": "wraps", "tool": tool, "length_s": length_s}
            found = errors(run, "cpu", lambda row: bool(row.get("wraps")), **fields)
            bad = f"{found.over(10)} of {len(found.values)} wrong: " if found.values else ""
            cells.append(bad + cell(found))
        body.append([title(tool), *cells])
    return table(["tool", *(f"{one:g} s" for one in lengths)], body)


def _stated(row: Row, part: str) -> str:
    interval = ""
    if row.get(f"{part}_low_j") is not None:
        interval = f" ({row[f'{part}_low_j']:.1f} to {row[f'{part}_high_j']:.1f})"
    return f"{row[f'{part}_j']:.1f}{interval}"


def forbidden_table(run: Run, load: str, words: dict[str, str]) -> list[str]:
    """What each tool gives for a processor whose counter it may not read."""
    body = []
    for tool in run.tools:
        facts = [one for one in run.facts if one["load"] == load and one["tool"] == tool]
        raised = next((one["problem"] for one in facts if one.get("problem")), None)
        rows = run.of(load=load, tool=tool)
        part = "node" if any(row.get("node_j") is not None for row in rows) else "cpu"
        told = [row for row in rows if row.get(f"{part}_j") is not None]
        if raised:
            given = "raises " + raised.partition(":")[0]
        else:
            given = _stated(told[len(told) // 2], part) if told else "none"
        body.append([title(tool), given, words.get(tool, "")])
    return table(["tool", "joules for 60.0", "how it says so"], body)


def held_table(run: Run, loads: dict[str, str]) -> list[str]:
    """The stated 95 % intervals that held the truth: ours, nobody else states any."""
    body = []
    for load, name in loads.items():
        rows = run.of(load=load, tool=OURS)
        for part, what in (("gpu", "card"), ("cpu", "processor")):
            inside, stated = held(rows, part)
            if not stated:
                continue
            halves = [
                100 * (row[f"{part}_high_j"] - row[f"{part}_low_j"]) / 2 / row[f"{part}_true_j"]
                for row in rows
                if row.get(f"{part}_low_j") is not None
            ]
            share = f"{inside} of {stated} ({100 * inside / stated:.0f} %)"
            body.append([name, what, share, f"{median(halves):.1f} %"])
    return table(["load", "part", "held", "half-width, median"], body)


def middle(values: Sequence[float], digits: int, scale: float = 1.0) -> str:
    """The median, or a dash."""
    return f"{median(values) * scale:.{digits}f}" if values else MISSING


def span_costs(run: Run, tool: str, name: str) -> list[float]:
    """Milliseconds of each span that was measured while no other tool did."""
    alone = (row for row in run.of(tool=tool) if row["length_s"] < 0.5 and row["load"] != "wraps")
    if name == "both_ms":
        return [r["start_ms"] + r["stop_ms"] for r in alone if r.get("start_ms") is not None]
    return [row[name] for row in alone if row.get(name) is not None]


def cost_table(run: Run) -> list[str]:
    """What each tool costs."""
    body = []
    for tool, about in run.tools.items():

        def of(name: str, tool: str = tool) -> list[float]:
            return run.facts_of(tool, name)

        body.append(
            [
                f"{title(tool)} {about['version']}",
                middle(of("startup_s"), 2),
                middle(span_costs(run, tool, "both_ms"), 2),
                middle(span_costs(run, tool, "cpu_ms"), 2),
                middle(of("cpu_share"), 2, 100),
                middle(of("memory_mb"), 0),
                f"{middle(of('children'), 0)} ({middle(of('children_mb'), 0)} MB)",
                f"{about['size_mb']:.0f}",
                middle(of("first_lines"), 0),
                middle(of("threads"), 0),
            ]
        )
    head = [
        "tool", "start-up, s", "span, ms", "CPU of it, ms", "background CPU, %", "memory, MB",
        "processes of its own", "installed, MB", "lines, first cell", "threads left",
    ]  # fmt: skip
    return table(head, body)


def own_cost_table(rows: Sequence[Row]) -> list[str]:
    """The figures of benchmarks/bench.py beside their limits."""

    def number(value: Any) -> str:
        return f"{value:.2f}" if isinstance(value, (int, float)) else MISSING

    body = []
    for row in rows:
        # Figures of simulated hardware are medians already, without a worst or a CPU time.
        value, limit = row.get("median", row.get("value")), row.get("limit")
        verdict = MISSING
        if isinstance(value, (int, float)) and isinstance(limit, (int, float)):
            verdict = "kept" if value <= limit else "**over**"
        cells = [number(one) for one in (value, row.get("worst"), row.get("cpu"), limit)]
        body.append([str(row.get("name", "")), *cells, str(row.get("unit", "")), verdict])
    return table(["what", "median", "worst", "CPU time", "limit", "unit", ""], body)


def accuracy_table(rows: Sequence[Row]) -> list[str]:
    """The figures of benchmarks/accuracy.py, the median over loads, a row a sensor and length."""
    body = []
    for sensor in dict.fromkeys(row["sensor"] for row in rows):
        for span_s in dict.fromkeys(row["span_s"] for row in rows):
            found = [r for r in rows if r["sensor"] == sensor and r["span_s"] == span_s]
            body.append([sensor, f"{span_s:g} s", *_accuracy_cells(found)])
    head = [
        "sensor", "span", "median error, %", "worst, %", "plain difference, %", "polled at 10 Hz, %",
        "intervals that held, %",
    ]  # fmt: skip
    return table(head, body)


def _accuracy_cells(found: Sequence[Row]) -> list[str]:
    def over(name: str, choose: Callable[[list[float]], float], digits: int = 2) -> str:
        values = [row[name] for row in found if row.get(name) is not None]
        return f"{choose(values):.{digits}f}" if values else MISSING

    return [
        over("median", median), over("worst", max), over("difference_median", median),
        over("polled_median", median), f"{over('held', mean, 0)} ({over('held', min, 0)})",
    ]  # fmt: skip

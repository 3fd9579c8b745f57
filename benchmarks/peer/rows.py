"""The raw rows of a run: how they are kept, and what is computed from them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

SPANS, RUN = "spans.csv", "run.json"
TEXTS = frozenset({"load", "tool", "problem", "gpu_basis", "cpu_basis", "node_basis"})
FIELDS = (
    "load", "tool", "length_s", "round", "wraps", "gpu_true_j", "gpu_j", "gpu_low_j", "gpu_high_j",
    "cpu_true_j", "cpu_j", "cpu_low_j", "cpu_high_j", "cpu_basis", "node_j", "node_low_j",
    "node_high_j", "all_j", "start_ms", "stop_ms", "cpu_ms", "late_ms", "problem",
)  # fmt: skip
# A simulated counter that was not written for longer says nothing about a tool.
LATE_MS = 3.0
Row = dict[str, Any]


@dataclass
class Run:
    """One run: what was asked, what each tool is, the facts by load, the spans."""

    about: Row
    tools: dict[str, Row]
    facts: list[Row]
    spans: list[Row] = field(default_factory=list)
    cost: list[Row] = field(default_factory=list)
    accuracy: list[Row] = field(default_factory=list)

    def of(self, **wanted: Any) -> list[Row]:
        """The spans whose fields are these."""
        return [row for row in self.spans if all(row.get(k) == v for k, v in wanted.items())]

    def facts_of(self, tool: str, name: str) -> list[float]:
        """A figure of a tool, one from each load where it was found."""
        return [one[name] for one in self.facts if one["tool"] == tool and name in one]


def short(value: Any) -> Any:
    """Five significant digits are enough for a row."""
    return float(f"{value:.5g}") if isinstance(value, float) else value


def save(run: Run, folder: Path) -> None:
    """Write the rows: spans as a table, the rest as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / SPANS).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows({k: short(v) for k, v in row.items()} for row in run.spans)
    rest = {name: getattr(run, name) for name in ("about", "tools", "facts", "cost", "accuracy")}
    shortened = json.loads(json.dumps(rest), parse_float=lambda text: short(float(text)))
    # One row a line: a change of one figure is a change of one line.
    text = json.dumps(shortened, ensure_ascii=False).replace("}, ", "},\n")
    (folder / RUN).write_text(text + "\n", encoding="utf-8")


def _read(name: str, text: str) -> Any:
    if name in TEXTS or not text:
        return text or None
    return int(text) if name in ("round", "wraps") else float(text)


def load(folder: Path) -> Run:
    """The rows as ``save`` wrote them."""
    with (folder / SPANS).open(newline="", encoding="utf-8") as file:
        spans = [{k: _read(k, v) for k, v in row.items()} for row in csv.DictReader(file)]
    return Run(**json.loads((folder / RUN).read_text(encoding="utf-8")), spans=spans)


@dataclass(frozen=True)
class Errors:
    """Errors of some spans in percent of the truth; ``spans`` counts those without a figure too."""

    values: tuple[float, ...]
    spans: int

    @property
    def median(self) -> float:
        """Of the absolute errors."""
        return median(abs(one) for one in self.values)

    def over(self, limit: float) -> int:
        """How many are off by more."""
        return sum(abs(one) > limit for one in self.values)


def fair(row: Row, part: str) -> bool:
    """Whether the simulated sensor itself was in time at both edges."""
    return part != "cpu" or (row.get("late_ms") or 0.0) <= LATE_MS


def given_j(run: Run, row: Row, part: str) -> float | None:
    """The tool's figure; of a sum, what is left without the same span's on a card of 0 W."""
    told: float | None = row.get(f"{part}_j")
    if told is None and part == "gpu" and row.get("all_j") is not None:
        rest = [
            one["all_j"]
            for one in run.of(load="dark", tool=row["tool"], length_s=row["length_s"])
            if one.get("all_j") is not None
        ]
        return row["all_j"] - median(rest) if rest else None
    return told


def errors(
    run: Run, part: str, wanted: Callable[[Row], bool] | None = None, **fields: Any
) -> Errors:
    """The errors of a part's figures over the spans that are asked for."""
    rows = [row for row in run.of(**fields) if fair(row, part) and (wanted is None or wanted(row))]
    pairs = [(given_j(run, row, part), row.get(f"{part}_true_j")) for row in rows]
    found = [100 * (told / true - 1) for told, true in pairs if told is not None and true]
    return Errors(tuple(found), len(rows))


def held(rows: Iterable[Row], part: str) -> tuple[int, int]:
    """How many stated intervals held the truth, and of how many."""
    stated = [row for row in rows if fair(row, part) and row.get(f"{part}_low_j") is not None]
    inside = [
        row for row in stated
        if row[f"{part}_low_j"] <= row[f"{part}_true_j"] <= row[f"{part}_high_j"]
    ]  # fmt: skip
    return len(inside), len(stated)

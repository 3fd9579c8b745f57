"""Build the advice engine's tables: models, aliases, scaling, techniques.

The raw rows stand in data-src/advice/. Rows are left out or marked, never changed silently: every
correction, here and in _model_rows.py, names its reason.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

from _advice_notes import NEVER_FIRST, PLAIN_CITATIONS
from _model_rows import BENCHMARKS, MODEL_COLUMNS, Row, model_rows
from _table import Sources, number, write

RAW = Path(__file__).parent / "advice"


def rows(name: str) -> list[Row]:
    """The rows of one raw table of the advice folder."""
    with (RAW / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def folded(columns: list[str], table: list[list[Any]], fold: set[str]) -> dict[str, list[Any]]:
    """Fold the table in place: the repeated words of some columns are written once, and the rows point at them."""
    words: dict[str, list[Any]] = {}
    for name in sorted(fold):
        index = columns.index(name)
        known = sorted({row[index] for row in table}, key=lambda word: (word is None, str(word)))
        words[name] = known
        places = {word: place for place, word in enumerate(known)}
        for row in table:
            row[index] = places[row[index]]
    return words


def build_models(raw: list[Row]) -> None:
    """models.json: what is recognised, and what may be proposed."""
    sources = Sources()
    table = model_rows(raw, sources)
    fold = {"kind", "task", "group", "languages", "energy_set", "grade", "licence", "family"}
    words = folded(MODEL_COLUMNS, table, fold)
    benchmarks = {
        code: {"unit": unit, "higher_is_better": up, "label": label, "chance": chance}
        for code, (unit, up, label, _factor, chance) in BENCHMARKS.items()
    }
    write(
        "models",
        MODEL_COLUMNS,
        table,
        words=words,
        sources=sources.table(),
        benchmarks=benchmarks,
    )


def build_aliases() -> None:
    """aliases.json: names seen at run time. timm's are left out: "timm/" + the name is the id."""
    known = dict.fromkeys(
        (row["alias_kind"], row["alias"], row["target"])
        for row in rows("aliases")
        if row["alias_kind"] != "timm_pretrained_cfg"
    )
    write("aliases", ["kind", "alias", "model"], list(known))


def build_scaling() -> None:
    """scaling.json: the fits energy ~ params^exponent, by set of measurements."""
    columns = ["energy_set", "n", "exponent", "r2", "resid_factor", "params_min", "params_max"]
    table = [
        [row["energy_set"], *(number(row[name]) for name in columns[1:])]
        for row in rows("energy_scaling")
        if row["energy_set"] != "aies:question_answering:encoders_only"  # the same fit twice
    ]
    write(
        "scaling",
        columns,
        table,
        sources={"s1": ["AI Energy Score 2025 and ML.ENERGY 2026, own fits", "", ""]},
    )


BASIS = {"carbon/compute": "compute", "data": "time", "": "energy"}
GRADE_OF = (("V1", "computed"), ("V2", "read"), ("V3 recall", "recall"), ("V3", "reasoned"))


def grade_of(verified: str) -> str:
    """How the figures were checked: computed from data, read at the source, from memory, reasoned."""
    return next((grade for mark, grade in GRADE_OF if mark in verified), "reasoned")


def plain_citation(text: str) -> str:
    """A citation in a reader's words."""
    for pattern, plain in PLAIN_CITATIONS:
        text = re.sub(pattern, plain, text)
    return text


def build_techniques() -> None:
    """techniques.json: the vocabulary, each with its planning range, basis, strength and studies."""
    studies = {row["evidence_id"]: row for row in rows("techniques")}
    table: list[list[Any]] = []
    for row in rows("techniques_summary"):
        cited = [
            [
                plain_citation(studies[one]["citation"]),
                int(studies[one]["year"]),
                studies[one]["strength"],
                grade_of(studies[one]["verified"]),
            ]
            for one in row["evidence_ids"].split()
        ]
        table.append(
            [
                row["technique_id"],
                BASIS.get(row["basis"], row["basis"]),
                *(number(row[f"plan_{part}"]) for part in ("low", "typical", "high")),
                row["strength"],
                row["precondition"],
                row["contraindication"],
                cited,
                NEVER_FIRST.get(row["technique_id"], ""),
            ]
        )
    unknown = set(NEVER_FIRST) - {row[0] for row in table}
    if unknown:
        raise SystemExit(f"_advice_notes.py names techniques that do not exist: {unknown}")
    columns = ["id", "of", "low", "typical", "high", "strength", "precondition"]
    write("techniques", [*columns, "contraindication", "studies", "never_first"], table)


if __name__ == "__main__":
    build_models(rows("models"))
    build_aliases()
    build_scaling()
    build_techniques()

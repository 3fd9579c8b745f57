"""The compact tables, each row with its source and year; built by data-src/build.py."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

# When the raw rows were compiled: it goes into every report as ``data_version``.
DATA_VERSION = "2026-11-21"
# What has to stand where figures are published.
ATTRIBUTION = (
    "Grid data: Ember (2026) via Our World in Data, CC BY 4.0; US EPA eGRID2023; Google "
    "region-carbon-info; Green Software Foundation real-time-cloud; Cloud Carbon Footprint; "
    "Boavizta; Green Algorithms."
)


@cache
def load(name: str) -> dict[str, Any]:
    """The table ``NAME.json`` as it stands, read once, when it is first asked for."""
    text = (Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


@cache
def records(name: str) -> tuple[dict[str, Any], ...]:
    """The rows of a table, each as a dict by column; do not change them."""
    table = load(name)
    columns = table["columns"]
    return tuple(dict(zip(columns, row, strict=True)) for row in table["rows"])


def source(name: str, key: str) -> str:
    """What the origin ``key`` of a table is called."""
    return str(load(name)["sources"][key][0])

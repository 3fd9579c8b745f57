"""What the build scripts share: reading raw rows, writing compact tables that build identically."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DATA = HERE.parent / "green_notebook" / "data"


def raw(name: str) -> list[dict[str, str]]:
    """The rows of one raw table; an empty cell is an empty string."""
    with (HERE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def number(text: str) -> float | None:
    """A cell's number, whole where it is whole; None where it is unknown."""
    if not text.strip():
        return None
    value = float(text)
    return int(value) if value.is_integer() else value


class Sources:
    """The origins of a table's rows, each written once and named by a short key."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, str, str], str] = {}

    def key(self, source: str, url: str = "", licence: str = "") -> str:
        """The key of an origin, made on first use."""
        return self._keys.setdefault((source, url, licence), f"s{len(self._keys) + 1}")

    def table(self) -> dict[str, list[str]]:
        """Key to source, address, licence."""
        return {key: list(origin) for origin, key in self._keys.items()}


def write(
    name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], **extra: Mapping[str, Any]
) -> Path:
    """Write ``green_notebook/data/NAME.json``: one row a line, so that a change reads as a diff."""

    def compact(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    listed = list(rows)
    assert all(len(row) == len(columns) for row in listed), name
    parts = [f'"columns":{compact(list(columns))}']
    parts += [f'"{key}":{compact(value)}' for key, value in extra.items()]
    body = ",\n".join(compact(list(row)) for row in listed)
    path = DATA / f"{name}.json"
    path.write_text("{" + ",\n".join(parts) + ',\n"rows":[\n' + body + "\n]}\n", encoding="utf-8")
    print(f"{path.name}: {len(listed)} rows, {path.stat().st_size} bytes")
    return path

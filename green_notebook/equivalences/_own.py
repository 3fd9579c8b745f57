"""Comparisons of a teacher's own, from a small TOML file.

.. code-block:: toml

    [[comparison]]
    id = "pizza"
    text = "baking {n} pizzas"
    energy_kwh = 0.8        # or co2e_g, or water_l
    low = 0.6               # optional, in the same unit
    high = 1.0
    source = "the label of our oven"
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from green_notebook.errors import GreenNotebookError

FACTORS = {"energy_kwh": "energy", "co2e_g": "co2e", "water_l": "water"}
WORDS = ("id", "label", "text", "source")
NUMBERS = ("low", "high", "year")
KEYS = (*WORDS, *FACTORS, *NUMBERS)


def rows(path: str) -> list[dict[str, Any]]:
    """The comparisons of the file, checked; raises GreenNotebookError with one clear line."""
    name = Path(path).name
    listed = _read(path, name).get("comparison")
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise GreenNotebookError(f"{name} has no [[comparison]]: each begins with that line")
    found = [_row(one, f"{name}, comparison {place}") for place, one in enumerate(listed, 1)]
    names = [one["id"] for one in found]
    twice = next((one for one in names if names.count(one) > 1), None)
    if twice is not None:
        raise GreenNotebookError(f"{name}: the id {twice!r} stands twice")
    return found


def _read(path: str, name: str) -> Mapping[str, Any]:
    parse, wrong = _parser()
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8")
        table: Mapping[str, Any] = parse(text)
    except OSError as error:
        raise GreenNotebookError(f"cannot read {path}: {error.strerror or error}") from None
    except (wrong, UnicodeDecodeError) as error:
        line = str(error).splitlines()[0] if str(error) else "garbled"
        raise GreenNotebookError(f"{name} is not TOML: {line}") from None
    return table


def _parser() -> tuple[Callable[[str], Mapping[str, Any]], type[Exception]]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads, tomllib.TOMLDecodeError


def _row(one: Mapping[str, Any], where: str) -> dict[str, Any]:
    for key in one:
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it takes {', '.join(KEYS)}"
            raise GreenNotebookError(f"{where}: unknown key {key!r}: {hint}")
    _types(one, where)
    given = [key for key in FACTORS if key in one]
    if len(given) != 1:
        raise GreenNotebookError(f"{where}: give exactly one of {', '.join(FACTORS)}")
    text = str(one.get("text") or "")
    if "{n}" not in text or text.replace("{n}", "").strip("{} ") != text.replace("{n}", "").strip():
        raise GreenNotebookError(
            f"{where}: text needs {{n}} where the number goes, as in 'baking {{n}} pizzas'"
        )
    factor = float(one[given[0]])
    low, high = float(one.get("low", factor)), float(one.get("high", factor))
    if not 0 < low <= factor <= high:
        raise GreenNotebookError(f"{where}: 0 < low <= {given[0]} <= high does not hold")
    label = str(one.get("label") or text.replace("{n}", "").strip())
    return {
        "id": str(one.get("id") or label),
        "label": label,
        "text": text,
        "dimension": FACTORS[given[0]],
        "factor": factor,
        "low": low,
        "high": high,
        "source": str(one.get("source") or "own"),
        "year": int(one.get("year", 0)),
    }


def _types(one: Mapping[str, Any], where: str) -> None:
    for key, value in one.items():
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if key in WORDS and not isinstance(value, str):
            raise GreenNotebookError(f"{where}: {key} is a text in quotes, not {value!r}")
        if key not in WORDS and not number:
            raise GreenNotebookError(f"{where}: {key} is a number, not {value!r}")
        if number and not -1e300 < value < 1e300:
            raise GreenNotebookError(f"{where}: {key} is a finite number, not {value!r}")

"""Great Britain: the system operator's Carbon Intensity API, national and 17 regions, 48 h ahead.

``%config GreenNotebook.grid = "neso"``, or ``"neso:London"`` for a region. No key. CC BY 4.0.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from green_notebook.errors import GreenNotebookError, Unavailable
from green_notebook.grids._http import Client
from green_notebook.grids._live import LiveGrid, country_of, shared, uncovered
from green_notebook.grids._points import Point, parsed, plausible

NAME = "neso"
URL = "https://api.carbonintensity.org.uk"

REGIONS = (
    "North Scotland",
    "South Scotland",
    "North West England",
    "North East England",
    "Yorkshire",
    "North Wales and Merseyside",
    "South Wales",
    "West Midlands",
    "East Midlands",
    "East England",
    "South West England",
    "South England",
    "London",
    "South East England",
    "England",
    "Scotland",
    "Wales",
)


class Neso:
    """Average, direct CO2 of what Britain consumes: imports and losses in the grid included."""

    name = NAME
    source = "NESO Carbon Intensity API (CC BY 4.0)"
    boundary = "direct"

    def __init__(self, region: str = "", client: Client | None = None) -> None:
        self.client = client or Client(NAME, URL)
        self.region = _region(region)

    def key(self, zone: str) -> str:
        """ "GB", or the number of the chosen region."""
        if country_of(zone) != "GB":
            raise uncovered(NAME, zone, "GB")
        return self.region or "GB"

    def fetch(self, key: str, start: datetime, end: datetime) -> Sequence[Point]:
        """48 hours, the last two of them after ``end`` at least; regions have only forecasts."""
        first = max(start, end - timedelta(hours=46))
        path = f"/intensity/{first:%Y-%m-%dT%H:%MZ}/fw48h"
        if key != "GB":
            path = f"/regional{path}/regionid/{key}"
        data = self.client.json(path).get("data")
        if key != "GB":
            data = _regional(data, key)
        return [point for row in data or () for point in _points(row)]


def _regional(data: Any, key: str) -> Any:
    inner = data[0] if isinstance(data, list) and data else data
    if not isinstance(inner, dict) or str(inner.get("regionid")) != key:
        raise Unavailable(f"{NAME} answered for another region")
    return inner.get("data")


def _points(row: dict[str, Any]) -> list[Point]:
    told = row.get("intensity") or {}
    actual = plausible(told.get("actual"))
    g = actual if actual is not None else plausible(told.get("forecast"))
    if g is None:
        return []
    return [Point(parsed(row["from"]), parsed(row["to"]), g, actual is None)]


def _region(text: str) -> str:
    """The number of a region given by name or number; "" for none."""
    if not text:
        return ""
    if text.isdigit() and 1 <= int(text) <= len(REGIONS):
        return text
    names = {name.casefold(): str(number) for number, name in enumerate(REGIONS, 1)}
    if text.casefold() not in names:
        near = difflib.get_close_matches(text.casefold(), names, n=1)
        hint = f"did you mean {REGIONS[int(names[near[0]]) - 1]}?" if near else ", ".join(REGIONS)
        raise GreenNotebookError(f"{NAME} has no region {text!r}: {hint}")
    return names[text.casefold()]


def make(settings: Any = None, part: str = "") -> LiveGrid:  # noqa: ARG001 - all are made alike
    """The provider, as `grids.grid` makes it."""
    return shared(f"{NAME}:{part}", lambda: Neso(part))

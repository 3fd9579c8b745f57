"""Most of Europe: Energy-Charts of Fraunhofer ISE, with a forecast to the end of the next day.

``%config GreenNotebook.grid = "energy-charts"``. No key. CC BY 4.0.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from green_notebook.errors import Unavailable
from green_notebook.grids._http import Client
from green_notebook.grids._live import LiveGrid, country_of, shared, uncovered
from green_notebook.grids._points import Point, plausible, spread

NAME = "energy-charts"
URL = "https://api.energy-charts.info"
COUNTRIES = frozenset(
    re.findall(
        "..",
        "ALATBABEBGCHCYCZDEDKEEESFIFRGEGRHRHUIEITLTLULVMDMEMKNLNOPLPTRORSSESISKUAXK",
    )
)


class EnergyCharts:
    """Average CO2 equivalents of generation; whole countries."""

    name = NAME
    source = "Energy-Charts, Fraunhofer ISE (CC BY 4.0)"
    boundary = "lifecycle"

    def __init__(self, client: Client | None = None) -> None:
        self.client = client or Client(NAME, URL)

    def key(self, zone: str) -> str:
        """The country in small letters."""
        country = country_of(zone)
        if country not in COUNTRIES:
            raise uncovered(NAME, zone, "most countries of Europe")
        return country.lower()

    def fetch(self, key: str, start: datetime, end: datetime) -> Sequence[Point]:
        """Whole days about the time asked for: days are local ones there, stamps are Unix time."""
        params = {
            "country": key,
            "start": f"{start - timedelta(days=1):%Y-%m-%d}",
            "end": f"{end + timedelta(days=1):%Y-%m-%d}",
        }
        data = self.client.json("/co2eq", params)
        times, seen, ahead = (
            data.get(name) for name in ("unix_seconds", "co2eq", "co2eq_forecast")
        )
        seen = seen or [None] * len(times)
        ahead = ahead or [None] * len(times)
        if not len(times) == len(seen) == len(ahead):
            raise Unavailable(f"{NAME} answered with lists of different lengths")
        instants = []
        for second, actual, forecast in zip(times, seen, ahead, strict=True):
            g = plausible(actual)
            value = g if g is not None else plausible(forecast)
            if value is not None:
                at = datetime.fromtimestamp(int(second), timezone.utc)
                instants.append((at, value, g is None))
        return spread(instants, 3600.0)


def make(settings: Any = None, part: str = "") -> LiveGrid:  # noqa: ARG001 - all are made alike
    """The provider, as `grids.grid` makes it."""
    return shared(NAME, EnergyCharts)

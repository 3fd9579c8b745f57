"""France: eCO2mix of RTE by ODRE's open data, every 15 minutes, no forecast.

``%config GreenNotebook.grid = "rte"``. No key. Licence Ouverte 2.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from green_notebook.grids._http import Client
from green_notebook.grids._live import LiveGrid, country_of, shared, uncovered
from green_notebook.grids._points import Point, parsed, plausible, spread

NAME = "rte"
URL = "https://odre.opendatasoft.com/api/explore/v2.1"
PATH = "/catalog/datasets/eco2mix-national-tr/records"


class Rte:
    """Average, direct CO2 of French generation."""

    name = NAME
    source = "RTE eCO2mix via ODRE (Licence Ouverte 2.0)"
    boundary = "direct"

    def __init__(self, client: Client | None = None) -> None:
        self.client = client or Client(NAME, URL)

    def key(self, zone: str) -> str:
        """ "FR"."""
        if country_of(zone) != "FR":
            raise uncovered(NAME, zone, "FR")
        return "FR"

    def fetch(self, key: str, start: datetime, end: datetime) -> Sequence[Point]:
        """The newest 100 values before ``end``: the latest rows have no CO2 yet."""
        where = (
            f"date_heure >= date'{start:%Y-%m-%dT%H:%M:%SZ}'"
            f" and date_heure <= date'{end:%Y-%m-%dT%H:%M:%SZ}' and taux_co2 is not null"
        )
        params = {"where": where, "order_by": "date_heure desc", "limit": "100"}
        instants = []
        for row in self.client.json(PATH, params).get("results") or ():
            g = plausible(row.get("taux_co2"))
            if g is not None:
                # With its offset: the hour that a clock change repeats is two hours.
                instants.append((parsed(row["date_heure"]), g, False))
        return spread(instants, 900.0)


def make(settings: Any = None, part: str = "") -> LiveGrid:  # noqa: ARG001 - all are made alike
    """The provider, as `grids.grid` makes it."""
    return shared(NAME, Rte)

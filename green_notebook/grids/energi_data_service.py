"""Denmark: Energinet's Energi Data Service, every 5 minutes, with a forecast to the next day's end.

``%config GreenNotebook.grid = "energi-data-service"``, or ``"energi-data-service:DK1"`` for the
west, ``DK2`` for the east. No key. CC BY 4.0.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from green_notebook.errors import GreenNotebookError, Unavailable
from green_notebook.grids._http import Client
from green_notebook.grids._live import LiveGrid, country_of, shared, uncovered
from green_notebook.grids._points import Point, parsed, plausible, spread

NAME = "energi-data-service"
URL = "https://api.energidataservice.dk"
AREAS = ("DK1", "DK2")


class EnergiDataService:
    """Average, direct CO2 of Danish consumption; the mean of west and east where none is named."""

    name = NAME
    source = "Energinet, Energi Data Service (CC BY 4.0)"
    boundary = "direct"

    def __init__(self, area: str = "", client: Client | None = None) -> None:
        if area and area.upper() not in AREAS:
            raise GreenNotebookError(f"{NAME} has no area {area!r}: it has DK1 and DK2")
        self.area = area.upper()
        self.client = client or Client(NAME, URL)

    def key(self, zone: str) -> str:
        """ "DK1", "DK2" or "DK" for both."""
        if country_of(zone) != "DK":
            raise uncovered(NAME, zone, "DK")
        return self.area or "DK"

    def fetch(self, key: str, start: datetime, end: datetime) -> Sequence[Point]:
        """What was seen, and the forecast for the rest."""
        seen = self._records("CO2Emis", key, start, end)
        ahead = self._records("CO2EmisProg", key, start, end)
        return spread(
            [*((at, g, True) for at, g in ahead), *((at, g, False) for at, g in seen)], 300.0
        )

    def _records(
        self, dataset: str, key: str, start: datetime, end: datetime
    ) -> list[tuple[datetime, float]]:
        areas = AREAS if key == "DK" else (key,)
        margin = timedelta(hours=3)  # whichever time zone the service reads the limits in
        params = {
            "start": f"{start - margin:%Y-%m-%dT%H:%M}",
            "end": f"{end + margin:%Y-%m-%dT%H:%M}",
            "filter": json.dumps({"PriceArea": list(areas)}, separators=(",", ":")),
            "sort": "Minutes5UTC ASC",
            "limit": "0",
        }
        values: dict[datetime, list[float]] = defaultdict(list)
        for row in self.client.json(f"/dataset/{dataset}", params).get("records") or ():
            if row.get("PriceArea") not in areas:
                raise Unavailable(f"{NAME} answered for another area")
            g = plausible(row.get("CO2Emission"))
            if g is not None:
                values[parsed(row["Minutes5UTC"])].append(g)
        return [(at, sum(listed) / len(listed)) for at, listed in sorted(values.items())]


def make(settings: Any = None, part: str = "") -> LiveGrid:  # noqa: ARG001 - all are made alike
    """The provider, as `grids.grid` makes it."""
    return shared(f"{NAME}:{part}", lambda: EnergiDataService(part))

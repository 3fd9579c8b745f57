"""More than 350 zones of the world: Electricity Maps, with a key.

``%config GreenNotebook.grid = "electricity-maps"``; ``"electricity-maps:US-MIDA-PJM"`` names its own
key of a zone. The free plan has the last 24 hours, a paid one the forecast.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from green_notebook.data import load
from green_notebook.errors import Unavailable
from green_notebook.grids import resolve
from green_notebook.grids._http import Client
from green_notebook.grids._keys import secret
from green_notebook.grids._live import LiveGrid, shared, uncovered
from green_notebook.grids._points import Point, parsed, plausible, spread

NAME = "electricity-maps"
URL = "https://api.electricitymaps.com/v3"
KEY = "electricity-maps-key"


class ElectricityMaps:
    """Average CO2 equivalents over the life cycle of what a zone consumes: imports included."""

    name = NAME
    source = "Electricity Maps"
    boundary = "lifecycle"

    def __init__(self, zone: str = "", client: Client | None = None) -> None:
        self.zone = zone
        self.client = client or Client(NAME, URL)

    def key(self, zone: str) -> str:
        """The chosen key, else the one that stands for the zone."""
        if self.zone:
            return self.zone
        found = resolve(zone)
        if not found.country:
            raise uncovered(NAME, zone, f"countries and their parts; {NAME}:KEY names one")
        if found.code.startswith("US-") or found.code.startswith("EGRID-"):
            keys = {code: key for key, code in reversed(load("regions")["em_zones"].items())}
            state = {"US-CA": "US-CAL-CISO", "US-TX": "US-TEX-ERCO"}.get(found.code)
            key = state or keys.get(found.code)
            if key is None:
                raise uncovered(NAME, zone, f"US balancing areas: {NAME}:US-MIDA-PJM names one")
            return str(key)
        if found.code.startswith(found.country) and len(found.code) == 3:  # SE3 is SE-SE3
            return f"{found.country}-{found.code}"
        return found.code

    def fetch(self, key: str, start: datetime, end: datetime) -> Sequence[Point]:
        """The last 24 hours and now, and the forecast where the plan has it."""
        headers = {"auth-token": secret(KEY).reveal()}
        params = {"zone": key}
        history = self._told("history", params, headers)
        rows = [*(history.get("history") or ()), self._told("latest", params, headers)]
        instants = [(row, False) for row in rows]
        if end > datetime.now(end.tzinfo) + timedelta(hours=1):
            try:
                ahead = self._told("forecast", params, headers).get("forecast") or ()
            except Unavailable as error:
                if "refused" not in error.reason:
                    raise
                ahead = ()  # the plan has none
            instants += [(row, True) for row in ahead]
        found = []
        for row, forecast in instants:
            g = plausible(row.get("carbonIntensity"))
            if g is not None:
                found.append((parsed(row["datetime"]), g, forecast))
        return spread(found, 3600.0)

    def _told(self, what: str, params: dict[str, str], headers: dict[str, str]) -> dict[str, Any]:
        told = self.client.json(f"/carbon-intensity/{what}", params, headers=headers)
        if not isinstance(told, dict) or told.get("zone") != params["zone"]:
            raise Unavailable(f"{NAME} answered for another zone")
        if told.get("emissionFactorType", "lifecycle") != "lifecycle":
            raise Unavailable(f"{NAME} answered with direct factors")
        return told


def make(settings: Any = None, part: str = "") -> LiveGrid:  # noqa: ARG001 - all are made alike
    """The provider, as `grids.grid` makes it."""
    return shared(f"{NAME}:{part}", lambda: ElectricityMaps(part))

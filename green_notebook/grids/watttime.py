"""WattTime: MARGINAL emissions, what one more kWh emits; for choosing an hour, not for adding up.

``%config GreenNotebook.grid = "watttime:CAISO_NORTH"``, the region being one of WattTime's. With an
account: ``GREEN_NOTEBOOK_WATTTIME_USER`` and ``GREEN_NOTEBOOK_WATTTIME_PASSWORD``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from green_notebook.errors import Unavailable
from green_notebook.grids import resolve
from green_notebook.grids._http import Client
from green_notebook.grids._keys import Secret, secret
from green_notebook.grids._live import LiveGrid, shared, uncovered
from green_notebook.grids._points import Point, parsed, plausible, spread

NAME = "watttime"
URL = "https://api.watttime.org"
G_PER_KWH = 0.45359237  # of one lb/MWh: the avoirdupois pound is 453.59237 g by definition
TOKEN_LIFE = timedelta(minutes=25)  # it lives 30


class WattTime:
    """The marginal operating emissions rate (co2_moer)."""

    name = NAME
    source = "WattTime co2_moer"
    boundary = "marginal"

    def __init__(self, region: str = "", client: Client | None = None) -> None:
        self.region = region
        self.client = client or Client(NAME, URL, pause_s=0.2)
        self._token: tuple[datetime, Secret] | None = None

    def key(self, zone: str) -> str:
        """The chosen region; California's north is free for all."""
        if self.region:
            return self.region
        if resolve(zone).code in ("US-CA", "EGRID-CAMX"):
            return "CAISO_NORTH"
        raise uncovered(NAME, zone, f"its own regions: {NAME}:CAISO_NORTH names one")

    def fetch(self, key: str, start: datetime, end: datetime) -> Sequence[Point]:
        """What was, and 24 to 72 hours of what will be."""
        now = datetime.now(start.tzinfo)
        instants: list[tuple[datetime, float, bool]] = []
        if start < now:
            span = {"start": start.isoformat(), "end": min(end, now).isoformat()}
            instants += self._told("historical", key, span, forecast=False)
        hours = 24 if end - now <= timedelta(hours=24) else 72
        instants += self._told("forecast", key, {"horizon_hours": str(hours)}, forecast=True)
        return spread(instants, 300.0)

    def _told(
        self, what: str, key: str, params: dict[str, str], *, forecast: bool
    ) -> list[tuple[datetime, float, bool]]:
        asked = {"region": key, "signal_type": "co2_moer", **params}
        headers = {"Authorization": f"Bearer {self._signed_in().reveal()}"}
        told = self.client.json(f"/v3/{what}", asked, headers=headers, ttl_s=300.0)
        meta = told.get("meta") or {}
        if meta.get("region") != key:
            raise Unavailable(f"{NAME} answered for another region")
        if meta.get("units") != "lbs_co2_per_mwh":
            # A percentile says which hour is better, but is no grams.
            raise Unavailable(f"{NAME} answered in {meta.get('units')}, not in lb/MWh")
        found = []
        for row in told.get("data") or ():
            pounds = plausible(row.get("value"))
            if pounds is not None:
                found.append((parsed(row["point_time"]), pounds * G_PER_KWH, forecast))
        return found

    def _signed_in(self) -> Secret:
        now = datetime.now().astimezone()
        if self._token is None or now - self._token[0] > TOKEN_LIFE:
            user, password = secret("watttime-user"), secret("watttime-password")
            token = self.client.post_basic("/login", user.reveal(), password.reveal()).get("token")
            if not isinstance(token, str):
                raise Unavailable(f"{NAME} gave no token")
            self._token = (now, Secret(token))
        return self._token[1]


def make(settings: Any = None, part: str = "") -> LiveGrid:  # noqa: ARG001 - all are made alike
    """The provider, as `grids.grid` makes it."""
    return shared(f"{NAME}:{part}", lambda: WattTime(part))

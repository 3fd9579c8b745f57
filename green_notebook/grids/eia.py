"""United States: hourly generation by fuel (EIA-930), turned into grams. With a free key.

``%config GreenNotebook.grid = "eia"``, or ``"eia:PJM"`` for a balancing authority; key:
``GREEN_NOTEBOOK_EIA_KEY``. No forecast, one to two hours late. Public domain.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from green_notebook.errors import Unavailable
from green_notebook.grids import resolve
from green_notebook.grids._factors import DIRECT, mean
from green_notebook.grids._http import Client
from green_notebook.grids._keys import secret
from green_notebook.grids._live import LiveGrid, shared, uncovered
from green_notebook.grids._points import Point, parsed, spread

NAME = "eia"
URL = "https://api.eia.gov"
PATH = "/v2/electricity/rto/fuel-type-data/data/"

# The balancing authority that holds most of a state or an eGRID subregion.
AREAS = {
    "US": "US48",
    "US-EGRID": "US48",
    "US-CA": "CISO",
    "EGRID-CAMX": "CISO",
    "US-TX": "ERCO",
    "EGRID-ERCT": "ERCO",
    "EGRID-NEWE": "ISNE",
    "US-CT": "ISNE",
    "US-MA": "ISNE",
    "US-ME": "ISNE",
    "US-NH": "ISNE",
    "US-RI": "ISNE",
    "US-VT": "ISNE",
    "US-NY": "NYIS",
    "EGRID-NYUP": "NYIS",
    "EGRID-NYCW": "NYIS",
    "EGRID-NYLI": "NYIS",
    "US-DC": "PJM",
    "US-DE": "PJM",
    "US-MD": "PJM",
    "US-NJ": "PJM",
    "US-OH": "PJM",
    "US-PA": "PJM",
    "US-VA": "PJM",
    "US-WV": "PJM",
    "EGRID-RFCE": "PJM",
    "EGRID-RFCW": "PJM",
    "EGRID-MROW": "MISO",
    "EGRID-SRMW": "MISO",
    "US-IA": "MISO",
    "US-KS": "SWPP",
    "US-OK": "SWPP",
    "EGRID-SPNO": "SWPP",
    "EGRID-SPSO": "SWPP",
    "US-TN": "TVA",
    "EGRID-SRTV": "TVA",
    "EGRID-SRSO": "SOCO",
    "EGRID-FRCC": "FPL",
    "US-FL": "FPL",
}


class Eia:
    """Average, direct CO2 of what an area generates; neither imports nor losses."""

    name = NAME
    source = "US EIA-930 hourly grid monitor, EIA stack factors"
    boundary = "direct"

    def __init__(self, area: str = "", client: Client | None = None) -> None:
        self.area = area.upper()
        self.client = client or Client(NAME, URL)

    def key(self, zone: str) -> str:
        """The chosen authority, else the one that holds most of the zone."""
        code = self.area or AREAS.get(resolve(zone).code)
        if code is None:
            raise uncovered(NAME, zone, f"US states and subregions; {NAME}:PJM names an authority")
        return code

    def fetch(self, key: str, start: datetime, end: datetime) -> Sequence[Point]:
        """Each hour's generation by fuel, newest first."""
        params = {
            "frequency": "hourly",
            "data[0]": "value",
            "facets[respondent][]": key,
            "start": f"{start - timedelta(hours=2):%Y-%m-%dT%H}",
            "sort[0][column]": "period",
            "sort[0][direction]": "desc",
            "length": "2000",
        }
        token = {"api_key": secret("eia-key").reveal()}
        told = self.client.json(PATH, params, secret=token).get("response") or {}
        mixes: dict[datetime, dict[str, float]] = defaultdict(dict)
        for row in told.get("data") or ():
            if row.get("respondent") != key:
                raise Unavailable(f"{NAME} answered for another area")
            try:
                megawatts = float(row["value"])
            except (TypeError, ValueError):
                continue
            # The period is the hour's end in UTC, so the hour began one before.
            mixes[parsed(row["period"]) - timedelta(hours=1)][str(row["fueltype"])] = megawatts
        means = ((at, mean(mix, DIRECT)) for at, mix in mixes.items())
        return spread([(at, g, False) for at, g in means if g is not None], 3600.0)


def make(settings: Any = None, part: str = "") -> LiveGrid:  # noqa: ARG001 - all are made alike
    """The provider, as `grids.grid` makes it."""
    return shared(f"{NAME}:{part}", lambda: Eia(part))

"""Europe: generation by fuel from ENTSO-E's Transparency Platform, turned into grams. With a token.

``%config GreenNotebook.grid = "entsoe"``; token: ``GREEN_NOTEBOOK_ENTSOE_TOKEN``. No forecast of a mix,
and no imports: what the country generates. CC BY 4.0.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

from green_notebook.errors import Unavailable
from green_notebook.grids import resolve
from green_notebook.grids._factors import LIFECYCLE, mean
from green_notebook.grids._http import Client
from green_notebook.grids._keys import secret
from green_notebook.grids._live import LiveGrid, shared, uncovered
from green_notebook.grids._points import Point, parsed, plausible, spread

NAME = "entsoe"
URL = "https://web-api.tp.entsoe.eu"

# Energy Identification Codes of control areas and bidding zones (ENTSO-E's list, 2025).
DOMAINS = {
    "AT": "10YAT-APG------L",
    "BE": "10YBE----------2",
    "BG": "10YCA-BULGARIA-R",
    "CH": "10YCH-SWISSGRIDZ",
    "CZ": "10YCZ-CEPS-----N",
    "DE": "10Y1001A1001A83F",
    "DK": "10Y1001A1001A65H",
    "EE": "10Y1001A1001A39I",
    "ES": "10YES-REE------0",
    "FI": "10YFI-1--------U",
    "FR": "10YFR-RTE------C",
    "GR": "10YGR-HTSO-----Y",
    "HR": "10YHR-HEP------M",
    "HU": "10YHU-MAVIR----U",
    "IE": "10YIE-1001A00010",
    "IT": "10YIT-GRTN-----B",
    "LT": "10YLT-1001A0008Q",
    "LU": "10YLU-CEGEDEL-NQ",
    "LV": "10YLV-1001A00074",
    "ME": "10YCS-CG-TSO---S",
    "MK": "10YMK-MEPSO----8",
    "NL": "10YNL----------L",
    "NO": "10YNO-0--------C",
    "PL": "10YPL-AREA-----S",
    "PT": "10YPT-REN------W",
    "RO": "10YRO-TEL------P",
    "RS": "10YCS-SERBIATSOV",
    "SE": "10YSE-1--------K",
    "SI": "10YSI-ELES-----O",
    "SK": "10YSK-SEPS-----K",
    "NO1": "10YNO-1--------2",
    "NO2": "10YNO-2--------T",
    "NO3": "10YNO-3--------J",
    "NO4": "10YNO-4--------9",
    "NO5": "10Y1001A1001A48H",
    "SE1": "10Y1001A1001A44P",
    "SE2": "10Y1001A1001A45N",
    "SE3": "10Y1001A1001A46L",
    "SE4": "10Y1001A1001A47J",
}
_STEP = re.compile(r"PT(\d+)M")


class Entsoe:
    """Average over the life cycle of what is generated, by fuel factors of IPCC AR5."""

    name = NAME
    source = "ENTSO-E Transparency Platform (CC BY 4.0), IPCC AR5 factors"
    boundary = "lifecycle"

    def __init__(self, client: Client | None = None) -> None:
        self.client = client or Client(NAME, URL, pause_s=0.5)

    def key(self, zone: str) -> str:
        """The code of the bidding zone, else of the country."""
        found = resolve(zone)
        for code in (found.code, found.country):
            if code in DOMAINS:
                return DOMAINS[code]
        raise uncovered(NAME, zone, "the European Union, Norway, Switzerland and the west Balkans")

    def fetch(self, key: str, start: datetime, end: datetime) -> Sequence[Point]:
        """Generation by type (A75), realised (A16): about an hour late."""
        params = {
            "documentType": "A75",
            "processType": "A16",
            "in_Domain": key,
            "periodStart": f"{start:%Y%m%d%H00}",
            "periodEnd": f"{end + timedelta(hours=1):%Y%m%d%H00}",
        }
        token = {"securityToken": secret("entsoe-token").reveal()}
        text = self.client.text(
            "/api", params, secret=token, whole=lambda body: "</GL_MarketDocument>" in body
        )
        mixes: dict[datetime, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        step_s = 3600.0
        for at, fuel, megawatts, seconds in _generation(text, key):
            mixes[at][fuel] += megawatts
            step_s = min(step_s, seconds)
        means = ((at, mean(mix, LIFECYCLE)) for at, mix in mixes.items())
        return spread([(at, g, False) for at, g in means if g is not None], step_s)


def _generation(text: str, key: str) -> Iterator[tuple[datetime, str, float, float]]:
    """(start, fuel, MW, step in s) of each point of the document."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Unavailable(f"{NAME} answered with XML of its own entities")
    try:
        root = ET.fromstring(text)  # noqa: S314 - no document type, no entity, at most 5 MB
    except ET.ParseError:
        raise Unavailable(f"{NAME} answered with garbled XML") from None
    if "GL_MarketDocument" not in root.tag:
        raise Unavailable(f"{NAME}: {_text(root, 'text') or 'no data'}"[:200])
    for one in root.iter():
        if _name(one) == "TimeSeries":
            domain = _text(one, "inBiddingZone_Domain.mRID")
            if not domain:  # what storage and stations consume stands in series of the other kind
                continue
            if domain != key:
                raise Unavailable(f"{NAME} answered for another zone")
            yield from _series(one)


def _series(one: ET.Element) -> Iterator[tuple[datetime, str, float, float]]:
    fuel = _text(one, "psrType")
    for period in (child for child in one.iter() if _name(child) == "Period"):
        found = _STEP.fullmatch(_text(period, "resolution"))
        if found is None:
            raise Unavailable(f"{NAME} answered with steps that are no minutes")
        minutes = int(found[1])
        first, last = parsed(_text(period, "start")), parsed(_text(period, "end"))
        known: dict[int, float] = {}
        for point in (child for child in period.iter() if _name(child) == "Point"):
            megawatts = plausible_power(_text(point, "quantity"))
            if megawatts is not None:
                known[int(_text(point, "position"))] = megawatts
        # A point that equals the one before may be left out (curve type A03).
        value: float | None = None
        for place in range(1, min(3000, int((last - first).total_seconds() // (60 * minutes))) + 1):
            value = known.get(place, value)
            if value is not None:
                yield first + timedelta(minutes=minutes * (place - 1)), fuel, value, 60.0 * minutes


def plausible_power(text: str) -> float | None:
    """Megawatts of one fuel in one country; None for nonsense."""
    thousandth = plausible(_thousandth(text))
    return None if thousandth is None else thousandth * 1000


def _thousandth(text: str) -> float | None:
    try:
        return float(text) / 1000
    except ValueError:
        return None


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(element: ET.Element, name: str) -> str:
    return next((one.text or "" for one in element.iter() if _name(one) == name), "").strip()


def make(settings: Any = None, part: str = "") -> LiveGrid:  # noqa: ARG001 - all are made alike
    """The provider, as `grids.grid` makes it."""
    return shared(NAME, Entsoe)

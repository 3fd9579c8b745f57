"""Zones: their codes, and how a person's or a provider's word for one is understood."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from green_notebook.data import load, records
from green_notebook.errors import GreenNotebookError

WORLD = "WORLD"


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone of the annual table; ``country`` is its ISO 3166 alpha-2 code, "" for a group.

    ``region`` is "provider:region" where a cloud region was named.
    """

    code: str
    name: str
    country: str
    region: str | None = None


# What people say for a country, beside the names of the table.
_ALIASES = {
    "UK": "GB",
    "Great Britain": "GB",
    "Britain": "GB",
    "England": "GB",
    "Scotland": "GB",
    "Wales": "GB",
    "Northern Ireland": "GB",
    "USA": "US",
    "United States of America": "US",
    "America": "US",
    "EU": "EU27",
    "European Union": "EU27",
    "Global": WORLD,
    "Earth": WORLD,
    "Holland": "NL",
    "Czech Republic": "CZ",
    "Korea": "KR",
    "Republic of Korea": "KR",
    "Russia": "RU",
    "Turkey": "TR",
    "Iran": "IR",
    "Syria": "SY",
    "Vietnam": "VN",
    "Viet Nam": "VN",
    "Laos": "LA",
    "Bolivia": "BO",
    "Venezuela": "VE",
    "Tanzania": "TZ",
    "Moldova": "MD",
    "Taiwan": "TW",
    "Brunei": "BN",
    "Ivory Coast": "CI",
    "Cape Verde": "CV",
    "Swaziland": "SZ",
    "Macedonia": "MK",
    "Burma": "MM",
    "Palestine": "PS",
    "Congo Kinshasa": "CD",
    "DR Congo": "CD",
    "DRC": "CD",
    "Falkland Islands": "FK",
    "Macau": "MO",
    "East Timor": "TL",
    "Washington DC": "US-DC",
    "New York State": "US-NY",
    "NYC": "EGRID-NYCW",
    "New York City": "EGRID-NYCW",
    "Newfoundland": "CA-NL",
}

# Countries without a row: they stand in the grid of the neighbour that feeds them.
_FED_BY = {
    "AD": ("ES", "Andorra"),
    "AX": ("FI", "Åland Islands"),
    "GG": ("GB", "Guernsey"),
    "IM": ("GB", "Isle of Man"),
    "JE": ("FR", "Jersey"),
    "LI": ("CH", "Liechtenstein"),
    "MC": ("FR", "Monaco"),
    "SM": ("IT", "San Marino"),
    "VA": ("IT", "Vatican City"),
}

# Parts of a country that have no row of their own: Australian states (their published factors
# are of 2019), and keys by which Electricity Maps divides countries.
_PARTS = {
    "AU": "ACT NSW NT QLD SA TAS VIC WA",
    "BR": "CS N NE S SE",
    "CL": "SEN SEM SEA",
    "DK": "DK1 DK2 BHM",
    "ES": "IB-MA IB-ME IB-IZ IB-FO CN-GC CN-TE CN-FVLZ CN-LP CN-HI CN-IG CE ML",
    "FR": "COR",
    "GB": "NIR ORK SHI ZET",
    "IN": "EA NE NO SO WE",
    "IT": "NO CNO CSO SO CA SIC SAR",
    "JP": "HKD TH TK CB HR KN CG SK KY ON",
    "MY": "WM EM",
    "PT": "AC MA",
    "RU": "1 2 AS EU KGD",
}
_STATES = {
    "New South Wales": "AU",
    "Queensland": "AU",
    "South Australia": "AU",
    "Tasmania": "AU",
    "Western Australia": "AU",
    "Northern Territory": "AU",
}


def plain(text: str) -> str:
    """``text`` without case, accents and punctuation: "Côte d'Ivoire" is "cote d ivoire"."""
    bare = unicodedata.normalize("NFKD", text.replace("&", " and ")).casefold()
    kept = "".join(one for one in bare if not unicodedata.combining(one))
    return " ".join(re.findall(r"[a-z0-9]+", kept))


@cache
def zones() -> dict[str, Zone]:
    """Every zone of the annual table by its code."""
    return {row["code"]: Zone(row["code"], row["name"], row["country"]) for row in records("grid")}


@cache
def _regions() -> dict[str, Zone]:
    """The zones of cloud regions by "provider:region"."""
    known = zones()
    return {
        f"{row['provider']}:{row['region']}": Zone(
            row["zone"],
            known[row["zone"]].name,
            known[row["zone"]].country,
            f"{row['provider']}:{row['region']}",
        )
        for row in records("regions")
    }


def _code_words() -> Iterable[tuple[str, Zone]]:
    known = zones()
    for code, zone in known.items():
        yield code, zone
        if code.startswith("EGRID-"):
            yield code.removeprefix("EGRID-"), zone
        if zone.country and len(code) == 3 and code[:2] == zone.country:  # SE-SE3, NO-NO1
            yield f"{zone.country}-{code}", zone
    for row in records("grid"):
        if row["alpha3"]:
            yield row["alpha3"], known[row["code"]]
    for code, (feeder, name) in _FED_BY.items():
        yield code, Zone(feeder, f"{name}, fed by {known[feeder].name}", code)


def _name_words() -> Iterable[tuple[str, Zone]]:
    known = zones()
    for row in records("grid"):
        # Countries stand first in the table: "Georgia" is the country, "Georgia, US" the state.
        yield row["name"], known[row["code"]]
        if row["level"] == "subdivision":
            yield f"{row['name']} {row['country']}", known[row["code"]]
            yield f"{row['name']} {known[row['country']].name}", known[row["code"]]
    for name, code in (_ALIASES | _STATES).items():
        yield name, known[code]
    for country, (feeder, name) in _FED_BY.items():
        yield name, Zone(feeder, f"{name}, fed by {known[feeder].name}", country)


def _region_words() -> Iterable[tuple[str, Zone]]:
    for key, zone in _regions().items():
        yield key, zone
        yield key.partition(":")[2], zone


def _provider_words() -> Iterable[tuple[str, Zone]]:
    known = zones()
    for key, code in load("regions")["em_zones"].items():
        yield key, known[code]
    for country, parts in _PARTS.items():
        for part in parts.split():
            yield f"{country}-{part}", known[country]
    for row in records("regions"):
        yield row["em_zone"], known[row["zone"]]


def _town_words() -> Iterable[tuple[str, Zone]]:
    """Towns that name cloud regions, where all of that name lie in one zone."""
    found: dict[str, set[str]] = {}
    for row in records("regions"):
        found.setdefault(row["location"], set()).add(row["zone"])
    for town, codes in found.items():
        if len(codes) == 1:
            yield town, zones()[next(iter(codes))]


@cache
def _vocabulary() -> dict[str, Zone]:
    """Every word for a zone, made plain; the first meaning of a word is kept."""
    words: dict[str, Zone] = {}
    for source in (_code_words, _name_words, _region_words, _provider_words, _town_words):
        for word, zone in source():
            words.setdefault(plain(word), zone)
    return words


def resolve(text: str) -> Zone:
    """The zone that ``text`` means.

    An ISO code (FR, FRA), a name, a US state (US-CA, California), an eGRID subregion (CAMX), a
    Canadian or Chinese province, a cloud region (eu-west-3, gcp:us-central1) or an Electricity
    Maps key (SE-SE3). Raises GreenNotebookError with the closest names.
    """
    exact = zones().get(text)
    if exact is not None:  # spares the first cell the making of all words, some 20 ms
        return exact
    wanted = plain(text)
    found = _vocabulary().get(wanted)
    if found is not None:
        return found
    example = "a zone is a country (FR), a state (US-CA) or a cloud region (eu-west-3)"
    if not wanted:
        raise GreenNotebookError(f"no zone given: {example}")
    near = closest(text)
    hint = f"did you mean {' or '.join(near)}?" if near else example
    raise GreenNotebookError(f"unknown zone {text.strip()!r}: {hint}")


def closest(text: str, limit: int = 3) -> list[str]:
    """The zones whose words are nearest to ``text``, as "FR (France)", best first."""
    words = _vocabulary()
    wanted = plain(text)
    shown: dict[str, None] = {}
    best = 0.0
    for word in difflib.get_close_matches(wanted, words, n=12, cutoff=0.65):
        likeness = difflib.SequenceMatcher(None, word, wanted).ratio()
        best = max(best, likeness)
        if likeness < best - 0.06:  # far behind the best one: noise
            continue
        zone = words[word]
        region = zone.region if zone.region and plain(zone.region).endswith(word) else None
        label = region.partition(":")[2] if region else zone.code
        shown.setdefault(f"{label} ({zone.name})", None)
    return list(shown)[:limit]


def completions(prefix: str = "") -> list[str]:
    """Codes, regions and names of zones that begin with ``prefix``, for the Tab key."""
    words = [*zones(), *(key.partition(":")[2] for key in _regions())]
    words += [zone.name for zone in zones().values()]
    start = prefix.casefold()
    return sorted({word for word in words if word.casefold().startswith(start)})

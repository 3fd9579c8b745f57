"""Build the tables of place, grid and footprint from the raw rows beside this file.

Kept: the preferred row of each zone. Left out: rows whose copy is share-alike (the EU's comes from
the derived row instead) and Australian states (2019 factors on another boundary; their names
lead to the country). docs/decisions/ tells why.
"""

from __future__ import annotations

from _table import Sources, number, raw, write

# Electricity Maps keys of US balancing areas, and the eGRID subregion that holds most of each.
US_KEYS = {
    "US-CAL-CISO": "EGRID-CAMX",
    "US-TEX-ERCO": "EGRID-ERCT",
    "US-NE-ISNE": "EGRID-NEWE",
    "US-NY-NYIS": "US-NY",
    "US-MIDA-PJM": "EGRID-RFCW",
    "US-MIDW-MISO": "EGRID-MROW",
    "US-CENT-SWPP": "EGRID-SPSO",
    "US-TEN-TVA": "EGRID-SRTV",
    "US-SE-SOCO": "EGRID-SRSO",
    "US-CAR-SCEG": "EGRID-SRVC",
    "US-CAR-DUK": "EGRID-SRVC",
    "US-FLA-FPL": "EGRID-FRCC",
    "US-NW-BPAT": "EGRID-NWPP",
    "US-NW-PACW": "EGRID-NWPP",
    "US-NW-PACE": "EGRID-NWPP",
    "US-NW-NEVP": "US-NV",
    "US-NW-PSCO": "EGRID-RMPA",
    "US-SW-AZPS": "EGRID-AZNM",
}
# Two sources were compared: grids known to be large and mixed (raw note: median spread 10 %).
AGGREGATES_OF_MANY = {"WORLD", "EU27", "EUROPE", "US-EGRID"}


ORIGINS = {
    "Ember (2026)": "Ember (2026) via OWID",
    "Derived here: Ember 2024 EU": "Ember, EU 2024, carried to 2025 by its members' means",
    "US EPA eGRID2023 STC2ERTA": "US EPA eGRID2023, state total output",
    "US EPA eGRID2023 rev2 summary": "US EPA eGRID2023 rev 2, subregion total output",
    "US EPA eGRID2023 rev2: 770": "US EPA eGRID2023 rev 2, national total output",
    "Computed here: 2023 provincial": "provincial generation of 2023 x IPCC AR5 medians",
    "MEE/NBS China": "China MEE/NBS provincial CO2 factors",
    "codecarbon 3.3.2 from ENTSO-E": "ENTSO-E generation x life-cycle factors (codecarbon 3.3.2)",
}


def kept(row: dict[str, str]) -> bool:
    """Whether a raw row of the grid table is shipped."""
    if row["code"] == "EU27":
        return row["source"].startswith("Derived")
    if "SA" in row["licence"] or row["parent"] == "AU":
        return False
    return row["preferred"] == "1"


def shown(source: str) -> str:
    """An origin as people are shown it; how and by which copy it was read stands in the raw row."""
    return next(short for start, short in ORIGINS.items() if source.startswith(start))


def build_grid() -> None:
    """Annual intensities; ``spread`` is what a second source says, as a difference in g/kWh."""
    sources = Sources()
    spread = {row["country"]: number(row["diff_g"]) for row in raw("grid_crosscheck")}
    rows = []
    for row in filter(kept, raw("grid_intensity")):
        code = row["code"]
        mixed = code in AGGREGATES_OF_MANY or (row["level"] == "country" and code in spread)
        source = sources.key(shown(row["source"]), row["source_url"], row["licence"])
        country = row["alpha2"] or row["parent"] or ("US" if code == "US-EGRID" else "")
        rows.append(
            [
                code,
                row["level"],
                country,
                row["alpha3"],
                # Without the towns that a bidding zone includes.
                row["name"].split(", includes")[0] + (")" if ", includes" in row["name"] else ""),
                number(row["year"]),
                number(row["g_co2e_per_kwh"]),
                "direct" if row["boundary"].startswith("direct") else row["boundary"],
                int(mixed),
                spread.get(code) if row["level"] == "country" else None,
                source,
            ]
        )
    columns = ("code", "level", "country", "alpha3", "name", "year", "g", "boundary", "mixed")
    write("grid", (*columns, "spread", "source"), rows, sources=sources.table())


def build_regions() -> None:
    """Cloud regions: their zone, Electricity Maps key, PUE and WUE (1: the region's own figure)."""
    sources = Sources()
    rows = []
    for row in raw("cloud_regions"):
        own_pue = row["pue_basis"].startswith("provider-published, region")
        own_wue = row["wue_basis"].startswith("provider-published, region")
        rows.append(
            [
                row["provider"],
                row["region"],
                row["location"],
                row["g_source"].partition(":")[2],
                row["em_zone"],
                number(row["pue"]),
                int(own_pue),
                number(row["wue_l_per_kwh"]),
                int(own_wue),
                number(row["year"]),
                sources.key(row["source"], "", row["licence"]),
            ]
        )
    columns = ("provider", "region", "location", "zone", "em_zone", "pue", "own_pue")
    write(
        "regions",
        (*columns, "wue", "own_wue", "year", "source"),
        rows,
        sources=sources.table(),
        em_zones=US_KEYS,
    )


def build_timezones() -> None:
    """The country of each time zone of the IANA database."""
    by_country: dict[str, list[str]] = {}
    table = raw("timezones")
    for row in table:
        by_country.setdefault(row["alpha2"], []).append(row["timezone"])
    write(
        "timezones",
        ("country", "timezones"),
        [(country, " ".join(names)) for country, names in sorted(by_country.items())],
        sources={"s1": [table[0]["source"], "https://www.iana.org/time-zones", "public domain"]},
    )


def build_equivalences() -> None:
    """Everyday comparators: so much energy (kWh), CO2e (g) or water (L) each."""
    sources = Sources()
    rows = [
        [
            row["id"],
            row["label"],
            row["dimension"],
            number(row["factor"]),
            number(row["low"]),
            number(row["high"]),
            row["per"],
            row["confidence"],
            number(row["year"]),
            sources.key(row["source"].strip(), row["source_url"], row["licence"]),
        ]
        for row in raw("equivalences")
    ]
    columns = ("id", "label", "dimension", "factor", "low", "high", "per", "confidence")
    write("equivalences", (*columns, "year", "source"), rows, sources=sources.table())


def build_embodied() -> None:
    """Manufacture of devices (kg CO2e) and their lifetimes (years).

    Bottom-up models of a chip that stands in the table with its maker's figure are upper bounds.
    """
    sources = Sources()
    rows = [
        [
            row["category"],
            row["item"],
            number(row["kgco2e"]),
            number(row["low"]),
            number(row["high"]),
            number(row["lifetime_years"]),
            row["confidence"],
            number(row["year"]),
            sources.key(row["source"], row["source_url"], row["licence"]),
        ]
        for row in raw("embodied")
    ]
    columns = ("category", "item", "kg", "low", "high", "years", "confidence", "year", "source")
    write("embodied", columns, rows, sources=sources.table())


def build_water() -> None:
    """Litres per kWh: on site (cooling) by provider, off site (power stations) by country."""
    sources = Sources()
    rows = [
        [
            row["kind"],
            row["code"],
            number(row["wue_onsite_l_per_kwh"]),
            number(row["water_intensity_offsite_l_per_kwh"]),
            row["confidence"],
            number(row["year"]),
            # WRI's own figures under WRI's licence: docs/decisions/0006.
            sources.key(
                row["source"].split(", read from")[0],
                row["source_url"],
                row["licence"].split("; EcoLogits")[0],
            ),
        ]
        for row in raw("water")
        if row["kind"] != "cloud_region"  # these stand in the regions' table
    ]
    columns = ("kind", "code", "onsite", "offsite", "confidence", "year", "source")
    write("water", columns, rows, sources=sources.table())


def build_pue() -> None:
    """PUE where the region is unknown."""
    sources = Sources()
    rows = [
        [
            row["scope"],
            number(row["pue"]),
            number(row["year"]),
            sources.key(row["source"], "", row["licence"]),
        ]
        for row in raw("pue_defaults")
    ]
    write("pue", ("scope", "pue", "year", "source"), rows, sources=sources.table())


if __name__ == "__main__":
    build_grid()
    build_regions()
    build_timezones()
    build_equivalences()
    build_embodied()
    build_water()
    build_pue()

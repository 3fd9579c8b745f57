"""``%carbon sources``: where every figure comes from, and under which licence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from green_notebook.actions._lines import Parser, Table
from green_notebook.data import DATA_VERSION, load

if TYPE_CHECKING:
    from green_notebook.session import Session

HELP = "where every figure comes from, its licence, and whom to thank"
TABLES = ("grid", "regions", "pue", "equivalences", "embodied", "water", "timezones")
ATTRIBUTION = (
    "Grid data: Ember (2026) via Our World in Data, CC BY 4.0; US EPA eGRID2023; Google "
    "region-carbon-info; Green Software Foundation real-time-cloud; Cloud Carbon Footprint; "
    "Boavizta; Green Algorithms."
)


def run(session: Session, argv: list[str]) -> Table:  # noqa: ARG001 - every verb is called alike
    """All sources of the shipped tables."""
    Parser("sources", HELP).parse_args(argv)
    rows = [
        (name, str(source), str(licence or "facts"), str(url))
        for name in TABLES
        for source, url, licence in load(name)["sources"].values()
    ]
    return Table(
        f"Figures compiled {DATA_VERSION}",
        ("table", "source", "licence", "address"),
        tuple(dict.fromkeys(rows)),
        (ATTRIBUTION,),
    )

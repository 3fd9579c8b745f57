"""``%carbon sources``: where every figure comes from, and under which licence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from green_notebook.actions._lines import Parser, Table
from green_notebook.data import ATTRIBUTION, DATA_VERSION, load

if TYPE_CHECKING:
    from green_notebook.session import Session

HELP = "where every figure comes from, its licence, and whom to thank"
TABLES = ("grid", "regions", "pue", "equivalences", "embodied", "water", "timezones")


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

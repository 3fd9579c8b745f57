"""A report as plain text: one self-contained line, then an aligned block."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from green_notebook.model import Report
from green_notebook.show import _rows
from green_notebook.show._detail import FULL, Detail
from green_notebook.show._units import percent, shown

WIDTH = 100
LABEL = 18


def summary(report: Report, detail: Detail = FULL) -> str:
    """The report in lines of at most 100 columns; the first says it all."""
    first, left = _first_line(report)
    lines = [first]
    if left:
        lines += _wrapped("equal to", "≈ " + ", ".join(left))
    if not detail.bars:
        lines += _wrapped("rests on", _in_short(report)) if detail.grounds else []
        return "\n".join(lines)
    lines += _energy(report)
    for label, text in _rows.certainty(report):
        if detail.twice or (detail.beside and label in {"place", "electricity"}):
            lines += _wrapped(label, text)
    for note in _rows.notes(report, loud=True) + _rows.notes(report, loud=False):
        lines += _wrapped("note", note)
    for one in report.advice if detail.beside else ():
        lines += _wrapped("advice", _rows.advice_line(one))
    return "\n".join(lines)


def line(report: Report) -> str:
    """The first line of the summary alone."""
    return _first_line(report)[0]


def _first_line(report: Report) -> tuple[str, list[str]]:
    """The line, and the comparisons that found no room in it."""
    text = " · ".join(
        (
            _rows.title(report),
            shown(report.footprint.co2e).text("CO2e"),
            shown(report.energy.kernel).amount,
            _rows.took(report),
        )
    )
    left = _rows.comparisons(report)
    joint = " · ≈ "
    for short in _rows.comparisons(report, short=True):
        if len(text) + len(joint) + len(short) > WIDTH:
            break
        text += joint + short
        joint = ", "
        left.pop(0)
    return text[: WIDTH - 1] + "…" if len(text) > WIDTH else text, left


def _energy(report: Report) -> Iterator[str]:
    whole = report.energy.kernel
    rows = [
        (label, text, "" if share is None else percent(share), basis)
        for label, text, share, basis in _rows.parts(report)
    ]
    if len(rows) != 1:
        rows.insert(0, ("energy", shown(whole).text(), "", whole.basis.value))
    amounts, shares = (max(len(row[column]) for row in rows) for column in (1, 2))
    for label, text, share, basis in rows:
        yield f"  {label:<{LABEL}} {text:<{amounts}}  {share:>{shares}}  {basis}"


def _in_short(report: Report) -> str:
    """Components, zone and intensity without their figures' intervals: ``CPU 90 % measured; ...``."""
    parts = [
        f"{label} {basis}" if share is None else f"{label} {percent(share)} {basis}"
        for label, _, share, basis in _rows.parts(report)
    ]
    grid = shown(report.intensity.quantity).value
    return "; ".join([*parts, f"zone {report.place.zone}", f"{grid} g CO2e/kWh"])


def _wrapped(label: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=f"  {label:<{LABEL}} ",
        subsequent_indent=" " * (LABEL + 3),
        break_on_hyphens=False,
    )

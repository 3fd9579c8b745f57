"""A summary as one page: HTML that reads well without styles and prints, and Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from green_notebook.model import Quantity, Report
from green_notebook.model.summary import Summary
from green_notebook.show._rows import component_labels, part
from green_notebook.show._units import duration, percent, shown

STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem} h2{font-size:1.15rem;margin-top:2rem}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8886;vertical-align:top}
td.n,th.n{text-align:right;white-space:nowrap}
.muted{opacity:.75}
.chart{height:340px}
.chart .infolayer text,.chart .xtick text,.chart .ytick text{fill:currentColor!important}
@media print{body{margin:0;max-width:none} .chart{break-inside:avoid}}
"""
METHOD = (
    "Energy is read from the machine's own counters where it has them, and else modelled from CPU "
    "time and published measurements of like machines. CO2e is this kernel's energy times PUE times "
    "the grid's intensity, plus a share of the hardware's manufacture. Every figure has a 95 % "
    "interval; random errors add in quadrature, one sensor's systematic error linearly."
)


def html(summary: Summary, charts: str = "", script: str = "") -> str:
    """A whole page; ``charts`` are blocks to stand in it, ``script`` draws them in the end."""
    return (
        "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width,initial-scale=1'>"
        f"<title>{escape(summary.title)}</title><style>{STYLE}</style></head>"
        f"<body><main>{fragment(summary, charts)}</main>{script}</body></html>"
    )


def fragment(summary: Summary, charts: str = "") -> str:
    """The page's content, as it stands in a notebook."""
    parts = [f"<h1>{escape(summary.title)}</h1>"]
    parts += [
        f"<div style='font-size:1.5em;font-weight:600'>{escape(line)}</div>"
        for line in headlines(summary)
    ]
    parts.append(f"<p class='muted'>{escape(_under(summary))}</p>")
    if summary.equivalences:
        parts.append("<ul>")
        parts += [f"<li>{escape(one.text)}</li>" for one in summary.equivalences]
        parts.append("</ul>")
    parts.append(charts)
    parts += _table("Cells", CELL_COLUMNS, _cells(summary), numbers=(1, 2, 3))
    parts += _table("By part", ("part", "energy", "share", "basis"), _parts(summary), (1, 2))
    if len(summary.elsewhere) > 1:
        columns = ("grid", "CO2e of the same energy (operation)")
        parts += _table("The same energy elsewhere", columns, _elsewhere(summary), (1,))
    advice = list(_advice(summary))
    if advice:
        parts.append("<h2>What would cost less</h2><ul>")
        parts += [f"<li>{escape(line)}</li>" for line in advice]
        parts.append("</ul>")
    parts.append(f"<h2>How these figures were made</h2><p>{escape(METHOD)}</p>")
    parts.append("<ul>" + "".join(f"<li>{escape(one)}</li>" for one in _notes(summary)) + "</ul>")
    parts.append(f"<p class='muted'>{escape('; '.join(summary.sources))}</p>")
    return "".join(parts)


def markdown(summary: Summary) -> str:
    """The same page as Markdown."""
    lines = [f"# {summary.title}", ""]
    lines += [f"**{line}**  " for line in headlines(summary)]
    lines += ["", _under(summary), ""]
    lines += [f"- {one.text}" for one in summary.equivalences]
    lines += _markdown_table("Cells", CELL_COLUMNS, _cells(summary))
    lines += _markdown_table("By part", ("part", "energy", "share", "basis"), _parts(summary))
    if len(summary.elsewhere) > 1:
        columns = ("grid", "CO2e of the same energy (operation)")
        lines += _markdown_table("The same energy elsewhere", columns, _elsewhere(summary))
    advice = list(_advice(summary))
    if advice:
        lines += ["", "## What would cost less", "", *(f"- {line}" for line in advice)]
    lines += ["", "## How these figures were made", "", METHOD, ""]
    lines += [f"- {one}" for one in _notes(summary)]
    lines += ["", "; ".join(summary.sources), ""]
    return "\n".join(lines)


def headlines(summary: Summary) -> list[str]:
    """The totals in words, one a boundary; several are never added."""
    many = len(summary.co2e) > 1
    lines = [
        shown(one).text("CO2e") + (f" ({boundary} intensities)" if many else "")
        for boundary, one in summary.co2e
    ]
    return [*lines, shown(summary.energy).text()]


def _under(summary: Summary) -> str:
    count = len(summary.reports)
    cells = "1 cell" if count == 1 else f"{count} cells"
    places = ", ".join(
        dict.fromkeys(f"{one.place.zone} ({one.place.how})" for one in summary.reports)
    )
    began = summary.reports[0].started_at[:16].replace("T", " ")
    return f"{cells}, {duration(summary.duration_s)} measured since {began}; place: {places}"


CELL_COLUMNS = ("cell", "CO2e", "energy", "time", "how known")


def _cells(summary: Summary) -> Iterator[tuple[str, ...]]:
    for index, one in enumerate(summary.reports, 1):
        yield (
            _label(one, index) + ("" if one.status == "ok" else f" ({one.status})"),
            shown(one.footprint.co2e).text(),
            shown(one.energy.kernel).text(),
            duration(one.duration_s),
            one.energy.kernel.basis.value,
        )


def _label(report: Report, index: int) -> str:
    if report.name:
        return report.name
    return f"cell [{report.execution_count}]" if report.execution_count else f"span {index}"


def _parts(summary: Summary) -> Iterator[tuple[str, ...]]:
    whole = summary.energy.value
    names = component_labels([part(name, one) for name, one in summary.components])
    for name, (_, one) in zip(names, summary.components, strict=True):
        yield (
            name,
            shown(one).text(),
            percent(one.value / whole if whole else 0.0),
            one.basis.value,
        )


def _elsewhere(summary: Summary) -> Iterator[tuple[str, ...]]:
    here, known = summary.reports[-1].place.zone, dict(summary.places)
    for zone, one in summary.elsewhere:
        name = known.get(zone, zone)
        yield (f"{name} (here)" if zone == here else name, shown(one).text())


def _advice(summary: Summary) -> Iterator[str]:
    seen = set()
    for report in reversed(summary.reports):
        for one in report.advice:
            if one.technique not in seen:
                seen.add(one.technique)
                yield f"{one.title}: {one.text} ({one.evidence})"


def _notes(summary: Summary) -> list[str]:
    grids = dict.fromkeys(_grid(one) for one in summary.reports)
    pues = dict.fromkeys(f"PUE {_plain(one.pue)}" for one in summary.reports)
    notes = dict.fromkeys(note.text for one in summary.reports for note in one.notes)
    return [*grids, *pues, *notes]


def _grid(report: Report) -> str:
    one = report.intensity
    when = one.at or one.year or ""
    return (
        f"{report.place.zone}: {_plain(one.quantity)} {one.boundary}, {one.source} {when}".strip()
    )


def _plain(quantity: Quantity) -> str:
    return shown(quantity).text()


def _table(
    title: str,
    columns: tuple[str, ...],
    rows: Iterator[tuple[str, ...]],
    numbers: tuple[int, ...] = (),
) -> list[str]:
    def cell(tag: str, text: str, index: int) -> str:
        kind = " class='n'" if index in numbers else ""
        return f"<{tag}{kind}>{escape(text)}</{tag}>"

    head = "".join(cell("th", text, index) for index, text in enumerate(columns))
    body = "".join(
        "<tr>" + "".join(cell("td", text, index) for index, text in enumerate(row)) + "</tr>"
        for row in rows
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return [f"<h2>{escape(title)}</h2><div style='overflow-x:auto'>{table}</div>"]


def _markdown_table(
    title: str, columns: tuple[str, ...], rows: Iterator[tuple[str, ...]]
) -> list[str]:
    lines = ["", f"## {title}", "", _row(columns), _row(("---",) * len(columns))]
    return [*lines, *(_row(row) for row in rows)]


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(one.replace("|", "\\|").replace("\n", " ") for one in cells) + " |"

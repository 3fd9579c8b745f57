"""A report as HTML that reads well without styles, and lives through every sanitizer.

JupyterLab removes svg, style, script, role and aria from untrusted notebooks, nbconvert's
``sanitize_html`` all but div, b, a and plain tables, GitHub every style: so words and tables carry
all of it, inline styles only help. No newlines and few attributes, because it is saved in every
notebook: 5 kB with its text and JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape as escaped

from green_notebook.model import Progress, Quantity, Report
from green_notebook.show import _rows
from green_notebook.show._detail import FULL, Detail
from green_notebook.show._sparkline import INK, data_url
from green_notebook.show._units import number, percent, running, shown

History = Sequence[tuple[float, float]]


def summary(report: Report, history: History = (), detail: Detail = FULL) -> str:
    """The report; ``history`` is ``(seconds, watts)`` for a sparkline."""
    rest = " · ".join((_rows.took(report), *_rows.name_and_end(report)))
    head = (
        f"<div><b style='font-size:1.4em'>{_amount(report.footprint.co2e, 'CO2e')}</b>"
        f"{_interval(report.footprint.co2e)} · <b>{_amount(report.energy.kernel)}</b>"
        f"{_interval(report.energy.kernel)} · {_escape(rest)}"
        f"{_picture(history) if detail.picture else ''}</div>"
    )
    same = _rows.comparisons(report)
    compared = f"<div>≈ {_escape(' · '.join(same))}</div>" if same else ""
    return f"{head}{compared}{_parts(report, detail)}{_advice(report, detail)}{_certainty(report, detail)}"


def frame(progress: Progress, history: History = ()) -> str:
    """One picture of a running span, for front ends without the widget."""
    figures = [running(progress.elapsed_s)]
    if progress.power_w is not None:
        figures.append(f"{number(progress.power_w, 'W')} now{_picture(history)}")
    if progress.energy is not None:
        figures.append(f"<b>{_amount(progress.energy)}</b>{_interval(progress.energy)}")
    if progress.co2e is not None:
        figures.append(f"<b>{_amount(progress.co2e, 'CO2e')}</b>{_interval(progress.co2e)}")
    name = f"{_escape(progress.name)} · " if progress.name else ""
    lines = [f"{name}measuring · {' · '.join(figures)}"]
    if progress.equivalences:
        lines.append("so far ≈ " + _escape(" · ".join(one.text for one in progress.equivalences)))
    lines += _ahead(progress)
    return "".join(f"<div>{one}</div>" for one in lines)


def _ahead(progress: Progress) -> Iterable[str]:
    forecast = progress.forecast
    if forecast is not None:
        total = shown(forecast.duration_s)
        yield (
            f"{percent(forecast.done)} done · at the end about "
            f"{_amount(forecast.co2e, 'CO2e')}{_interval(forecast.co2e)} · "
            f"{_amount(forecast.energy)}{_interval(forecast.energy)} · {total.text()}"
        )
    if progress.budget is not None and progress.budget_used is not None:
        yield f"{percent(progress.budget_used)} of the budget, {_escape(progress.budget.text)}"


def _parts(report: Report, detail: Detail) -> str:
    rows = []
    for label, text, share, basis in _rows.parts(report):
        part = "" if share is None else percent(share)
        if share is not None and detail.bars:
            part += _bar(share)
        rows.append(f"<tr><td>{_escape(label)}<td>{text}<td>{part}<td>{basis}")
    return f"<table>{''.join(rows)}</table>" if rows else ""


def _bar(share: float) -> str:
    return f"<div style='height:4px;background:{INK};width:{max(0.0, 60 * share):.0f}px'></div>"


def _advice(report: Report, detail: Detail) -> str:
    blocks = []
    for one in report.advice:
        line = _escape(_rows.advice_line(one))
        if detail.explained:
            more = " ".join(filter(None, (one.text, one.caveat)))
            blocks.append(
                f"<details><summary>{line}</summary>{_escape(more)} "
                f"<i>{_escape(one.evidence)}</i></details>"
            )
        else:
            blocks.append(f"<div>{line}</div>")
    return f"<div><b>Smaller next time?</b>{''.join(blocks)}</div>" if blocks else ""


def _certainty(report: Report, detail: Detail) -> str:
    rows = [
        f"{label}: {text}"
        for label, text in _rows.certainty(report)
        if detail.beside or label not in _rows.BESIDE
    ]
    listed = "".join(f"<li>{_escape(row)}" for row in rows + _rows.notes(report, loud=False))
    loud = "".join(f"<div>{_escape(text)}</div>" for text in _rows.notes(report, loud=True))
    return f"{loud}<details><summary>How sure is this?</summary><ul>{listed}</ul></details>"


def _escape(text: str) -> str:
    """Text for between tags: quotes may stay, which keeps it short."""
    return escaped(text, quote=False)


def _amount(quantity: Quantity, suffix: str = "") -> str:
    return _escape(f"{shown(quantity).amount} {suffix}".strip())


def _interval(quantity: Quantity) -> str:
    return f" ({_escape(shown(quantity).interval)})"


def _picture(history: History) -> str:
    address = data_url(history)
    if not address:
        return ""
    words = escaped(_rows.power_words([watts for _, watts in history]))
    return f" <img src='{address}' alt='{words}' width='96' height='20'>"

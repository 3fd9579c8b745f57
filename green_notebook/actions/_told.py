"""What a verb found, said in lines: the result first, then what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from green_notebook.model import Comparison, Quantity
from green_notebook.show._sparkline import INK
from green_notebook.show._units import number, shown

BAR_PX = 160
# From this ratio on, times read better than per cent; above this, per cent say no more.
TIMES, MOST_LESS = 2, 99

# A name, what it took, and a remark.
Row = tuple[str, Quantity, str]


class Told:
    """Lines, and quantities side by side, that read well as text and as HTML."""

    __slots__ = ()

    def lines(self) -> list[str]:
        """What is said, the result first."""
        raise NotImplementedError

    def rows(self) -> Sequence[Row]:
        """What stands side by side under the result: in HTML as bars on one scale."""
        return ()

    def __str__(self) -> str:
        first, *rest = self.lines()
        beside = [
            f"{name}: {_amount(quantity)}{f', {remark}' if remark else ''}"
            for name, quantity, remark in self.rows()
        ]
        return "\n".join([first, *beside, *rest])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        first, *rest = self.lines()
        below = "".join(f"<div>{escape(line)}</div>" for line in rest)
        return f"<div><b>{escape(first)}</b></div>{_bars(self.rows())}{below}"


def change(comparison: Comparison, beside: str) -> str:
    """What the second takes ``beside`` the first: ``40 % (33 to 48 %) less energy than large``."""
    ratio = comparison.ratio
    if not comparison.real:
        return f"as much energy as {beside}, as far as can be seen ({_range(ratio)})"
    if ratio.value >= TIMES:
        found = shown(ratio)
        return f"{found.value} times ({found.low} to {found.high}) the energy of {beside}"
    near, far = sorted(100 * abs(end - 1) for end in (ratio.low, ratio.high))
    value = 100 * abs(ratio.value - 1)
    digits = 0 if far - near >= 1 else 1
    if round(value, digits) > MOST_LESS and ratio.value < 1:
        return f"over {MOST_LESS} % less energy than {beside}"
    over = "over " if ratio.value < 1 and round(far, digits) > MOST_LESS else ""
    interval = f"{near:.{digits}f} to {over}{min(far, MOST_LESS) if over else far:.{digits}f} %"
    return f"{value:.{digits}f} % ({interval}) {'less' if ratio.value < 1 else 'more'} energy than {beside}"


def _range(ratio: Quantity) -> str:
    """What a ratio may be: ``-20 to +25 %``, ``0.4 to 3 times``."""
    if ratio.high < TIMES:
        return f"{100 * ratio.low - 100:+.0f} to {100 * ratio.high - 100:+.0f} %"
    return f"{number(ratio.low, digits=2)} to {number(ratio.high, digits=2)} times"


def _amount(quantity: Quantity) -> str:
    """A quantity with its interval: ``12.3 Wh (11.0 to 14.1)``."""
    found = shown(quantity)
    return found.amount if found.exact else f"{found.amount} ({found.low} to {found.high})"


def _bars(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    most = max(quantity.value for _, quantity, _ in rows) or 1.0
    cells = "".join(
        f"<tr><td style='text-align:left'>{escape(name)}</td>"
        f"<td style='text-align:left;min-width:{BAR_PX}px'><div style='height:10px;background:{INK};"
        f"width:{BAR_PX * quantity.value / most:.0f}px'></div></td>"
        f"<td style='text-align:left'>{escape(_amount(quantity))}</td>"
        f"<td style='text-align:left'>{escape(remark)}</td></tr>"
        for name, quantity, remark in rows
    )
    return f"<table>{cells}</table>"

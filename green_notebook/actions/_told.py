"""What a verb found, said in lines: the result first, then what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from green_notebook.model import Comparison, Quantity
from green_notebook.show._sparkline import INK
from green_notebook.show._units import shown

BAR_PX = 160


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
    low, value, high = (100 * part for part in comparison.change)
    if not comparison.real:
        seen = f"as far as can be seen ({low:+.0f} to {high:+.0f} %)"
        return f"as much energy as {beside}, {seen}"
    if ratio.value >= 2:
        return (
            f"{ratio.value:.3g} times ({ratio.low:.2g} to {ratio.high:.2g}) the energy of {beside}"
        )
    near, far = sorted((abs(low), abs(high)))
    word = "less" if value < 0 else "more"
    digits = 0 if far - near >= 1 else 1
    interval = f"{near:.{digits}f} to {far:.{digits}f} %"
    return f"{abs(value):.{digits}f} % ({interval}) {word} energy than {beside}"


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

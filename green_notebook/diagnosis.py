"""Each sensor: in use, or why not, and the exact command that cures it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from green_notebook.inventory import SensorStatus

ORDER = {"in use": 0, "left out": 1, "unavailable": 2, "disabled": 3, "broken": 4}


def cpu_time(group: str) -> tuple[SensorStatus, ...]:
    """What is worth a line of how CPU time is counted: by a control group of this kernel's own."""
    if not group:
        return ()
    why = f"this kernel is alone in {group}: processes that left its tree count too"
    return (SensorStatus("CPU time", "CPU time", "by control group", why),)


@dataclass(frozen=True, slots=True)
class Doctor:
    """The state of all sensors; shown as a table."""

    sensors: tuple[SensorStatus, ...]
    problems: tuple[str, ...] = ()

    @property
    def in_use(self) -> tuple[SensorStatus, ...]:
        """The sensors that reports rest on."""
        return tuple(one for one in self.sensors if one.state == "in use")

    def _rows(self) -> list[tuple[str, str, str]]:
        ranked = sorted(self.sensors, key=lambda one: ORDER.get(one.state, 9))
        return [(_name(one), _state(one), _remark(one)) for one in ranked]

    def __str__(self) -> str:
        rows = self._rows()
        width = max((len(name) for name, _, _ in rows), default=0)
        lines = [f"{name:<{width}}  {state}  {remark}".rstrip() for name, state, remark in rows]
        return "\n".join([*lines, *self.problems])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        # JupyterLab aligns each cell of a table to the right unless the cell says otherwise.
        def row(tag: str, words: tuple[str, str, str]) -> str:
            cells = (f"<{tag} style='text-align:left'>{escape(one)}</{tag}>" for one in words)
            return f"<tr>{''.join(cells)}</tr>"

        body = "".join(row("td", one) for one in self._rows())
        problems = "".join(f"<p>{escape(one)}</p>" for one in self.problems)
        head = row("th", ("sensor", "state", "why, and what to do"))
        return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>{problems}"


def _name(one: SensorStatus) -> str:
    """The hardware's name; what its label says in parentheses goes to the remarks."""
    return one.sensor.partition(" (")[0] or one.kind


def _state(one: SensorStatus) -> str:
    return f"in use ({one.basis} {one.component})" if one.state == "in use" else one.state


def _remark(one: SensorStatus) -> str:
    _, _, more = one.sensor.partition(" (")
    inside, _, after = more.rpartition(")")
    parts = [text for text in (inside + after, one.reason) if text]
    if one.cure:
        parts.append(f"cure: {one.cure}")
    if one.state == "in use" and one.basis == "measured" and not one.tried_on_hardware:
        parts.append("tested on simulated hardware only")
    return "; ".join(parts)

"""All that is known of one span: the `Report`, frozen, and its JSON, version 1."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from green_notebook.model.energy import (
    Energy,
    Equivalence,
    Footprint,
    Intensity,
    Place,
)
from green_notebook.model.quantity import Quantity, rounded
from green_notebook.model.recommendation import Advice

SCHEMA = 1
MIME_TYPE = "application/vnd.green-notebook.v1+json"
NOTEBOOK_DIGITS = 4

State = Literal["provisional", "final"]
Status = Literal["ok", "error", "interrupted"]


@dataclass(frozen=True, slots=True)
class Note:
    """Something the reader should know: a short stable ``code`` and one plain sentence."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class MeterCost:
    """What the meter itself took (J, s of CPU time) within the span."""

    energy: Quantity
    duration_s: float


@dataclass(frozen=True, slots=True)
class Report:
    """One span's energy, footprint and advice.

    Shown by Jupyter as text and HTML; ``to_json`` and ``from_json`` are inverse. A provisional
    report is refined at most once into a final one under the same ``id``.
    """

    id: str
    session_id: str
    started_at: str
    duration_s: float
    status: Status
    state: State
    energy: Energy
    place: Place
    intensity: Intensity
    pue: Quantity
    footprint: Footprint
    meter: MeterCost
    equivalences: tuple[Equivalence, ...] = ()
    advice: tuple[Advice, ...] = ()
    notes: tuple[Note, ...] = ()
    remote: Mapping[str, Any] | None = None
    name: str | None = None
    parent_id: str | None = None
    cell_key: str | None = None
    notebook_key: str | None = None
    execution_count: int | None = None
    repeats: int | None = None
    version: str = ""
    data_version: str = ""

    def to_dict(self, digits: int | None = None, *, snippets: bool = True) -> dict[str, Any]:
        """The JSON form as a dict; ``digits`` rounds to significant digits."""
        duration_s = self.duration_s if digits is None else rounded(self.duration_s, digits)
        meter_s = self.meter.duration_s
        return {
            "schema": SCHEMA,
            "id": self.id,
            "session_id": self.session_id,
            "parent_id": self.parent_id,
            "state": self.state,
            "name": self.name,
            "cell_key": self.cell_key,
            "notebook_key": self.notebook_key,
            "execution_count": self.execution_count,
            "repeats": self.repeats,
            "version": self.version,
            "data_version": self.data_version,
            "started_at": self.started_at,
            "duration_s": duration_s,
            "status": self.status,
            "energy": self.energy.to_dict(digits),
            "place": self.place.to_dict(),
            "intensity": self.intensity.to_dict(digits),
            "overhead": {"pue": self.pue.to_dict(digits)},
            "footprint": self.footprint.to_dict(digits),
            "equivalences": [one.to_dict(digits) for one in self.equivalences],
            "advice": [one.to_dict(digits, snippet=snippets) for one in self.advice],
            "remote": None if self.remote is None else dict(self.remote),
            "notes": [{"code": one.code, "text": one.text} for one in self.notes],
            "meter": {
                "energy": self.meter.energy.to_dict(digits),
                "duration_s": meter_s if digits is None else rounded(meter_s, digits),
            },
        }

    def to_notebook(self) -> dict[str, Any]:
        """The dict that is saved in a notebook: 4 significant digits, no snippets."""
        return self.to_dict(NOTEBOOK_DIGITS, snippets=False)

    def to_json(self, *, indent: int | None = None) -> str:
        """The report as JSON text, every number in full."""
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Report:
        """Read what ``to_json`` wrote.

        Raises ValueError with one clear line where ``text`` is not a report of this version.
        """
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"not JSON, so not a report: {error}") from None
        return cls.from_dict(data)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Report:
        """Read the JSON form; unknown fields are ignored."""
        if not isinstance(data, Mapping) or data.get("schema") != SCHEMA:
            found = data.get("schema") if isinstance(data, Mapping) else None
            raise ValueError(f"not a report of schema {SCHEMA}: its schema is {found!r}")
        try:
            return cls._read(data)
        except (KeyError, TypeError) as error:
            raise ValueError(f"the report lacks or garbles a field: {error}") from None

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Report:
        return cls(
            id=data["id"],
            session_id=data["session_id"],
            started_at=data["started_at"],
            duration_s=float(data["duration_s"]),
            status=data["status"],
            state=data["state"],
            energy=Energy.from_dict(data["energy"]),
            place=Place.from_dict(data["place"]),
            intensity=Intensity.from_dict(data["intensity"]),
            pue=Quantity.from_dict(data["overhead"]["pue"]),
            footprint=Footprint.from_dict(data["footprint"]),
            meter=MeterCost(
                Quantity.from_dict(data["meter"]["energy"]), float(data["meter"]["duration_s"])
            ),
            equivalences=tuple(Equivalence.from_dict(one) for one in data["equivalences"]),
            advice=tuple(Advice.from_dict(one) for one in data["advice"]),
            notes=tuple(Note(one["code"], one["text"]) for one in data["notes"]),
            remote=data.get("remote"),
            name=data.get("name"),
            parent_id=data.get("parent_id"),
            cell_key=data.get("cell_key"),
            notebook_key=data.get("notebook_key"),
            execution_count=data.get("execution_count"),
            repeats=data.get("repeats"),
            version=data.get("version", ""),
            data_version=data.get("data_version", ""),
        )

    def with_advice(self, advice: tuple[Advice, ...], notes: tuple[Note, ...] = ()) -> Report:
        """The same report with advice, and further notes."""
        return replace(self, advice=advice, notes=self.notes + notes)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        # Imported when shown: the model itself knows nothing of how it looks.
        from importlib import import_module

        bundle: dict[str, Any] = import_module("green_notebook.show").bundle(self)
        return bundle

    def _repr_html_(self) -> str:
        html: str = self._repr_mimebundle_()["text/html"]
        return html

    def __str__(self) -> str:
        from importlib import import_module

        text: str = import_module("green_notebook.show.text").summary(self)
        return text

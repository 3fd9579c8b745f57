"""What is known of a cell's work, and one recommendation drawn from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from green_notebook.model.quantity import rounded


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a cell's work and models; never the user's data.

    ``data`` is a plain nested mapping with the paths of docs/facts.md ("model.params",
    "run.duration_s"). Everything is optional: an absent or null value means unknown.
    """

    data: Mapping[str, Any]

    def get(self, path: str, default: Any = None) -> Any:
        """The value at a dotted path, ``default`` where it or a parent is absent or null."""
        node: Any = self.data
        for key in path.split("."):
            if not isinstance(node, Mapping):
                return default
            node = node.get(key)
            if node is None:
                return default
        return node

    def to_dict(self) -> dict[str, Any]:
        """A plain copy that JSON takes."""
        return {
            key: dict(value) if isinstance(value, Mapping) else value
            for key, value in self.data.items()
        }


@dataclass(frozen=True, slots=True)
class Saving:
    """The part of this cell's ``of`` that would be saved, as fractions: 0.4 is 40 %.

    ``of`` is "energy", "time", "carbon", "compute" or "memory"; they are never mixed.
    """

    of: str
    low: float
    typical: float
    high: float

    def to_dict(self, digits: int | None = None) -> dict[str, Any]:
        """The JSON form."""
        numbers = {"low": self.low, "typical": self.typical, "high": self.high}
        if digits is not None:
            numbers = {key: rounded(number, digits) for key, number in numbers.items()}
        return {"of": self.of, **numbers}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Saving:
        """Read the JSON form."""
        return cls(data["of"], float(data["low"]), float(data["typical"]), float(data["high"]))


@dataclass(frozen=True, slots=True)
class Advice:
    """One recommendation: ``text`` in plain words with this cell's numbers, its evidence, its price.

    ``technique`` is an id of the technique table. ``evidence`` names source, year and strength
    (A to E). ``snippet`` is code for the library's current interface; it is left out of the
    notebook's JSON.
    """

    technique: str
    title: str
    text: str
    saving: Saving | None
    evidence: str
    caveat: str = ""
    snippet: str = ""

    def to_dict(self, digits: int | None = None, *, snippet: bool = True) -> dict[str, Any]:
        """The JSON form."""
        data = {
            "technique": self.technique,
            "title": self.title,
            "text": self.text,
            "saving": None if self.saving is None else self.saving.to_dict(digits),
            "evidence": self.evidence,
            "caveat": self.caveat,
        }
        return data | {"snippet": self.snippet} if snippet and self.snippet else data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Advice:
        """Read the JSON form."""
        saving = data.get("saving")
        return cls(
            data["technique"],
            data["title"],
            data["text"],
            None if saving is None else Saving.from_dict(saving),
            data["evidence"],
            data.get("caveat", ""),
            data.get("snippet", ""),
        )

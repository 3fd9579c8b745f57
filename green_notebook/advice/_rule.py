"""What a rule is, what it is given, and the two ways it can end: a proposal or a reason for silence."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from green_notebook.model import Facts


class Silence(Exception):
    """A rule has nothing to say; ``str`` is the reason in a few words."""


@dataclass(frozen=True)
class Proposal:
    """What a rule would say: texts, and how it is ranked.

    ``saving`` is (low, typical, high) as fractions of this cell, None for the technique's own
    planning range. ``ease`` from 0 to 1 is how little it asks of the user: 1 is a switch, 0.5 a
    rewrite of some lines, 0.3 training again or a risk for the quality. ``strength`` and
    ``evidence`` replace the technique's own where this case's evidence differs.
    """

    title: str
    text: str
    caveat: str = ""
    snippet: str = ""
    saving: tuple[float, float, float] | None = None
    of: str = ""
    ease: float = 0.7
    strength: str = ""
    evidence: str = ""


@dataclass(frozen=True)
class Rule:
    """One technique: when it speaks, when it must not, and an example of each.

    ``speaks`` and ``silent`` are facts, the smallest that show the rule speaking and holding its
    tongue for its most important contraindication; a test runs both. Rules of one ``group`` give
    the same kind of advice: only the best of them is shown.
    """

    technique: str
    judge: Callable[[Case], Proposal]
    speaks: Mapping[str, Any]
    silent: Mapping[str, Any]
    group: str = ""


def rule(
    technique: str, *, speaks: Mapping[str, Any], silent: Mapping[str, Any], group: str = ""
) -> Callable[[Callable[[Case], Proposal]], Rule]:
    """Make a rule of a function that returns a `Proposal` or calls `Case.need`."""

    def made(judge: Callable[[Case], Proposal]) -> Rule:
        return Rule(technique, judge, speaks, silent, group)

    return made


@dataclass(frozen=True)
class Case:
    """One cell's facts, read with care: a value of the wrong type counts as unknown."""

    facts: Facts
    tolerance: float = 1.0
    cache: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def number(self, path: str) -> float | None:
        """The finite number at ``path``, None where unknown."""
        value = self.facts.get(path)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        try:
            value = float(value)
        except OverflowError:
            return None
        return value if math.isfinite(value) else None

    def text(self, path: str) -> str:
        """The text at ``path``, "" where unknown."""
        value = self.facts.get(path)
        return value if isinstance(value, str) else ""

    def flag(self, path: str) -> bool | None:
        """True or False as stated, None where unknown."""
        value = self.facts.get(path)
        return value if isinstance(value, bool) else None

    def listed(self, path: str) -> list[Any]:
        """The list at ``path``, [] where unknown."""
        value = self.facts.get(path)
        return list(value) if isinstance(value, list | tuple) else []

    def known(self, path: str) -> float:
        """The number at ``path``; the rule is silent where it is unknown."""
        value = self.number(path)
        if value is None:
            self.silent(f"{path} is unknown")
        return value

    @staticmethod
    def need(condition: object, otherwise: str) -> None:
        """Go on where ``condition`` holds; else the rule is silent, for the reason given."""
        if not condition:
            raise Silence(otherwise)

    @staticmethod
    def silent(reason: str) -> NoReturn:
        """End the rule with ``reason``."""
        raise Silence(reason)

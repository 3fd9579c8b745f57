"""What was said already, so that advice does not nag."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from green_notebook.model import Advice, Facts

# Said again only where the saving grew by half: our own choice.
GROWTH = 1.5
KEPT = 200  # cells whose facts are kept, for `%carbon advice CELL`


class AdviceMemory:
    """Which advice a session has shown, and which the user does not want.

    The same advice is not repeated for any cell unless what it would save there is at least half
    as much again as when it was last shown. Dismissed techniques stay away until ``recall``.
    """

    def __init__(self) -> None:
        self._shown: dict[tuple[str, str], float] = {}
        self._dismissed: set[str] = set()
        self._facts: dict[str, Facts] = {}

    def remember(self, report_id: str, facts: Facts | Mapping[str, Any]) -> None:
        """Keep the facts of a report's cell, the latest 200."""
        self._facts[report_id] = facts if isinstance(facts, Facts) else Facts(facts)
        while len(self._facts) > KEPT:
            del self._facts[next(iter(self._facts))]

    def facts_of(self, report_id: str) -> Facts | None:
        """The facts of a report's cell, None where none were found or kept."""
        return self._facts.get(report_id)

    @property
    def dismissed(self) -> frozenset[str]:
        """The techniques that the user does not want to hear of."""
        return frozenset(self._dismissed)

    def dismiss(self, technique: str) -> None:
        """Keep this technique away for the rest of the session."""
        self._dismissed.add(technique)

    def recall(self, technique: str) -> None:
        """Let a dismissed technique speak again."""
        self._dismissed.discard(technique)

    def fresh(
        self, advice: Iterable[Advice], amount: float = 1.0, limit: int | None = None
    ) -> tuple[Advice, ...]:
        """At most ``limit`` pieces of advice worth showing now; only they are remembered as shown.

        ``amount`` is what the cell used (Wh, or s where its energy is unknown): a saving is
        compared in absolute terms, so a cell ten times as long may say it again.
        """
        new: list[Advice] = []
        for one in advice:
            if limit is not None and len(new) >= limit:
                break
            if one.technique in self._dismissed:
                continue
            saving = one.saving.typical * amount if one.saving is not None else 0.0
            key = (one.technique, one.saving.of if one.saving is not None else "")
            before = self._shown.get(key)
            if before is None or saving >= GROWTH * before > 0:
                self._shown[key] = saving
                new.append(one)
        return tuple(new)

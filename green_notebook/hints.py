"""What a report says once in a session: the zone's cure, a budget's end, a machine's peculiarity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from green_notebook import budget
from green_notebook.clock import Clock
from green_notebook.errors import GreenNotebookError
from green_notebook.inventory import Inventory
from green_notebook.ledger import Ledger
from green_notebook.model import Note, Report
from green_notebook.model.summary import counted
from green_notebook.place import note as place_note
from green_notebook.selection import part
from green_notebook.settings import GreenNotebook

# The counters that most processors have.
COUNTERS = "RAPL"
# Notes of sensors and models that are the same for every cell of a machine; `doctor` has them too.
OF_THE_MACHINE = ("cpu-unknown", "gpu-unused", "shared-machine")


class Hints:
    """Adds notes to a report that were not said before, and takes out what was."""

    def __init__(self, settings: GreenNotebook, clock: Clock, inventory: Inventory) -> None:
        self.settings = settings
        self._clock = clock
        self._inventory = inventory
        self._said: set[str] = set()

    def added_to(self, report: Report, ledger: Ledger, wholes: Mapping[str, Report]) -> Report:
        """The report with what is new; a nested report leaves it to its parent.

        ``wholes`` are the reports of what was measured side by side, by each member's id.
        """
        told = [one for one in report.notes if one.code in OF_THE_MACHINE]
        if any(one.text in self._said for one in told):
            kept = (one for one in report.notes if one.text not in self._said)
            report = replace(report, notes=tuple(kept))
        self._said.update(one.text for one in told)
        if report.parent_id:
            return report
        notes = (
            place_note(report.place),
            self._modelled(report),
            self._day(report, ledger, wholes),
        )
        fresh = tuple(one for one in notes if one is not None and one.code not in self._said)
        if not fresh:
            return report
        self._said.update(one.code for one in fresh)
        return report.with_advice(report.advice, fresh)

    def _modelled(self, report: Report) -> Note | None:
        """Why the processor is modelled, where it has counters that only may not be read."""
        parts = report.energy.components
        if not any(part(one.component) == "cpu" and one.sensor == "cpu-model" for one in parts):
            return None
        for one in self._inventory.status():
            if one.kind == COUNTERS and one.state == "unavailable" and one.cure:
                text = f"the processor is modelled: {one.reason}; %carbon doctor tells the cure"
                return Note("cpu-modelled", text)
        return None

    def _day(self, report: Report, ledger: Ledger, wholes: Mapping[str, Report]) -> Note | None:
        # All the day's reports are gone through: only for those who set a budget.
        if not self.settings.budget:
            return None
        try:
            limit = budget.parse(self.settings.budget)
        except GreenNotebookError as error:
            return Note("budget-wrong", str(error))
        reports = counted([*ledger, report], wholes)
        spent = budget.used_on(limit, reports, self._clock.wall().date())
        if spent < budget.WARN_AT:
            return None
        code = "day-budget-over" if spent >= 1 else "day-budget"
        return Note(code, f"{spent:.0%} of the day's budget of {limit.text} is spent")

"""Where this session's reports are kept: in memory, oldest first, bounded."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from green_notebook.model import Report

# A report is about 4 kB: a day of one cell a second stays under 400 MB, a session far below.
LIMIT = 10_000


class Ledger:
    """Reports by id; a final one takes the place of its provisional one."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._reports: OrderedDict[str, Report] = OrderedDict()
        self._limit = limit

    def append(self, report: Report) -> None:
        """Keep a report, in its first place where its id is known already."""
        self._reports[report.id] = report
        while len(self._reports) > self._limit:
            self._reports.popitem(last=False)

    def __len__(self) -> int:
        return len(self._reports)

    def __iter__(self) -> Iterator[Report]:
        return iter(list(self._reports.values()))

    def get(self, report_id: str) -> Report | None:
        """The report of that id."""
        return self._reports.get(report_id)

    @property
    def last(self) -> Report | None:
        """The newest report."""
        return next(reversed(self._reports.values()), None)

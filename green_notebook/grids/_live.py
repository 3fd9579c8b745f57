"""A live provider as a grid: answers at once from what is known, and asks off the cell's thread."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Protocol

from green_notebook.errors import GreenNotebookError, Unavailable
from green_notebook.grids import grid, resolve
from green_notebook.grids._http import Client
from green_notebook.grids._points import Mean, Point, series, weighted
from green_notebook.model import Basis, Intensity, Quantity

UTC = timezone.utc

# Two sources of one grid differ by a median of 10 % on mixed grids and 10 g/kWh on clean ones
# (20 countries, 2025): fuel factors and imports, which a live value has as well.
ERROR = 0.10
FLOOR_G = 10.0
# A forecast's own error comes on top; nobody publishes one number for all: assumed.
FORECAST_ERROR = 0.20
# The part of a span that no point covers is known as little as a grid that nobody compared.
UNCOVERED_ERROR = 0.40
# A service's newest value stands for now where it is at most so old.
LAG = timedelta(hours=3)
# What is known is asked for again after this time, and after a failure.
FRESH_S = 900.0
MEMORY = timedelta(days=14)
RETRY_S = 60.0

Submit = Callable[[Callable[[], object], str], object]


class Provider(Protocol):
    """What one service's file gives."""

    name: str
    source: str
    boundary: str
    client: Client

    def key(self, zone: str) -> str:
        """The service's own name of a zone; raises GreenNotebookError where it has none."""

    def fetch(self, key: str, start: datetime, end: datetime) -> Sequence[Point]:
        """Points from ``start`` to ``end``, as far as there are any; raises Unavailable."""


class LiveGrid:
    """One provider. ``intensity`` never waits; `refresh` and `forecast` do, in the worker's thread.

    ``submit(job, key)`` runs a job in the worker; without it nothing is asked for by itself.
    """

    def __init__(
        self,
        provider: Provider,
        *,
        submit: Submit | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.provider = provider
        self.name = provider.name
        self.submit = submit
        self._now = now
        self._points: dict[str, tuple[Point, ...]] = {}
        self._asked: dict[str, tuple[datetime, bool]] = {}
        self._trouble: dict[str, str] = {}
        self._said = threading.local()

    @property
    def problem(self) -> str | None:
        """Why the last `intensity` of this thread is the annual value, or older; None if it is not."""
        return getattr(self._said, "problem", None)

    def intensity(self, zone: str, at: datetime, duration_s: float = 0.0) -> Intensity:
        """The mean over the span as far as it is known now, else the annual value.

        Asks for what is missing in the background. `problem` says why it is not live. Raises
        GreenNotebookError for a zone that the provider does not cover.
        """
        self._said.problem = None
        key = self.provider.key(zone)
        start = at.astimezone(UTC) + timedelta(seconds=self.provider.client.skew_s)
        end = start + timedelta(seconds=duration_s)
        if self._stale(key, end):
            self._ask(key, start, end)
        points = self._points.get(key, ())
        mean = weighted(points, start, duration_s)
        if mean is not None and mean.covered >= 0.5:
            return self._live(mean)
        newest = max(points, key=lambda one: one.end, default=None)
        if newest is not None and timedelta(0) <= start - newest.end <= LAG:
            self._say(f"the newest value is of {newest.start:%H:%M} UTC")
            return self._live(Mean(newest.g, 0.5, (newest,)))
        self._say(
            f"{self._trouble.get(key) or 'nothing known yet for this time'}; annual value used"
        )
        return grid("annual").intensity(zone, at, duration_s)

    def refresh(self, key: str, start: datetime, end: datetime) -> None:
        """Ask the service now, and keep what it says; waits, and never raises."""
        try:
            points = tuple(self._fetched(key, start, end))
        except GreenNotebookError as error:
            self._trouble[key] = str(error)
            self._asked[key] = (self._now(), False)
        except Exception as error:  # noqa: BLE001 - nonsense from outside, of whatever kind
            self._trouble[key] = f"{self.name} answered nonsense ({type(error).__name__})"
            self._asked[key] = (self._now(), False)
        else:
            self._trouble.pop(key, None)
            # What was known of earlier hours is kept: a cell of days is weighted by all of them.
            first = points[0].start
            earlier = (one for one in self._points.get(key, ()) if one.end <= first)
            kept = tuple(one for one in earlier if first - one.start <= MEMORY)
            self._points[key] = kept + points
            self._asked[key] = (self._now(), True)

    def forecast(self, zone: str, start: datetime, end: datetime) -> tuple[Point, ...]:
        """The points of a time to come; waits.

        Raises Unavailable where the provider has none, GreenNotebookError for its zone.
        """
        key = self.provider.key(zone)
        hour = start.replace(minute=0, second=0, microsecond=0)  # one answer serves a whole hour
        try:
            points = self._fetched(key, hour, end)
        except GreenNotebookError:
            raise
        except Exception as error:
            raise Unavailable(f"{self.name} answered nonsense ({type(error).__name__})") from error
        ahead = tuple(one for one in points if one.end > start and one.start < end)
        if not ahead:
            raise Unavailable(f"{self.name} has no forecast for {key}")
        return ahead

    def _fetched(self, key: str, start: datetime, end: datetime) -> Sequence[Point]:
        points = self.provider.fetch(key, start, end)
        if not points:
            raise Unavailable(f"{self.name} has no values for {key}")
        return sorted(points, key=lambda one: one.start)

    def _stale(self, key: str, end: datetime) -> bool:
        when, well = self._asked.get(key, (None, False))
        if when is None:
            return True
        age_s = (self._now() - when).total_seconds()
        if not 0 <= age_s < (FRESH_S if well else RETRY_S):
            return True
        points = self._points.get(key, ())
        # A point to come may have arrived meanwhile.
        return well and age_s > RETRY_S and (not points or points[-1].end < end)

    def _ask(self, key: str, start: datetime, end: datetime) -> None:
        if self.submit is None:
            return
        # Whole hours, so that one answer serves all cells of an hour.
        first = (start - LAG).replace(minute=0, second=0, microsecond=0)
        last = (end + timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)

        def job() -> None:
            # Another cell's job may have asked, in vain or not, while this one waited.
            if self._stale(key, end):
                self.refresh(key, first, last)

        self.submit(job, f"grid:{self.name}:{key}")

    def _say(self, text: str) -> None:
        skew = self.provider.client.skew_s
        clock = f"; this machine's clock is {abs(skew) / 60:.0f} min off" if skew else ""
        self._said.problem = f"{self.name}: {text}{clock}"

    def _live(self, mean: Mean) -> Intensity:
        relative = FORECAST_ERROR if mean.forecast else ERROR
        relative += (1 - mean.covered) * UNCOVERED_ERROR
        quantity = Quantity.within(
            mean.g, "g/kWh", Basis.MODELLED, systematic=max(relative * mean.g, FLOOR_G)
        )
        return Intensity(
            quantity,
            self.provider.boundary,
            self.provider.source + (" (forecast)" if mean.forecast else ""),
            at=mean.points[0].start.strftime("%Y-%m-%dT%H:%MZ"),
            series=series(mean.points),
        )


_made: dict[str, LiveGrid] = {}


def shared(name: str, make: Callable[[], Provider]) -> LiveGrid:
    """The process's one grid of that name: what it knows serves every cell."""
    if name not in _made:
        _made[name] = LiveGrid(make())
    return _made[name]


# A forked child asks for itself: the parent's connections and waits are not its own.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_made.clear)


def country_of(zone: str) -> str:
    """The country of a zone, in capitals; "" for a group of countries."""
    return resolve(zone).country


def uncovered(name: str, zone: str, covers: str) -> GreenNotebookError:
    """The error of a provider that does not know a zone."""
    return GreenNotebookError(f"{name} does not cover {zone}: it covers {covers}")

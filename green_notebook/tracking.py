"""``for batch in gn.track(loader)``: a tqdm bar that forecasts energy, CO2e and time of the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from green_notebook.errors import GreenNotebookError
from green_notebook.forecasting import Range, RunForecaster
from green_notebook.kernel_session import current
from green_notebook.model import Basis, Quantity, RunForecast, total
from green_notebook.session import Session
from green_notebook.spans import OpenSpan
from green_notebook.usage import Usage

# The bar's text is made anew at most so often; a step in between costs under a microsecond.
LOOK_S = 0.25


class Tracker:
    """The shared core of `track` and of the callbacks: told of each step, it forecasts the run.

    ``steps`` is how many there will be, None where nobody knows: there is then no forecast.
    """

    def __init__(self, steps: int | None, *, session: Session | None = None) -> None:
        self.session = session or current()
        self.steps = steps
        self.done = 0
        self.energy: Quantity | None = None
        self.forecast: RunForecast | None = None
        self._joules, self._seconds = RunForecaster(), RunForecaster()
        self._start: Usage | None = None
        self._last: Usage | None = None
        self._span: OpenSpan | None = None
        self._per_joule: Quantity | None = None

    def start(self) -> None:
        """The first step is about to begin."""
        sampler = self.session.sampler
        sampler.open()
        sampler.start()
        sampler.hold(self)
        self._start = self._last = sampler.mark()
        self._span = self.session.innermost()
        if self._span is not None:
            self._span.trackers += 1

    def step(self, count: int = 1) -> bool:
        """``count`` more steps are done; True where the figures were made anew.

        Raises KeyboardInterrupt where the cell's budget is spent and asked to stop it.
        """
        self.done += count
        if self._last is None:
            return False
        fresh = self.session.clock.monotonic() - self._last.at_s >= LOOK_S
        if fresh:
            self.look()
        if self._span is not None and self._span.stop_wanted_s is not None:
            self._stop()
        return fresh

    def _stop(self) -> None:
        span = self._span
        if span is None or span.interrupted:
            return
        span.interrupted = True
        raise KeyboardInterrupt("the cell's budget is spent")

    def look(self) -> None:
        """Read the meters now, and forecast."""
        if self._start is None or self._last is None:
            return
        now = self.session.sampler.mark()
        piece = self.session.accountant.between(self._last, now)
        self._last = now
        self.energy = piece if self.energy is None else total([("", self.energy), ("", piece)])
        self._joules.add(self.done, self.energy.value)
        self._seconds.add(self.done, now.at_s - self._start.at_s)
        self.forecast = self._forecast()
        if self._span is not None:
            self._span.forecast = self.forecast

    def _forecast(self) -> RunForecast | None:
        if not self.steps or self.energy is None:
            return None
        joules, seconds = self._joules.forecast(self.steps), self._seconds.forecast(self.steps)
        if joules is None or seconds is None:
            return None
        energy = _quantity(joules, "J", self.energy)
        return RunForecast(
            energy,
            self.grams(energy),
            _quantity(seconds, "s", None),
            min(1.0, self.done / self.steps),
        )

    def grams(self, energy: Quantity) -> Quantity:
        """The operational CO2e (g) of an energy here and now."""
        return self.session.assembler.grams(energy, self._span)

    def stop(self) -> None:
        """The run is over, or broken off."""
        if self._start is None:
            return
        self.look()
        self._start = None
        self.session.sampler.release(self)
        if self._span is not None:
            self._span.trackers -= 1
            self._span.forecast = None

    def text(self) -> str:
        """The figures for the end of a progress bar."""
        if self.energy is None:
            return ""
        now = amount(self.energy.value)
        if self.forecast is None or self.forecast.done >= 1:
            return f"{now}, {grams(self.grams(self.energy).value)} CO2e"
        energy, co2e = self.forecast.energy, self.forecast.co2e
        span = f"{amount(energy.low)}-{amount(energy.high)}"
        return f"{now} -> {amount(energy.value)} ({span}), {grams(co2e.value)} CO2e"


def _quantity(forecast: Range, unit: str, so_far: Quantity | None) -> Quantity:
    """A forecast as a quantity: modelled, and never surer than what was measured so far."""
    low, high = forecast.low, forecast.high
    if so_far is not None and so_far.value > 0:
        below, above = (part / so_far.value for part in so_far.systematic)
        low, high = max(0.0, low * (1 - below)), high * (1 + above)
    low = min(low, forecast.value)
    return Quantity(forecast.value, low, max(high, forecast.value), unit, Basis.MODELLED)


def amount(joules: float) -> str:
    """Joules as people read them: Wh from a tenth of a watt-hour on."""
    for factor, unit in ((3.6e6, "kWh"), (3.6e3, "Wh")):
        if joules >= 0.1 * factor:
            return f"{joules / factor:.3g} {unit}"
    return f"{joules:.3g} J"


def grams(value: float) -> str:
    """Grams of CO2e as people read them."""
    for factor, unit in ((1e6, "t"), (1e3, "kg"), (1.0, "g"), (1e-3, "mg")):
        if value >= factor:
            return f"{value / factor:.3g} {unit}"
    return f"{value * 1e6:.3g} ug"


def track(
    iterable: Iterable[Any],
    *,
    epochs: int = 1,
    total: int | None = None,
    desc: str | None = None,
    session: Session | None = None,
    **bar: Any,
) -> Iterator[Any]:
    """Iterate with a progress bar that forecasts the run's energy, CO2e and time.

    With ``epochs`` the iterable is gone through so many times, under one bar and one forecast.
    ``total`` is its length where it has none of its own; without either there is a bar and no
    forecast. Further options go to `tqdm.auto.tqdm`. The forecast is shown in the live view too.
    """
    if epochs < 1:
        raise GreenNotebookError(f"a run has at least one epoch, not {epochs}")
    if not hasattr(type(iterable), "__iter__") and not hasattr(type(iterable), "__getitem__"):
        raise GreenNotebookError(
            f"track goes through a loader or a list, not {iterable!r:.40}: did you mean range()?"
        )
    length = total if total is not None else _length(iterable)
    if epochs > 1 and iter(iterable) is iterable:
        raise GreenNotebookError(
            "an iterator is used up after one epoch: give track the loader or a list itself"
        )
    return _track(iterable, epochs, length, desc, session, bar)


def _track(
    iterable: Iterable[Any],
    epochs: int,
    length: int | None,
    desc: str | None,
    session: Session | None,
    options: dict[str, Any],
) -> Iterator[Any]:
    tracker = Tracker(None if length is None else length * epochs, session=session)
    bar = make_bar(tracker.steps, desc, options)
    if length is None:
        bar.set_postfix_str("no length, so no forecast: give track total=...")
    tracker.start()
    try:
        for _ in range(epochs):
            for item in iterable:
                yield item
                bar.update()
                if tracker.step():
                    bar.set_postfix_str(tracker.text(), refresh=False)
        if tracker.steps is None:
            tracker.steps = tracker.done
    finally:
        tracker.stop()
        with suppress(Exception):
            bar.set_postfix_str(tracker.text())
            bar.close()


def _length(iterable: Iterable[Any]) -> int | None:
    try:
        return len(iterable)  # type: ignore[arg-type]
    except TypeError:
        return None


def make_bar(steps: int | None, desc: str | None, options: dict[str, Any]) -> Any:
    """A tqdm bar of ``steps``; something that does nothing where tqdm is missing."""
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return _NoBar()
    return tqdm(total=steps, desc=desc, **{"mininterval": 0.2, **options})


class _NoBar:
    """Stands in where tqdm is missing: the run goes on without a bar."""

    def update(self) -> None:
        """Nothing to draw."""

    def set_postfix_str(self, text: str, refresh: bool = True) -> None:
        """Nothing to draw."""

    def close(self) -> None:
        """Nothing to close."""

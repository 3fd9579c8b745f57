"""``%%carbonit``: repeat a short cell until its energy is known well enough."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from green_notebook import chance
from green_notebook.actions._told import Told
from green_notebook.comparing import disturbed
from green_notebook.errors import GreenNotebookError
from green_notebook.model import Quantity, Report
from green_notebook.show._units import duration, number, percent
from green_notebook.usage import Usage

if TYPE_CHECKING:
    from green_notebook.session import Session

# A batch lasts at least so long: two counter steps of the slowest GPUs.
BATCH_S = 0.25
MAX_BATCHES = 400
# So many tell something of their scatter. So many, or so long, before we stop of our own accord:
# who stops at the first good look has looked too briefly to see a drift.
MIN_BATCHES, STEADY_BATCHES, STEADY_S = 4, 8, 3.5
# A single run that clocks and sensors know worse than this is too short to be measured alone.
TOO_SHORT = 0.1


@dataclass(frozen=True, slots=True)
class Until:
    """When to stop: the random part (95 %, relative), or a limit of time (s) or energy (J)."""

    random: float = 0.05
    limit_s: float = 20.0
    limit_j: float = math.inf

    def __post_init__(self) -> None:
        if not 0 < self.random < 1:
            raise GreenNotebookError(
                f"the random part is between 0 and 100 %, not {100 * self.random:g} %"
            )
        if self.limit_s <= 0 or self.limit_j <= 0:
            raise GreenNotebookError("a limit of time or energy is more than nothing")


@dataclass(frozen=True, slots=True)
class Where:
    """The place and the overhead that ``%%carbonit`` was told; None leaves the setting as it is."""

    zone: str | None = None
    pue: float | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Repeated(Told):
    """A cell repeated: ``report`` is of all runs together, ``per_run`` of one (J).

    ``spread`` is the relative standard deviation between batches of runs, None where one run was
    all; ``alone`` the relative random half-width (95 %) that clocks and sensors leave to a single
    run; ``reached`` whether the random part got below what was asked for; ``systematic`` the
    relative half-widths below and above; ``disturbed`` whether other processes were busy.
    """

    report: Report
    runs: int
    per_run: Quantity
    active_per_run: Quantity | None
    spread: float | None
    alone: float
    reached: bool
    systematic: tuple[float, float] = (0.0, 0.0)
    disturbed: bool = False

    def lines(self) -> list[str]:
        """Energy per run, how sure, and what repetition did for it."""
        one, value = self.per_run, self.per_run.value or 1.0
        below, above = self.systematic
        random = percent(one.random / value)
        kept = f"systematic -{percent(below)} +{percent(above)}, which repetition cannot shrink"
        lines = [
            f"{number(value, 'J')} per run, ±{random} random; {kept} ({one.basis.value})",
            self._runs(random),
        ]
        if self.active_per_run is not None:
            active = number(self.active_per_run.value, "J")
            lines.append(f"above the idle draw: {active} per run")
        if self.alone > TOO_SHORT and self.runs > 1:
            lines.append(f"too short to measure alone; repeated {self.runs} times")
        if not self.reached:
            lines.append("stopped at the limit before the random part was small enough")
        if self.disturbed:
            lines.append("other processes were busy meanwhile: a quiet machine tells more")
        return lines

    def _runs(self, random: str) -> str:
        took = duration(self.report.duration_s)
        if self.spread is None:
            return f"1 run in {took}: the spread between runs is unknown, ±{random} is assumed"
        return f"{self.runs} runs in {took}, spread {percent(self.spread)}"


@dataclass(slots=True)
class _Batches:
    """The batches so far: the marks between them, how often each ran the cell, and its joules."""

    session: Session
    marks: list[Usage]
    runs: list[int] = field(default_factory=list)
    joules: list[float] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """How long all took together."""
        return self.marks[-1].at_s - self.marks[0].at_s

    def add(self, mark: Usage, runs: int) -> None:
        """One more; a counter's next step may still sharpen it: `settled` looks again."""
        self.marks.append(mark)
        self.runs.append(runs)
        self.joules.append(self.energy(len(self.runs) - 1).value)

    def settled(self) -> None:
        """Look again at every batch, now that later readings are known."""
        self.joules = [self.energy(at).value for at in range(len(self.runs))]

    def energy(self, at: int) -> Quantity:
        """What one batch took (J)."""
        return self.session.accountant.between(self.marks[at], self.marks[at + 1])

    def telling(self) -> list[float]:
        """Joules per run of the batches that tell of the scatter between them.

        Not of single runs that are far shorter than a batch, and not of the first, which holds
        what happens once (caches, compilation), as soon as there are others enough.
        """
        long = [
            joules / runs
            for joules, runs, start, end in zip(
                self.joules, self.runs, self.marks, self.marks[1:], strict=False
            )
            if end.at_s - start.at_s >= BATCH_S / 2
        ]
        each = long or [one / runs for one, runs in zip(self.joules, self.runs, strict=True)]
        return each[1:] if len(each) > MIN_BATCHES else each

    def random(self) -> float:
        """The relative random half-width (95 %) of the mean over all batches."""
        whole = self.session.accountant.between(self.marks[0], self.marks[-1])
        each = self.telling()
        if whole.value <= 0 or math.fsum(each) <= 0:
            return math.inf
        few = len(each) < MIN_BATCHES
        scatter = chance.pooled(each, chance.RUN_TO_RUN) if few else chance.of_mean(each)
        return max(whole.random / whole.value, scatter)

    def alone(self) -> float:
        """The relative random half-width of one run that is measured alone, warm if there is one."""
        single, each = self.energy(min(1, len(self.runs) - 1)), self.telling()
        # One that had to wait for others looks longer, and so better known, than it is.
        usual = min(single.value, math.fsum(each) / len(each))
        return single.random / usual if usual > 0 else math.inf

    def enough(self, until: Until) -> bool:
        """Whether the random part is as small as was asked for, and was looked at long enough."""
        count = len(self.telling())
        steady = count >= STEADY_BATCHES or (count >= MIN_BATCHES and self.seconds >= STEADY_S)
        return steady and self.random() <= until.random


def repeat(
    session: Session,
    run_once: Callable[[], object],
    until: Until | None = None,
    *,
    name: str | None = None,
    where: Where | None = None,
    thread: bool = True,
) -> Repeated:
    """Run ``run_once`` until its energy is known; an exception of it ends the span and passes on."""
    until, where = until or Until(), where or Where()
    span = session.begin(name, zone=where.zone, pue=where.pue, thread=thread)
    batches = _Batches(session, [span.start])
    status = "error"
    try:
        _run_batches(batches, run_once, until)
        status = "ok"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    finally:
        span.repeats = sum(batches.runs) if status == "ok" else None
        report = session.end(span, status)  # type: ignore[arg-type]
    report = session.finalise(report.id) or report
    return _result(batches, report, until)


def _run_batches(batches: _Batches, run_once: Callable[[], object], until: Until) -> None:
    session = batches.session
    clock, begun_s, size = session.clock, batches.marks[0].at_s, 1
    while len(batches.runs) < MAX_BATCHES:
        batch_s = clock.monotonic()
        # The first run is alone, and so is the second, which is warm.
        single = len(batches.runs) < 2
        done = 0
        while done < 1 or (not single and (done < size or clock.monotonic() - batch_s < BATCH_S)):
            run_once()
            done += 1
            if clock.monotonic() - begun_s > until.limit_s:
                break
        batches.add(session.sampler.mark(), done)
        took_s = max(batches.marks[-1].at_s - batches.marks[-2].at_s, 1e-6)
        size = max(1, min(1_000_000, math.ceil(done * BATCH_S / took_s)))
        spent = batches.seconds > until.limit_s or math.fsum(batches.joules) > until.limit_j
        if spent or batches.enough(until):
            break


def _result(batches: _Batches, report: Report, until: Until) -> Repeated:
    batches.settled()
    count, kernel, random = sum(batches.runs), report.energy.kernel, batches.random()
    relative = _relative(kernel)
    known = kernel
    if kernel.value > 0 and math.isfinite(random):
        known = Quantity.within(
            kernel.value,
            "J",
            kernel.basis,
            systematic=kernel.systematic,
            random=max(kernel.random, kernel.value * random),
        )
    # The runs' own scatter is part of what is unknown: a comparison must see it too. What is only
    # assumed of a single run's is for the comparison to assume.
    kept = known if count > 1 else kernel
    report = replace(report, repeats=count, energy=replace(report.energy, kernel=kept))
    batches.session.ledger.append(report)
    active, each = report.energy.kernel_active, batches.telling()
    return Repeated(
        report,
        count,
        known.scaled(1 / count),
        None if active is None else active.scaled(1 / count),
        _spread(each) if count > 1 else None,
        batches.alone(),
        random <= until.random,
        relative,
        disturbed([report]),
    )


def _spread(each: list[float]) -> float:
    return chance.deviation(each) if len(each) > 1 and math.fsum(each) > 0 else 0.0


def _relative(kernel: Quantity) -> tuple[float, float]:
    """The relative systematic half-widths, which are those of all runs together."""
    below, above = kernel.systematic
    return (below / kernel.value, above / kernel.value) if kernel.value > 0 else (0.0, 0.0)

"""``%%carbonit``: repeat a short cell until its energy is known well enough."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from green_notebook.actions._told import Told
from green_notebook.comparing import STUDENT_T
from green_notebook.errors import GreenNotebookError
from green_notebook.model import Quantity, Report
from green_notebook.show._units import duration, number, percent
from green_notebook.usage import Usage

if TYPE_CHECKING:
    from green_notebook.session import Session
    from green_notebook.spans import OpenSpan

# A batch lasts at least so long: two counter steps of the slowest GPUs.
BATCH_S = 0.25
MIN_BATCHES = 4
MAX_BATCHES = 400
# A single run that is known worse than this is too short to be measured alone.
TOO_SHORT = 0.05


@dataclass(frozen=True, slots=True)
class Until:
    """When to stop: the random part (95 %, relative), or a limit of time (s) or energy (J)."""

    random: float = 0.05
    limit_s: float = 20.0
    limit_j: float = math.inf

    def __post_init__(self) -> None:
        if not 0 < self.random < 1:
            raise GreenNotebookError(f"the random part is between 0 and 1, not {self.random:g}")
        if self.limit_s <= 0 or self.limit_j <= 0:
            raise GreenNotebookError("a limit of time or energy is more than nothing")


@dataclass(frozen=True, slots=True, repr=False)
class Repeated(Told):
    """A cell repeated: ``report`` is of all runs together, ``per_run`` of one (J).

    ``spread`` is the relative standard deviation between batches of runs; ``alone`` the relative
    random half-width (95 %) that a single run would have had; ``reached`` whether the random part
    got below what was asked for; ``systematic`` the relative half-widths below and above.
    """

    report: Report
    runs: int
    per_run: Quantity
    active_per_run: Quantity | None
    spread: float
    alone: float
    reached: bool
    systematic: tuple[float, float] = (0.0, 0.0)

    def lines(self) -> list[str]:
        """Energy per run, how sure, and what repetition did for it."""
        one, value = self.per_run, self.per_run.value or 1.0
        below, above = self.systematic
        sure = f"±{percent(one.random / value)} random"
        kept = f"systematic -{percent(below)} +{percent(above)}, which repetition cannot shrink"
        lines = [
            f"{number(value, 'J')} per run, {sure}; {kept} ({one.basis.value})",
            f"{self.runs} runs in {duration(self.report.duration_s)}, spread {percent(self.spread)}",
        ]
        if self.active_per_run is not None:
            active = number(self.active_per_run.value, "J")
            lines.append(f"above the idle draw: {active} per run")
        if self.alone > TOO_SHORT and self.runs > 1:
            lines.append(f"too short to measure alone; repeated {self.runs} times")
        if not self.reached:
            lines.append("stopped at the limit before the random part was small enough")
        return lines


def repeat(
    session: Session,
    run_once: Callable[[], object],
    until: Until | None = None,
    *,
    name: str | None = None,
    thread: bool = True,
) -> Repeated:
    """Run ``run_once`` until its energy is known; an exception of it ends the span and passes on."""
    until = until or Until()
    span = session.begin(name, thread=thread)
    status = "error"
    try:
        marks, runs = _run_batches(session, span, run_once, until)
        status = "ok"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    finally:
        span.repeats = sum(runs) if status == "ok" else None
        report = session.end(span, status)  # type: ignore[arg-type]
    report = session.finalise(report.id) or report
    return _result(session, report, marks, runs, until)


def _run_batches(
    session: Session, span: OpenSpan, run_once: Callable[[], object], until: Until
) -> tuple[list[Usage], list[int]]:
    clock, marks, runs = session.clock, [span.start], list[int]()
    size = 1
    while len(runs) < MAX_BATCHES:
        begun_s = clock.monotonic()
        done = 0
        while done < size or (clock.monotonic() - begun_s < BATCH_S and len(runs) > 0):
            run_once()
            done += 1
            if clock.monotonic() - span.start.at_s > until.limit_s:
                break
        marks.append(session.sampler.mark())
        runs.append(done)
        took_s = max(marks[-1].at_s - marks[-2].at_s, 1e-6)
        size = max(1, min(1_000_000, math.ceil(done * BATCH_S / took_s)))
        summed = session.accountant.between(marks[0], marks[-1])
        if marks[-1].at_s - marks[0].at_s > until.limit_s or summed.value > until.limit_j:
            break
        if len(runs) >= MIN_BATCHES:
            random, _ = _random(session, marks, runs)
            if random <= until.random:
                break
    return marks, runs


def _random(session: Session, marks: list[Usage], runs: list[int]) -> tuple[float, float]:
    """The relative random half-width of the mean over all batches, and their spread."""
    whole = session.accountant.between(marks[0], marks[-1])
    if whole.value <= 0:
        return math.inf, 0.0
    per_run = [
        session.accountant.between(start, end).value / count
        for start, end, count in zip(marks, marks[1:], runs, strict=False)
    ]
    # The first batch holds what happens once: caches, compilation.
    later = per_run[1:] if len(per_run) > MIN_BATCHES else per_run
    mean = math.fsum(later) / len(later)
    if len(later) < 2 or mean <= 0:
        return whole.random / whole.value, 0.0
    spread = math.sqrt(math.fsum((one - mean) ** 2 for one in later) / (len(later) - 1)) / mean
    t = STUDENT_T[len(later) - 2] if len(later) - 2 < len(STUDENT_T) else 2.0
    return max(whole.random / whole.value, t * spread / math.sqrt(len(later))), spread


def _result(
    session: Session, report: Report, marks: list[Usage], runs: list[int], until: Until
) -> Repeated:
    count = sum(runs)
    kernel = report.energy.kernel
    relative = _relative(kernel)
    random, spread = _random(session, marks, runs)
    if kernel.value > 0 and math.isfinite(random):
        # The runs' own scatter is part of what is unknown: a comparison must see it too.
        kernel = Quantity.within(
            kernel.value,
            "J",
            kernel.basis,
            systematic=kernel.systematic,
            random=max(kernel.random, kernel.value * random),
        )
    report = replace(report, repeats=count, energy=replace(report.energy, kernel=kernel))
    session.ledger.append(report)
    per_run = kernel.scaled(1 / count)
    active = report.energy.kernel_active
    first = session.accountant.between(marks[0], marks[1])
    alone = first.random / first.value * math.sqrt(runs[0]) if first.value > 0 else math.inf
    return Repeated(
        report,
        count,
        per_run,
        None if active is None else active.scaled(1 / count),
        spread,
        alone,
        random <= until.random,
        relative,
    )


def _relative(kernel: Quantity) -> tuple[float, float]:
    """The relative systematic half-widths, which are those of all runs together."""
    below, above = kernel.systematic
    return (below / kernel.value, above / kernel.value) if kernel.value > 0 else (0.0, 0.0)

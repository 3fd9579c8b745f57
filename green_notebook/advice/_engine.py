"""Run every rule over the facts, and put what they say in order."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from green_notebook.advice import rules as rules_package
from green_notebook.advice._rule import Case, Proposal, Rule, Silence
from green_notebook.advice._techniques import WEIGHT, Technique, techniques
from green_notebook.errors import GreenNotebookError
from green_notebook.model import Advice, Facts, Saving

# Below these a cell is too small for any advice to matter (our own choice): a few seconds, or
# about the energy of a lamp of 10 W in 7 seconds.
SMALL_S = 5.0
SMALL_WH = 0.02
LONG_S = 60.0

# Energy, and what stands for it, comes before what is only carbon or memory.
ORDER = {"energy": 0, "time": 0, "compute": 0, "carbon": 1, "memory": 2}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule made of the facts: ``advice``, or why it is silent.

    ``score`` is what it was ranked by: expected saving x strength x ease.
    """

    technique: str
    speaks: bool
    reason: str
    advice: Advice | None = None
    score: float = 0.0
    group: str = ""


@cache
def registered() -> tuple[Rule, ...]:
    """Every rule: those of the rules folder, then those of other packages."""
    found: list[Rule] = []
    for module in sorted(pkgutil.iter_modules(rules_package.__path__), key=lambda one: one.name):
        if not module.name.startswith("_"):
            found += _rules_in(importlib.import_module(f"{rules_package.__name__}.{module.name}"))
    for plugin in entry_points(group="green_notebook.advice"):
        found += _plugged(plugin)
    return tuple(found)


def _plugged(plugin: Any) -> list[Rule]:
    try:
        return _rules_in(plugin.load())
    except (Exception, SystemExit):  # noqa: BLE001 - a broken plugin must not take the advice away
        return []


def _rules_in(place: Any) -> list[Rule]:
    values = [place] if isinstance(place, Rule) else list(vars(place).values())
    return [value for value in values if isinstance(value, Rule)]


def case_of(facts: Facts | Mapping[str, Any], tolerance: float) -> Case:
    """The facts as rules read them.

    Raises GreenNotebookError where they are no mapping, or the tolerance is not 0 or more.
    """
    if not isinstance(facts, Facts):
        if not isinstance(facts, Mapping):
            raise GreenNotebookError(
                f"facts are a Facts or a dict, not {type(facts).__name__}: see docs/facts.md"
            )
        facts = Facts(facts)
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float) or not tolerance >= 0:
        raise GreenNotebookError(
            f"a tolerance is points of the benchmark, 0 or more, not {tolerance!r}"
        )
    return Case(facts, float(tolerance))


def judge(rule: Rule, case: Case) -> Verdict:
    """What one rule makes of the facts."""
    technique = techniques()[rule.technique]
    try:
        proposal = rule.judge(case)
    except Silence as silence:
        return Verdict(rule.technique, speaks=False, reason=str(silence), group=rule.group)
    except Exception as error:  # noqa: BLE001 - one broken rule must not silence the others
        reason = f"the rule failed: {type(error).__name__}"
        return Verdict(rule.technique, speaks=False, reason=reason, group=rule.group)
    saving = _saving(technique, proposal)
    if saving is None or saving.typical < 0.01:
        return Verdict(
            rule.technique, speaks=False, reason="it would save nothing here", group=rule.group
        )
    strength = proposal.strength or technique.strength
    advice = Advice(
        technique=rule.technique,
        title=proposal.title,
        text=proposal.text,
        saving=saving,
        evidence=proposal.evidence or technique.evidence,
        caveat=proposal.caveat,
        snippet=proposal.snippet,
    )
    score = saving.typical * WEIGHT.get(strength, 0.25) * proposal.ease
    return Verdict(rule.technique, True, "its preconditions hold", advice, score, rule.group)


def _saving(technique: Technique, proposal: Proposal) -> Saving | None:
    low, typical, high = proposal.saving or (technique.low, technique.typical, technique.high)
    if typical is None:
        return None
    typical = min(max(typical, 0.0), 1.0)
    low = min(max(typical if low is None else low, 0.0), typical)
    high = max(min(typical if high is None else high, 1.0), typical)
    rounded = (round(float(one), 3) for one in (low, typical, high))
    return Saving(proposal.of or technique.of, *rounded)


def too_small(case: Case) -> str:
    """Why no advice would matter for a cell this small, "" where one might."""
    seconds, wh = case.number("run.duration_s"), case.number("run.energy_wh")
    if seconds is not None and seconds < SMALL_S:
        return f"the cell took only {seconds:.2g} s"
    is_long = seconds is not None and seconds >= LONG_S
    if wh is not None and wh < SMALL_WH and not is_long:
        return f"the cell used only {wh * 3600:.2g} J"
    return ""


def ranked(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Best first: energy before carbon, then by score, then by name."""
    return sorted(
        verdicts,
        key=lambda one: (
            ORDER.get(one.advice.saving.of, 3) if one.advice and one.advice.saving else 4,
            -one.score,
            one.technique,
        ),
    )


def _silenced(verdict: Verdict, reason: str) -> Verdict:
    return Verdict(verdict.technique, speaks=False, reason=reason, group=verdict.group)


def _best_of_groups(verdicts: list[Verdict]) -> list[Verdict]:
    """Of each group the best only; the others say whom they made room for."""
    best: dict[str, Verdict] = {}
    kept = []
    for verdict in ranked(verdicts):
        winner = best.setdefault(verdict.group, verdict) if verdict.group else verdict
        if winner is verdict:
            kept.append(verdict)
        else:
            reason = f"{winner.technique} is the better advice of its kind"
            kept.append(_silenced(verdict, reason))
    return kept


def verdicts(case: Case) -> list[Verdict]:
    """What every rule and every other technique makes of the facts, those that speak first."""
    judged = [judge(rule, case) for rule in registered()]
    small = too_small(case)
    speaking = [one for one in judged if one.speaks]
    silent = [one for one in judged if not one.speaks]
    if small:
        # A hosted model's energy is not the cell's.
        hosted = (case.number("run.duration_s") or LONG_S) >= SMALL_S
        exempt = [one for one in speaking if one.technique == "api_smaller_tier" and hosted]
        silent += [_silenced(one, small) for one in speaking if one not in exempt]
        speaking = exempt
    speaking = _best_of_groups(speaking)
    silent += [one for one in speaking if not one.speaks]
    covered = {one.technique for one in judged}
    silent += [
        Verdict(one.id, speaks=False, reason=one.never_first or "no rule is written for it")
        for one in techniques().values()
        if one.id not in covered
    ]
    return [one for one in speaking if one.speaks] + sorted(silent, key=lambda one: one.technique)

"""Find a smaller model: same benchmark, same language, within the tolerance, really cheaper."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from green_notebook.advice import _situation as now
from green_notebook.advice import catalogue
from green_notebook.advice._rule import Case
from green_notebook.advice.catalogue import Benchmark, Model

Level = Literal["energy", "speed", "compute", "parameters"]
LEVELS: tuple[Level, ...] = ("energy", "speed", "compute", "parameters")

CHEAPER = 0.7  # a change below 30 % is not worth the trouble (the table's own precondition)
PACKED = 0.25  # what 4-bit weights already save at most: a smaller model must beat it
ALIKE = 1.15  # costs this close count as equal: the better quality decides
ABOVE_CHANCE = 5.0  # points; nearer to guessing a benchmark does not tell models apart

# What a task's models may be matched by. A bare encoder is fine-tuned for most text tasks.
_MATCHES = {
    "text-classification": ("text-classification", "text-encoding"),
    "token-classification": ("text-encoding",),
    "fill-mask": ("text-encoding",),
    "question-answering": ("question-answering", "text-encoding"),
    "image-segmentation": ("semantic-segmentation",),
}
TEXT = frozenset(
    [
        "text-generation",
        "text-embedding",
        "text-encoding",
        "text-classification",
        "summarization",
        "question-answering",
        "automatic-speech-recognition",
    ]
)
# These load with a toolkit of their own, not with Transformers.
OWN_TOOLKIT = ("nvidia/", "espnet/", "speechbrain/", "abr-ai/", "soundsgoodai/", "ultravox/")


@dataclass(frozen=True)
class Choice:
    """A model in place of another: ``ratio`` of costs by ``level``, ``loss`` in points."""

    before: Model
    after: Model
    level: Level
    ratio: float
    loss: float
    benchmark: Benchmark
    near_chance: bool = False


def found(case: Case) -> list[Model]:
    """The catalogue's rows of the model in use, on its task; the rule is silent where none fits."""
    name = case.text("model.id")
    guessed = case.text("model.identified_by") in {"size", "class name"}
    case.need(not guessed, "the model's size is known, but not which model it is")
    rows = catalogue.rows_of(name) if name else ()
    params = case.number("model.params")
    if not rows and not name and params and now.framework(case) == "torchvision":
        rows = catalogue.by_params(int(params))
    case.need(rows, "the model is not in the catalogue" if name else "the model's id is unknown")
    task = now.task(case)
    if not task:
        case.need(len({row.task for row in rows}) == 1, "the task is unknown")
        return list(rows)
    fitting = _MATCHES.get(task, (task,))
    rows = tuple(row for row in rows if row.task in fitting)
    case.need(rows, f"the catalogue does not know this model for {task}")
    return sorted(rows, key=lambda row: fitting.index(row.task))


def current(rows: list[Model]) -> Iterator[Model]:
    """One model for each benchmark: of several weights or inputs the best quality, lowest costs.

    So that what is proposed is within the tolerance, and cheaper, whichever of them is in use.
    """
    for group in dict.fromkeys(row.group for row in rows if row.group and row.quality is not None):
        same = [row for row in rows if row.group == group and row.quality is not None]
        up = catalogue.benchmarks()[group].higher_is_better
        best = (max if up else min)(same, key=lambda row: row.quality or 0)
        yield best._replace(
            params_m=_least(row.params_m for row in same),
            gmacs=_least(row.gmacs for row in same),
            gpu_per_s=_most(row.gpu_per_s for row in same),
            cpu_per_s=_most(row.cpu_per_s for row in same),
        )


def _least(values: Iterable[float | None]) -> float | None:
    return min((one for one in values if one is not None), default=None)


def _most(values: Iterable[float | None]) -> float | None:
    return max((one for one in values if one is not None), default=None)


def costs(before: Model, after: Model, *, on_cpu: bool) -> dict[Level, float]:
    """Cost of ``after`` over that of ``before``, by every measure that both have."""
    ratios: dict[Level, float] = {}
    if before.energy_set and before.energy_set == after.energy_set:
        pair = before.energy_wh_per_1k, after.energy_wh_per_1k
        if pair[0] and pair[1]:
            ratios["energy"] = pair[1] / pair[0]
    speeds = (before.cpu_per_s, after.cpu_per_s) if on_cpu else (None, None)
    if not (speeds[0] and speeds[1]):
        speeds = before.gpu_per_s, after.gpu_per_s
    if speeds[0] and speeds[1]:
        ratios["speed"] = speeds[0] / speeds[1]
    if before.gmacs and after.gmacs:
        ratios["compute"] = after.gmacs / before.gmacs
    if before.params_m and after.params_m:
        ratios["parameters"] = after.params_m / before.params_m
    return ratios


def _dearer(before: Model, ratios: dict[Level, float]) -> bool:
    """Whether any measure says that the other model costs more."""
    # ALBERT shares its layers: few parameters, all of the compute.
    if max(ratios.values()) <= 1.0:
        return False
    shares = "albert" in before.family or "albert" in before.id
    return any(
        ratio > 1.0 for level, ratio in ratios.items() if not (shares and level == "parameters")
    )


def speaks(model: Model, before: Model, wanted: str) -> bool:
    """Whether ``model`` serves the language of the data: it, or all that ``before`` serves."""
    if model.task not in TEXT:
        return True
    if not wanted:
        return _serves_all(model, before)
    # A bare "multi" does not say which: only a sibling of a multilingual model is trusted.
    if model.languages == "multi" and wanted != "en":
        return before.languages == "multi" and model.family == before.family
    if model.task == "text-generation" and model.languages == "":
        return wanted == "en"
    # The benchmarks are English: of two models for another language both must be made for it.
    return _serves(model.languages, wanted) and (
        wanted == "en" or _serves(before.languages, wanted)
    )


def _serves(languages: str, wanted: str) -> bool:
    if languages.startswith("multi"):
        number = languages.partition(":")[2]
        return wanted == "en" or (number.isdigit() and int(number) >= 50)
    return wanted in languages.split("+")


def _serves_all(model: Model, before: Model) -> bool:
    """Whether a model serves every language that the other was made for."""
    if before.languages == "":
        return model.languages == "" and model.task == "text-generation"
    if before.languages.startswith("multi"):
        if model.languages == before.languages:
            return model.languages != "multi" or model.family == before.family
        pair = before.languages.partition(":")[2], model.languages.partition(":")[2]
        return all(one.isdigit() for one in pair) and int(pair[1]) >= int(pair[0])
    return all(_serves(model.languages, one) for one in before.languages.split("+"))


def _same(one: Model, other: Model) -> bool:
    """Whether two rows are one model, perhaps under two names or with other weights."""
    bases = [row.id.lower().replace("meta-llama/meta-", "meta-llama/") for row in (one, other)]
    return bases[0] == bases[1] or (
        one.kind == other.kind
        and one.kind in {"torchvision_weights", "keras_app"}
        and one.id.split(":")[0] == other.id.split(":")[0]
    )


def _near_chance(benchmark: Benchmark, *models: Model) -> bool:
    return benchmark.higher_is_better and any(
        benchmark.chance >= 5 and (model.quality or 0) < benchmark.chance + ABOVE_CHANCE
        for model in models
    )


def candidates(case: Case, before: Model) -> tuple[Choice, ...]:
    """Every model that may stand in for ``before``, without a limit on how much cheaper."""
    key = f"candidates of {before.id} on {before.group}"
    if key not in case.cache:
        case.cache[key] = tuple(_candidates(case, before))
    known: tuple[Choice, ...] = case.cache[key]
    return known


def _candidates(case: Case, before: Model) -> Iterator[Choice]:
    benchmark = catalogue.benchmarks()[before.group]
    wanted, on_cpu = now.language(case), now.on_cpu(case)
    gmacs, tolerance = before.gmacs or math.inf, case.tolerance + 1e-9
    have = {str(one).lower() for one in case.listed("model.also") + case.listed("session.models")}
    quality, sign = before.quality or 0.0, 1.0 if benchmark.higher_is_better else -1.0
    for after in catalogue.of_group(before.group):
        loss = sign * (quality - (after.quality or 0.0))
        # The cheapest tests come first: there are 1,700 image classifiers.
        if loss > tolerance or (after.gmacs or 0.0) > gmacs or not after.proposable:
            continue
        if after.task != before.task or after.chat != before.chat:
            continue
        ratios = costs(before, after, on_cpu=on_cpu)
        level = next((one for one in LEVELS if one in ratios), None)
        if level is None or _dearer(before, ratios) or not speaks(after, before, wanted):
            continue
        if ratios[level] > 0.95 or _same(before, after) or after.id.lower() in have:
            continue
        if after.task == "text-to-image" and level != "energy":
            continue  # steps, resolution and text encoders count for more than parameters
        near = _near_chance(benchmark, before, after)
        yield Choice(before, after, level, ratios[level], loss, benchmark, near)


def choose(case: Case, allowed: Callable[[Choice], bool]) -> Choice:
    """The best of the allowed models, of the first benchmark that has one.

    Measured energy before speed before compute before parameters; then the same library; then the
    cheapest, and of those that cost alike the one of best quality. Rows whose quality is from
    memory stand in only where no other does.
    """
    limit = PACKED if now.quantised(case) is True else CHEAPER
    rows = found(case)
    grouped = list(current(rows))
    case.need(grouped, "no quality on a shared benchmark is known for this model")
    own_tools = now.framework(case) != "nemo"
    for before in grouped:
        known = [one for one in candidates(case, before) if one.ratio < limit and allowed(one)]
        sure = [one for one in known if one.after.grade != "recall"] or known
        if sure:
            return _best(sure, own_tools=own_tools)
    return case.silent("no cheaper model of this task and language is within the tolerance")


def _best(known: list[Choice], *, own_tools: bool) -> Choice:
    def place(one: Choice) -> tuple[int, bool, bool]:
        foreign = own_tools and one.after.id.startswith(OWN_TOOLKIT)
        return LEVELS.index(one.level), foreign, one.after.kind != one.before.kind

    first = min(place(one) for one in known)
    alike = [one for one in known if place(one) == first]
    cheapest = min(one.ratio for one in alike)
    alike = [one for one in alike if one.ratio <= ALIKE * cheapest]
    return min(alike, key=lambda one: (one.loss, one.ratio, one.after.id))

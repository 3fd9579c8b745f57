"""The models that are known: what they cost, how good they are, which of them a name means.

Built from data-src/advice/ into data/models.json; read when it is first asked for. Quality is
compared only within one benchmark, energy only within one set of measurements.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from green_notebook.data import load


class Model(NamedTuple):
    """One published model on one task, benchmark and input size.

    Sizes in millions of parameters, ``gmacs`` in 10^9 multiply-adds an item (a token for language
    models), energy in Wh for 1,000 items, speeds in items a second on the set's own machine.
    ``grade`` tells how its quality is known: computed, published, or recall (from memory).
    """

    id: str
    kind: str
    task: str
    group: str
    languages: str
    params_m: float | None
    active_m: float | None
    gmacs: float | None
    input: int | None
    quality: float | None
    energy_wh_per_1k: float | None
    energy_set: str
    gpu_per_s: float | None
    cpu_per_s: float | None
    grade: str
    proposable: bool
    licence: str
    family: str
    chat: bool
    twins: tuple[str, ...]
    source: str

    @property
    def working_m(self) -> float | None:
        """Millions of parameters that work on one item: the active ones of a mixture of experts."""
        return self.active_m or self.params_m


@dataclass(frozen=True)
class Benchmark:
    """What a quality is measured in; ``chance`` is what guessing reaches."""

    code: str
    unit: str
    higher_is_better: bool
    label: str
    chance: float

    def loss(self, before: Model, after: Model) -> float:
        """Points lost by going from one model to the other; negative where it gains."""
        assert before.quality is not None
        assert after.quality is not None
        lost = before.quality - after.quality
        return lost if self.higher_is_better else -lost


@dataclass(frozen=True)
class Scaling:
    """A fit energy ~ params^exponent; energies scatter around it by a factor ``residual``."""

    energy_set: str
    n: int
    exponent: float
    r2: float
    residual: float
    params_min: float
    params_max: float


@cache
def models() -> tuple[Model, ...]:
    """Every row of the catalogue."""
    table = load("models")
    columns, words, sources = table["columns"], table["words"], table["sources"]
    folded = [(columns.index(name), known) for name, known in words.items()]
    place = {name: index for index, name in enumerate(columns)}
    proposable, chat = place["proposable"], place["chat"]
    twin, source = place["twin"], place["source"]
    made = []
    for stored in table["rows"]:
        row = list(stored)
        for index, known in folded:
            row[index] = known[row[index]]
        row[proposable] = bool(row[proposable])
        row[chat] = bool(row[chat])
        row[twin] = tuple(row[twin] or ())
        row[source] = sources[row[source]][0]
        made.append(Model(*row))
    return tuple(made)


@cache
def benchmarks() -> dict[str, Benchmark]:
    """The benchmarks by code."""
    return {code: Benchmark(code, **row) for code, row in load("models")["benchmarks"].items()}


@cache
def scalings() -> dict[str, Scaling]:
    """The fits by set of measurements."""
    return {row[0]: Scaling(*row) for row in load("scaling")["rows"]}


@cache
def _by_id() -> dict[str, tuple[Model, ...]]:
    found: dict[str, list[Model]] = {}
    for model in models():
        found.setdefault(model.id.lower(), []).append(model)
    return {key: tuple(rows) for key, rows in found.items()}


@cache
def _by_base() -> dict[str, tuple[Model, ...]]:
    """Rows by name without the tag of the weights: "torchvision/resnet50", "timm/resnet50"."""
    found: dict[str, list[Model]] = {}
    for model in models():
        if model.kind in {"torchvision_weights", "keras_app"}:
            found.setdefault(model.id.split(":")[0].lower(), []).append(model)
        elif model.kind == "timm":
            found.setdefault(model.id.split(".")[0].lower(), []).append(model)
    return {key: tuple(rows) for key, rows in found.items()}


@cache
def _aliases() -> dict[str, dict[str, tuple[str, ...]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for kind, alias, target in load("aliases")["rows"]:
        found.setdefault(kind, {}).setdefault(alias.lower(), []).append(target)
    return {
        kind: {alias: tuple(targets) for alias, targets in known.items()}
        for kind, known in found.items()
    }


def rows_of(name: str) -> tuple[Model, ...]:
    """Every row that ``name`` may mean; () where it is unknown.

    A name without the tag of its weights ("torchvision/resnet50") means each of them.
    """
    key = name.strip().lower()
    exact = _by_id().get(key) or _by_base().get(key)
    if exact:
        return exact
    for kind in ("hf_legacy", "hf_alias", "keras_model_name"):
        targets = _aliases().get(kind, {}).get(key, ())
        if targets:
            return tuple(row for target in targets for row in _by_id().get(target.lower(), ()))
    return ()


def alias(kind: str, name: str) -> str | None:
    """The model that another name means, None where unknown or not one alone.

    ``kind`` is "hf_legacy", "hf_alias", "keras_model_name", "param_count" or "config_fingerprint".
    Of several weights of one torchvision or Keras network it is the network.
    """
    targets = _aliases().get(kind, {}).get(name.lower(), ())
    bases = {one.split(":")[0] for one in targets}
    if len(targets) == 1:
        return targets[0]
    return bases.pop() if len(bases) == 1 else None


def by_params(count: int) -> tuple[Model, ...]:
    """The rows of a torchvision model with exactly ``count`` parameters and its stock head."""
    targets = _aliases().get("param_count", {}).get(str(count), ())
    return tuple(row for target in targets for row in _by_id().get(target.lower(), ()))


@cache
def of_group(group: str) -> tuple[Model, ...]:
    """The models with a quality on one benchmark."""
    return tuple(row for row in models() if row.group == group and row.quality is not None)


def by_id(name: str, group: str) -> Model | None:
    """The row of exactly this model on one benchmark."""
    rows = [row for row in _by_id().get(name.lower(), ()) if row.group == group]
    return rows[0] if rows else None


def groups_of(task: str) -> tuple[str, ...]:
    """The benchmarks that models of a task are compared on."""
    return tuple(dict.fromkeys(row.group for row in models() if row.task == task and row.group))


def tasks() -> tuple[str, ...]:
    """The tasks with at least one benchmark."""
    return tuple(sorted({row.task for row in models() if row.group}))


def pareto(rows: Iterable[Model], cost: str) -> tuple[Model, ...]:
    """The rows that no other beats in both quality and ``cost`` (a field), cheapest first."""
    listed = [row for row in rows if getattr(row, cost) is not None and row.quality is not None]
    if not listed:
        return ()
    up = benchmarks()[listed[0].group].higher_is_better
    sign = 1.0 if up else -1.0
    dearer = -1.0 if cost.endswith("_per_s") else 1.0
    listed.sort(key=lambda row: (dearer * getattr(row, cost), -sign * (row.quality or 0), row.id))
    kept: list[Model] = []
    for row in listed:
        if not kept or sign * (row.quality or 0) > sign * (kept[-1].quality or 0):
            kept.append(row)
    return tuple(kept)

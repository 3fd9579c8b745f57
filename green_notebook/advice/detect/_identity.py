"""Which published model an object is: the ladder from its own name down to its size.

1 hub id, 2 timm's configuration, 3 the application's name, 4 the exact number of parameters,
5 family with hidden size and layers, 6 the class alone. Below rung 4 advice may speak of the
family, and names no replacement.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from green_notebook.advice.detect import Finding
from green_notebook.data import load

HUB = re.compile(r"[\w.-]{1,96}(/[\w.-]{1,96})?")


@cache
def _aliases() -> dict[tuple[str, str], str]:
    """(kind, other name) -> model id, where the name means one model alone."""
    found: dict[tuple[str, str], set[str]] = {}
    for kind, alias, model in load("aliases")["rows"]:
        found.setdefault((kind, alias.lower()), set()).add(model)
    return {key: one for key, models in found.items() if (one := _common(models)) is not None}


def _common(models: set[str]) -> str | None:
    """The one model of several names, without the tag of the weights where only that differs."""
    if len(models) == 1:
        return next(iter(models))
    bases = {model.partition(":")[0] for model in models}
    return bases.pop() if len(bases) == 1 else None


def known(kind: str, alias: str) -> str | None:
    """The model that another name means; None where unknown, or where several have it."""
    return _aliases().get((kind, alias.lower()))


def hub_id(name: Any) -> str | None:
    """A hub id; of a local path nothing: its folder may tell what is nobody's business."""
    if type(name) is not str or not HUB.fullmatch(name):
        return None
    if name.startswith(".") or "checkpoint" in name.lower() or Path(name).exists():
        return None
    return name


def identify(finding: Finding) -> dict[str, Any]:
    """`model.id` and `model.identified_by` of a model, by the strongest rung that holds."""
    facts = finding.facts
    for rung, kind, alias in _rungs(facts):
        if alias is None:
            continue
        target = known(kind, alias) if kind else alias
        if target is None and rung == "hub id":
            target = alias
        if target is not None:
            return {"model.id": target, "model.identified_by": rung}
    return {"model.identified_by": "class name"}


def _rungs(facts: Mapping[str, Any]) -> list[tuple[str, str, str | None]]:
    name = facts.get("_hub_id")
    timm = facts.get("_timm")
    application = _application(facts.get("_application"))
    params = facts.get("model.params")
    by_count = facts.get("_framework_models") and type(params) is int
    return [
        ("hub id", "hf_legacy" if name and "/" not in name else "hf_alias", name),
        ("timm configuration", "", None if timm is None else f"timm/{timm}"),
        ("constructor", "", facts.get("_constructor")),
        ("application name", "keras_model_name", application),
        ("parameter count", "param_count", str(params) if by_count else None),
        ("size", "config_fingerprint", _fingerprint(facts)),
    ]


def _application(name: Any) -> str | None:
    """Some applications carry a width of 1 and the input's size in their name."""
    return re.sub(r"(_1\.00?)?_\d{2,3}$", "", name) if type(name) is str else None


def _fingerprint(facts: Mapping[str, Any]) -> str | None:
    parts = [facts.get(f"model.{one}") for one in ("model_type", "hidden_size", "layers")]
    if None in parts:
        return None
    return "model_type={};hidden={};layers={}".format(*parts)

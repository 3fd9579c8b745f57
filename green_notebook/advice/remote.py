"""The footprint of hosted models that a cell called: estimated apart from what was measured here.

Nothing of it can be measured from a notebook. With the optional package `ecologits` it is modelled
from the model's name and the tokens it answered with; without it the calls are named and their
footprint is unknown. Nothing is sent anywhere.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import metadata, util
from typing import Any

from green_notebook.advice.detect import _code
from green_notebook.advice.detect._remote import RemoteUse, uses
from green_notebook.model import Basis, Quantity, total

__all__ = ["RemoteUse", "recognise", "remote"]

CURE = "pip install 'green-notebook[remote]' estimates it with EcoLogits"
JOULES_PER_KWH = 3.6e6
GRAMS_PER_KG = 1e3
# EcoLogits' interval covers what is unknown of the model's size, not its method: its authors state
# no error. A factor of two either way is our own choice (docs/method.md).
METHOD = 2.0


def recognise(namespace: Mapping[str, Any], source: str) -> list[RemoteUse]:
    """The hosted models that a cell called, by its source and the answers it left."""
    return uses(_code.read(source, namespace), namespace)


def remote(used: Sequence[RemoteUse], duration_s: float) -> dict[str, Any] | None:
    """The part `remote` of a report; None where nothing remote was used.

    ``duration_s`` of the cell bounds how long a call can have taken. Imports EcoLogits (about a
    second at the first time), so it is not for the cell's own thread.
    """
    away = [one for one in used if not one.local]
    if not away:
        return None
    installed = util.find_spec("ecologits") is not None
    parts = [_estimated(one, duration_s) if installed else _named(one) for one in away]
    known = [one for one in parts if one.get("energy") is not None]
    found: dict[str, Any] = {"text": _text(parts, installed=installed), "uses": parts}
    if known:
        found["source"] = f"EcoLogits {metadata.version('ecologits')}"
    if known and len(known) == len(parts):
        for key, unit in (("energy", "J"), ("co2e", "g")):
            # One method, so its errors go the same way.
            quantities = [("ecologits", Quantity.from_dict(one[key])) for one in known]
            found[key] = total(quantities, unit).to_dict()
    if not installed:
        found["cure"] = CURE
    return found


def _named(use: RemoteUse) -> dict[str, Any]:
    fields = {
        "provider": use.provider,
        "model": use.model,
        "calls": use.calls,
        "input_tokens": use.input_tokens,
        "output_tokens": use.output_tokens,
    }
    return fields | {"energy": None, "co2e": None, "reason": "EcoLogits is not installed"}


def _estimated(use: RemoteUse, duration_s: float) -> dict[str, Any]:
    found = _named(use) | {"reason": None}
    if use.model is None:
        return found | {"reason": "the model's name is not known"}
    if use.output_tokens is None or not use.calls:
        return found | {"reason": "the number of tokens is not known: keep the answers in a name"}
    from ecologits.tracers.utils import llm_impacts

    with _quiet():
        impacts = llm_impacts(
            provider=use.provider,
            model_name=use.model,
            output_token_count=max(1, round(use.output_tokens / use.calls)),
            request_latency=duration_s / use.calls,
        )
    if impacts.energy is None or impacts.gwp is None:
        return found | {"reason": f"EcoLogits does not know {use.model} of {use.provider}"}
    found["energy"] = _quantity(impacts.energy.value, use.calls * JOULES_PER_KWH, "J").to_dict()
    found["co2e"] = _quantity(impacts.gwp.value, use.calls * GRAMS_PER_KG, "g").to_dict()
    return found


def _quantity(value: Any, factor: float, unit: str) -> Quantity:
    """A number or a range of EcoLogits, widened by what its method leaves open."""
    low = float(getattr(value, "min", value)) * factor
    high = float(getattr(value, "max", value)) * factor
    return Quantity((low + high) / 2, low / METHOD, high * METHOD, unit, Basis.MODELLED)


@contextmanager
def _quiet() -> Iterator[None]:
    """EcoLogits warns by its logger of what our interval already says."""
    logger = logging.getLogger("ecologits")

    def silent(_: logging.LogRecord) -> bool:
        return False

    logger.addFilter(silent)
    try:
        yield
    finally:
        logger.removeFilter(silent)


def _text(parts: Sequence[Mapping[str, Any]], *, installed: bool) -> str:
    names = ", ".join(_name(one) for one in parts)
    unknown = [one for one in parts if one.get("energy") is None]
    if not unknown:
        grams = sum(one["co2e"]["value"] for one in parts)
        energy_wh = sum(one["energy"]["value"] for one in parts) / 3600
        return f"elsewhere, modelled: {energy_wh:.3g} Wh, {grams:.3g} g CO2e ({names})"
    if not installed:
        return f"called {names}: its footprint elsewhere is unknown ({CURE})"
    reasons = "; ".join(dict.fromkeys(str(one["reason"]) for one in unknown))
    return f"called {names}: its footprint elsewhere is unknown ({reasons})"


def _name(one: Mapping[str, Any]) -> str:
    times = f" {one['calls']} times" if (one["calls"] or 0) > 1 else ""
    return f"{one['model'] or 'a model'} of {one['provider']}{times}"

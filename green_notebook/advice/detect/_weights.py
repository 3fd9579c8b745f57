"""The weights of a torch module, counted without a call of any method of the user.

A walk of our own over `_modules`: tied weights count once, packed ones by their logical shape,
lazy ones not at all, and of a quantised layer the size that it stands for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from green_notebook.advice.detect import _probe as probe

# Packages whose tensor and module classes may be asked for size and dtype.
TRUSTED = (
    "torch",
    "bitsandbytes",
    "torchao",
    "transformers",
    "peft",
    "accelerate",
    "hqq",
    "quanto",
)
LAZY = ("UninitializedParameter", "UninitializedBuffer")
CHECKED = 32  # parameters whose gradient and number of changes are read
CHECK_EVERY = 64


@dataclass(slots=True)
class Weights:
    """What a module holds. ``logical`` counts weights, ``stored`` the elements that keep them."""

    logical: int = 0
    stored: int = 0
    trainable: int = 0
    meta: int = 0
    lazy: bool = False
    sharded: bool = False
    masked: bool = False
    checkpointing: bool = False
    gradients: bool = False
    changes: int = 0
    quantized: str | None = None
    dtypes: Counter[str] = field(default_factory=Counter)
    devices: Counter[str] = field(default_factory=Counter)
    leaves: Counter[str] = field(default_factory=Counter)
    first_in: int | None = None
    last_out: int | None = None


def modules(root: Any) -> Iterator[Any]:
    """A module and all below it, each once."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or one is None:
            continue
        seen.add(id(one))
        yield one
        waiting.extend(reversed(list(probe.table(probe.own(one).get("_modules")).values())))


def weigh(root: Any, clock: probe.Clocked) -> Weights:
    """Count a module's weights; raises OutOfTime."""
    found = Weights()
    tensors: set[int] = set()
    for number, module in enumerate(modules(root)):
        if number % CHECK_EVERY == 0:
            clock.check()
        state = probe.own(module)
        _module(module, state, found)
        for name, one in list(probe.table(state.get("_parameters")).items()):
            if one is not None and id(one) not in tensors:
                tensors.add(id(one))
                if len(tensors) % CHECK_EVERY == 0:
                    clock.check()
                found.masked |= name == "weight_orig"
                _parameter(one, found, len(tensors) <= CHECKED)
    return found


def weigh_all(tensors: Iterable[Any], clock: probe.Clocked) -> Weights:
    """Count tensors that torch's own code gives."""
    found = Weights()
    for number, one in enumerate(tensors):
        if number % CHECK_EVERY == 0:
            clock.check()
        _parameter(one, found, number <= CHECKED)
    return found


def _module(module: Any, state: dict[str, Any], found: Weights) -> None:
    cls = type(module)
    found.checkpointing |= state.get("gradient_checkpointing") is True
    sizes = [probe.whole(state.get(key)) for key in ("in_features", "out_features")]
    leaf = not probe.table(state.get("_modules"))
    if leaf:
        found.leaves[probe.name_of(cls)] += 1
    packed = _packed(cls, state)
    if packed is not None:
        found.quantized = packed
        if None not in sizes:
            numel = sizes[0] * sizes[1]  # type: ignore[operator]
            found.logical += numel
            found.stored += numel
            found.dtypes["int8"] += numel
    if None not in sizes:
        found.first_in = found.first_in or sizes[0]
        found.last_out = sizes[1]


def _packed(cls: type, state: dict[str, Any]) -> str | None:
    """What quantised a module whose weights are no parameters."""
    module = probe.module_of(cls)
    if module.startswith(("torch.ao.nn.quantized", "torch.nn.quantized")):
        if probe.name_of(cls) == "LinearPackedParams":
            return None
        return "int8-dynamic" if ".dynamic" in module else "int8-static"
    buffers = probe.table(state.get("_buffers"))
    if "qweight" in buffers:
        name = probe.name_of(cls).lower()
        return "awq" if "awq" in name or "wqlinear" in name else "gptq"
    return None


def _parameter(one: Any, found: Weights, checked: bool) -> None:
    cls = type(one)
    if probe.name_of(cls) in LAZY:
        found.lazy = True
        return
    if not probe.from_package(one, *TRUSTED) or not probe.is_a(one, "torch", "Tensor"):
        found.lazy = True
        return
    stored = int(one.numel())
    logical = stored
    dtype = str(one.dtype).removeprefix("torch.")
    package = probe.package_of(cls)
    name = probe.name_of(cls)
    found.sharded |= name == "DTensor"
    if package == "bitsandbytes":
        logical, dtype = _bitsandbytes(one, name, stored, dtype, found)
    elif package in ("torchao", "hqq", "quanto"):
        found.quantized = f"{package}-{name.removesuffix('Tensor').lower()}"
    found.logical += logical
    found.stored += stored
    found.dtypes[dtype] += logical
    found.devices[str(one.device).partition(":")[0]] += logical
    if one.is_meta:
        found.meta += logical
    if one.requires_grad:
        found.trainable += logical
    if checked and not one.is_meta:
        found.gradients |= bool(one.is_leaf) and one.grad is not None
        found.changes += int(one._version)  # noqa: SLF001 - torch's counter of in-place changes


def _bitsandbytes(one: Any, name: str, stored: int, dtype: str, found: Weights) -> tuple[int, str]:
    state = probe.own(one)
    if name == "Int8Params":
        found.quantized = "bitsandbytes-int8"
        return stored, "int8"
    if name == "Params4bit":
        kind = probe.text(state.get("quant_type")) or "4bit"
        found.quantized = f"bitsandbytes-{kind}"
        shape = probe.field(state.get("quant_state"), "shape")
        sizes = [int(size) for size in shape] if shape is not None else []
        logical = 1
        for size in sizes:
            logical *= size
        return (logical if sizes else 2 * stored), kind
    return stored, dtype


def note(found: Weights, put: Callable[[str, Any], None]) -> None:
    """Write what was counted as facts."""
    total = found.logical
    if not found.lazy and total:
        put("model.params", total)
        put("model.stored_numel", found.stored)
        put("model.trainable_share", round(found.trainable / total, 6))
    if found.lazy:
        put("model.params_unknown", "lazy")
    if found.dtypes:
        put("model.dtype", found.dtypes.most_common(1)[0][0])
    if len(found.dtypes) > 1:
        put("model.dtypes", {k: round(n / total, 4) for k, n in found.dtypes.most_common()})
    if found.devices and found.meta < total:
        put("model.device", found.devices.most_common(1)[0][0])
    if found.meta:
        put("model.meta_share", round(found.meta / total, 4))
    put("model.quantized", found.quantized)
    put("model.gradient_checkpointing", found.checkpointing)
    put("model.sharded", found.sharded or None)
    put("model.pruned", "unstructured" if found.masked else None)
    put("_gradients", found.gradients)
    put("_changes", found.changes)
    _network(found, put)


# Layers of a plain network on a table: none of them sees images, words or sequences.
FLAT = {
    "Linear",
    "ReLU",
    "GELU",
    "SiLU",
    "ELU",
    "Tanh",
    "Sigmoid",
    "LeakyReLU",
    "Softmax",
    "LogSoftmax",
    "Dropout",
    "BatchNorm1d",
    "LayerNorm",
    "Identity",
    "Flatten",
    "SELU",
    "Softplus",
}


def _network(found: Weights, put: Callable[[str, Any], None]) -> None:
    if found.leaves and set(found.leaves) <= FLAT and found.leaves["Linear"]:
        put("_mlp", [found.first_in, found.last_out])
    convolves = found.leaves["Conv2d"] and not found.leaves["ConvTranspose2d"]
    if convolves and found.leaves["Linear"] and not found.leaves["Upsample"]:
        put("_convolves", True)

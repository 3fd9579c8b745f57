"""torch: modules plain and wrapped, loaders, optimisers, scalers, tensors; timm's models too."""

from __future__ import annotations

from typing import Any

from green_notebook.advice.detect import Finding, _shape, _weights
from green_notebook.advice.detect import _probe as probe

FRAMEWORK = "torch"


def module(obj: Any, clock: probe.Clocked) -> Finding:
    """A module: its weights, where it is from, what it is for."""
    cls = type(obj)
    if probe.module_of(cls) == "torch.nn.modules.loss":
        return Finding("loss", FRAMEWORK, {"_loss": probe.name_of(cls)})
    state = probe.own(obj)
    found = Finding("model", FRAMEWORK)
    found.put("model.class_name", probe.text(state.get("original_name")) or probe.name_of(cls))
    found.put("model.training", probe.flag(state.get("training")))
    if state.get("_compiled_call_impl") is not None:
        found.put("model.compiled", True)
    weights = _weights.weigh(obj, clock)
    _weights.note(weights, found.put)
    if not weights.stored and not weights.lazy:
        # An activation, a metric, a transform of images.
        found.role = "transform"
    if probe.module_of(cls).startswith("torchvision.models"):
        _torchvision(cls, found)
    _timm(state, found)
    if found.facts.get("_convolves"):
        found.facts.setdefault("task", "image-classification")
    return found


def scripted(obj: Any, clock: probe.Clocked) -> Finding | None:
    """What torch.jit made: its class is torch's own, so it may be asked."""
    if not probe.from_package(obj, "torch"):
        return module(obj, clock)
    found = Finding("model", FRAMEWORK, {"model.compiled": True})
    found.put("model.class_name", probe.text(obj.original_name))
    found.put("model.training", probe.flag(obj.training))
    _weights.note(_weights.weigh_all(obj.parameters(), clock), found.put)
    return found


def _torchvision(cls: type, found: Finding) -> None:
    found.framework = "torchvision"
    found.put("_framework_models", True)
    module_name = probe.module_of(cls)
    kinds = {
        "detection": "object-detection",
        "segmentation": "semantic-segmentation",
        "video": "video-classification",
    }
    kind = next((task for word, task in kinds.items() if f".{word}" in module_name), None)
    found.put("task", kind or "image-classification")


def _timm(state: dict[str, Any], found: Finding) -> None:
    given = probe.table(state.get("pretrained_cfg", state.get("default_cfg")))
    name = probe.text(given.get("architecture"))
    if name is None:
        return
    tag = probe.text(given.get("tag"))
    found.framework = "timm"
    found.put("_timm", f"{name}.{tag}" if tag else name)
    classes = probe.whole(state.get("num_classes"))
    found.put("task", "image-feature-extraction" if classes == 0 else "image-classification")


def compiled(obj: Any, _: probe.Clocked) -> Finding:
    """What torch.compile made: the module within, compiled."""
    return Finding("wrapper", FRAMEWORK, {"model.compiled": True}, _inside(obj, "_orig_mod"))


def parallel(obj: Any, _: probe.Clocked) -> Finding:
    """DataParallel and its like: the module within."""
    facts = {"model.parallel": probe.name_of(type(obj))}
    return Finding("wrapper", FRAMEWORK, facts, _inside(obj, "module", "_fsdp_wrapped_module"))


def _inside(obj: Any, *names: str) -> tuple[Any, ...]:
    inner = probe.table(probe.own(obj).get("_modules"))
    return tuple(inner[name] for name in names if inner.get(name) is not None)


def loader(obj: Any, _: probe.Clocked) -> Finding:
    """A DataLoader, never iterated."""
    state = probe.own(obj)
    found = Finding("loader", FRAMEWORK)
    found.put("optim.batch_size", probe.whole(state.get("batch_size")))
    found.put("loader.num_workers", probe.whole(state.get("num_workers")))
    found.put("loader.pin_memory", probe.flag(state.get("pin_memory")))
    found.put("loader.persistent_workers", probe.flag(state.get("persistent_workers")))
    inner = state.get("dataset")
    rows, kind = _dataset(inner)
    found.put("data.rows", rows)
    found.put("data.kind", kind)
    if probe.is_a(inner, "torch", "Subset"):
        inner = probe.own(inner).get("dataset")
    if kind == "tensor":
        first = probe.items(probe.own(inner).get("tensors"), 1)
        shape = _shape.shape(first[0]) if first else None
        found.put("data.columns", shape[1] if shape and len(shape) == 2 else None)
    return found


def dataset(obj: Any, _: probe.Clocked) -> Finding | None:
    """A dataset of torch whose length its fields tell."""
    rows, kind = _dataset(obj)
    if rows is None:
        return None
    found = Finding("data", FRAMEWORK, {"data.rows": rows})
    found.put("data.kind", kind)
    return found


def _dataset(obj: Any) -> tuple[int | None, str | None]:
    """The length of a dataset, by fields of known classes alone."""
    rows = _shape.length(obj)
    if rows is not None:
        return rows, "list"
    state = probe.own(obj)
    if probe.is_a(obj, "torch", "TensorDataset"):
        first = probe.items(state.get("tensors"), 1)
        return (_shape.length(first[0]) if first else None), "tensor"
    if probe.is_a(obj, "torch", "Subset"):
        return _shape.length(state.get("indices")), _dataset(state.get("dataset"))[1]
    if probe.is_a(obj, "datasets", "Dataset"):
        return _shape.dataset_rows(obj), "dataset"
    return _images(obj, state)


def _images(obj: Any, state: dict[str, Any]) -> tuple[int | None, str | None]:
    """The datasets of torchvision."""
    if probe.is_a(obj, "torchvision", "DatasetFolder"):
        return _shape.length(state.get("samples")), "jpeg folder"
    if probe.is_a(obj, "torchvision", "VisionDataset"):
        return _shape.length(state.get("data")), "images"
    return None, None


def optimizer(obj: Any, _: probe.Clocked) -> Finding:
    """An optimiser: its name."""
    return Finding("optimizer", FRAMEWORK, {"optim.name": probe.name_of(type(obj))})


def scaler(obj: Any, _: probe.Clocked) -> Finding | None:
    """A GradScaler that is on: training in fp16."""
    if probe.own(obj).get("_enabled") is False:
        return None
    return Finding("scaler", FRAMEWORK, {"optim.amp": "fp16"})


def tensor(obj: Any, _: probe.Clocked) -> Finding | None:
    """A tensor, by its shape."""
    shape = _shape.shape(obj)
    if not shape:
        return None
    found = Finding("data", FRAMEWORK, {"data.kind": "tensor", "data.rows": shape[0]})
    found.put("data.columns", shape[1] if len(shape) == 2 else None)
    found.put("data.dimensions", len(shape))
    if probe.from_package(obj, "torch") and str(obj.device) != "cpu":
        found.put("data.device", str(obj.device))
    return found


MARKS = {
    "Module": module,
    "ScriptModule": scripted,
    "OptimizedModule": compiled,
    "DataParallel": parallel,
    "DistributedDataParallel": parallel,
    "FullyShardedDataParallel": parallel,
    "DataLoader": loader,
    "Dataset": dataset,
    "Optimizer": optimizer,
    "GradScaler": scaler,
    "Tensor": tensor,
}

"""llama-cpp-python: a model in a file whose name has the quantisation."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any

from green_notebook.advice.detect import Finding
from green_notebook.advice.detect import _probe as probe

QUANT = re.compile(r"(I?Q\d\w*|F16|BF16|F32)(?=\.gguf$)", re.IGNORECASE)


def model(obj: Any, _: probe.Clocked) -> Finding:
    """A Llama: the quantisation by the name of its file; the file itself is not told."""
    found = Finding("model", "llama_cpp", {"model.class_name": "Llama", "task": "text-generation"})
    path = probe.text(probe.own(obj).get("model_path"))
    quant = QUANT.search(PurePath(path).name) if path else None
    if quant is not None and quant[1].upper() not in ("F16", "BF16", "F32"):
        found.put("model.quantized", f"gguf-{quant[1].lower()}")
    return found


MARKS = {"Llama": model}

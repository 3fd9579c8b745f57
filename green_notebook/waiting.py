"""Waits for work that a cell left on the GPU: only where it was asked for with ``--sync``.

Only frameworks that are loaded and hold a device are asked; nothing is imported. Waiting can
surface an error of the GPU's work here: that it did is noted, and the error stays the user's.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from green_notebook.pending import cupy_context, jax_backends, torch_devices


def synchronise() -> str | None:
    """Wait until the GPUs have done what this kernel asked of them; what went wrong, else None."""
    failed = []
    for name, wait in WAITS.items():
        module = sys.modules.get(name)
        if module is None or _importing(module):
            continue
        try:
            wait(module)
        except Exception as error:  # noqa: BLE001 - whatever the device says, the span must end
            # The error's text may name files, or be pages of a compiled program: its kind will do.
            failed.append(f"{name} raised {type(error).__name__}")
    return ", ".join(failed) or None


def _importing(module: Any) -> bool:
    """Whether another thread is in the middle of its import: nothing of it runs yet."""
    return bool(getattr(getattr(module, "__spec__", None), "_initializing", False))


def _torch(module: Any) -> None:
    # Initialised already: asking otherwise would make a context. And no graph is being captured:
    # waiting would break the capture.
    if not module.is_initialized() or module.is_current_stream_capturing():
        return
    devices = torch_devices()
    if devices is None:
        module.synchronize()
    for index in devices or ():
        module.synchronize(index)


def _cupy(module: Any) -> None:
    if cupy_context(module) and not module.cuda.get_current_stream().is_capturing():
        module.cuda.runtime.deviceSynchronize()


def _jax(module: Any) -> None:
    for backend in jax_backends():
        module.effects_barrier()
        # Arrays are awaited one by one: the barrier is for side effects alone.
        for array in module.live_arrays(backend):
            if not array.is_deleted():
                array.block_until_ready()


def _tensorflow(module: Any) -> None:
    eager = sys.modules.get("tensorflow.python.eager.context")
    context = getattr(eager, "_context", None)
    # Before its first use nothing runs, and waiting would take the GPU's memory.
    if eager is not None and getattr(context, "_context_handle", None) is None:
        return
    # A session of graphs waits by itself, and TensorFlow refuses to be asked.
    if module.executing_eagerly():
        module.test.experimental.sync_devices()


WAITS: dict[str, Callable[[Any], None]] = {
    "torch.cuda": _torch,
    "cupy": _cupy,
    "jax": _jax,
    "tensorflow": _tensorflow,
}

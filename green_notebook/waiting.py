"""Waits for work that a cell left on the GPU: only where it was asked for with ``--sync``.

Only frameworks that are loaded and hold a device are asked; nothing is imported. Waiting can
surface an error of the GPU's work here: it is noted, and stays the user's.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def synchronise() -> str | None:
    """Wait until the GPUs have done what this kernel asked of them; what went wrong, else None."""
    for name, wait in WAITS.items():
        module = sys.modules.get(name)
        if module is None:
            continue
        try:
            wait(module)
        except Exception as error:  # noqa: BLE001 - whatever the device says, the span must end
            return f"{name}: {type(error).__name__}: {error}"
    return None


def _torch(module: Any) -> None:
    # Initialised already: asking otherwise would make a context.
    if module.is_initialized():
        module.synchronize()


def _cupy(module: Any) -> None:
    module.cuda.runtime.deviceSynchronize()


def _jax(module: Any) -> None:
    module.effects_barrier()
    # Arrays are awaited one by one: the barrier is for side effects alone.
    for array in module.live_arrays():
        array.block_until_ready()


def _tensorflow(module: Any) -> None:
    module.test.experimental.sync_devices()


WAITS: dict[str, Callable[[Any], None]] = {
    "torch.cuda": _torch,
    "cupy": _cupy,
    "jax": _jax,
    "tensorflow": _tensorflow,
}

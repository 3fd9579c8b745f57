"""Whether this kernel's work is still running on a GPU: asked without waiting for it.

A kernel of CUDA runs on while the cell that launched it is over. What is then drawn belongs to
nobody, or to the next cell: both are noted. Only frameworks that are loaded and hold a context are
asked, and nothing here waits, imports, makes a context or raises.

What a question may leave behind (CUDA keeps the last error of a thread until somebody looks):
"not ready" is taken away again, by torch itself and for CuPy here, lest the user's next check of a
launch finds it. An error of the GPU's work makes the context unusable and is told by every later
call too: it is not reported here, and the user's next call raises it as it would have.
What cannot be asked: TensorFlow, and streams that nobody has made current.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import islice
from typing import Any

from green_notebook.model import Note

LATE = Note(
    "gpu-late",
    "GPU work was still running when this ended: the figure holds its part up to then, the rest is "
    "in the next cell's or in nobody's; %%carbon --sync waits for it",
)
EARLY = Note(
    "gpu-early",
    "GPU work begun earlier was still running when this began: its rest is in this figure; "
    "%%carbon --sync on the cell that began it charges it there",
)

# jax lists its newest arrays first; of 5,000 live ones the list takes 0.5 ms, each question 1 us.
MOST_ARRAYS = 200
# What jax calls its backends for GPUs.
JAX_GPUS = ("cuda", "rocm", "gpu")
# cudaErrorNotReady and hipErrorNotReady.
NOT_READY = 600


def running() -> bool | None:
    """Whether GPU work of this thread's kernel is going on; None where nobody can be asked."""
    if sys.modules.keys().isdisjoint(ASKED):
        return None
    answer: bool | None = None
    for name, ask in ASKED.items():
        module = sys.modules.get(name)
        if module is None:
            continue
        # Half imported, of another version, or with a device that failed: it tells nothing.
        with suppress(Exception):
            told = ask(module)
            if told:
                return True
            answer = told if answer is None else answer
    return answer


def torch_devices() -> list[int] | None:
    """The devices on which torch's process holds a context; None where it does not say.

    Asking a device without one would make it: 0.3 to 0.6 GB of its memory.
    """
    core = sys.modules.get("torch._C")
    count = getattr(core, "_cuda_getDeviceCount", None)
    holds = getattr(core, "_cuda_hasPrimaryContext", None)
    if count is None or holds is None:
        return None
    return [index for index in range(count()) if holds(index)]


def jax_backends() -> list[str]:
    """The backends that jax has started; asking jax itself would start them."""
    bridge = sys.modules.get("jax._src.xla_bridge")
    backends = getattr(bridge, "_backends", None)
    return list(backends) if isinstance(backends, dict) else []


def cupy_context(cupy: Any) -> bool:
    """Whether this thread has a context of CUDA; making one is left to the user."""
    with suppress(Exception):  # CUDA itself is not started
        return bool(cupy.cuda.driver.ctxGetCurrent())
    return False


def _torch(cuda: Any) -> bool | None:
    # A question to a stream in the middle of a graph's capture would break the capture.
    if not cuda.is_initialized() or cuda.is_current_stream_capturing():
        return None
    devices = torch_devices()
    if not devices:
        return None
    return any(not cuda.current_stream(index).query() for index in devices)


def _cupy(cupy: Any) -> bool | None:
    if not cupy_context(cupy):
        return None
    runtime, stream = cupy.cuda.runtime, cupy.cuda.get_current_stream()
    if stream.is_capturing():
        return None
    # `Stream.done` is this same question, but leaves "not ready" behind.
    status = runtime.streamQuery(stream.ptr)
    if status == NOT_READY:
        with suppress(Exception):  # it raises what it takes away
            runtime.check_status(status)
        return True
    return False if status == 0 else None


def _jax(jax: Any) -> bool | None:
    gpus = [name for name in jax_backends() if name in JAX_GPUS]
    if not gpus:
        return None
    return any(_unready(jax.live_arrays(name)) for name in gpus)


def _unready(arrays: Iterable[Any]) -> bool:
    # A deleted array must not be asked: jax 0.10 ends the process.
    newest = islice(arrays, MOST_ARRAYS)
    return any(not one.is_deleted() and not one.is_ready() for one in newest)


ASKED: dict[str, Callable[[Any], bool | None]] = {
    "torch.cuda": _torch,
    "cupy": _cupy,
    "jax": _jax,
}

"""The driver's management library, loaded through nvidia-ml-py and shut down after the last card."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from typing import Any

from green_notebook.errors import Unavailable

CURE_DRIVER = "install a newer NVIDIA driver (R418 or later)"
CURE_LIBRARY = "%pip install nvidia-ml-py"


class Library:
    """The loaded library, shut down when the last sensor of one discovery closes."""

    def __init__(self) -> None:
        import pynvml

        self.nvml = pynvml
        self.users = 0
        # Newer copies of nvidia-ml-py have an error of its own for functions that a driver lacks.
        mismatch = getattr(pynvml, "NVMLLibraryMismatchError", pynvml.NVMLError)
        self._refused = (pynvml.NVMLError, mismatch)
        pynvml.nvmlInit()

    def opened(self) -> None:
        self.users += 1

    def closed(self) -> None:
        self.users -= 1
        if self.users == 0:
            self.shutdown()

    def shutdown(self) -> None:
        with suppress(self.nvml.NVMLError):  # a driver that is gone needs no farewell
            self.nvml.nvmlShutdown()

    def ask(self, name: str, *arguments: Any) -> Any:
        """What a function answers; None where card, driver or library do not have it."""
        function = getattr(self.nvml, name, None)
        if function is None:
            return None
        try:
            return function(*arguments)
        except self._refused:
            return None


def counted(nvml: Any, name: str, kind: Any) -> Any:
    """One of the library's functions that gives a number of this ctypes ``kind`` for a card.

    As nvidia-ml-py has it, without its steps around: it is called ten times a second, and each step
    takes its time when the caches are cold (20 us of 60).
    """
    function = getattr(getattr(nvml, "nvmlLib", None), name, None)
    if function is None:
        return getattr(nvml, name)
    failed = nvml.NVMLError
    # Answers and where they are written: one for each thread that asks at once, used again and
    # again, since to make them takes as long as the question.
    spare: list[tuple[Any, Any]] = []

    def ask(handle: Any) -> int:
        try:
            place = spare.pop()
        except IndexError:
            answer = kind()
            place = answer, ctypes.byref(answer)
        code = function(handle, place[1])
        value = place[0].value
        spare.append(place)
        if code:
            raise failed(code)
        return int(value)

    return ask


class Closed(Library):
    """What stands for the library after a card was closed."""

    def __init__(self) -> None:
        self.users = 0

    def closed(self) -> None:
        """Closing twice does no harm."""


CLOSED = Closed()


def load() -> Library:
    """The opened library; raises Unavailable."""
    try:
        import pynvml
    except ImportError:
        raise Unavailable("nvidia-ml-py is not installed", CURE_LIBRARY) from None
    try:
        return Library()
    except pynvml.NVMLError as error:
        missing = error.value in (
            pynvml.NVML_ERROR_LIBRARY_NOT_FOUND,
            pynvml.NVML_ERROR_DRIVER_NOT_LOADED,
        )
        reason = "no NVIDIA driver" if missing else f"the NVIDIA driver does not answer: {error}"
        raise Unavailable(reason) from None


def why_not(library: Library, index: int, error: Exception) -> tuple[str, str]:
    """Why a card is no sensor, and the cure."""
    if getattr(error, "value", None) != library.nvml.NVML_ERROR_FUNCTION_NOT_FOUND:
        return f"GPU {index}: {error}", ""
    missing = "nvmlDeviceGetTotalEnergyConsumption, nvmlDeviceGetPowerUsage"
    return f"GPU {index}: the driver tells neither energy nor power ({missing})", CURE_DRIVER


def as_text(value: str | bytes) -> str:
    """Older libraries answer bytes."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value

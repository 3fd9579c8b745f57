"""Small files of the kernel that are read at every edge of a span."""

from __future__ import annotations

import os
from contextlib import suppress


class ProcFile:
    """A file of /proc, opened once and read again and again: a third of the cost of opening it."""

    def __init__(self, path: str, size: int = 4096) -> None:
        self._size = size
        self._fd: int | None = None
        if hasattr(os, "pread"):
            with suppress(OSError):
                self._fd = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))

    def read(self) -> bytes | None:
        """Its first ``size`` bytes now; None where there is no such file."""
        fd = self._fd  # another thread may close it
        if fd is None:
            return None
        try:
            return os.pread(fd, self._size, 0)
        except OSError:
            return None

    def close(self) -> None:
        """Close it; more than once does no harm."""
        fd, self._fd = self._fd, None
        if fd is not None:
            with suppress(OSError):
                os.close(fd)

    __del__ = close

"""The Raspberry Pi firmware's mailbox: the question that ``vcgencmd`` asks, without a child process.

The message is that of raspberrypi/utils' vcgencmd.c: a property buffer with the tag "get gencmd
result", 1024 bytes for question and answer.
"""

from __future__ import annotations

import ctypes
import os
import re
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_TAG = 0x00030080
_LONGEST = 1024
# Size, request code, tag, length of the buffer, length of the request, error; text; end tag.
_HEAD, _TAIL = struct.Struct("=6I"), struct.Struct("=I")
SIZE = _HEAD.size + _LONGEST + _TAIL.size
# _IOWR(100, 0, char *): the size of a pointer stands in the call's number.
CALL = 3 << 30 | ctypes.sizeof(ctypes.c_void_p) << 16 | 100 << 8

_LINE = re.compile(r"^\s*(\w+)_([AV])\s+(?:current|volt)\(\d+\)=([0-9.]+)[AV]\s*$")

Ioctl = Callable[[int, int, Any], Any]


class Mailbox:
    """The firmware. Raises OSError where it cannot be opened."""

    def __init__(self, path: Path, ioctl: Ioctl | None = None) -> None:
        self._file = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        self._ioctl = ioctl or _ioctl

    def ask(self, question: str) -> str:
        """The firmware's answer; raises OSError where it does not know the question."""
        buffer = bytearray(SIZE)
        _HEAD.pack_into(buffer, 0, SIZE, 0, _TAG, _LONGEST, 0, 0)
        text = question.encode()
        buffer[_HEAD.size : _HEAD.size + len(text)] = text
        self._ioctl(self._file, CALL, buffer)
        (error,) = struct.unpack_from("=I", buffer, _HEAD.size - 4)
        if error:
            raise OSError(f"the firmware does not know {question}: error {error}")
        answer = bytes(buffer[_HEAD.size : _HEAD.size + _LONGEST])
        return answer.partition(b"\0")[0].decode(errors="replace")

    def close(self) -> None:
        """Close the mailbox."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)


def rails(text: str) -> Mapping[str, float]:
    """The power (W) of each rail that ``pmic_read_adc`` tells both volts and amperes of."""
    told: dict[str, dict[str, float]] = {"A": {}, "V": {}}
    for line in text.splitlines():
        match = _LINE.match(line)
        if match:
            try:
                told[match[2]][match[1]] = float(match[3])
            except ValueError:  # "1.2.3"
                continue
    return {name: amps * told["V"][name] for name, amps in told["A"].items() if name in told["V"]}


def _ioctl(file: int, call: int, argument: bytearray) -> None:
    import fcntl  # not on Windows

    fcntl.ioctl(file, call, argument)

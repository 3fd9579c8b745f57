"""IPMI's DCMI power reading, through the kernel's device (no tool, no child process).

The calls are those of include/uapi/linux/ipmi.h; request and response those of the Data Center
Manageability Interface Specification 1.5, table 6-16: group 0xDC, "Get Power Reading".
"""

from __future__ import annotations

import ctypes
import os
import select
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from green_notebook.errors import Unavailable
from green_notebook.sensors._polled import TIMEOUT_S

_SYSTEM_INTERFACE, _BMC_CHANNEL = 0x0C, 0x0F
_GROUP_NETFN, _GET_POWER_READING, _DCMI = 0x2C, 0x02, 0xDC
# Mode 1: the system's power statistics; then two reserved bytes.
_REQUEST = bytes((_DCMI, 0x01, 0x00, 0x00))
_LONGEST = 272  # IPMI_MAX_MSG_LENGTH

Ioctl = Callable[[int, int, Any], Any]
Wait = Callable[[int, float], bool]


class Address(ctypes.Structure):
    """struct ipmi_system_interface_addr."""

    _fields_ = [("kind", ctypes.c_int), ("channel", ctypes.c_short), ("lun", ctypes.c_ubyte)]


class Message(ctypes.Structure):
    """struct ipmi_msg."""

    _fields_ = [
        ("netfn", ctypes.c_ubyte),
        ("command", ctypes.c_ubyte),
        ("length", ctypes.c_ushort),
        ("data", ctypes.c_void_p),
    ]


class Request(ctypes.Structure):
    """struct ipmi_req."""

    _fields_ = [
        ("address", ctypes.c_void_p),
        ("address_length", ctypes.c_uint),
        ("number", ctypes.c_long),
        ("message", Message),
    ]


class Received(ctypes.Structure):
    """struct ipmi_recv."""

    _fields_ = [
        ("kind", ctypes.c_int),
        ("address", ctypes.c_void_p),
        ("address_length", ctypes.c_uint),
        ("number", ctypes.c_long),
        ("message", Message),
    ]


def _call(direction: int, number: int, kind: type[ctypes.Structure]) -> int:
    """_IOR and _IOWR of include/uapi/asm-generic/ioctl.h."""
    return direction << 30 | ctypes.sizeof(kind) << 16 | ord("i") << 8 | number


SEND = _call(2, 13, Request)
RECEIVE = _call(3, 11, Received)


class Ipmi:
    """The machine's management controller. Raises OSError where it cannot be opened."""

    def __init__(self, path: Path, ioctl: Ioctl | None = None, wait: Wait | None = None) -> None:
        self._file = os.open(path, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
        self._ioctl = ioctl or _ioctl
        self._wait = wait or _readable
        self._number = 0

    def power_w(self) -> float:
        """The power of this moment (W); raises Unavailable or OSError."""
        return parsed(self._exchanged())

    def _exchanged(self) -> bytes:
        self._number += 1
        data = ctypes.create_string_buffer(_REQUEST, len(_REQUEST))
        address = Address(_SYSTEM_INTERFACE, _BMC_CHANNEL, 0)
        message = Message(_GROUP_NETFN, _GET_POWER_READING, len(_REQUEST), ctypes.addressof(data))
        request = Request(ctypes.addressof(address), ctypes.sizeof(address), self._number, message)
        self._ioctl(self._file, SEND, request)
        while self._wait(self._file, TIMEOUT_S):
            answer = ctypes.create_string_buffer(_LONGEST)
            sender = ctypes.create_string_buffer(32)
            received = Received(
                0,
                ctypes.addressof(sender),
                len(sender),
                0,
                Message(0, 0, _LONGEST, ctypes.addressof(answer)),
            )
            self._ioctl(self._file, RECEIVE, received)
            # An answer that comes late belongs to an earlier question.
            if received.number == self._number:
                return answer.raw[: received.message.length]
        raise Unavailable("the management controller does not answer")

    def close(self) -> None:
        """Close the device."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)


def parsed(answer: bytes) -> float:
    """The power (W) in an answer to Get Power Reading; raises Unavailable."""
    if not answer:
        raise Unavailable("the management controller answers nothing")
    if answer[0] != 0:
        known = {0xC1: "it does not know DCMI", 0xD4: "it does not allow the question"}
        raise Unavailable(
            f"the management controller: {known.get(answer[0], f'error {answer[0]:#04x}')}"
        )
    if len(answer) < 19 or answer[1] != _DCMI:
        raise Unavailable("the management controller answers something else than a power reading")
    (watts,) = struct.unpack_from("<H", answer, 2)
    if not answer[18] & 0x40:
        raise Unavailable("the management controller's power measurement is switched off")
    return float(watts)


def _ioctl(file: int, call: int, argument: ctypes.Structure) -> None:
    import fcntl  # not on Windows

    fcntl.ioctl(file, call, argument)


def _readable(file: int, wait_s: float) -> bool:
    return bool(select.select([file], [], [], wait_s)[0])

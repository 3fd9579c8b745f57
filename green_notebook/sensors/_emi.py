"""The structures of Windows' Energy Meter Interface, and the calls that fill them.

emi.h of the Windows SDK: a version, then metadata with one channel (v1) or several (v2), then
measurements of 16 bytes a channel: picowatt-hours, and the time in 100 ns.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

GET_VERSION, GET_METADATA_SIZE, GET_METADATA, GET_MEASUREMENT = (
    0x00224000 + 4 * function for function in range(4)
)
JOULES = 3.6e-9  # of a picowatt-hour
# MeasurementUnit, HardwareOEM, HardwareModel, HardwareRevision, MeteredHardwareNameSize.
_V1 = struct.Struct("<I32s32sHH")
# HardwareOEM, HardwareModel, HardwareRevision, ChannelCount; then unit and name's size by channel.
_V2, _CHANNEL = struct.Struct("<32s32sHH"), struct.Struct("<IH")
_MEASUREMENT = struct.Struct("<QQ")
_PICOWATT_HOURS = 0
# GUID_DEVICE_ENERGY_METER {45bd8344-7ed6-49cf-a440-c276c933b053}, as it lies in memory.
_METERS = bytes.fromhex("4483bd45d67ecf49a440c276c933b053")
_PRESENT, _INTERFACES = 0x02, 0x10
_READ, _SHARE, _OPEN_EXISTING = 0x80000000, 0x03, 3

Control = Callable[[int, int], bytes]


@dataclass(frozen=True, slots=True)
class Channel:
    """One counter of a device."""

    index: int
    name: str


def channels(control: Control) -> tuple[Channel, ...]:
    """What a device counts; raises OSError or ValueError where it speaks another version."""
    (version,) = struct.unpack_from("<H", control(GET_VERSION, 2))
    (size,) = struct.unpack_from("<I", control(GET_METADATA_SIZE, 4))
    data = control(GET_METADATA, size)
    if version == 1:
        return parsed_v1(data)
    if version == 2:
        return parsed_v2(data)
    raise ValueError(f"version {version} of the energy meter interface is not known")


def parsed_v1(data: bytes) -> tuple[Channel, ...]:
    """The one channel of EMI_METADATA_V1; none in a unit that is not known."""
    try:
        unit, _, _, _, length = _V1.unpack_from(data)
    except struct.error:
        raise ValueError("the metadata is cut short") from None
    if unit != _PICOWATT_HOURS:
        return ()
    return (Channel(0, _name(data, _V1.size, length)),)


def parsed_v2(data: bytes) -> tuple[Channel, ...]:
    """The channels of EMI_METADATA_V2; those in units that are not known are left out."""
    try:
        _, _, _, count = _V2.unpack_from(data)
        place = _V2.size
        found = []
        for index in range(count):
            unit, length = _CHANNEL.unpack_from(data, place)
            place += _CHANNEL.size
            if unit == _PICOWATT_HOURS:
                found.append(Channel(index, _name(data, place, length)))
            place += length
    except struct.error:
        raise ValueError("the metadata is cut short") from None
    return tuple(found)


def _name(data: bytes, start: int, length: int) -> str:
    if start + length > len(data):
        raise ValueError("the metadata is cut short")
    text = data[start : start + length].decode("utf-16-le", errors="replace")
    return text.partition("\0")[0]


def joules(data: bytes, index: int) -> float:
    """A channel's counter (J) in a measurement; raises ValueError where it is not there."""
    try:
        energy, _ = _MEASUREMENT.unpack_from(data, index * _MEASUREMENT.size)
    except struct.error:
        raise ValueError("the measurement is cut short") from None
    return float(energy) * JOULES


def measurement_size(listed: tuple[Channel, ...]) -> int:
    """The bytes that a measurement up to the last of these channels takes."""
    return (max((one.index for one in listed), default=0) + 1) * _MEASUREMENT.size


class Device:
    """An open energy meter. Raises OSError where it cannot be opened. Windows only."""

    def __init__(self, path: str) -> None:
        self._library = _library("kernel32")
        create = self._library.CreateFileW
        create.restype = ctypes.c_void_p
        number, pointer = ctypes.c_uint32, ctypes.c_void_p
        create.argtypes = [ctypes.c_wchar_p, number, number, pointer, number, number, pointer]
        handle = create(path, _READ, _SHARE, None, _OPEN_EXISTING, 0, None)
        if handle in (None, ctypes.c_void_p(-1).value):
            raise _error()
        self._handle: int | None = handle

    def control(self, code: int, size: int) -> bytes:
        """What the device answers to a control code, at most ``size`` bytes."""
        if self._handle is None:
            raise OSError("the energy meter is closed")
        buffer = ctypes.create_string_buffer(size)
        answered = ctypes.c_uint32()
        done = self._library.DeviceIoControl(
            ctypes.c_void_p(self._handle),
            ctypes.c_uint32(code),
            None,
            0,
            buffer,
            ctypes.c_uint32(size),
            ctypes.byref(answered),
            None,
        )
        if not done:
            raise _error()
        return buffer.raw[: answered.value]

    def close(self) -> None:
        """Close the device."""
        handle, self._handle = self._handle, None
        if handle is not None:
            self._library.CloseHandle(ctypes.c_void_p(handle))


class _Interface(ctypes.Structure):
    """SP_DEVICE_INTERFACE_DATA."""

    _fields_ = [
        ("size", ctypes.c_uint32),
        ("kind", ctypes.c_ubyte * 16),
        ("flags", ctypes.c_uint32),
        ("reserved", ctypes.c_void_p),
    ]


def paths() -> list[str]:
    """The paths of all energy meters, by SetupAPI; raises OSError. Windows only."""
    setup = _library("setupapi")
    kind = (ctypes.c_ubyte * 16)(*_METERS)
    setup.SetupDiGetClassDevsW.restype = ctypes.c_void_p
    devices = setup.SetupDiGetClassDevsW(kind, None, None, _PRESENT | _INTERFACES)
    if devices in (None, ctypes.c_void_p(-1).value):
        raise _error()
    found: list[str] = []
    held = ctypes.c_void_p(devices)
    try:
        one = _Interface(ctypes.sizeof(_Interface))
        while setup.SetupDiEnumDeviceInterfaces(held, None, kind, len(found), ctypes.byref(one)):
            found.append(_path(setup, held, one))
    finally:
        setup.SetupDiDestroyDeviceInfoList(held)
    return [path for path in found if path]


def _path(setup: Any, devices: ctypes.c_void_p, one: _Interface) -> str:
    """The path in SP_DEVICE_INTERFACE_DETAIL_DATA_W: after a size of 4 bytes."""
    wanted = ctypes.c_uint32()
    setup.SetupDiGetDeviceInterfaceDetailW(
        devices, ctypes.byref(one), None, 0, ctypes.byref(wanted), None
    )
    buffer = ctypes.create_string_buffer(max(wanted.value, 8))
    # The size of the structure without its path: 8 where pointers have 8 bytes, else 6.
    struct.pack_into("<I", buffer, 0, 8 if ctypes.sizeof(ctypes.c_void_p) == 8 else 6)
    done = setup.SetupDiGetDeviceInterfaceDetailW(
        devices, ctypes.byref(one), buffer, len(buffer), None, None
    )
    return buffer.raw[4:].decode("utf-16-le", errors="replace").partition("\0")[0] if done else ""


def _library(name: str) -> Any:
    """A library of Windows."""
    return getattr(ctypes, "WinDLL")(name, use_last_error=True)  # noqa: B009 - only there on Windows


def _error() -> OSError:
    number = getattr(ctypes, "get_last_error")()  # noqa: B009 - only there on Windows
    return OSError(number, f"Windows error {number}")

"""The processor's name where /proc/cpuinfo does not tell it: macOS and Windows keep it elsewhere."""

from __future__ import annotations

import platform
import re
from dataclasses import replace

from green_notebook.host import Cpu, Host


def named(host: Host) -> Cpu:
    """The host's processor, with the name that Windows and macOS keep elsewhere."""
    if host.system == "Linux":
        return host.cpu
    name = _mac_name() if host.system == "Darwin" else _windows_name()
    found = re.search(r"Family (\d+) Model (\d+) Stepping (\d+)", platform.processor())
    family, model, stepping = map(int, found.groups()) if found else (None, None, None)
    return replace(
        host.cpu,
        name=name or host.cpu.name,
        vendor=host.cpu.vendor or ("Apple" if host.system == "Darwin" and "Apple" in name else ""),
        family=host.cpu.family or family,
        model=host.cpu.model or model,
        stepping=host.cpu.stepping or stepping,
    )


def _mac_name() -> str:
    import ctypes

    try:
        size = ctypes.c_size_t(256)
        text = ctypes.create_string_buffer(size.value)
        failed = ctypes.CDLL(None).sysctlbyname(
            b"machdep.cpu.brand_string", text, ctypes.byref(size), None, 0
        )
    except (OSError, AttributeError):
        return ""
    return "" if failed else text.value.decode(errors="replace")


def _windows_name() -> str:
    try:
        import winreg
    except ImportError:
        return ""
    try:
        where = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, where) as key:  # type: ignore[attr-defined,unused-ignore]
            return str(winreg.QueryValueEx(key, "ProcessorNameString")[0]).strip()  # type: ignore[attr-defined,unused-ignore]
    except (OSError, AttributeError):
        return ""

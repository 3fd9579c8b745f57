"""What a part draws when nobody computes, as tables have it: until that was learned here."""

from __future__ import annotations

from green_notebook.host import Host
from green_notebook.model import Basis, Quantity, SensorSpec
from green_notebook.selection import part
from green_notebook.sensors.cpu_model import host_power_w
from green_notebook.sensors.memory_model import IDLE, watts_per_gb

_GB = 1e9


def idle_power(host: Host, spec: SensorSpec) -> Quantity | None:
    """The idle power (W) of a processor or its memory, assumed; None of other parts.

    By the processor's class and design power, as the model of its load has it, and by the installed
    memory: both for one package. A virtual machine's part of a package is in no table.
    """
    if host.hypervisor is not None:
        return None
    packages = max(1, host.cpu.sockets)
    kind = part(spec.component)
    if kind == "cpu":
        found = host_power_w(host, 0.0)
    elif kind == "ram" and host.memory_bytes:
        found = watts_per_gb().scaled(IDLE * host.memory_bytes / _GB, "W")
    else:
        return None
    return found.scaled(1 / packages).with_basis(Basis.ASSUMED)

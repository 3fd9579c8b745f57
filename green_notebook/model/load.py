"""What the operating system says of the work in a span: the input of models and of attribution."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """CPU time and memory of one span.

    ``kernel_cpu_s`` is the CPU time of this kernel and its children, less the meter's own;
    ``machine_cpu_s`` that of everybody, with ``machine_cpu_error_s`` its 95 % half-width (ticks of
    10 ms). ``threads`` is the number of logical CPUs of the machine (or VM). ``quota`` is the part
    of the machine's CPUs that this kernel may use (1 without a limit); ``exclusive`` is False on
    a shared hub. ``left_cpu_s`` is the part of ``kernel_cpu_s`` of processes that left the tree.
    """

    duration_s: float
    kernel_cpu_s: float
    machine_cpu_s: float
    machine_cpu_error_s: float = 0.0
    threads: int = 1
    kernel_memory_bytes: float | None = None
    quota: float = 1.0
    exclusive: bool = True
    left_cpu_s: float = 0.0

    @property
    def idle_part(self) -> float:
        """What this kernel answers for of a machine that idles, 0 to 1.

        All of it on a machine of its own, the CPU quota on a shared one, and its share of the
        busy time on a hub without quotas: else each of thirty users would be charged the whole.
        """
        if self.exclusive:
            return 1.0
        return self.quota if self.quota < 1.0 else self.kernel_share

    @property
    def kernel_share(self) -> float:
        """This kernel's share of all busy CPU time, 0 to 1; 0 when nobody was busy."""
        if self.machine_cpu_s <= 0:
            return 0.0
        return min(1.0, max(0.0, self.kernel_cpu_s / self.machine_cpu_s))

    @property
    def machine_busy(self) -> float:
        """The mean part of all CPUs that was busy, 0 to 1."""
        if self.duration_s <= 0:
            return 0.0
        return min(1.0, max(0.0, self.machine_cpu_s / (self.duration_s * self.threads)))

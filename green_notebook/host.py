"""The machine that we run on, as its own files describe it.

Every path is below ``root``, so that tests put a recorded tree in its place.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cpu:
    """A processor as /proc/cpuinfo (or the platform) names it.

    ``threads`` counts the logical CPUs that run, ``sockets`` the packages, ``cores`` the physical
    cores of all sockets (None where unknown). ``dark``: logical CPUs of the machine that are
    offline, or that a container does not see. ``limit_w``: what a package may draw for long as the
    firmware or its owner set it, None where nobody tells.
    """

    vendor: str = ""
    name: str = ""
    family: int | None = None
    model: int | None = None
    stepping: int | None = None
    flags: frozenset[str] = frozenset()
    threads: int = 1
    sockets: int = 1
    cores: int | None = None
    dark: int = 0
    limit_w: float | None = None


@dataclass(frozen=True)
class Host:
    """Where sensors and place look: files below ``root`` and the environment's variables."""

    root: Path = Path("/")
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @classmethod
    def here(cls) -> Host:
        """This machine; ``GREEN_NOTEBOOK_HOST_ROOT`` puts a recorded or simulated tree in place."""
        return cls(Path(os.environ.get("GREEN_NOTEBOOK_HOST_ROOT", "/")))

    @property
    def simulated(self) -> bool:
        """Whether the files are not those of the running machine."""
        return self.root != Path("/")

    def path(self, name: str) -> Path:
        """``/sys/class/powercap`` below the root."""
        return self.root / name.lstrip("/")

    def read(self, name: str) -> str | None:
        """A small file's text without outer white space; None where it cannot be read."""
        try:
            return self.path(name).read_text(errors="replace").strip()
        except OSError:
            return None

    @cached_property
    def system(self) -> str:
        """ "Linux", "Darwin" or "Windows"; a simulated tree is always Linux."""
        return "Linux" if self.simulated else platform.system()

    @cached_property
    def cpu(self) -> Cpu:
        """The processor; what is unknown stays empty."""
        text = self.read("/proc/cpuinfo") if self.system == "Linux" else None
        if not text:
            return Cpu(
                name=platform.processor() or platform.machine(),
                threads=os.cpu_count() or 1,
                cores=None,
            )
        found = parse_cpuinfo(text)
        return replace(found, dark=self._dark(found.threads), limit_w=self._package_limit_w())

    def _dark(self, threads: int) -> int:
        """Logical CPUs that are there and do not run; siblings that are switched off are none."""
        cpus = "/sys/devices/system/cpu"
        try:
            ranges = [part.split("-") for part in (self.read(f"{cpus}/present") or "").split(",")]
            there = sum(int(one[-1]) - int(one[0]) + 1 for one in ranges if one[0])
        except ValueError:
            return 0
        if (self.read(f"{cpus}/smt/control") or "") in ("off", "forceoff"):
            there //= 2
        return max(0, there - threads)

    def _package_limit_w(self) -> float | None:
        """The long-term limit of the first package, which anybody may read (energy often not)."""
        zone = "/sys/class/powercap/intel-rapl:0/constraint_0"
        if self.read(f"{zone}_name") != "long_term":
            return None
        text = self.read(f"{zone}_power_limit_uw") or ""
        return int(text) / 1e6 if text.isdigit() else None

    @cached_property
    def hypervisor(self) -> str | None:
        """What this machine is a guest of ("kvm", "vmware", "unknown"), None on bare metal."""
        if "hypervisor" in self.cpu.flags:
            return self._named_hypervisor() or "unknown"
        # Arm guests have no such flag: the firmware's tables, else the device tree tell.
        return self._named_hypervisor()

    def _named_hypervisor(self) -> str | None:
        product = " ".join(
            filter(
                None,
                (
                    self.read("/sys/class/dmi/id/sys_vendor"),
                    self.read("/sys/class/dmi/id/product_name"),
                    self.read("/sys/hypervisor/type"),
                ),
            )
        ).lower()
        known = {
            "kvm": "kvm",
            "qemu": "kvm",
            "google compute engine": "kvm",
            "amazon ec2": "kvm",
            "vmware": "vmware",
            "virtualbox": "virtualbox",
            "microsoft corporation virtual machine": "hyper-v",
            "xen": "xen",
            "parallels": "parallels",
        }
        # Bare-metal EC2 instances carry the vendor's name too, but say so.
        if ".metal" in product:
            return None
        return next((name for word, name in known.items() if word in product), None)

    @cached_property
    def memory_bytes(self) -> int | None:
        """The memory installed (in a VM: given to it)."""
        found = re.search(r"MemTotal:\s+(\d+) kB", self.read("/proc/meminfo") or "")
        if found and self.system == "Linux":
            return int(found.group(1)) * 1024
        import psutil  # not needed where /proc answers

        return int(psutil.virtual_memory().total)

    @cached_property
    def battery(self) -> bool:
        """Whether the machine has a battery of its own, as laptops do."""
        folder = self.path("/sys/class/power_supply")
        try:
            return any(
                self.read(f"/sys/class/power_supply/{one.name}/type") == "Battery"
                and self.read(f"/sys/class/power_supply/{one.name}/scope") != "Device"
                for one in folder.iterdir()
            )
        except OSError:
            return False

    @property
    def colab(self) -> bool:
        """Whether this is a Google Colab session."""
        return "COLAB_RELEASE_TAG" in self.environ or "google.colab" in sys.modules


def parse_cpuinfo(text: str) -> Cpu:
    """Read /proc/cpuinfo of x86 or Arm."""
    blocks = [block for block in text.split("\n\n") if block.strip()]
    records = [
        {
            key.strip().lower(): value.strip()
            for key, _, value in (line.partition(":") for line in block.splitlines())
        }
        for block in blocks
    ]
    processors = [one for one in records if "processor" in one] or records[:1]
    if not processors:
        return Cpu()
    first = processors[0]
    packages = {one.get("physical id", "0") for one in processors}
    cores = {
        (one.get("physical id", "0"), one["core id"]) for one in processors if "core id" in one
    }
    return Cpu(
        vendor=first.get("vendor_id") or first.get("cpu implementer", ""),
        name=first.get("model name") or first.get("model", ""),
        family=_whole(first.get("cpu family") or first.get("cpu architecture")),
        model=_whole(first.get("model") if "vendor_id" in first else first.get("cpu part")),
        stepping=_whole(first.get("stepping") or first.get("cpu revision")),
        flags=frozenset((first.get("flags") or first.get("features", "")).split()),
        threads=len(processors),
        sockets=len(packages),
        cores=len(cores) or None,
    )


def _whole(text: str | None) -> int | None:
    try:
        return int(text, 0) if text else None
    except ValueError:
        return None

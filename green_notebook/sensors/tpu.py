"""Google's TPUs, which nobody outside can measure: assumed watts a chip, wide.

The environment of a TPU machine says what it is (Cloud TPU documentation, "TPU software versions"
and libtpu's variables): ``TPU_ACCELERATOR_TYPE`` such as "v5litepod-4", ``TPU_CHIPS_PER_HOST_BOUNDS``
such as "2,2,1"; old Colab runtimes have ``COLAB_TPU_ADDR`` of a v2-8. The table's watts are the
papers' means of busy chips; between idle and full load anything is possible.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from math import prod
from typing import Any

from green_notebook.data import records
from green_notebook.errors import Unavailable
from green_notebook.host import Host
from green_notebook.model import Basis, Load, Quantity, SensorSpec
from green_notebook.sensors import Estimate, Model, Sensor

NAME = "TPU model"
SLOW = False

# The table's name by the type's: "v5litepod-8" is 8 chips of v5e.
_NAMES = {
    "v2": "TPU v2",
    "v3": "TPU v3",
    "v4": "TPU v4",
    "v5litepod": "TPU v5e",
    "v5lite": "TPU v5e",
    "v5e": "TPU v5e",
    "v5p": "TPU v5p",
    "v6e": "TPU v6e (Trillium)",
    "tpu7x": "TPU v7 (Ironwood)",
}
# These types count cores, of which a chip has two; the others count chips.
_BY_CORES = ("v2", "v3", "v4", "v5p", "tpu7x")
# A host of the larger slices has so many chips where it does not say (Cloud TPU documentation).
_PER_HOST = {"v5litepod": 8, "v5lite": 8, "v5e": 8, "v6e": 8}
_USUAL_PER_HOST = 4
_COLAB_BEFORE = ("v2", 8)


class TpuModel:
    """The energy of this machine's chips."""

    def __init__(self, kind: str, chips: int, *, assumed: bool) -> None:
        row = next(one for one in records("tpu") if one["name"] == _NAMES[kind])
        self._idle_w, self._mean_w, self._max_w = (
            float(row[f"{name}_w"]) * chips for name in ("idle", "mean", "max")
        )
        self._note = f"the TPU is taken for {row['name']}: it does not say" if assumed else ""
        self.spec = SensorSpec(
            id="tpu-model",
            component="tpu:0",
            kind="power",
            basis=Basis.ASSUMED,
            gain_error=(1 - self._idle_w / self._mean_w, self._max_w / self._mean_w - 1),
            idle_power_w=self._idle_w,
            max_power_w=self._max_w,
            covers=("tpu:0",),
            label=f"{chips} x {row['name']}, watts a chip ({row['basis']} {row['year']})",
        )

    def estimate(self, load: Load, chips_j: float) -> Estimate:
        """Idle watts while no framework holds the chips, else between idle and full."""
        seconds = max(0.0, load.duration_s)
        used = in_use()
        idle = _between(self._idle_w / 2, self._idle_w, self._idle_w * 1.5, seconds)
        machine = idle
        if used is not False:
            machine = _between(self._idle_w / 2, self._mean_w, self._max_w, seconds)
        notes = (("tpu-assumed", self._note),) if self._note else ()
        return Estimate(machine, idle, 0.0 if used is False else 1.0, notes)


def _between(low_w: float, watts: float, high_w: float, seconds: float) -> Quantity:
    low, value, high = (each * seconds for each in (low_w, watts, high_w))
    return Quantity(value, low, max(value, high), "J", Basis.ASSUMED)


def in_use() -> bool | None:
    """Whether a framework of this process holds the TPU; None where it cannot be told."""
    bridge = sys.modules.get("jax._src.xla_bridge")
    backends = vars(bridge).get("_backends") if bridge is not None else None
    if isinstance(backends, dict) and "tpu" in backends:
        return True
    if "torch_xla" in sys.modules or "tensorflow" in sys.modules:
        return None
    return False


def discover(host: Host, options: Mapping[str, Any]) -> list[Sensor | Model]:  # noqa: ARG001 - taken whole
    """The model of this machine's chips; raises Unavailable."""
    told = host.environ.get("TPU_ACCELERATOR_TYPE") or host.environ.get("ACCELERATOR_TYPE") or ""
    hinted = any(host.environ.get(name) for name in ("TPU_NAME", "COLAB_TPU_ADDR"))
    kind, size = _parsed(told)
    if kind is None:
        if told:
            raise Unavailable(f"the TPU type {told} is not in the table")
        if not hinted:
            raise Unavailable("no TPU: the environment names none")
        kind, size = _COLAB_BEFORE
    return [TpuModel(kind, _chips(host, kind, size), assumed=not told)]


def _parsed(text: str) -> tuple[str | None, int]:
    """ "v5litepod-16" -> ("v5litepod", 16)."""
    found = re.fullmatch(r"(\w+)-(\d+)", text.strip().lower())
    if not found or found[1] not in _NAMES:
        return None, 0
    return found[1], int(found[2])


def _chips(host: Host, kind: str, size: int) -> int:
    """The chips of this machine: of a slice of several, the other machines count their own."""
    bounds = host.environ.get("TPU_CHIPS_PER_HOST_BOUNDS") or ""
    if re.fullmatch(r"\d+(,\d+)*", bounds):
        return max(1, prod(int(one) for one in bounds.split(",")))
    chips = size // 2 if kind in _BY_CORES else size
    return max(1, min(chips, _PER_HOST.get(kind, _USUAL_PER_HOST)))

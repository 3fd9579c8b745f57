"""The meter's own energy: what its CPU time adds above idle, never the idle draw itself."""

from __future__ import annotations

from functools import cached_property

from green_notebook.host import Host
from green_notebook.model import Basis, Energy, Load, MeterCost, Quantity
from green_notebook.selection import CARDS, part
from green_notebook.sensors.cpu_model import host_power_w

# What a span's two edges take in the cell's own thread (a quiet span: benchmarks/bench.py, 2026).
# Reading a clock for it at each edge would add to it.
EDGES_S = 0.0002
# With less work than this in a span, what a CPU second costs is better known from the table.
TELLING_S = 0.5
# One core alone clocks higher and wakes what all cores share: its first busy second may cost this
# many times what the curve's slope says (our assumption, 2026, with room).
ROOM = 3.0


class MeterEnergy:
    """What the meter itself takes on one machine."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def cost(self, meter_s: float, energy: Energy, load: Load) -> MeterCost:
        """The energy of ``meter_s`` CPU seconds of the sampler's thread and of a span's edges.

        Watts per busy CPU second are those that the span itself shows above idle; where it shows
        none, the table's for this processor. The interval reaches from nothing.
        """
        seconds = max(0.0, meter_s) + EDGES_S
        watts, most = _shown(energy, load) or self._table_w
        energy_j = Quantity(watts * seconds, 0.0, most * seconds, "J", Basis.MODELLED)
        return MeterCost(energy_j, seconds)

    @cached_property
    def _table_w(self) -> tuple[float, float]:
        """What one busy hardware thread adds to an idle machine (W), and the most it may."""
        one_thread = 1 / max(1, self._host.cpu.threads)
        idle, busy = (host_power_w(self._host, load).value for load in (0.0, one_thread))
        return busy - idle, ROOM * (busy - idle)


def _shown(energy: Energy, load: Load) -> tuple[float, float] | None:
    """What a CPU second of this span's own work cost above idle (W), and the most it may."""
    active = energy.kernel_active
    cards = any(part(one.component) in CARDS for one in energy.components)
    if not active or cards or load.kernel_cpu_s < TELLING_S:
        return None
    watts = active.value / load.kernel_cpu_s
    return watts, max(active.high / load.kernel_cpu_s, 2 * watts)

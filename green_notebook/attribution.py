"""From what the machine took to what this kernel took, component by component.

With M the machine's energy, I its idle part, s this kernel's share of the busy time and q the
part of the machine that is this kernel's to answer for (`Load.idle_part`):

    active = s (M - I)      idle = q I      kernel = active + idle = s M + (q - s) I

so an ill-known idle part matters only by how far s is from q. docs/method/shares.md has the
intervals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from green_notebook.model import Basis, Component, Load, Note, Quantity, SensorSpec
from green_notebook.sensors import Estimate, Model

# Where no baseline was learned and the part's own table has none, its idle draw may be nearly
# nothing or nearly everything of what was seen (SPECpower: idle 12 to 50 % of full load).
UNKNOWN_IDLE = (0.0, 0.3, 0.9)
# Above this part of the whole, the kernel's share is the sensor's figure, not our arithmetic.
NEARLY_ALL = 0.9
# What a model cannot see of a load (which cores, what frequency, whose neighbour) is new in every
# span: 95 % half-width over UNSEEN_S, of the energy above idle. Two loads of one machine with the
# same mean differ by 9 % (median over servers: data-src/rapl_load.csv, all cores against some);
# that it is new every second is our assumption (2026).
UNSEEN, UNSEEN_S = 0.09, 1.0
# CPU time of our own at a span's edges that is not told apart from the cell's: an empty span was
# charged up to 0.06 ms (95 % of 200, a virtual machine of two CPUs), in a kernel more (ours, 2026).
EDGE_CPU_S = 1e-4


@dataclass(frozen=True, slots=True)
class Share:
    """This kernel's part of a component.

    ``active`` of the energy above idle, with 95 % half-width ``error``; ``idle`` of the idle
    energy.
    """

    active: float
    error: float = 0.0
    idle: float = 1.0

    @classmethod
    def of_cpu(cls, load: Load) -> Share:
        """By CPU time; the clock ticks of the machine's total are the error."""
        share = load.kernel_share
        error = 0.0
        if load.machine_cpu_s > 0:
            error = min(1.0, share * load.machine_cpu_error_s / load.machine_cpu_s)
        return cls(share, error, load.idle_part)


@dataclass(frozen=True, slots=True)
class Attributed:
    """A component with this kernel's energy divided into active and idle (None: unknown).

    ``idle_j`` is what the whole component takes when nobody computes, at best.
    """

    component: Component
    active: Quantity | None = None
    idle: Quantity | None = None
    notes: tuple[Note, ...] = ()
    idle_j: float = 0.0


def attribute(
    spec: SensorSpec, machine: Quantity, idle: Quantity | None, share: Share
) -> Attributed:
    """Divide one component's energy (J) by the baseline's energy over the same span."""
    known = idle is not None
    if idle is None:
        low, typical, high = (machine.value * part for part in UNKNOWN_IDLE)
        idle = Quantity(typical, low, high, "J", Basis.ASSUMED)
    if idle.value > machine.value:
        idle = idle.scaled(machine.value / idle.value)
    share = replace(share, active=min(1.0, share.active))
    kernel = _kernel(machine, idle, share)
    component = Component(spec.component, spec.id, kernel, machine)
    if not known:
        return Attributed(component, idle_j=idle.value)
    active = _active(machine, idle, share)
    return Attributed(component, active, idle.scaled(share.idle), idle_j=idle.value)


def _active(machine: Quantity, idle: Quantity, share: Share) -> Quantity:
    """``share.active`` of what is above idle: as unsure as the machine, the idle part and the share."""
    # An idle part that was cut down to the whole may exceed it by a rounding.
    above = max(0.0, machine.value - idle.value)
    gain = above / machine.value if machine.value else 0.0
    machine_below, machine_above = (gain * one for one in machine.systematic)
    # What idle may be less, active may be more.
    idle_below, idle_above = idle.systematic
    basis = Basis.weakest((machine.basis, idle.basis if idle.high > 0 else machine.basis))
    return Quantity.within(
        share.active * above,
        "J",
        basis if share.active >= NEARLY_ALL else Basis.weakest((basis, Basis.MODELLED)),
        systematic=(
            share.active * hypot_of(machine_below, idle_above),
            share.active * hypot_of(machine_above, idle_below),
        ),
        random=hypot_of(
            share.active * machine.random, share.active * idle.random, above * share.error
        ),
    )


def _kernel(machine: Quantity, idle: Quantity, share: Share) -> Quantity:
    value = share.active * machine.value + (share.idle - share.active) * idle.value
    value = min(max(0.0, value), machine.value)
    swing = abs(share.idle - share.active)
    random = hypot_of(share.active * machine.random, (machine.value - idle.value) * share.error)
    part = value / machine.value if machine.value else 0.0
    gain_below, gain_above = (part * one for one in machine.systematic)
    idle_below, idle_above = (
        swing * one for one in (idle.value - idle.low, idle.high - idle.value)
    )
    if share.idle < share.active:
        idle_below, idle_above = idle_above, idle_below
    quantity = Quantity.within(
        value,
        "J",
        machine.basis if part >= NEARLY_ALL else Basis.weakest((machine.basis, Basis.MODELLED)),
        systematic=(hypot_of(gain_below, idle_below), hypot_of(gain_above, idle_above)),
        random=random,
    )
    # The kernel's part never exceeds the whole.
    high = max(quantity.value, min(quantity.high, machine.high))
    return replace(quantity, high=high, random=min(random, max(high - value, value)))


def attribute_model(model: Model, load: Load, chips_j: float) -> Attributed:
    """The energy that a model gives for this span's load."""
    estimate = _estimate(model, load, chips_j)
    notes = tuple(Note(code, text) for code, text in estimate.notes)
    spec = model.spec
    if estimate.share is not None:
        share = Share(estimate.share, 0.0, estimate.share)
        return replace(attribute(spec, estimate.machine, estimate.idle, share), notes=notes)
    if spec.component != "node":
        attributed = attribute(spec, estimate.machine, estimate.idle, Share.of_cpu(load))
        return replace(attributed, notes=notes)
    # Watts per thread: this kernel's own CPU seconds are known without the machine's clock ticks.
    own = replace(load, machine_cpu_s=load.kernel_cpu_s, machine_cpu_error_s=EDGE_CPU_S)
    alone = _estimate(model, own, chips_j)
    idle = estimate.idle.scaled(load.idle_part)
    kernel = attribute(spec, alone.machine, alone.idle, Share(1.0, 0.0, load.idle_part))
    component = replace(
        kernel.component,
        machine=_at_least(estimate.machine, kernel.component.kernel),
    )
    return Attributed(component, kernel.active, idle, notes)


def _estimate(model: Model, load: Load, chips_j: float) -> Estimate:
    """What the model says, part of it random: the interval stays, less of it is systematic."""
    found = model.estimate(load, chips_j)
    machine = found.machine
    above_j = max(0.0, machine.value - found.idle.value)
    unseen = UNSEEN * above_j / math.sqrt(max(1.0, load.duration_s / UNSEEN_S))
    random = hypot_of(machine.random, unseen)
    low = min(machine.low, max(0.0, machine.value - random))
    high = max(machine.high, machine.value + random)
    return replace(found, machine=replace(machine, low=low, high=high, random=random))


def less(whole: Quantity, parts_j: float) -> Quantity:
    """What is left of a measured whole (J) when its parts are taken off; never below zero."""
    value = max(0.0, whole.value - parts_j)
    below, above = whole.systematic
    return Quantity.within(
        value, whole.unit, whole.basis, systematic=(below, above), random=whole.random
    )


def _at_least(machine: Quantity, kernel: Quantity) -> Quantity:
    """Ticks may miss what the kernel's own clock saw: the machine took at least that."""
    if machine.value < kernel.value:
        return kernel
    return replace(machine, low=max(machine.low, kernel.low), high=max(machine.high, kernel.high))


def hypot_of(*parts: float) -> float:
    """Independent half-widths in quadrature (GUM, 5.1.2)."""
    return math.hypot(*parts)

"""What one source has come to in a span so far, and the sum over all sources."""

from __future__ import annotations

from dataclasses import dataclass, replace

from green_notebook.attribution import Attributed
from green_notebook.model import Basis, Component, Energy, Quantity, SensorSpec, total
from green_notebook.selection import part


@dataclass(slots=True)
class Tally:
    """What one source has come to so far: machine, kernel, active and idle joules."""

    spec: SensorSpec
    machine: Quantity | None = None
    kernel: Quantity | None = None
    active: Quantity | None = None
    idle: Quantity | None = None
    divided: bool = True
    known_s: float = 0.0
    gap_s: float = 0.0
    component: str = ""

    def missing(self, gap_s: float) -> Tally:
        """This tally and a time of which nothing is known."""
        return replace(self, gap_s=self.gap_s + gap_s) if gap_s > 0 else self

    def plus(self, more: Attributed, known_s: float) -> Tally:
        """This tally and one piece more, of ``known_s`` seconds."""
        return replace(
            self,
            machine=add(self.machine, more.component.machine),
            kernel=add(self.kernel, more.component.kernel),
            active=add(self.active, more.active),
            idle=add(self.idle, more.idle),
            divided=self.divided and more.active is not None,
            known_s=self.known_s + known_s,
            component=more.component.component,
        )

    def filled(self, quantity: Quantity) -> Quantity:
        """The quantity over gaps too: as much again per second there, give or take all of it."""
        if not self.gap_s or not self.known_s:
            return quantity
        # A rounding may leave less than nothing.
        extra = max(0.0, quantity.value) * self.gap_s / self.known_s
        return Quantity(
            quantity.value + extra,
            quantity.low,
            quantity.high + 2 * extra,
            quantity.unit,
            Basis.weakest((quantity.basis, Basis.MODELLED)),
            quantity.random,
        )


def add(first: Quantity | None, second: Quantity | None) -> Quantity | None:
    """The sum of two pieces of one source; a missing one is nothing."""
    if first is None or second is None:
        return second if first is None else first
    return total([("", first), ("", second)])


def energy_of(tallies: dict[str, Tally]) -> Energy:
    """The sum of the tallies: one source's systematic error is shared, others' are apart."""
    seen = [tally for tally in tallies.values() if tally.kernel and tally.machine]
    if not seen:
        return _unknown(tallies)
    # A card that this kernel does not use is the machine's, and no component of the kernel's.
    whole = [one for one in seen if not (_is_gpu(one) and one.kernel and one.kernel.high <= 0)]
    components = tuple(
        Component(
            one.component or one.spec.component,
            one.spec.id,
            one.filled(one.kernel),
            one.filled(one.machine),
        )
        for one in whole
        if one.kernel and one.machine
    )
    divided = bool(whole) and all(one.divided and one.active and one.idle for one in whole)
    return Energy(
        total((one.cause, one.kernel) for one in components),
        total((one.spec.id, one.filled(one.machine)) for one in seen if one.machine),
        components,
        total((one.spec.id, one.filled(one.active)) for one in whole if one.active)
        if divided
        else None,
        total((one.spec.id, one.filled(one.idle)) for one in whole if one.idle)
        if divided
        else None,
    )


def _unknown(tallies: dict[str, Tally]) -> Energy:
    """Nothing could be read: not zero, but anything up to what the parts can draw."""
    most_j = sum((one.spec.max_power_w or 0.0) * one.gap_s for one in tallies.values())
    unknown = Quantity(0.0, 0.0, most_j, "J", Basis.ASSUMED)
    return Energy(unknown, unknown)


def _is_gpu(tally: Tally) -> bool:
    return part(tally.spec.component) == "gpu"

"""A card's energy divided: what of it is this kernel's, and what nobody can tell."""

from __future__ import annotations

from dataclasses import replace

from green_notebook.attribution import Attributed, Share, attribute
from green_notebook.gpus import Part
from green_notebook.model import Basis, Component, Note, Quantity, SensorSpec


def attribute_card(
    spec: SensorSpec, machine: Quantity, idle: Quantity | None, use: Part
) -> Attributed:
    """Divide one card's energy (J) by who used it, with its idle energy over the same span."""
    if use.mine is None:
        return _unknown(spec, machine, use.part)
    if not use.mine:
        return _unused(spec, machine)
    piece = attribute(spec, machine, idle, Share(use.part, use.error, min(1.0, use.idle)))
    if use.low is not None:
        piece = _widened(piece, use, use.low)
    return replace(piece, notes=use.notes)


def _widened(piece: Attributed, use: Part, low: float) -> Attributed:
    """A part that is a guess lies anywhere between ``low`` and ``use.high`` of the card."""
    whole = piece.component.machine
    kernel = _reaching(piece.component.kernel, low * whole.low, use.high * whole.high)
    active = piece.active
    if active is not None and use.part > 0:
        most = min(active.high * use.high / use.part, whole.high)
        active = _reaching(active, active.low * low / use.part, most)
    return replace(piece, component=replace(piece.component, kernel=kernel), active=active)


def _reaching(quantity: Quantity, low: float, high: float) -> Quantity:
    return replace(
        quantity,
        low=min(quantity.low, low),
        high=max(quantity.high, high),
        basis=Basis.weakest((quantity.basis, Basis.MODELLED)),
    )


def _unused(spec: SensorSpec, machine: Quantity) -> Attributed:
    """A card that this kernel does not use: the machine's energy, none of the kernel's."""
    nothing = Quantity.exactly(0.0, "J", machine.basis)
    text = "GPUs that this kernel does not use are not counted"
    component = Component(spec.component, spec.id, nothing, machine)
    return Attributed(component, nothing, nothing, (Note("gpu-unused", text),))


def _unknown(spec: SensorSpec, machine: Quantity, part: float) -> Attributed:
    """A card of which nobody can tell whether this kernel uses it: between nothing and all."""
    # Without evidence for either, the middle is nearest to both.
    value, random = machine.value * part, machine.random * part
    middle = Quantity(value, 0.0, machine.high, "J", Basis.MODELLED, random)
    text = (
        f"it cannot be told whether this kernel uses {spec.component}: it may be all or none of it"
    )
    component = Component(spec.component, spec.id, middle, machine)
    return Attributed(component, notes=(Note("gpu-use-unknown", text),))

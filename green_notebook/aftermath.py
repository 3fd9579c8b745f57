"""What a card went on drawing after a span: a sign of late work where no framework can be asked.

Weak evidence, so it is looked for only where nothing else could have drawn, and told as what it
is: how much the card drew, not that work was running. A card's clocks stay up for a while after
its work, and a counter may lag behind the truth by the time that it averages over: the power must
be both more than half of the span's above idle, and more than half of the card's limit.
"""

from __future__ import annotations

from itertools import pairwise

from green_notebook.baseline import Baseline
from green_notebook.model import Note, Trace
from green_notebook.sampler import Sampler
from green_notebook.selection import part
from green_notebook.spans import BESIDE, OpenSpan

# A slower counter has no step in the time that a figure may wait for.
SLOWEST_STEP_S = 0.1
SHORTEST_S = 0.02
# Of the span's power above idle.
HALF = 0.5
# Of the most that a counter's step may show: half of the card's limit, which steps pass by a tenth.
OF_MOST = HALF / 1.1


def still_drawing(sampler: Sampler, baseline: Baseline, span: OpenSpan) -> Note | None:
    """The note on a card of this kernel's alone that drew on after ``span``; None: no such sign."""
    if span.end is None or span.sync or span.parent_id or BESIDE in span.notes:
        return None
    for trace in list(sampler.traces.values()):
        spec = trace.spec
        steps = spec.kind == "energy" and spec.step_s <= SLOWEST_STEP_S
        if part(spec.component) != "gpu" or not steps:
            continue
        use = sampler.gpus.part(spec.id, span.start.at_s, span.end.at_s)
        if not use.mine or use.part < 1.0:
            continue
        drawn = _powers(sampler, trace, span.start.at_s, span.end.at_s)
        idle = baseline.power_w(spec)
        if drawn is None or idle is None or not spec.max_power_w:
            continue
        inside_w, after_w, least_w = drawn
        half_w = idle.value + HALF * (inside_w - idle.value)
        if inside_w > idle.high and least_w > max(half_w, OF_MOST * spec.max_power_w):
            return Note("gpu-late", _text(spec.component, after_w, inside_w))
    return None


def _powers(
    sampler: Sampler, trace: Trace, start_s: float, end_s: float
) -> tuple[float, float, float] | None:
    """Mean power (W) in the span, after it until the counter's last step, and the least of that."""
    seen = [one for one in list(trace.readings) if one.value is not None]
    moved = [then.at_s for first, then in pairwise(seen) if then.value != first.value]
    if not moved or moved[-1] - end_s < SHORTEST_S or end_s <= start_s:
        return None
    after_s = moved[-1] - end_s
    inside = sampler.energy(trace, start_s, end_s).quantity
    after = sampler.energy(trace, end_s, moved[-1]).quantity
    if inside is None or after is None:
        return None
    least_j = after.value - after.random
    return inside.value / (end_s - start_s), after.value / after_s, least_j / after_s


def _text(component: str, after_w: float, inside_w: float) -> str:
    return (
        f"{component} still drew {after_w:.0f} W just after this ended ({inside_w:.0f} W in it): "
        "if that was its work, the rest of it is in nobody's figure; %%carbon --sync waits for it"
    )

"""The architecture of an NVIDIA card by its name, for drivers that do not tell it.

First our own table of cards, then the makers' rules of naming: NVIDIA's lists of GPUs by compute
capability (developer.nvidia.com/cuda-gpus and /cuda-legacy-gpus, 2025).
"""

from __future__ import annotations

import re

from green_notebook.sensors import _gpu

KEPLER, MAXWELL, PASCAL, VOLTA, TURING, AMPERE, ADA, HOPPER, BLACKWELL = range(2, 11)
_BY_WORD = {
    "kepler": KEPLER,
    "maxwell": MAXWELL,
    "pascal": PASCAL,
    "volta": VOLTA,
    "turing": TURING,
    "ampere": AMPERE,
    "ada": ADA,
    "hopper": HOPPER,
    "blackwell": BLACKWELL,
}
# In order: a name that says its architecture, then those with a family's number. Mobile chips
# that kept an older architecture under a newer number stand before their family.
_RULES = [
    (re.compile(rule), number)
    for rule, number in (
        (r"\bblackwell\b|\brtx pro\b|\bg?b[123]00\b|\bgb10\b|\brtx 50[5-9]0", BLACKWELL),
        (r"\bg?h[128]00\b|\bh20\b", HOPPER),
        (r"\bada\b|\brtx 40[5-9]0|\bl(2|4|20|40)s?\b", ADA),
        (r"\brtx 2050|\bmx570|\ba(2|10|16|30|40|100|800)[a-z]?\b", AMPERE),
        (r"\brtx 30[5-9]0|\brtx a\d|\ba(1000|2000|4000|5000|6000)\b", AMPERE),
        (r"\bt4g?\b|\brtx 20[6-8]0|\bgtx 16[3-6]0|\bquadro rtx\b|\btitan rtx\b", TURING),
        (r"\brtx [34568]000\b|\bt[1-6]00\b|\bt(1000|1200|2000)\b|\bmx(450|550)", TURING),
        (r"\bv100[a-z]?\b|\btitan v\b|\bgv100\b", VOLTA),
        (r"\bp(4|6|40|100)\b|\bgtx 10[5-8]0|\bgt 10[13]0|\bgp100\b", PASCAL),
        (r"\bquadro p\d|\bp[1-6]\d?00\b|\btitan xp\b|\btitan x \(pascal\)", PASCAL),
        (r"\bmx(150|[23][35]0)", PASCAL),
        (r"\bm(4|6|10|40|60)\b|\bgtx (9[5-8]0|7(45|50))|\bgtx titan x\b", MAXWELL),
        (r"\bquadro m\d|\bm\d000m?\b|\bquadro k(620|1200|2200)\b|\bmx1[13]0", MAXWELL),
        (r"\bk(10|20|40|80|520)[a-z]*\b|\bgtx? [67]\d0|\bquadro k\d", KEPLER),
        (r"\btitan( black| z)?$", KEPLER),
    )
]


def architecture_of(name: str) -> int | None:
    """NVML's number of a card's architecture; None where the name does not tell."""
    said = _gpu.kind(name).architecture.lower().partition(" ")[0]
    if said in _BY_WORD:
        return _BY_WORD[said]
    words = re.sub(r"[-_]", " ", _gpu.plain(name))
    return next((number for rule, number in _RULES if rule.search(words)), None)

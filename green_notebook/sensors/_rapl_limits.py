"""How far RAPL counters lie from the truth, and what they cannot exceed, however they are read."""

from __future__ import annotations

from green_notebook.host import Cpu
from green_notebook.sensors import _cpu

# How far the truth lies from the counter (95 %). Since Haswell the package is measured: Hackenberg
# et al. 2015 (HPPAC), Khan et al. 2018 (ACM TOMPECS 3:9) find a few per cent; before, it is a
# model of events: Hackenberg et al. 2013 (ISPASS). AMD's is a model too: Schoene et al. 2021
# (CLUSTER). Memory: within a fifth, Desrochers et al. 2016 (MEMSYS). Rounded up, both ways.
GAIN_MEASURED, GAIN_MODELLED, GAIN_MEMORY = (0.05, 0.05), (0.15, 0.15), (0.10, 0.20)
# Before Haswell: Sandy Bridge, Ivy Bridge (client and server).
_MODELLED_INTEL = {42, 45, 58, 62}
# Nothing on a socket draws more: the largest are made for 500 W (Intel Xeon 6980P, AMD EPYC 9965;
# 2024), and half as much again for short. Without a limit of its own a zone has this one (W).
MAX_PACKAGE_W, MAX_MEMORY_W = 750.0, 250.0
# The counter's unit is 2**-14 J on most processors, 2**-16 J on AMD's (Intel SDM vol. 3B, 15.10.1).
RESOLUTION_J = 2.0**-14
STEP_S = 0.001


def gain(cpu: Cpu) -> tuple[float, float]:
    """The relative 95 % error of a package's counter, below and above."""
    modelled = _cpu.vendor_of(cpu) == "AMD" or (cpu.family == 6 and cpu.model in _MODELLED_INTEL)
    return GAIN_MODELLED if modelled else GAIN_MEASURED


def max_package_w(design_w: float | None) -> float:
    """What a package cannot exceed for a millisecond or more: tells a jump from a reading.

    Short limits reach 2 to 4 times the design power on small chips.
    """
    if not design_w:
        return MAX_PACKAGE_W
    return min(MAX_PACKAGE_W, max(60.0, (4.0 if design_w <= 45 else 2.5) * design_w))

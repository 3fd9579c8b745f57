"""When a reading was taken: between two instants, however long the machine let it wait.

What a test allows for then is what the hardware may have done meanwhile, and no guess at how busy
the machine is that runs it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

# Before and after, in seconds of time.monotonic().
Bracket = tuple[float, float]


def bracketed(read: Callable[[], float]) -> tuple[float, Bracket]:
    """What ``read`` says, and between which instants."""
    before = time.monotonic()
    value = read()
    return value, (before, time.monotonic())

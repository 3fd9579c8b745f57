"""Whether the machine slept during a span: the monotonic clock stands still then, the wall's does not.

So it is on Linux and macOS. On Windows the monotonic clock goes on, and a sleep is a time in which
no sensor was read: `traces` tells of that.
"""

from __future__ import annotations

from datetime import datetime

from green_notebook.model import Note

# Wall clocks are set by seconds, and drift by less than this part (100 ppm is a bad one).
SET_S = 10.0
DRIFT = 2e-4


def slept_s(started_at: datetime, ended_at: datetime, duration_s: float) -> float:
    """How long (s) the machine slept in a span that lasted ``duration_s``; 0 for less than noise."""
    passed_s = (ended_at - started_at).total_seconds()
    lacking_s = passed_s - duration_s
    return lacking_s if lacking_s > SET_S + DRIFT * passed_s else 0.0


def slept(started_at: datetime, ended_at: datetime, duration_s: float) -> Note | None:
    """The note on that, where it did."""
    asleep_s = slept_s(started_at, ended_at, duration_s)
    if not asleep_s:
        return None
    about = f"{asleep_s / 60:.0f} min" if asleep_s >= 90 else f"{asleep_s:.0f} s"
    return Note(
        "slept",
        f"the machine slept for about {about} meanwhile (or its clock was set): "
        "what it drew then is not in this figure",
    )

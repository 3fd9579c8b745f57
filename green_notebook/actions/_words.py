"""Words of people for durations, powers and times to come."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, tzinfo

from green_notebook.errors import GreenNotebookError

_UNITS_S = {"s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "hour": 3600.0, "d": 86400.0}
_UNITS_S |= {"second": 1.0, "minute": 60.0, "day": 86400.0, "hr": 3600.0}
_WATTS = {"mw": 1e-3, "w": 1.0, "kw": 1e3}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def seconds(text: str) -> float:
    """ "3h", "2h30m", "90 min", "45s" in seconds; raises GreenNotebookError."""
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([a-z]+)", text.lower())
    rest = re.sub(r"(\d+(?:\.\d+)?)\s*([a-z]+)", "", text.lower()).strip(" ,")
    units = [_UNITS_S.get(unit) or _UNITS_S.get(unit.removesuffix("s")) for _, unit in parts]
    if not parts or rest or None in units:
        raise GreenNotebookError(f"{text!r} is no duration: write 3h, 90min or 2h30m")
    total = sum(float(number) * (unit or 0) for (number, _), unit in zip(parts, units, strict=True))
    if not 0 < total <= 14 * 86400:
        raise GreenNotebookError(f"a duration is above 0 and at most 14 days, not {text!r}")
    return total


def watts(text: str) -> float:
    """ "250W", "0.3 kW" or "250" in watts; raises GreenNotebookError."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", text.lower())
    unit = _WATTS.get(found[2] or "w") if found else None
    if found is None or unit is None or not 0 < float(found[1]) * unit < 1e9:
        raise GreenNotebookError(f"{text!r} is no power: write 250W or 0.3kW")
    if found[2] == "mw" and "MW" in text:
        unit = 1e6
    return float(found[1]) * unit


def moment(text: str, now: datetime, zone: tzinfo | None = None) -> datetime:
    """A time to come: "9:00", "tomorrow 9:00", "friday 18:00", "in 12h" or ISO 8601.

    ``zone`` is where people live; None: the system's. A time that clocks skip or repeat is taken as
    that zone takes it (its first one). Raises GreenNotebookError.
    """
    words = text.strip().lower().removeprefix("the ").split()
    if words[:1] == ["in"]:
        return now + timedelta(seconds=seconds(" ".join(words[1:])))
    local = now.astimezone(zone)
    naive = _iso(text) or _spoken(words, local.replace(tzinfo=None))
    if naive is None:
        raise GreenNotebookError(
            f"{text!r} is no time: write 9:00, tomorrow 9:00, friday 18:00 or in 12h"
        )
    if naive.tzinfo is not None:
        found = naive
    else:  # a naive time's astimezone() reads it in the system's zone
        found = naive.replace(tzinfo=zone) if zone else naive.astimezone()
    if found <= now:
        raise GreenNotebookError(f"{text!r} is over: it was {found:%Y-%m-%d %H:%M}")
    return found


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None


def _spoken(words: list[str], local: datetime) -> datetime | None:
    clock = re.fullmatch(r"(\d{1,2})(?::(\d{2}))?(am|pm)?", words[-1]) if words else None
    hour, minute = 0, 0
    if clock is not None:
        hour, minute = int(clock[1]), int(clock[2] or 0)
        if clock[3]:
            hour = hour % 12 + (12 if clock[3] == "pm" else 0)
        words = words[:-1]
    if hour > 23 or minute > 59 or len(words) > 1 or (clock is None and not words):
        return None
    day = _day(words[0] if words else "", local, (hour, minute))
    return None if day is None else day.replace(hour=hour, minute=minute, second=0, microsecond=0)


def _day(word: str, local: datetime, clock: tuple[int, int]) -> datetime | None:
    if word == "":
        return local if clock > (local.hour, local.minute) else local + timedelta(days=1)
    if word in ("today", "tomorrow"):
        return local + timedelta(days=word == "tomorrow")
    if word == "midnight":
        return local + timedelta(days=1)
    near = [day for day in _DAYS if len(word) >= 3 and day.startswith(word)]
    if len(near) != 1:
        return None
    ahead = (_DAYS.index(near[0]) - local.weekday()) % 7
    return local + timedelta(days=ahead or (0 if clock > (local.hour, local.minute) else 7))

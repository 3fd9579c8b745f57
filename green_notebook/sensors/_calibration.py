"""What an external meter taught: the wall's power by the chips', for this machine.

``wall = base + factor x chips``, fitted by least squares. It is kept as JSON in the user's data
folder, by machine, since home folders are shared between machines.
"""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from green_notebook.errors import GreenNotebookError
from green_notebook.host import Host

VERSION = 1
# What chips and wall must differ by between idle and load, for a slope to be known (W).
LEAST_SWING_W = 3.0
# Power supplies and fans take 0 to 100 % of what the chips do; the rest of the machine 0 to 500 W.
_FACTORS, _BASES_W = (0.9, 2.0), (-3.0, 500.0)
# Beyond the load that was seen the line is trusted less: a tenth of what is beyond.
_BEYOND = 0.1


@dataclass(frozen=True, slots=True)
class Calibration:
    """The line, and how well it is known.

    ``spread_w`` is the standard deviation of the wall around the line, ``gain_error`` the meter's
    own relative error, ``most_w`` the chips' highest power that was seen.
    """

    base_w: float
    factor: float
    spread_w: float
    gain_error: float
    most_w: float
    meter: str = ""
    at: str = ""

    def rest_w(self, chips_w: float) -> tuple[float, float]:
        """What the wall takes beyond the chips (W), and its 95 % half-width."""
        wall_w = self.base_w + self.factor * chips_w
        beyond_w = max(0.0, chips_w - self.most_w)
        error_w = math.hypot(2.0 * self.spread_w, self.gain_error * wall_w, _BEYOND * beyond_w)
        return max(0.0, wall_w - chips_w), error_w


def fitted(points: Sequence[tuple[float, float]], gain_error: float) -> Calibration:
    """The line through (chips W, wall W); raises GreenNotebookError where there is none to trust."""
    count = len(points)
    if count < 4:
        raise GreenNotebookError("the meter answered too rarely to fit a line: try --seconds 120")
    chips = [one for one, _ in points]
    wall = [one for _, one in points]
    if max(chips) - min(chips) < LEAST_SWING_W:
        raise GreenNotebookError(
            f"the load moved the chips by {max(chips) - min(chips):.1f} W only: too little to fit a line"
        )
    mean_x, mean_y = sum(chips) / count, sum(wall) / count
    spread = sum((x - mean_x) ** 2 for x in chips)
    factor = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    base_w = mean_y - factor * mean_x
    residual = math.sqrt(sum((y - base_w - factor * x) ** 2 for x, y in points) / (count - 2))
    if not (_FACTORS[0] <= factor <= _FACTORS[1] and _BASES_W[0] <= base_w <= _BASES_W[1]):
        raise GreenNotebookError(
            f"the meter says {base_w:.0f} W + {factor:.2f} x chips, which no machine does: "
            "does it measure this machine, and nothing else?"
        )
    return Calibration(base_w, factor, residual, gain_error, max(chips))


def file() -> Path:
    """Where calibrations are kept: platformdirs' user data folder, without its import time."""
    home = Path.home()
    if os.name == "nt":
        folder = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif platform.system() == "Darwin":
        folder = home / "Library" / "Application Support"
    else:
        folder = Path(os.environ.get("XDG_DATA_HOME", "").strip() or home / ".local" / "share")
    return folder / "green-notebook" / "calibration.json"


def key(host: Host) -> str:
    """This machine among those of one home folder; it tells nobody its name."""
    import hashlib  # a few milliseconds that only a machine with a calibration pays

    cpu = host.cpu
    named = f"{platform.node()}|{cpu.name}|{cpu.threads}|{host.memory_bytes}"
    return hashlib.sha256(named.encode()).hexdigest()[:16]


def kept(host: Host) -> Calibration | None:
    """This machine's calibration; None where there is none, or it cannot be read."""
    machines = _all()
    return parsed(machines.get(key(host))) if machines else None


def keep(host: Host, calibration: Calibration) -> Path:
    """Keep it for this machine; raises GreenNotebookError where the folder cannot be written."""
    path = file()
    machines = _all() | {key(host): asdict(calibration)}
    text = json.dumps({"version": VERSION, "machines": machines}, indent=1)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(f".{os.getpid()}")
        beside.write_text(text)
        beside.replace(path)
    except OSError as error:
        raise GreenNotebookError(f"the calibration cannot be kept: {error.strerror}") from None
    return path


def parsed(data: Any) -> Calibration | None:
    """A calibration from its JSON form; None for anything else."""
    if isinstance(data, Calibration):
        return data
    if not isinstance(data, Mapping):
        return None
    known = {one.name for one in fields(Calibration)}
    try:
        told = Calibration(**{name: value for name, value in data.items() if name in known})
        sane = all(math.isfinite(each) for each in told.rest_w(1.0))
    except (TypeError, ValueError):
        return None
    return told if sane else None


def _all() -> dict[str, Any]:
    try:
        data = json.loads(file().read_text())
    except (OSError, ValueError):
        return {}
    machines = data.get("machines") if isinstance(data, dict) else None
    return machines if isinstance(machines, dict) and data.get("version") == VERSION else {}

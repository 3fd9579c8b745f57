"""Other packages' sensors, held to the protocol: what they do wrong reaches no cell and no report.

Nothing can stop a call that blocks, so the first ones are made in a thread of their own: who takes
too long for a cell's edge is not used.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from green_notebook.errors import Unavailable
from green_notebook.host import Host
from green_notebook.model import Basis, Load, Quantity, SensorSpec
from green_notebook.sensors import Broken, Estimate, Model, Sensor

# A cell's edge waits for a reading, so what takes longer than this is not read there.
LATE_S = 0.1
# A kind that is not SLOW is looked for before the first measured cell.
FIND_S = 0.5
FIND_SLOW_S = 30.0
# One late reading may be the machine's; so many in a row are the sensor's.
MOST_LATE = 2
# What a sensor may have beside ``read``, with the names of its protocols.
_MORE = ("read_power", "power_samples", "users")

Result = TypeVar("Result")


def checked(module: Any, host: Host, options: Mapping[str, Any]) -> list[Sensor | Model]:
    """What a module finds, each guarded; raises Unavailable or Broken."""
    slow = getattr(module, "SLOW", False) is True
    cure = "looking for it takes too long: its module should say SLOW = True"
    found = _in_time(
        lambda: list(module.discover(host, options)), FIND_SLOW_S if slow else FIND_S, cure
    )
    if not found:
        raise Unavailable("none found")
    return [_guarded(one) for one in found]


def _guarded(one: Any) -> Sensor | Model:
    spec = getattr(one, "spec", None)
    if not isinstance(spec, SensorSpec):
        raise Broken(f"discover gives {type(one).__name__}, which has no SensorSpec as its spec")
    if isinstance(one, Sensor):
        if spec.kind not in ("energy", "power") or not spec.step_s > 0:
            raise Broken(f"the spec of {spec.id} is of no kind of sensor")
        text = f"a reading of {spec.id} takes too long for a cell's edge"
        _in_time(lambda: _first(one), LATE_S, text)
        more = {name: _passed_on(name) for name in _MORE if hasattr(one, name)}
        made: Sensor = type("GuardedSensor", (GuardedSensor,), more)(one)
        return made
    if isinstance(one, Model):
        if spec.basis is Basis.MEASURED:
            raise Broken(f"{spec.id} is a model and says that it measures")
        return GuardedModel(one)
    raise Broken(f"{spec.id} has neither read and close nor estimate")


def _first(sensor: Sensor) -> None:
    """One reading: a failed one is a gap, nonsense shows a sensor that is none."""
    try:
        value = sensor.read()
    except Exception:  # noqa: BLE001 - as any reading may fail
        return
    try:
        number(value)
    except ValueError as error:
        raise Broken(f"{sensor.spec.id} reads {error}") from None


def number(value: object) -> float:
    """A reading as a number; raises ValueError where it is none that a meter can show."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{value!r}, which is no number"[:200])  # noqa: TRY004 - a gap, as others
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{value!r}")
    return float(value)


class GuardedSensor:
    """A sensor whose readings are numbers; one that keeps a cell waiting is read no more."""

    def __init__(self, inner: Sensor) -> None:
        self.spec = inner.spec
        self.inner = inner
        self._late = 0

    def read(self) -> float:
        """Its reading; raises where that is nonsense or it takes too long each time."""
        if self._late >= MOST_LATE:
            raise OSError(f"its readings take longer than {LATE_S:g} s: it is read no more")
        begun_s = time.monotonic()
        value = self.inner.read()
        self._late = self._late + 1 if time.monotonic() - begun_s > LATE_S else 0
        return number(value)

    def close(self) -> None:
        """Give back what it holds."""
        self.inner.close()


def _passed_on(name: str) -> Callable[..., Any]:
    def method(self: GuardedSensor, *args: Any) -> Any:
        return getattr(self.inner, name)(*args)

    return method


class GuardedModel:
    """A model whose estimates are estimates."""

    def __init__(self, inner: Model) -> None:
        self.spec = inner.spec
        self.inner = inner

    def estimate(self, load: Load, chips_j: float) -> Estimate:
        """Its estimate; raises Broken where it is none."""
        told = self.inner.estimate(load, chips_j)
        quantities = (getattr(told, "machine", None), getattr(told, "idle", None))
        if not all(isinstance(one, Quantity) and one.low >= 0 for one in quantities):
            raise Broken("it gives no energy with an interval")
        return told


def _in_time(call: Callable[[], Result], limit_s: float, late: str) -> Result:
    """What a call gives, made in a thread; raises what it raises, or Broken where it takes longer."""
    done: list[Result] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            done.append(call())
        except Exception as error:  # noqa: BLE001 - raised in the caller's thread
            failed.append(error)
        except SystemExit as error:
            failed.append(Broken(f"it ends the program: {error}"))

    thread = threading.Thread(target=run, name="third-party-sensor", daemon=True)
    thread.start()
    thread.join(limit_s)
    if failed:
        raise failed[0]
    if not done:
        raise Broken(late)
    return done[0]

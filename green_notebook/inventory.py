"""The sensors of this machine: found, opened, chosen among, and how each stands."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from green_notebook.answers import channel_of
from green_notebook.channel import Channel
from green_notebook.clock import Clock
from green_notebook.errors import Unavailable
from green_notebook.host import Host
from green_notebook.model import SensorSpec, Trace
from green_notebook.selection import Choice, choose
from green_notebook.sensors import Broken, Kind, Model, Sensor, kinds

# One reading may fail; a sensor whose last ones all did has trouble.
LAST = 3


@dataclass(frozen=True, slots=True)
class SensorStatus:
    """One line of doctor: a kind of hardware or one of its sensors, and how it stands."""

    kind: str
    sensor: str
    state: str
    reason: str = ""
    cure: str = ""
    component: str = ""
    basis: str = ""
    tried_on_hardware: bool = False


class Inventory:
    """Opens what there is, once; ``found`` are sources given in its place, by tests."""

    def __init__(
        self,
        host: Host,
        clock: Clock,
        options: Mapping[str, Any] | None = None,
        found: list[Sensor | Model] | None = None,
    ) -> None:
        self.host = host
        self.options = dict(options or {})
        self.found: list[Sensor | Model] = list(found or [])
        self.choice = Choice((), (), ())
        self.traces: dict[str, Trace] = {}
        # What the hardware behind each sensor is called.
        self.labels: dict[str, str] = {}
        self.channels: tuple[Channel, ...] = ()
        self._clock = clock
        self._given = found is not None
        self._slow: list[Kind] = []
        self._unavailable: list[SensorStatus] = []
        self._opened = False

    def open(self) -> None:
        """Open the quick sensors, once; slow ones wait for `open_slow`."""
        if self._opened:
            return
        self._opened = True
        if not self._given:
            disabled = set(self.options.get("disabled_sensors") or ())
            for kind in kinds():
                if kind.name in disabled:
                    self._note(kind, "disabled", "switched off by the setting disabled_sensors")
                elif kind.slow:
                    self._slow.append(kind)
                else:
                    self._discover(kind)
        self._choose()

    def open_slow(self) -> bool:
        """Open the slow sensors that are still waiting; True where one joined."""
        if not self._slow:
            return False
        waiting, self._slow = self._slow, []
        before = len(self.found)
        for kind in waiting:
            self._discover(kind)
        if len(self.found) > before:
            self._choose()
            return True
        return False

    def _discover(self, kind: Kind) -> None:
        try:
            self.found.extend(kind.discover(self.host, self.options))
        except Unavailable as error:
            self._note(kind, "unavailable", error.reason, error.cure)
        except Broken as error:
            self._note(kind, "broken", str(error))
        except Exception as error:  # noqa: BLE001 - a broken driver must not break the cell
            self._note(kind, "broken", f"{type(error).__name__}: {error}")

    def _note(self, kind: Kind, state: str, reason: str, cure: str = "") -> None:
        self._unavailable.append(SensorStatus(kind.name, "", state, reason, cure))

    def _choose(self) -> None:
        self.choice = choose(self.found)
        self.labels.update({one.spec.id: one.spec.label for one in self.found})
        for sensor in self.choice.sensors:
            if sensor.spec.id not in self.traces:
                self.traces[sensor.spec.id] = Trace(sensor.spec)
        known = {one.trace.spec.id: one for one in self.channels}
        self.channels = tuple(
            known.get(one.spec.id) or channel_of(one, self.traces[one.spec.id], self._clock)
            for one in self.choice.sensors
        )

    def status(self) -> list[SensorStatus]:
        """Every sensor and kind: in use, left out or unavailable, why, and the cure."""
        specs = [one.spec for one in self.choice.sensors] + [one.spec for one in self.choice.models]
        used = [_status(spec, "in use", self._trouble(spec)) for spec in specs]
        left = [_status(spec, "left out", reason) for spec, reason in self.choice.left_out]
        return used + left + self._unavailable

    def _trouble(self, spec: SensorSpec) -> str:
        """Why a sensor in use tells nothing now, where its last readings failed."""
        trace = self.traces.get(spec.id)
        last = tuple(trace.readings)[-LAST:] if trace is not None else ()
        if last and all(one.value is None for one in last):
            return "its last readings failed: the device is gone or may no longer be read"
        return ""

    def close(self) -> None:
        """Give every sensor back; more than once does no harm."""
        # Those left out too: a meter that is asked in the background has a thread.
        for source in self.found:
            if isinstance(source, Sensor):
                with suppress(Exception):
                    source.close()

    def forget(self) -> None:
        """After a fork: drop the sensors without touching them."""
        self.choice = Choice((), (), ())
        self.channels = ()


def _status(spec: SensorSpec, state: str, reason: str = "") -> SensorStatus:
    return SensorStatus(
        spec.id.partition(":")[0],
        spec.label or spec.id,
        state,
        reason,
        "",
        spec.component,
        spec.basis.value,
        spec.tried_on_hardware,
    )

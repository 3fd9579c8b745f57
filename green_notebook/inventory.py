"""The sensors of this machine: found, opened, chosen among, and how each stands."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Mapping
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

# The settings that concern one kind of sensor each.
CONCERN = {"Metering plug": "plug", "Node meter": "node_meter"}
# So many readings in a row without a value, over so long, and a sensor has fallen silent.
SILENT = 5
SILENT_S = 15.0
LONGEST_RETRY_S = 600.0


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
        self._kinds: list[Kind] = []
        self._slow: list[Kind] = []
        self._closing: list[Sensor] = []
        self._unavailable: list[SensorStatus] = []
        # Which kind each source is of, and when kinds that may come are looked for again.
        self._of: dict[int, str] = {}
        self._retry_s: dict[str, float] = {}
        self._wait_s: dict[str, float] = {}
        self._opened = False
        # Held for operations on these lists only: the cell's thread may change the settings.
        self._lists = threading.Lock()

    def open(self) -> None:
        """Open the quick sensors, once; slow ones wait for `open_slow`."""
        if self._opened:
            return
        self._opened = True
        if not self._given:
            self._kinds = list(kinds())
            for kind in self._kinds:
                self._start(kind)
        self._choose()

    def _start(self, kind: Kind) -> None:
        if _said(kind, self.options)[0]:
            self._note(kind, "disabled", "switched off by the setting disabled_sensors")
        elif kind.slow:
            self._slow.append(kind)
        else:
            self._discover(kind)

    def reopen(self, options: Mapping[str, Any]) -> None:
        """Take other settings: what they concern is let go at once, and looked for again.

        Quick kinds are opened here, slow ones by `open_slow`, which also closes what was let go.
        """
        before, self.options = self.options, dict(options)
        if not self._opened or self._given:
            return
        concerned = [one for one in self._kinds if _said(one, before) != _said(one, options)]
        for kind in concerned:
            self._wait_s.pop(kind.name, None)
            self._let_go(kind)
            self._start(kind)
        if concerned:
            self._choose()

    def _let_go(self, kind: Kind) -> None:
        """Use the sensors of a kind no more; they are closed later, by a thread that may wait."""
        with self._lists:
            gone = [one for one in self.found if self._of.get(id(one)) == kind.name]
            self.found = [one for one in self.found if one not in gone]
            self._closing += [one for one in gone if isinstance(one, Sensor)]
            self._slow = [one for one in self._slow if one.name != kind.name]
            self._unavailable = [one for one in self._unavailable if one.kind != kind.name]
        self._retry_s.pop(kind.name, None)

    def open_slow(self, *, idle: bool = False) -> bool:
        """Open the slow sensors that are still waiting; True where one joined.

        Kinds that may come later (``RETRY_S``) are looked for again; while ``idle``, those that
        fell silent are let go until they answer.
        """
        now_s = self._clock.monotonic()
        later_s = min(list(self._retry_s.values()), default=math.inf)
        if now_s < later_s and not (idle or self._slow or self._closing):
            return False
        if idle:
            self._drop_silent(now_s)
        with self._lists:
            closing, self._closing = self._closing, []
            waiting, self._slow = self._slow, []
        for sensor in closing:
            with suppress(Exception):
                sensor.close()
        waiting += self._due(now_s, idle=idle)
        joined = sum(self._discover(kind) for kind in waiting) > 0
        if joined:
            self._choose()
        return joined

    def _due(self, now_s: float, *, idle: bool) -> list[Kind]:
        """The kinds to be looked for again now; slow ones not while a span is open."""
        names = {name for name, at_s in list(self._retry_s.items()) if at_s <= now_s}
        if not names:
            return []
        due = [one for one in self._kinds if one.name in names and (idle or not one.slow)]
        for kind in due:
            self._let_go(kind)
        return due

    def _drop_silent(self, now_s: float) -> None:
        """Let go what may come again and has not answered for long: the parts are measured then."""
        for channel in self.channels:
            name = self._of.get(id(channel.sensor))
            kind = next((one for one in self._kinds if one.name == name), None)
            if kind is None or kind.retry_s is None:
                continue
            told = list(channel.trace.readings)[-SILENT:]
            newest_s = max((one.at_s for one in told if one.value is not None), default=-math.inf)
            if len(told) == SILENT and now_s - newest_s > SILENT_S:
                self._let_go(kind)
                self._note(kind, "unavailable", "it answers no more", "it joins when it answers")
                self._later(kind)
                self._choose()

    def _discover(self, kind: Kind) -> bool:
        """Look for a kind; True where sensors of it joined."""
        options = self.options
        try:
            found = kind.discover(self.host, options)
        except Unavailable as error:
            self._note(kind, "unavailable", error.reason, error.cure)
            self._later(kind)
        except Broken as error:
            self._note(kind, "broken", str(error))
        except Exception as error:  # noqa: BLE001 - a broken driver must not break the cell
            self._note(kind, "broken", f"{type(error).__name__}: {error}")
        else:
            return self._join(kind, found, options)
        return False

    def _join(
        self, kind: Kind, found: Iterable[Sensor | Model], options: Mapping[str, Any]
    ) -> bool:
        """Take what was found by ``options``; what was switched off or over meanwhile goes back."""
        with self._lists:
            if _said(kind, self.options) != _said(kind, options):
                self._closing += [one for one in found if isinstance(one, Sensor)]
                return False
            self._of.update({id(one): kind.name for one in found})
            self.found.extend(found)
        self._wait_s.pop(kind.name, None)
        return True

    def _later(self, kind: Kind) -> None:
        """Look for a kind again later; for a slow one, each time in vain, twice as late."""
        if kind.retry_s is not None:
            wait_s = self._wait_s.get(kind.name, kind.retry_s)
            if kind.slow:
                self._wait_s[kind.name] = min(2 * wait_s, LONGEST_RETRY_S)
            self._retry_s[kind.name] = self._clock.monotonic() + wait_s

    def _note(self, kind: Kind, state: str, reason: str, cure: str = "") -> None:
        with self._lists:
            self._unavailable.append(SensorStatus(kind.name, "", state, reason, cure))

    def _choose(self) -> None:
        # Of two threads that come here at once the later one must see what both found or let go.
        with self._lists:
            self._chosen()

    def _chosen(self) -> None:
        self.choice = choose(tuple(self.found))
        self.labels.update({one.spec.id: one.spec.label for one in self.found})
        # Made anew, since another thread may be going through the old one.
        self.traces = {
            one.spec.id: self.traces.get(one.spec.id) or Trace(one.spec)
            for one in self.choice.sensors
        }
        known = {one.trace.spec.id: one for one in self.channels}
        known = {name: one for name, one in known.items() if one.sensor in self.choice.sensors}
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
        last = list(trace.readings)[-LAST:] if trace is not None else []
        if last and all(one.value is None for one in last):
            return "its last readings failed: the device is gone or may no longer be read"
        return ""

    def close(self) -> None:
        """Give every sensor back; more than once does no harm."""
        # Those left out too: a meter that is asked in the background has a thread.
        for source in (*self.found, *self._closing):
            if isinstance(source, Sensor):
                with suppress(Exception):
                    source.close()

    def forget(self) -> None:
        """After a fork: drop the sensors without touching them."""
        self.choice = Choice((), (), ())
        self.channels = ()


def _said(kind: Kind, options: Mapping[str, Any]) -> tuple[bool, Any]:
    """What the settings say of a kind: whether it is switched off, and how to reach it."""
    off = kind.name in (options.get("disabled_sensors") or ())
    return off, options.get(CONCERN.get(kind.name, ""))


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

"""The one measuring thread, and the readings that it and the spans' edges take.

`mark` is called by the cell's own thread at a span's edges: it reads every open sensor and the
operating system's totals, waits for nobody and never raises. The thread reads in between, each
sensor when its plan says (`channel.py`), opens slow sensors, scans child processes, and calls
whoever listens. Tests call `tick` themselves.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from green_notebook.channel import SOON_S, Channel
from green_notebook.clock import Clock
from green_notebook.errors import Unavailable
from green_notebook.gpus import GpuUsers
from green_notebook.host import Host
from green_notebook.model import SensorSpec, Trace
from green_notebook.selection import Choice, choose
from green_notebook.sensors import Kind, Model, Sensor, kinds
from green_notebook.traces import REFINE_S, Measured, energy_between
from green_notebook.usage import Usage, UsageMeter

# A little faster than a counter that steps each 100 ms, so that each of its steps is seen.
PERIOD_S = 0.09
# Between cells a reading a second is enough for wraps and for the idle baseline. For a while after
# a cell it goes on as before: the next one's start is known better for what came before it.
RESTING_PERIOD_S = 1.0
LINGER_S = 30.0
# Chores give way to a reading that is due this soon, but not for ever.
GIVE_WAY_S = 0.005
OVERDUE_S = 0.05
SCAN_PERIOD_S = 1.0
# Within a long span; a span's edges have looks of their own.
LOOK_PERIOD_S = 1.9

Listener = Callable[[float], None]


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


class Sampler:
    """Owns the open sensors, their traces and the thread. Close it once."""

    def __init__(
        self,
        host: Host,
        clock: Clock,
        options: Mapping[str, Any] | None = None,
        found: list[Sensor | Model] | None = None,
    ) -> None:
        self.host = host
        self.clock = clock
        self.options = dict(options or {})
        self.usage = UsageMeter(host, clock)
        self.gpus = GpuUsers(host)
        self.traces: dict[str, Trace] = {}
        # What the hardware behind each sensor is called.
        self.labels: dict[str, str] = {}
        self.choice = Choice((), (), ())
        self.listeners: list[Listener] = []
        self.busy = 0
        self._found: list[Sensor | Model] = list(found or [])
        self._given = found is not None
        self._slow: list[Kind] = []
        self._unavailable: list[SensorStatus] = []
        self._opened = False
        self._channels: list[Channel] = []
        self._marked_s = -math.inf
        self._chores_s = -math.inf
        self._settle_s = math.inf
        self._wake = threading.Event()
        self._stop = False
        self._thread: threading.Thread | None = None
        self._scan_wanted = False
        self._gpus_s = -math.inf

    # Opening

    def open(self) -> None:
        """Open the quick sensors, once; slow ones join from the thread."""
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
        waiting, self._slow = self._slow, []
        before = len(self._found)
        for kind in waiting:
            self._discover(kind)
        if len(self._found) > before:
            self._choose()
            return True
        return False

    def _discover(self, kind: Kind) -> None:
        try:
            self._found.extend(kind.discover(self.host, self.options))
        except Unavailable as error:
            self._note(kind, "unavailable", error.reason, error.cure)
        except Exception as error:  # noqa: BLE001 - a broken driver must not break the cell
            self._note(kind, "broken", f"{type(error).__name__}: {error}")

    def _note(self, kind: Kind, state: str, reason: str, cure: str = "") -> None:
        self._unavailable.append(SensorStatus(kind.name, "", state, reason, cure))

    def _choose(self) -> None:
        self.choice = choose(self._found)
        self.labels.update({one.spec.id: one.spec.label for one in self._found})
        for sensor in self.choice.sensors:
            if sensor.spec.id not in self.traces:
                self.traces[sensor.spec.id] = Trace(sensor.spec)
        known = {one.trace.spec.id: one for one in self._channels}
        self._channels = [
            known.get(one.spec.id) or Channel(one, self.traces[one.spec.id], self.clock)
            for one in self.choice.sensors
        ]

    @property
    def found(self) -> tuple[Sensor | Model, ...]:
        """All sources that were found, in use or not."""
        return tuple(self._found)

    def status(self) -> list[SensorStatus]:
        """Every sensor and kind: in use, left out or unavailable, why, and the cure."""
        specs = [one.spec for one in self.choice.sensors] + [one.spec for one in self.choice.models]
        used = [_status(spec, "in use") for spec in specs]
        left = [_status(spec, "left out", reason) for spec, reason in self.choice.left_out]
        return used + left + self._unavailable

    # Reading

    def mark(self) -> Usage:
        """Read everything now, at a span's edge."""
        self.read_sensors()
        self._marked_s = now_s = self.clock.monotonic()
        for channel in self._channels:
            channel.edge(now_s)
        self._settle_s = now_s + REFINE_S
        self._scan_wanted = True
        self._wake.set()
        with suppress(Exception):
            return self.usage.now()
        return replace(BLANK, at_s=self.clock.monotonic())

    def read_sensors(self) -> None:
        """One reading of each open sensor; a failed one is kept as a gap."""
        for channel in self._channels:
            channel.take()

    def energy(self, trace: Trace, start_s: float, end_s: float) -> Measured:
        """What one trace's sensor measured (J) between two instants."""
        for channel in self._channels:
            if channel.trace is trace:
                return channel.energy(start_s, end_s)
        return energy_between(trace, start_s, end_s)

    # The thread

    def start(self) -> None:
        """Start the thread, once."""
        if self._thread is None and not self._stop:
            self._thread = threading.Thread(target=self._run, name="green-notebook", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._stop:
            wait_s = PERIOD_S
            with suppress(BaseException):  # nothing of ours may ever surface in the kernel
                wait_s = self.round()
            # An event refuses to wait for ever, and that would end the thread.
            self._wake.wait(min(wait_s, RESTING_PERIOD_S))
            self._wake.clear()

    def round(self) -> float:
        """Read and do what is due; how long (s) until something is due again."""
        begun_cpu_s = self.clock.thread_cpu_s()
        due_s = self._read_due()
        now_s = self.clock.monotonic()
        chores_s = min(self._chores_s, self._settle_s)
        if self._scan_wanted:
            chores_s = min(chores_s, self._marked_s)
        if now_s >= chores_s and (due_s - now_s > GIVE_WAY_S or now_s - chores_s > OVERDUE_S):
            if now_s >= self._settle_s:
                self._settle_s = math.inf
            period_s = PERIOD_S if self.busy else RESTING_PERIOD_S
            self._chores_s = period_s * math.ceil((now_s + period_s / 2) / period_s)
            self._chores()
            due_s = self._read_due()
        self.usage.meter_s += self.clock.thread_cpu_s() - begun_cpu_s
        now_s = self.clock.monotonic()
        chores_s = min(self._chores_s, self._settle_s)
        if chores_s <= now_s:
            # They give way to a reading: waking again before that would be in vain.
            # Without a sensor no reading is ever due.
            chores_s = max(min(due_s, now_s + OVERDUE_S), now_s + SOON_S)
        return max(SOON_S, min(due_s, chores_s) - now_s)

    def _read_due(self) -> float:
        """Read what is due; when the next reading is."""
        now_s = self.clock.monotonic()
        near = self.busy or now_s - self._marked_s < LINGER_S
        period_s = PERIOD_S if near else RESTING_PERIOD_S
        due_s = math.inf
        for channel in self._channels:
            at_s = channel.next_s(now_s, period_s)
            if at_s <= now_s + SOON_S:
                channel.take()
                now_s = self.clock.monotonic()
                at_s = channel.next_s(now_s, period_s)
            due_s = min(due_s, at_s)
        return due_s

    def tick(self) -> None:
        """One round of everything, due or not."""
        begun_cpu_s = self.clock.thread_cpu_s()
        self.open_slow()
        self.read_sensors()
        self._chores()
        self.usage.meter_s += self.clock.thread_cpu_s() - begun_cpu_s

    def _chores(self) -> None:
        """Slow sensors, child processes, users of GPUs, listeners."""
        self.open_slow()
        now_s = self.clock.monotonic()
        due = now_s - self.usage.scanned_at_s >= SCAN_PERIOD_S
        if self._scan_wanted or (self.busy and due):
            wanted, self._scan_wanted = self._scan_wanted, False
            with suppress(Exception):
                self.usage.scan()
            if wanted or now_s - self._gpus_s >= LOOK_PERIOD_S:
                self._gpus_s = now_s
                with suppress(Exception):
                    self.gpus.look(self.choice.sensors, self.usage.living.pids, now_s)
        for listener in tuple(self.listeners):
            with suppress(Exception):
                listener(now_s)

    def close(self, *, wait: bool = True) -> None:
        """Stop the thread and give the sensors back; more than once does no harm."""
        self._stop = True
        self._wake.set()
        thread, self._thread = self._thread, None
        if wait and thread is not None and thread is not threading.current_thread():
            thread.join(timeout=1.0)
        # Those left out too: a meter that is asked in the background has a thread.
        for source in self._found:
            if isinstance(source, Sensor):
                with suppress(Exception):
                    source.close()

    def forget(self) -> None:
        """After a fork: drop the thread and the sensors without touching either."""
        self._stop = True
        self._thread = None
        self.choice = Choice((), (), ())
        self._channels = []
        self.listeners.clear()


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


BLANK = Usage(0.0, 0.0, 0.0, 0.0, UsageMeter.NOBODY, 0.0, None, 0.0)

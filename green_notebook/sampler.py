"""The one measuring thread, and the readings that it and the spans' edges take.

`mark` is called by the cell's own thread at a span's edges: it reads every open sensor and the
operating system's totals, waits for nobody and never raises. The thread reads in between, each
sensor when its plan says (`channel.py`), and does the chores (`chores.py`): its rounds are
`rounds.py`. Tests call `tick` themselves.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from green_notebook.alarm import Alarm
from green_notebook.chores import Chores, Listener
from green_notebook.clock import Clock
from green_notebook.gpus import GpuUsers
from green_notebook.host import Host
from green_notebook.inventory import Inventory, SensorStatus
from green_notebook.model import Trace
from green_notebook.pace import RESTING_PERIOD_S
from green_notebook.rounds import Rounds
from green_notebook.selection import Choice
from green_notebook.sensors import Model, Sensor
from green_notebook.traces import Measured, energy_between
from green_notebook.usage import Usage, UsageMeter

# For a while after a cell readings go on as in one: the next one's start is known better for what
# came before it.
LINGER_S = 120.0


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
        self.usage = UsageMeter(host, clock)
        self.gpus = GpuUsers(host)
        self.inventory = Inventory(host, clock, options, found)
        # Whoever wants close readings. A set, since threads begin and end at once: two that count
        # up and down may lose one, and the session would never rest again.
        self._held: set[object] = set()
        self._chores = Chores(self.inventory, self.usage, self.gpus, clock)
        self._rounds = Rounds(self.inventory, self._chores)
        # A session begins as after a cell: its first one mostly comes soon.
        self._marked_s = clock.monotonic()
        # The settings that were given last: the same object is the same settings.
        self._options: Mapping[str, Any] | None = None
        self._alarm = Alarm()
        # When the thread wakes by itself; infinite while it is at work, and before it has begun.
        self._until_s = math.inf
        self._stop = False
        self._thread: threading.Thread | None = None

    # What there is

    def prepare(self, options: Mapping[str, Any], *, thread: bool = True) -> None:
        """Be ready to measure with these settings: sensors open and, if wanted, the thread at work."""
        if options is self._options and self._thread is not None:
            return
        self.reopen(options)
        self.open()
        if thread:
            self.start()

    def open(self) -> None:
        """Open the quick sensors, once; slow ones join from the thread."""
        self.inventory.open()

    def reopen(self, options: Mapping[str, Any]) -> None:
        """Take other settings for the sensors; waits for nothing slow."""
        if options is self._options:
            return
        self._options = options
        if dict(options) != self.inventory.options:
            self.inventory.reopen(options)
            self._rounds.news = True
            self._alarm.ring()

    def open_slow(self) -> bool:
        """Open the slow sensors that are still waiting; True where one joined."""
        return self.inventory.open_slow()

    @property
    def options(self) -> dict[str, Any]:
        """The settings that sensors are opened with."""
        return self.inventory.options

    @property
    def found(self) -> tuple[Sensor | Model, ...]:
        """All sources that were found, in use or not."""
        return tuple(self.inventory.found)

    @property
    def choice(self) -> Choice:
        """The sources in use, and those left out."""
        return self.inventory.choice

    @property
    def traces(self) -> dict[str, Trace]:
        """The readings of each sensor in use, by its id."""
        return self.inventory.traces

    @property
    def labels(self) -> dict[str, str]:
        """What the hardware behind each sensor is called."""
        return self.inventory.labels

    @property
    def listeners(self) -> list[Listener]:
        """Called back from the thread, once in one or two seconds or as often as each asks for."""
        return self._chores.listeners

    def status(self) -> list[SensorStatus]:
        """Every sensor and kind: in use, left out or unavailable, why, and the cure."""
        return self.inventory.status()

    # Reading

    @property
    def busy(self) -> bool:
        """Whether anybody measures now."""
        return bool(self._held)

    def hold(self, who: object) -> None:
        """``who`` measures from now on: between its edges there are close readings too."""
        self._held.add(who)

    def release(self, who: object) -> None:
        """``who`` is over; more than once does no harm."""
        self._held.discard(who)

    def mark(self, since: Usage | None = None) -> Usage:
        """Read everything now, at a span's end: the instant, then the sensors, then all the rest.

        ``since`` is the span's begin: where that was a moment ago, less is read.
        """
        at_s, own_s = self.clock.monotonic(), self.clock.process_cpu_s()
        self.read_sensors()
        soon = self._edge(at_s, at_s)
        try:
            return self.usage.now(at_s, own_s, since=since)
        except Exception:  # noqa: BLE001 - whatever it is, it is a gap
            return replace(BLANK, at_s=at_s, own_s=own_s)
        finally:
            # Last: two threads at once take turns, and each turn costs.
            if not soon:
                self._alarm.ring()

    def begin(self) -> Usage:
        """The totals at a span's begin; `begun` takes its readings when all is prepared."""
        try:
            return self.usage.now(begin=True)
        except Exception:  # noqa: BLE001 - whatever it is, it is a gap
            return replace(BLANK, at_s=self.clock.monotonic(), own_s=self.clock.process_cpu_s())

    def begun(self, start: Usage) -> None:
        """Read the sensors, and let a span begin at the instant after: nothing of ours is in it."""
        now_s = self.clock.monotonic()
        soon = self._edge(now_s, now_s + self._rounds.pace.period_s / 2)
        self.read_sensors()
        if not soon:
            self._alarm.ring()
        start.own_s = self.clock.process_cpu_s()
        start.at_s = self.clock.monotonic()

    def _edge(self, at_s: float, ask_s: float) -> bool:
        """A span begins or ends: what follows a counter's steps is to read those that come now.

        Whether the thread looks soon enough by itself.
        """
        self._marked_s = at_s
        self._chores.edge(at_s, ask_s)
        # Where nothing is foretold, the next reading comes soon enough.
        soon = self._until_s - at_s <= self._rounds.pace.period_s
        for channel in self.inventory.channels:
            channel.edge(at_s)
            soon = soon and not channel.foretells
        self._rounds.news = True
        return soon

    def settle(self, at_s: float) -> None:
        """Call the listeners at ``at_s``: the counter's step after a span's end is foretold then."""
        self._chores.settle(at_s)
        self._rounds.news = True
        self._alarm.ring()

    def read_sensors(self) -> None:
        """One reading of each open sensor; a failed one is kept as a gap."""
        for channel in self.inventory.channels:
            channel.take()

    def energy(self, trace: Trace, start_s: float, end_s: float) -> Measured:
        """What one trace's sensor measured (J) between two instants."""
        for channel in self.inventory.channels:
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
        # Names of its own, since each step of a wake costs: the caches are cold by then.
        calm_round, monotonic, sleep = (
            self._rounds.calm_round,
            self.clock.monotonic,
            self._alarm.sleep,
        )
        thread_cpu_s, usage, counted_s = self.clock.thread_cpu_s, self.usage, 0.0
        while not self._stop:
            wait_s = calm_round(monotonic)
            if wait_s > 0:
                # Here an edge always rings.
                sleep(wait_s)
            else:
                self._rest(self._whole_round())
            # All that this thread takes is the meter's, its waking up included.
            cpu_s = thread_cpu_s()
            usage.meter_s += cpu_s - counted_s
            counted_s = cpu_s
        self._alarm.close()

    def _whole_round(self) -> float:
        try:
            return self.round()
        except BaseException:  # noqa: BLE001 - nothing of ours may ever surface in the kernel
            return self._rounds.pace.period_s

    def _rest(self, wait_s: float) -> None:
        # Without a bound: a wait for ever is refused, and that would end the thread.
        wait_s = min(wait_s, RESTING_PERIOD_S)
        # An edge that comes after this sees it; one that came before has rung.
        self._until_s = self.clock.monotonic() + wait_s
        self._alarm.sleep(wait_s, exact=self._rounds.exact)
        self._until_s = math.inf

    def round(self) -> float:
        """Read and do what is due; how long (s) until something is due again."""
        wait_s = self._rounds.calm_round(self.clock.monotonic)
        if wait_s > 0:
            return wait_s
        busy = self.busy
        near = busy or self.clock.monotonic() - self._marked_s < LINGER_S
        return self._rounds.round(self.clock.monotonic, near=near, busy=busy)

    def tick(self) -> None:
        """One round of everything, due or not."""
        self.open_slow()
        self.read_sensors()
        self._chores.do(self.clock.monotonic(), self._rounds.pace, busy=self.busy)

    def close(self, *, wait: bool = True) -> None:
        """Stop the thread and give the sensors back; more than once does no harm."""
        self._stop = True
        self._alarm.ring()
        thread, self._thread = self._thread, None
        if wait and thread is not None and thread is not threading.current_thread():
            thread.join(timeout=1.0)
        elif thread is None:
            self._alarm.close()
        self.inventory.close()

    def forget(self) -> None:
        """After a fork: drop the thread and the sensors without touching either."""
        self._stop = True
        self._thread = None
        self._alarm.close()
        self.inventory.forget()
        self.listeners.clear()


BLANK = Usage(0.0, 0.0, 0.0, 0.0, UsageMeter.NOBODY, 0.0, None, 0.0)

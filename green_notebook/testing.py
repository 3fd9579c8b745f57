"""Fakes for tests, ours and other people's: a clock that stands still, sensors of known energy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from green_notebook.clock import Clock
from green_notebook.host import Host
from green_notebook.model import Basis, Load, Quantity, SensorSpec
from green_notebook.sampler import Sampler
from green_notebook.sensors import Estimate, Model, Sensor
from green_notebook.session import Session
from green_notebook.settings import GreenNotebook


class FakeClock(Clock):
    """Time that moves only by ``advance``; CPU time moves with it by ``busy`` (cores)."""

    def __init__(self, start_s: float = 1000.0) -> None:
        self.now_s = start_s
        self.cpu_s = 0.0
        self.started = datetime(2026, 3, 2, 9, 0, tzinfo=timezone.utc)
        self._start_s = start_s

    def monotonic(self) -> float:
        """The injected time."""
        return self.now_s

    def wall(self) -> datetime:
        """A fixed morning plus what has passed."""
        return self.started + timedelta(seconds=self.now_s - self._start_s)

    def epoch_s(self) -> float:
        """The wall's time as seconds since 1970."""
        return self.wall().timestamp()

    def process_cpu_s(self) -> float:
        """The injected CPU time."""
        return self.cpu_s

    def thread_cpu_s(self) -> float:
        """The meter itself takes nothing."""
        return 0.0

    def advance(self, seconds: float, busy: float = 0.0) -> None:
        """Let time pass with ``busy`` cores at work for this process."""
        self.now_s += seconds
        self.cpu_s += seconds * busy


class FakeSensor:
    """A counter (or a power sensor) that follows ``power_w(t)`` on a fake clock.

    A counter integrates by steps of 1 ms from the time that it was made; set ``failing`` to make
    reads fail.
    """

    def __init__(
        self,
        clock: Clock,
        power_w: float | Callable[[float], float] = 10.0,
        spec: SensorSpec | None = None,
    ) -> None:
        self.spec = spec or SensorSpec("fake:0", "cpu:0", "energy", step_s=0.001)
        self.clock = clock
        self.power = power_w if callable(power_w) else (lambda _: float(power_w))
        self.failing = False
        self.closed = False
        self._at_s = clock.monotonic()
        self._joules = 0.0

    def read(self) -> float:
        """The counter (J) or the power (W) now."""
        if self.failing:
            raise OSError("simulated fault")
        now_s = self.clock.monotonic()
        if self.spec.kind == "power":
            return self.power(now_s)
        while self._at_s < now_s - 1e-9:
            step_s = min(0.001, now_s - self._at_s)
            self._joules += self.power(self._at_s + step_s / 2) * step_s
            self._at_s += step_s
        wrap = self.spec.wrap_j
        return self._joules % wrap if wrap else self._joules

    def close(self) -> None:
        """Remember that it was closed."""
        self.closed = True


class FakeModel:
    """A model with fixed watts idle and at full load."""

    def __init__(self, idle_w: float = 2.0, full_w: float = 10.0, component: str = "node") -> None:
        self.spec = SensorSpec("fake-model", component, "energy", Basis.MODELLED)
        self.idle_w = idle_w
        self.full_w = full_w

    def estimate(self, load: Load, chips_j: float) -> Estimate:
        """Linear in the busy part, +-30 %."""
        idle = self.idle_w * load.duration_s
        machine = idle + (self.full_w - self.idle_w) * load.duration_s * load.machine_busy
        return Estimate(_about(machine), _about(idle))


def _about(joules: float) -> Quantity:
    return Quantity.within(joules, "J", Basis.MODELLED, systematic=0.3 * joules)


def fake_host(folder: Path, files: Mapping[str, str] | None = None, **environ: str) -> Host:
    """A host whose files stand in ``folder``: ``{"/proc/stat": "cpu 0 ..."}``."""
    for name, text in (files or {}).items():
        path = folder / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Host(folder, environ)


def fake_session(
    folder: Path,
    *sources: Sensor | Model,
    clock: FakeClock | None = None,
    **settings: Any,
) -> Session:
    """A session on fake hardware; call ``session.sampler.tick()`` in place of its thread."""
    clock = clock or FakeClock()
    host = fake_host(folder, {"/proc/stat": "cpu  0 0 0 0 0 0 0 0 0 0\n"})
    return Session(
        GreenNotebook(environ={}, **settings),
        host=host,
        clock=clock,
        sampler=Sampler(host, clock, found=list(sources)),
    )

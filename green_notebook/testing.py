"""Fakes for tests, ours and other people's, and a shell that runs cells in this process.

A clock that stands still, sensors of known energy, a grid of known intensity.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from green_notebook.clock import Clock
from green_notebook.errors import GreenNotebookError
from green_notebook.grids import Grid
from green_notebook.host import Host
from green_notebook.model import Basis, Intensity, Load, Quantity, Report, SensorSpec, Status
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

    def date(self, epoch_s: float) -> datetime:
        """An instant as a date in the fixed morning's zone."""
        return self.started + timedelta(seconds=epoch_s - self.started.timestamp())

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


class FakeGrid:
    """A grid of the same ``g_per_kwh`` in every zone, within ``error`` of it (95 %).

    ``asked`` keeps what it was asked for: (zone, instant, seconds). Set ``failing`` to make it
    refuse.
    """

    name = "fake"

    def __init__(self, g_per_kwh: float = 100.0, error: float = 0.1) -> None:
        self.g_per_kwh = g_per_kwh
        self.error = error
        self.failing = False
        self.asked: list[tuple[str, datetime, float]] = []

    def intensity(self, zone: str, at: datetime, duration_s: float) -> Intensity:
        """The same everywhere and always; raises GreenNotebookError while ``failing``."""
        self.asked.append((zone, at, duration_s))
        if self.failing:
            raise GreenNotebookError("simulated fault of the grid")
        quantity = Quantity.within(
            self.g_per_kwh, "g/kWh", Basis.ASSUMED, systematic=self.error * self.g_per_kwh
        )
        return Intensity(quantity, "lifecycle", "a fake grid", year=at.year)


@dataclass(frozen=True, slots=True)
class Ran:
    """What one cell of `run_cells` did.

    ``displays`` are the MIME bundles that it showed, ours and its own, in their order; ``report``
    that of its measured span, None where it measured nothing.
    """

    cell: str
    status: Status
    result: Any
    error: BaseException | None
    printed: str
    displays: tuple[dict[str, Any], ...]
    report: Report | None


def run_cells(*cells: str, session: Session | None = None, **settings: Any) -> list[Ran]:
    """Run cells one after another in an IPython shell of this process, with the extension loaded.

    ``settings`` are those of `GreenNotebook`; ``session`` one to measure with, such as
    `fake_session` gives (it is closed in the end). A cell that fails does not stop the next ones.
    Needs IPython, and is meant for a process without a shell of its own, as a test's is.
    """
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    from green_notebook import kernel_session

    config = Config({"GreenNotebook": settings, "HistoryManager": {"enabled": False}})
    with tempfile.TemporaryDirectory() as folder:
        shell: Any = InteractiveShell.instance(config=config, ipython_dir=folder)
        try:
            kernel_session.close_current()
            if session is not None:
                kernel_session.use(session)
            shell.extension_manager.load_extension("green_notebook")
            return [_ran(shell, kernel_session, cell) for cell in cells]
        finally:
            shell.extension_manager.unload_extension("green_notebook")
            kernel_session.close_current()
            InteractiveShell.clear_instance()


def _ran(shell: Any, sessions: Any, cell: str) -> Ran:
    from IPython.core.displaypub import CapturingDisplayPublisher

    known = {one.id for one in sessions.reports()}
    shell.display_pub, before = CapturingDisplayPublisher(), shell.display_pub
    printed = io.StringIO()
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            result = shell.run_cell(cell, store_history=True)
        displays = tuple(dict(one["data"]) for one in shell.display_pub.outputs)
    finally:
        shell.display_pub = before
    made = [one for one in sessions.reports() if one.id not in known]
    error = result.error_before_exec or result.error_in_exec
    status: Status = "ok" if error is None else "error"
    if isinstance(error, KeyboardInterrupt):
        status = "interrupted"
    report = made[-1] if made else None
    return Ran(cell, status, result.result, error, printed.getvalue(), displays, report)


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
    grid: Grid | str = "annual",
    **settings: Any,
) -> Session:
    """A session on fake hardware, its grid a name or a `FakeGrid`; call ``session.sampler.tick()`` in place of its thread."""
    clock = clock or FakeClock()
    host = fake_host(folder, {"/proc/stat": "cpu  0 0 0 0 0 0 0 0 0 0\n"})
    name = grid if isinstance(grid, str) else "annual"
    session = Session(
        GreenNotebook(environ={}, grid=name, **settings),
        host=host,
        clock=clock,
        sampler=Sampler(host, clock, found=list(sources)),
    )
    session.assembler.grid = None if isinstance(grid, str) else grid
    return session

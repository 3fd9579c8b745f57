"""What a sensor is, and how the ones of this machine are found.

One file per kind of hardware. Each has ``NAME`` (as doctor shows it), ``SLOW`` (whether opening
it can take more than a few milliseconds: it is then opened in the sampler's thread) and
``discover(host, options)``, which returns the sensors of this machine or raises ``Unavailable``;
one that may come later has ``RETRY_S`` too (s).
Adding a kind is adding one file; other packages add theirs by the entry-point group
``green_notebook.sensors``.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module, metadata
from typing import Any, Protocol, runtime_checkable

from green_notebook.errors import Unavailable
from green_notebook.host import Host
from green_notebook.model import Load, Quantity, Reading, SensorSpec

GROUP = "green_notebook.sensors"


@runtime_checkable
class Sensor(Protocol):
    """One source of energy or power."""

    spec: SensorSpec

    def read(self) -> float:
        """The counter in joules, or the power in watts, now. Any exception is a gap."""

    def close(self) -> None:
        """Give back what it holds; more than once does no harm."""


@runtime_checkable
class PowerBeside(Protocol):
    """An energy counter whose device tells its power too."""

    def read_power(self) -> float:
        """The power in watts, now. Any exception is a gap."""


@runtime_checkable
class PowerBuffered(Protocol):
    """A sensor whose driver keeps the power of the last seconds by itself."""

    def power_samples(self, after_s: float) -> list[tuple[float, float]]:
        """(monotonic s, W) later than ``after_s``, oldest first; empty where it keeps none."""


@runtime_checkable
class Answering(Protocol):
    """A meter that is asked in the background, and tells what it answered when."""

    def answers(self, after_s: float) -> list[tuple[Reading, Reading | None]]:
        """The readings later than ``after_s`` (monotonic s), each with the power beside."""

    def edge(self) -> None:
        """A span begins or ends now; returns at once."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a model says of one span (J): the machine's energy and the idle part of it.

    ``share`` is this kernel's part of the whole; None where it is the CPU share.
    """

    machine: Quantity
    idle: Quantity
    share: float | None = None
    notes: tuple[tuple[str, str], ...] = ()


@runtime_checkable
class Model(Protocol):
    """A source that computes energy from what the operating system saw."""

    spec: SensorSpec

    def estimate(self, load: Load, chips_j: float) -> Estimate:
        """The energy of one span; ``chips_j`` is what the other components took together."""


class Broken(Exception):
    """A kind of another package that does not keep the protocol, and how."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of hardware: a module with ``discover``; ``problem`` where it could not be loaded."""

    name: str
    slow: bool
    module: Any
    problem: str = ""
    ours: bool = True

    @property
    def retry_s(self) -> float | None:
        """After how long it is looked for again where it may come later; None: it is not."""
        told = getattr(self.module, "RETRY_S", None)
        return float(told) if isinstance(told, (int, float)) else None

    def discover(self, host: Host, options: Mapping[str, Any]) -> list[Sensor | Model]:
        """Its sensors here; raises Unavailable, or Broken where another package's are none."""
        if self.problem:
            raise Broken(self.problem)
        if not self.ours:
            from green_notebook.sensors._checked import checked

            return checked(self.module, host, options)
        found = list(self.module.discover(host, options))
        if not found:
            raise Unavailable("none found")
        return found


def kinds() -> Iterator[Kind]:
    """Every kind of hardware that is known: our own by walking the folder, then others'."""
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda one: one.name):
        if not info.name.startswith("_"):
            yield _ours(info.name)
    for entry in metadata.entry_points(group=GROUP):
        yield _others(entry)


def _ours(name: str) -> Kind:
    """A kind of ours; one that cannot be imported here takes no other away."""
    try:
        module = import_module(f"{__name__}.{name}")
    except Exception as error:  # noqa: BLE001 - doctor says it
        return Kind(name, slow=False, module=None, problem=f"{type(error).__name__}: {error}")
    return Kind(module.NAME, bool(module.SLOW), module)


def _others(entry: metadata.EntryPoint) -> Kind:
    """Another package's kind; whatever its import does, the others are found."""
    try:
        module = entry.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - no fault of the user's cell
        problem = f"{entry.value} cannot be loaded: {type(error).__name__}: {error}"
        return Kind(entry.name, slow=False, module=None, problem=problem, ours=False)
    name = getattr(module, "NAME", None)
    name = name if isinstance(name, str) and name else entry.name
    if not callable(getattr(module, "discover", None)):
        problem = f"{entry.value} has no function discover"
        return Kind(name, slow=False, module=module, problem=problem, ours=False)
    return Kind(name, getattr(module, "SLOW", False) is True, module, ours=False)

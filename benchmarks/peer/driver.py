"""The rounds: one worker a tool, on one simulated machine, each span beside its truth."""

from __future__ import annotations

import json
import os
import random
import select
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peer.loads import FORBIDDEN, HERE, Load, Machine, seen_by, simulated

PATIENCE_S = 90.0
# From this length on the tools' spans overlap: they only sleep, and rounds would last too long.
OVERLAP_S = 0.5
# These take a second and more to start and stop, so they measure in every third round.
SLOW = frozenset({"carbontracker", "eco2ai"})
SLOW_ROUNDS = 3


class Worker:
    """One tool's process; a tool that raised at its start, or ended, has a ``problem``."""

    def __init__(self, tool: str, python: Path, machine: Machine, prefix: list[str]) -> None:
        self.tool, self.machine = tool, machine
        self.problem: str | None = None
        self.home = tempfile.TemporaryDirectory()
        self._rest = b""
        self.child = subprocess.Popen(
            [*prefix, str(python), str(HERE / "probe.py"), tool],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self._environment(),
            cwd=self.home.name,
        )

    def _environment(self) -> dict[str, str]:
        home = self.home.name
        # A machine with the driver has this program too; CodeCarbon looks for it.
        program = Path(home) / "bin" / "nvidia-smi"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        env = self.machine.gpus.environment()
        for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "VIRTUAL_ENV"):
            env.pop(name, None)
        forbidden = {"FORBIDDEN": "1"} if self.machine.load.name == FORBIDDEN else {}
        path = f"{program.parent}{os.pathsep}{env['PATH']}"
        return env | forbidden | {"HOME": home, "GREEN_NOTEBOOK_ZONE": "FR", "PATH": path}

    def ask(self, do: str, **order: Any) -> None:
        """Send a command; ``answer`` fetches what it gave."""
        assert self.child.stdin is not None
        if self.problem is None:
            try:
                self.child.stdin.write(json.dumps({"do": do, **order}).encode() + b"\n")
                self.child.stdin.flush()
            except OSError:
                self.problem = "its process ended"

    def answer(self) -> dict[str, Any]:
        """The answer to the last command; a problem instead where there is none."""
        if self.problem is not None:
            return {"problem": self.problem}
        line = self._line()
        if line is None:
            self.problem = "its process ended, or said nothing for too long"
            return {"problem": self.problem}
        found: dict[str, Any] = json.loads(line)
        return found

    def _line(self) -> bytes | None:
        assert self.child.stdout is not None
        number, until_s = self.child.stdout.fileno(), time.monotonic() + PATIENCE_S
        while b"\n" not in self._rest:
            if not select.select([number], [], [], max(0.0, until_s - time.monotonic()))[0]:
                return None
            more = os.read(number, 65536)
            if not more:
                return None
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def close(self) -> None:
        """End the process."""
        assert self.child.stdin is not None
        self.child.stdin.close()
        try:
            self.child.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        if self.child.stdout is not None:
            self.child.stdout.close()
        self.home.cleanup()


def row_of(worker: Worker, length_s: float, number: int, told: dict[str, Any]) -> dict[str, Any]:
    """A span's raw row: what the tool gave, and the truth."""
    row: dict[str, Any] = {
        "load": worker.machine.load.name, "tool": worker.tool, "length_s": length_s,
        "round": number, "problem": told.get("problem"),
    }  # fmt: skip
    if row["problem"] is None:
        begin, end = told["begin"], told["end"]
        row["gpu_true_j"], row["cpu_true_j"] = worker.machine.truth(begin, end)
        row["wraps"] = worker.machine.wraps(begin, end)
        row["late_ms"] = worker.machine.late_ms(begin, end)
        row |= {name: told[name] for name in ("start_ms", "stop_ms", "cpu_ms")}
        for part, given in told["figures"].items():
            if isinstance(given, dict):
                row[f"{part}_j"], row[f"{part}_basis"] = given["j"], given["basis"]
                row[f"{part}_low_j"], row[f"{part}_high_j"] = given["low"], given["high"]
            else:
                row[f"{part}_j"] = given
    return row


class Rounds:
    """All spans of one load."""

    def __init__(self, machine: Machine, workers: list[Worker], rng: random.Random) -> None:
        self.machine, self.workers, self.rng = machine, workers, rng

    def spans(self, rounds: int) -> Iterator[dict[str, Any]]:
        """Rounds of all lengths and tools, the order of the tools drawn anew for each."""
        for number in range(rounds):
            for length_s in self.machine.load.lengths_s:
                order = [one for one in self.workers if self._takes_part(one, number)]
                self.rng.shuffle(order)
                if self.machine.load.wraps:
                    yield from self._around_a_wrap(order, length_s, number)
                elif length_s >= OVERLAP_S:
                    yield from self._together(order, length_s, number)
                else:
                    for worker in order:
                        yield from self._together([worker], length_s, number)

    def _takes_part(self, worker: Worker, number: int) -> bool:
        alone = self.machine.load.tools is not None
        often = alone or number % SLOW_ROUNDS == 0 or worker.tool not in SLOW
        return often and worker.problem is None

    def _together(
        self, order: list[Worker], length_s: float, number: int
    ) -> Iterator[dict[str, Any]]:
        for worker in order:
            at = time.monotonic() + self.rng.uniform(0.02, 0.25)
            worker.ask("span", length_s=length_s, at=at)
        for worker in order:
            yield row_of(worker, length_s, number, worker.answer())

    def _around_a_wrap(
        self, order: list[Worker], length_s: float, number: int
    ) -> Iterator[dict[str, Any]]:
        """The wrap falls between a tenth and nine tenths of each span."""
        # eco2AI reads no counter, and its start alone takes longer than a span.
        order = [one for one in order if one.tool != "eco2ai"]
        # Two at a time: they begin at nearly the same instant, and two cores are the least.
        for pair in (order[at : at + 2] for at in range(0, len(order), 2)):
            wrap_s = self.machine.next_wrap_s(time.monotonic() + length_s + 0.2)
            for worker in pair:
                at_s = wrap_s - length_s * self.rng.uniform(0.1, 0.9)
                worker.ask("span", length_s=length_s, at=at_s)
            for worker in pair:
                yield row_of(worker, length_s, number, worker.answer())


def opened(stack: ExitStack, machine: Machine, pythons: dict[str, Path]) -> list[Worker]:
    """The workers, not yet asked for anything."""
    prefix: list[str] = []
    if machine.tree is not None:
        prefix = seen_by(machine.tree.folder) or []
    workers = []
    for tool, python in pythons.items():
        worker = Worker(tool, python, machine, prefix)
        stack.callback(worker.close)
        workers.append(worker)
    machine.uses([one.child.pid for one in workers])
    return workers


@dataclass(frozen=True)
class Plan:
    """How much is measured: rounds, the seed of their order, the sleep for background CPU."""

    rounds: int
    seed: int = 7
    idle_s: float = 10.0
    settle_s: float = 2.0
    powercap: bool = True


def measure(
    load: Load, pythons: dict[str, Path], plan: Plan
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """One load: the rows of its spans, and the facts of each tool."""
    wanted = {
        tool: python for tool, python in pythons.items() if load.tools is None or tool in load.tools
    }
    with simulated(load, powercap=plan.powercap) as machine, ExitStack() as stack:
        workers = opened(stack, machine, wanted)
        facts = [{"load": load.name, "tool": one.tool} for one in workers]
        # One after the other: imports and first starts must not slow one another.
        for worker, fact in zip(workers, facts, strict=True):
            worker.ask("open")
            fact.update(worker.answer())
            worker.problem = fact.get("problem")
        time.sleep(plan.settle_s)
        rng = random.Random(f"{plan.seed}{load.name}")
        count = max(2, round(plan.rounds * load.share))
        spans = list(Rounds(machine, workers, rng).spans(count))
        if plan.idle_s:
            _ask_all(workers, facts, "idle", length_s=plan.idle_s)
        _ask_all(workers, facts, "facts")
    return spans, facts


def _ask_all(
    workers: Iterable[Worker], facts: Iterable[dict[str, Any]], do: str, **order: Any
) -> None:
    workers = list(workers)
    for worker in workers:
        worker.ask(do, **order)
    for worker, fact in zip(workers, facts, strict=True):
        fact.update(worker.answer())

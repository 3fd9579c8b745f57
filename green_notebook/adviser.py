"""Advice for a cell that has just ended: what was seen of it, what to say, what not to repeat."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from green_notebook.host import Host
from green_notebook.model import Advice, Load, Note, Report
from green_notebook.sampler import Sampler
from green_notebook.settings import GreenNotebook
from green_notebook.spans import OpenSpan

if TYPE_CHECKING:
    from green_notebook.advice import AdviceMemory
    from green_notebook.model import Facts

# A cell shorter than this has nothing worth a word, and detection would cost more than it saves.
WORTH_S = 0.5
MOST = 3


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a look at a cell's objects added to its report."""

    advice: tuple[Advice, ...] = ()
    notes: tuple[Note, ...] = ()
    remote: Mapping[str, Any] | None = None

    def added_to(self, report: Report) -> Report:
        """The report with it; the same object where nothing was learnt."""
        if not (self.advice or self.notes or self.remote):
            return report
        away = (Note("remote", str(self.remote["text"])),) if self.remote else ()
        return replace(report.with_advice(self.advice, self.notes + away), remote=self.remote)


class Adviser:
    """One session's: remembers what was said, and fingerprints of the cells that ran."""

    def __init__(self, settings: GreenNotebook, host: Host, sampler: Sampler) -> None:
        self.settings = settings
        self._host = host
        self._sampler = sampler
        self._said: AdviceMemory | None = None
        self._cells: Any = None
        self._advised: dict[str, Report] = {}

    @property
    def said(self) -> AdviceMemory:
        """What was said and dismissed (`advice.AdviceMemory`)."""
        if self._said is None:
            from green_notebook.advice import AdviceMemory

            self._said = AdviceMemory()
        return self._said

    def advised(
        self, span: OpenSpan, report: Report, namespace: Mapping[str, Any], outputs: Any = None
    ) -> Learnt:
        """At most three pieces of fresh advice for a cell, best first, and what was learnt beside.

        Call it in the main thread, after the span has closed. Takes at most 0.2 s, and a little
        more the first time.
        """
        if not self.settings.advice or span.cell is None or report.duration_s < WORTH_S:
            return Learnt()
        from green_notebook.advice import advise
        from green_notebook.advice.facts import Memory, detect

        if self._cells is None:
            self._cells = Memory()
        seen = self._seen(span, report)
        facts = detect(namespace, span.cell.source, outputs=outputs, run=seen, previous=self._cells)
        self.said.remember(report.id, facts)
        found = advise(facts, self.settings.tolerance, MOST + len(self.said.dismissed))
        used_wh = report.energy.kernel.value / 3600.0
        fresh: tuple[Advice, ...] = self.said.fresh(found, used_wh, limit=MOST)
        notes = self._followed(report.with_advice(tuple(found)), told=bool(fresh))
        return Learnt(fresh, notes, self._remote(span, report, namespace, facts))

    def _followed(self, report: Report, *, told: bool) -> tuple[Note, ...]:
        """What changed since advice was shown for the cell of this name."""
        from green_notebook.followed import since_advice

        if report.name is None:
            return ()
        before = self._advised.get(report.name)
        text = since_advice(before, report) if before is not None else None
        if told:
            self._advised[report.name] = report
        return (Note("since-advice", text),) if text else ()

    def _remote(
        self, span: OpenSpan, report: Report, namespace: Mapping[str, Any], facts: Facts
    ) -> Mapping[str, Any] | None:
        """The footprint of hosted models that the cell called, apart from what was measured."""
        if facts.get("model.kind") != "remote-api" or span.cell is None:
            return None
        from green_notebook.advice.remote import recognise, remote

        used = recognise(namespace, span.cell.source)
        return remote(used, report.duration_s) if used else None

    def _seen(self, span: OpenSpan, report: Report) -> dict[str, dict[str, Any]]:
        """What the sampler saw, by section of the facts."""
        end = span.end or span.start
        load = self._sampler.usage.load(span.start, end)
        grid: dict[str, Any] = {
            "zone": report.place.zone,
            "now_g_kwh": report.intensity.quantity.value,
        }
        run = run_facts(report, load)
        hardware: dict[str, Any] = {
            "cores": load.threads,
            "flags": sorted(self._host.cpu.flags),
            "managed": managed(self._host, load),
        }
        hardware.update(self._gpu(span, report, run))
        return {"run": run, "hardware": hardware, "grid": grid}

    def _gpu(self, span: OpenSpan, report: Report, run: dict[str, Any]) -> dict[str, Any]:
        """Facts of the GPUs that the cell used; its utilisation goes into ``run``."""
        used = [one for one in report.energy.components if one.component.startswith("gpu")]
        if not used:
            return {"name": "cpu"}
        end_s = (span.end or span.start).at_s
        start_s = span.start.at_s
        gpus = self._sampler.gpus
        states = [one for part in used for one in gpus.states(part.sensor, start_s, end_s)]
        busy = [100 * one.busy for one in states if one.busy is not None]
        if len(busy) >= 2:
            mean = math.fsum(busy) / len(busy)
            run["gpu_util_mean"] = mean
            run["gpu_util_std"] = math.sqrt(
                math.fsum((one - mean) ** 2 for one in busy) / len(busy)
            )
        memory = [one.memory for one in states if one.memory is not None]
        if memory:
            run["gpu_mem_frac"] = max(memory)
        joules = sum(one.machine.value for one in used)
        run["gpu_power_mean_w"] = joules / report.duration_s / len(used)
        facts: dict[str, Any] = {
            "name": self._sampler.labels.get(used[0].sensor, ""),
            "count": len(used),
            "can_set_power": os.name == "posix" and os.geteuid() == 0 and not gpus.container,
        }
        if states:
            last = states[-1]
            facts["memory_gb"] = last.memory_bytes / 1e9 if last.memory_bytes else None
            facts["power_limit_w"] = last.power_limit_w
            facts["compute_capability"] = last.compute_capability and [*last.compute_capability]
        return {key: value for key, value in facts.items() if value is not None}


def run_facts(report: Report, load: Load) -> dict[str, Any]:
    """The section ``run`` of the facts: what the cell took."""
    busy = load.kernel_cpu_s / load.duration_s if load.duration_s else 0.0
    return {
        "duration_s": report.duration_s,
        "energy_wh": report.energy.kernel.value / 3600.0,
        "cpu_util": 100 * load.machine_busy,
        "cpu_cores_busy": busy,
        "cores": load.threads,
    }


def managed(host: Host, load: Load) -> bool:
    """Whether this is somebody else's machine: a cloud, a hub, Colab, a container with a quota."""
    marks = ("JUPYTERHUB_API_URL", "KUBERNETES_SERVICE_HOST", "KAGGLE_KERNEL_RUN_TYPE")
    return host.colab or not load.exclusive or any(mark in host.environ for mark in marks)

"""This package beside its peers, on simulated GPUs of known energy: `make bench-peers`.

Each tool has its own environment in .venv-peers (the newest version of the index), runs the same
spans, and is compared with the exact integral of the waveform. Writes docs/benchmarks.md, and the
raw rows to benchmarks/peers.json.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "hardware"))

from simulated_nvml import Gpu, Process, SimulatedGpus  # noqa: E402 - found by the line above
from waveforms import constant, square  # noqa: E402

# The tool's name, what is installed for it, and whether its start asks the network.
PACKAGES = {
    "green_notebook": ["--editable", str(ROOT)],
    "codecarbon": ["codecarbon", "nvidia-ml-py"],
    "zeus": ["zeus"],
    "pyjoules": ["pyJoules[nvidia]", "nvidia-ml-py"],
    "carbontracker": ["carbontracker"],
    "eco2ai": ["eco2ai", "pandas<3", "setuptools<81"],
}
WAVES = {"square wave 80/350 W, 0.35 s": square(), "constant 200 W": constant(200.0)}
DURATIONS_S = [0.05, 0.13, 0.33, 1.07]


def environment(tool: str) -> Path:
    """The tool's own virtual environment, made when it is not there."""
    folder = ROOT / ".venv-peers" / tool
    stamp = folder / ".ready"
    if not stamp.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [folder / "bin/python", "-m", "pip", "install", "--quiet", *PACKAGES[tool]]
        subprocess.run(pip, check=True)
        stamp.touch()
    return folder


def version(folder: Path, tool: str) -> str:
    name = {"green_notebook": "green-notebook"}.get(tool, tool)
    code = f"from importlib.metadata import version; print(version({name!r}))"
    run = subprocess.run(
        [folder / "bin/python", "-c", code], check=False, capture_output=True, text=True
    )
    return run.stdout.strip() or "?"


def size_mb(folder: Path) -> float:
    """What the environment holds beside pip itself, in MB."""
    files = (one for one in folder.rglob("*") if one.is_file() and not one.is_symlink())
    skipped = ("pip", "setuptools")
    return (
        sum(
            one.stat().st_size
            for one in files
            if not any(part.startswith(skipped) for part in one.parts[-4:])
        )
        / 1e6
    )


def run(tool: str, wave, plan: dict, folder: Path) -> tuple[list[dict], dict]:
    """The spans of one tool on one waveform, each with its truth."""
    with tempfile.TemporaryDirectory() as home:
        gpus = SimulatedGpus(
            Path(home), [Gpu(wave=wave, step=0.1, step_phase=0.0371, instant=True)]
        )
        env = gpus.environment() | {"HOME": home, "GREEN_NOTEBOOK_ZONE": "FR"}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        # A machine with the driver has this program too; CodeCarbon looks for it.
        tool_path = Path(home) / "bin" / "nvidia-smi"
        tool_path.parent.mkdir()
        tool_path.write_text("#!/bin/sh\n")
        tool_path.chmod(0o755)
        env["PATH"] = f"{tool_path.parent}{os.pathsep}{env['PATH']}"
        probe = [folder / "bin/python", ROOT / "benchmarks/peer_probe.py", tool, json.dumps(plan)]
        child = subprocess.Popen(
            [str(one) for one in probe],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=env,
            cwd=home,
        )
        # The driver lists the processes on a card; this one computes on it.
        gpus.change(0, processes=(Process(child.pid),))
        out, error = child.communicate(timeout=900)
        lines = [json.loads(one) for one in out.splitlines() if one.startswith("{")]
        spans = [one for one in lines if "joules" in one]
        for one in spans:
            one["truth"] = gpus.truth(0, one["start"], one["end"])
        facts = {key: one[key] for one in lines if "joules" not in one for key in one}
        gpus.close()
    if not spans:
        facts["problem"] = (error.strip().splitlines() or ["no output"])[-1][:200]
    return spans, facts


def percent(values: list[float]) -> str:
    worst = max(values, key=abs)
    return f"{statistics.median(abs(one) for one in values):.1f} (worst {worst:+.0f})"


def page(results: dict, when: str) -> str:
    lines = [
        "# Beside the peers",
        "",
        f"Made by `make bench-peers` on {when}; raw rows: benchmarks/peers.json.",
        "",
        "**Simulated**: a library in the place of NVIDIA's (tests/hardware) serves the real pynvml; its counter steps every 100 ms, as an",
        "A100's does, and the true energy is the exact integral of the waveform between the instants at which the work began and",
        "ended. Spans begin at random phase. Every tool runs unchanged in its own environment, on the GPU alone. What real cards add,",
        "their gain of some percent above all, is the same for every tool and not in these figures.",
    ]
    for wave in WAVES:
        lines += [
            "",
            f"## Error of a span's energy, {wave}",
            "",
            "Median of the absolute error, and the worst, in percent.",
            "",
        ]
        lines += ["| tool | " + " | ".join(f"{one:g} s" for one in DURATIONS_S) + " |"]
        lines += ["|---" * (len(DURATIONS_S) + 1) + "|"]
        for tool, result in results.items():
            cells = []
            for duration in DURATIONS_S:
                errors = [
                    (one["joules"] / one["truth"] - 1) * 100
                    for one in result["spans"].get(wave, ())
                    if one["duration_s"] == duration and one["joules"] is not None
                ]
                cells.append(percent(errors) if errors else "no figure")
            lines.append(f"| {tool} {result['version']} | " + " | ".join(cells) + " |")
    lines += ["", "## Stated intervals", ""]
    for tool, result in results.items():
        stated = [
            one for spans in result["spans"].values() for one in spans if one["low"] is not None
        ]
        if stated:
            held = sum(one["low"] <= one["truth"] <= one["high"] for one in stated)
            lines.append(
                f"{tool}: the 95 % interval held the truth in {held} of {len(stated)} spans "
                f"({100 * held / len(stated):.0f} %). No other tool states one."
            )
    lines += ["", "## Cost", ""]
    lines += [
        "| tool | first start, s | start and stop of a span, ms | CPU in the background, % of a core | memory, MB | environment, MB |"
    ]
    lines += ["|---" * 6 + "|"]
    for tool, result in results.items():
        costs = [one["cost_s"] * 1e3 for spans in result["spans"].values() for one in spans]
        facts = result["facts"]
        cell = f"{statistics.median(costs):.2f}" if costs else "-"
        lines.append(
            f"| {tool} {result['version']} | {facts.get('startup_s', float('nan')):.2f} | {cell} | "
            f"{100 * facts.get('cpu_share', float('nan')):.2f} | "
            f"{facts.get('memory_mb', float('nan')):.0f} | {result['size_mb']:.0f} |"
        )
    problems = [
        f"* {tool}: {one['facts']['problem']}"
        for tool, one in results.items()
        if "problem" in one["facts"]
    ]
    if problems:
        lines += ["", "Could not be run:", "", *problems]
    lines += [
        "",
        "First start: import, set-up and the first start of a span. Start and stop: of a later span, on the thread of the work; a",
        "figure that is sharpened after the span's end is waited for outside it. CPU in the background: of the whole process over",
        "some seconds of sleep inside a span. Other work ran on the machine too: starts and costs are upper bounds.",
        "",
        "**Not to be quoted yet**: the GPU figures of carbontracker and eco2AI were taken from the tools' internals, eco2AI's through a",
        "private member, since neither gives out a span's GPU energy; why carbontracker errs so much at 0.05 s was not found out.",
        "Neither was made for cells. The tools' rows come from separate runs on the same simulated card, not from one.",
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=25, help="spans of each length")
    parser.add_argument("--tools", nargs="*", default=list(PACKAGES), choices=list(PACKAGES))
    options = parser.parse_args()
    plan = {
        "rounds": options.rounds, "durations_s": DURATIONS_S, "seed": 7, "settle_s": 2.0,
        "idle_s": 5.0,
    }  # fmt: skip
    raw = ROOT / "benchmarks/peers.json"
    # Tools that are not run again keep their rows.
    results = json.loads(raw.read_text()) if raw.exists() else {}
    for tool in options.tools:
        folder = environment(tool)
        result = {"version": version(folder, tool), "spans": {}, "facts": {}}
        for wave, form in WAVES.items():
            spans, facts = run(tool, form, plan, folder)
            result["spans"][wave] = spans
            result["facts"] = result["facts"] or facts
            print(f"{tool} {result['version']}, {wave}: {len(spans)} spans {facts}", flush=True)
        result["size_mb"] = size_mb(folder)
        results[tool] = result
    when = f"{datetime.now(timezone.utc):%Y-%m-%d}, {os.cpu_count()} CPUs"
    (ROOT / "docs/benchmarks.md").write_text(page(results, when), encoding="utf-8")
    raw.write_text(
        json.dumps(results, indent=None).replace("}, {", "},\n{") + "\n", encoding="utf-8"
    )
    print(f"wrote {ROOT / 'docs/benchmarks.md'}")


if __name__ == "__main__":
    main()

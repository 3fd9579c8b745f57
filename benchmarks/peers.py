"""This package beside its peers, in one run, on simulated hardware of known energy: `make bench`.

Each tool has its own environment in .venv-peers, with the newest version of the index. Writes
docs/benchmarks.md, its pictures, and the raw rows that both are drawn from (benchmarks/rows).

    peers.py                   the whole run: the peers, then this package's own cost and accuracy
    peers.py --quick           few rounds, for a look: writes to tests/artifacts/bench
    peers.py --from-rows       draw the page and the pictures anew from the kept rows
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from peer import rows, tools
from peer.driver import Plan, measure
from peer.loads import FORBIDDEN, LOADS, seen_by
from peer.page import page

HERE = Path(__file__).resolve().parent
KEPT = HERE / "rows"
QUICK = tools.ROOT / "tests/artifacts/bench"
IDLE_S = 10.0
PARTS = ("peers", "cost", "accuracy")
ACCURACY_FIELDS = (
    "sensor", "load", "span_s", "spans", "median", "worst", "difference_median",
    "difference_worst", "polled_median", "polled_worst", "held",
)  # fmt: skip


def sees_powercap() -> bool:
    """Whether a tool can be shown a simulated tree here."""
    with tempfile.TemporaryDirectory() as folder:
        return seen_by(Path(folder)) is not None


def own_cost(quick: bool) -> list[dict[str, Any]]:
    """The rows of bench.py: what this package costs in real kernels."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "cost.json"
        amount = ["--runs", "1", "--seconds", "3"] if quick else ["--runs", "2", "--seconds", "3"]
        # It ends with 1 where a limit is passed; the page shows it.
        command = [sys.executable, HERE / "bench.py", "--json", target, *amount]
        subprocess.run(command, check=False)
        if not target.exists():
            print("bench.py gave no figures: the page goes without them", flush=True)
            return []
        return json.loads(target.read_text())


def own_accuracy(spans: int) -> list[dict[str, Any]]:
    """The rows of accuracy.py with a free thread: what a page can show of them."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "accuracy.csv"
        command = [sys.executable, HERE / "accuracy.py", "--spans", str(spans), "--csv", target]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
        if not target.exists():
            return []
        with target.open(newline="") as file:
            found = [row for row in csv.DictReader(file) if row.get("thread", "free") == "free"]
    return [
        {
            name: row[name] if name in ("sensor", "load") else float(row[name] or "nan")
            for name in ACCURACY_FIELDS
            if row.get(name)
        }
        for row in found
    ]


def chosen_loads(powercap: bool, names: list[str] | None) -> list[Any]:
    return [
        one
        for one in LOADS
        if (powercap or not (one.wraps or one.name == FORBIDDEN))
        and (names is None or one.name in names)
    ]


def compare(options: argparse.Namespace) -> rows.Run:
    """All tools on all loads."""
    begun_s, busy = time.monotonic(), os.getloadavg()[0]
    found: dict[str, dict[str, Any]] = {}
    for tool in options.tools:
        tools.prepare(tool, upgrade=options.upgrade)
        found[tool] = {"version": tools.version(tool), "size_mb": tools.size_mb(tool)}
    powercap = sees_powercap()
    pythons = {tool: tools.python(tool) for tool in options.tools}
    plan = Plan(options.rounds, options.seed, options.idle_s, powercap=powercap)
    run = rows.Run(about={}, tools=found, facts=[])
    for load in chosen_loads(powercap, options.loads):
        since_s = time.monotonic()
        spans, facts = measure(load, pythons, plan)
        run.spans += spans
        run.facts += facts
        took_s = time.monotonic() - since_s
        print(f"{load.name}: {len(spans)} spans in {took_s:.0f} s", flush=True)
    run.about = {
        "when": f"{datetime.now(timezone.utc):%Y-%m-%d}", "cpus": os.cpu_count(),
        "python": platform.python_version(), "powercap": powercap, "seed": options.seed,
        "rounds": options.rounds, "load_average": busy, "idle_s": options.idle_s,
        "minutes": (time.monotonic() - begun_s) / 60,
    }  # fmt: skip
    return run


def renew(options: argparse.Namespace, kept: Path) -> None:
    """Measure what is asked for, keep the other rows, and save after each part."""
    if "peers" in options.only:
        old = rows.load(kept) if (kept / rows.RUN).exists() else None
        run = compare(options)
        if old is not None:
            run.cost, run.accuracy = old.cost, old.accuracy
        rows.save(run, kept)
    run = rows.load(kept)
    if "cost" in options.only:
        run.cost = own_cost(options.quick)
        rows.save(run, kept)
    if "accuracy" in options.only:
        run.accuracy = own_accuracy(12 if options.quick else 60)
        rows.save(run, kept)


def show(run: rows.Run, folder: Path, *, pictures: bool) -> None:
    """Write the page, and the pictures where they can be drawn."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "benchmarks.md").write_text(page(run), encoding="utf-8")
    if pictures:
        from peer.pictures import draw

        draw(run, folder / "images")
    print(f"wrote {folder / 'benchmarks.md'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, help="rounds of all lengths (default: 10, quick: 2)")
    parser.add_argument("--quick", action="store_true", help="a look; writes to tests/artifacts")
    parser.add_argument("--from-rows", action="store_true", help="draw anew, measure nothing")
    parser.add_argument("--only", nargs="+", default=PARTS, choices=PARTS, help="renew these rows")
    parser.add_argument("--tools", nargs="*", default=list(tools.PACKAGES), choices=tools.PACKAGES)
    parser.add_argument("--loads", nargs="*", choices=[one.name for one in LOADS])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--keep", dest="upgrade", action="store_false", help="ask no index")
    options = parser.parse_args()
    options.rounds = options.rounds or (2 if options.quick else 10)
    options.idle_s = 3.0 if options.quick else IDLE_S
    kept, docs = (QUICK, QUICK) if options.quick else (KEPT, tools.ROOT / "docs")
    if not options.from_rows:
        renew(options, kept)
    # From the file, so that the page is what the kept rows give.
    show(rows.load(kept), docs, pictures=True)


if __name__ == "__main__":
    main()

"""The comparison with the peers: its page is what its rows say, its driver works."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def peer(monkeypatch):
    """The folder of scripts, importable."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import peer

    return peer


@pytest.fixture
def kept(peer):
    from peer import rows

    return rows.load(BENCHMARKS / "rows")


def test_page_is_what_the_rows_say(kept, project):
    """docs/benchmarks.md is drawn from the kept rows: neither changes without the other."""
    from peer.page import page

    assert (project / "docs/benchmarks.md").read_text(encoding="utf-8") == page(kept)


def test_rows_survive_a_round_trip(kept, tmp_path):
    """What is read is what was written, so that the page can be drawn anew."""
    from peer import rows

    rows.save(kept, tmp_path)
    for name in (rows.SPANS, rows.RUN):
        assert (tmp_path / name).read_text() == (BENCHMARKS / "rows" / name).read_text()


def test_page_says_what_is_missing(kept):
    """A run without a mount namespace, costs or a tool's start still gives an honest page."""
    from peer.page import NO_NAMESPACE, page

    failed = {"load": "square", "tool": "zeus", "problem": "RuntimeError: no card"}
    spans = [row for row in kept.spans if row["load"] == "square" and row["tool"] != "zeus"]
    poor = replace(
        kept, about=kept.about | {"powercap": False}, spans=spans, cost=[], accuracy=[],
        facts=[*kept.facts, failed],
    )  # fmt: skip
    text = page(poor)
    assert NO_NAMESPACE in text
    assert "RuntimeError: no card" in text
    assert "green_notebook alone" not in text


def test_errors_leave_out_what_gives_none(peer):
    """A span without a figure counts as a span, not as an error of 0 or 100 %."""
    from peer.rows import Run, errors
    from peer.tables import cell

    spans = [
        {"load": "square", "tool": "zeus", "length_s": 1.0, "gpu_true_j": 100.0, "gpu_j": told}
        for told in (90.0, 103.0, None)
    ]
    found = errors(Run({}, {}, [], spans), "gpu", load="square", tool="zeus")
    assert found.spans == 3
    assert cell(found) == "6.5 (-10..+3.0), none in 1 of 3"


def test_a_sum_is_relieved_of_its_rest(peer):
    """Of a tool that gives only a sum, the same span's on a card of 0 W is taken away."""
    from peer.rows import Run, errors

    fields = {"tool": "eco2ai", "length_s": 1.0, "gpu_j": None}
    dark = [{**fields, "load": "dark", "all_j": told} for told in (9.0, 10.0, 50.0)]
    lit = {**fields, "load": "square", "all_j": 130.0, "gpu_true_j": 100.0}
    found = errors(Run({}, {}, [], [*dark, lit]), "gpu", load="square", tool="eco2ai")
    assert found.values == pytest.approx([20.0])


def test_a_late_counter_is_no_tool_s_error(peer):
    """Where the simulated counter itself was late, the processor's figure is left out; the card's stays."""
    from peer.rows import Run, errors, held

    row = {"tool": "zeus", "late_ms": 9.0, "gpu_true_j": 10.0, "gpu_j": 11.0, "cpu_true_j": 10.0}
    row |= {"cpu_j": 20.0, "cpu_low_j": 19.0, "cpu_high_j": 21.0}
    run = Run({}, {}, [], [row])
    assert errors(run, "cpu").spans == 0
    assert held([row], "cpu") == (0, 0)
    assert errors(run, "gpu").values == pytest.approx([10.0])


def test_driver_measures_with_our_own_tool(peer, tmp_path):
    """One worker on the simulated machine: spans with their truth, and its facts."""
    from peer.driver import Plan, measure
    from peer.loads import LOADS, seen_by

    powercap = seen_by(tmp_path) is not None
    load = replace(LOADS[0], lengths_s=(0.13,))
    plan = Plan(rounds=2, idle_s=0.0, settle_s=0.2, powercap=powercap)
    spans, (facts,) = measure(load, {"green_notebook": Path(sys.executable)}, plan)
    assert facts.get("problem") is None
    assert facts["first_lines"] == facts["lines"] == 0
    assert len(spans) == 2
    for row in spans:
        assert row["problem"] is None
        assert row["gpu_true_j"] > 10.0
        assert row["gpu_low_j"] <= row["gpu_j"] <= row["gpu_high_j"]
        assert powercap == (row.get("cpu_j") is not None)
        assert powercap == (row["late_ms"] is not None)

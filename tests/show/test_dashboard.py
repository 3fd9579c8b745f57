"""The dashboard's state from reports: pure and complete."""

import json
from dataclasses import replace

import pytest

from green_notebook.model import Basis, Quantity
from green_notebook.show.dashboard import MOST_CELLS, Idle, Timeline, counted, session_state


def test_a_session_without_cells_is_a_session():
    """Nothing measured: zero cells, no remarks, no error."""
    state = session_state([])
    assert state["count"] == 0
    assert state["idle"] is state["wasteful"] is state["running"] is None


def test_totals_are_sums_with_intervals(golden):
    """The systematic parts of one session's figures add up; the sum is never surer than that."""
    reports = [golden("vm"), golden("gpu")]
    state = session_state(reports)
    for key, parts in (
        ("energy", [one.energy.kernel for one in reports]),
        ("co2e", [one.footprint.co2e for one in reports]),
    ):
        assert state[key]["value"] == pytest.approx(sum(one.value for one in parts), rel=1e-3)
        assert state[key]["low"] < state[key]["value"] < state[key]["high"]


def test_nested_spans_count_once(golden):
    """A report whose parent is in the set is part of it."""
    outer = golden("gpu")
    inner = replace(golden("vm"), parent_id=outer.id)
    assert counted([inner, outer]) == [outer]
    assert counted([inner]) == [inner]


def test_many_cells_keep_the_largest_in_order(golden):
    """At most 40 bars; the rest are counted."""
    one = golden("vm")
    reports = [
        replace(
            one,
            id=str(at),
            name=f"cell {at}",
            footprint=replace(one.footprint, co2e=one.footprint.co2e.scaled(1 + at % 7)),
        )
        for at in range(100)
    ]
    state = session_state(reports)
    assert len(state["cells"]) == MOST_CELLS
    assert state["left_out"] == 60
    numbers = [int(cell["id"]) for cell in state["cells"]]
    assert numbers == sorted(numbers)


def test_short_idle_times_are_not_told(golden):
    """A minute between cells is thinking, not waste."""
    quantity = Quantity.exactly(100.0, "J", Basis.MODELLED)
    assert session_state([golden("vm")], idle=Idle(quantity, 30.0))["idle"] is None
    told = session_state([golden("vm")], idle=Idle(quantity, 2400.0))["idle"]
    assert told["text"] == "your kernel idled 40 min:"
    assert 0 < told["share"] < 1


def test_a_gap_in_the_power_stays_a_gap(golden):
    """Unknown power is null however many points are joined."""
    power = [(at * 1.0, None if at == 500 else 10.0) for at in range(1000)]
    state = session_state([golden("vm")], Timeline("2026-11-21T09:00:00+01:00", power))
    assert len(state["power"]) <= 240
    assert sum(watts is None for _, watts in state["power"]) == 1
    assert state["marks"][0][:2] == [72.25, 133.55]


def test_the_most_wasteful_cell_is_the_one_with_most_to_save(golden):
    """By joules that its advice would save, not by its size alone."""
    state = session_state([golden("vm"), golden("gpu"), golden("huge")])
    assert state["wasteful"]["label"] == "fine-tune"
    assert "Mixed precision" in state["wasteful"]["text"]


def test_it_is_plain_json(builder):
    """No NaN, nothing but JSON."""
    json.dumps(builder["session"](), allow_nan=False)

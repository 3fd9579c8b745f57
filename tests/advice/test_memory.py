"""Advice does not nag."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from green_notebook.advice import AdviceMemory, advise
from green_notebook.errors import GreenNotebookError
from green_notebook.model import Advice, Facts, Saving


def piece(technique: str, typical: float, of: str = "energy") -> Advice:
    return Advice(technique, "t", "x", Saving(of, typical / 2, typical, typical), "e")


def test_the_same_advice_is_said_once() -> None:
    """What was shown is not repeated for the same or a smaller cell."""
    memory = AdviceMemory()
    assert memory.fresh([piece("lora_peft", 0.3)], 100)
    assert not memory.fresh([piece("lora_peft", 0.3)], 100)
    assert not memory.fresh([piece("lora_peft", 0.3)], 20)


def test_what_there_was_no_room_for_is_not_forgotten() -> None:
    """Only what was really shown counts as said: the rest may come with the next cell."""
    memory = AdviceMemory()
    both = [piece("lora_peft", 0.3), piece("early_stopping", 0.2)]
    assert [one.technique for one in memory.fresh(both, 100, limit=1)] == ["lora_peft"]
    assert [one.technique for one in memory.fresh(both, 100, limit=1)] == ["early_stopping"]
    assert memory.fresh(both, 100, limit=1) == ()


def test_it_is_said_again_where_the_saving_grew() -> None:
    """A cell that would save half as much again is worth a second word."""
    memory = AdviceMemory()
    memory.fresh([piece("lora_peft", 0.3)], 100)
    assert not memory.fresh([piece("lora_peft", 0.3)], 140)
    assert memory.fresh([piece("lora_peft", 0.3)], 200)


def test_dismissed_advice_stays_away_until_it_is_recalled() -> None:
    """What the user dismissed is not shown, however much it would save."""
    memory = AdviceMemory()
    memory.dismiss("lora_peft")
    assert memory.dismissed == {"lora_peft"}
    assert not memory.fresh([piece("lora_peft", 0.9)], 1e6)
    memory.recall("lora_peft")
    assert memory.fresh([piece("lora_peft", 0.9)], 1e6)


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.floats(0.01, 1.0), st.floats(0.1, 1e4)), max_size=20
    )
)
def test_what_is_repeated_always_grew(cells: list[tuple[str, float, float]]) -> None:
    """Whatever the cells: a technique is shown again only for at least 1.5 times its last saving."""
    memory = AdviceMemory()
    last: dict[str, float] = {}
    for technique, typical, amount in cells:
        if memory.fresh([piece(technique, typical)], amount):
            assert typical * amount >= 1.5 * last.get(technique, 0.0)
            last[technique] = typical * amount


def test_the_facts_of_cells_are_kept_for_a_while() -> None:
    """Facts are found by report, the latest 200 of them."""
    memory = AdviceMemory()
    for number in range(250):
        memory.remember(f"r{number}", {"phase": "none"})
    assert memory.facts_of("r0") is None
    assert memory.facts_of("r249") == Facts({"phase": "none"})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("text",), "facts are a Facts or a dict"),
        (({}, -1.0), "tolerance"),
        (({}, True), "tolerance"),
        (({}, float("nan")), "tolerance"),
        (({}, 1.0, -2), "limit"),
        (({}, 1.0, 2.5), "limit"),
    ],
)
def test_bad_arguments_get_one_clear_line(arguments, words: str) -> None:
    """A wrong argument is named in one line."""
    with pytest.raises(GreenNotebookError, match=words) as error:
        advise(*arguments)
    assert "\n" not in str(error.value)

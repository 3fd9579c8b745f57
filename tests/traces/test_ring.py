"""The readings of a time, out of a ring that is full and that two threads write."""

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from green_notebook.model import Reading
from green_notebook.traces.ring import OUT_OF_ORDER_S, window


@given(
    st.lists(st.floats(0.0, 0.5), max_size=600),
    st.integers(0, 3),
    st.floats(-1.0, 40.0),
    st.floats(0.0, 40.0),
    st.randoms(use_true_random=False),
)
def test_a_window_is_what_lies_in_it(waits, before, start_s, lasts_s, rng):
    """Whatever the size of the ring: all readings of the time, in order, and so many before."""
    times, at_s = [], 0.0
    for wait_s in waits:
        at_s += wait_s / 10
        times.append(at_s + rng.uniform(0.0, 0.4) * OUT_OF_ORDER_S)
    ring = deque((Reading(one, 1.0) for one in times), maxlen=512)
    kept = sorted(one.at_s for one in ring)
    end_s = start_s + lasts_s
    inside = [one for one in kept if start_s <= one <= end_s]
    earlier = [one for one in kept if one < start_s]
    expected = [*(earlier[-before:] if before else []), *inside]
    assert [one.at_s for one in window(ring, start_s, end_s, before)] == expected

"""Rhythms of counters, and when a thread reads that follows them."""

from hypothesis import strategies as st

from green_notebook.traces import Rhythm

NOW_S = 1000.0
# Rounding of instants that are some thousand seconds from zero.
TINY_S = 1e-9
periods = st.floats(0.081, 0.109)
phases = st.floats(0.0, 1.0)


def rhythm(period_s=0.1, phase_s=0.0):
    return Rhythm(period_s, NOW_S + phase_s, 0.0002)


def readings(pace, seconds=20.0, late_s=0.0):
    """When a thread reads that wakes so much late."""
    at_s = [NOW_S]
    while at_s[-1] < NOW_S + seconds:
        at_s.append(pace.next_s(at_s[-1]) + late_s)
    return at_s[1:]


def step_number(one, at_s):
    """How many periods after the origin, a step's own instant rounded to it."""
    return (at_s - one.origin_s) / one.period_s

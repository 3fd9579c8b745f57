"""What the sampler's thread takes in a long span, part by part: one of meter_probe.py's probes."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable

THREAD = "green-notebook"
YOUNG_S = 19.0


def thread_clock(thread: threading.Thread) -> Callable[[], float]:
    """The CPU seconds of another thread."""
    clock = time.pthread_getcpuclockid(thread.ident)
    return lambda: time.clock_gettime(clock)


def wakes(thread: threading.Thread) -> int:
    """How often it has slept and woken."""
    with open(f"/proc/self/task/{thread.native_id}/status") as file:
        return next(int(one.split()[1]) for one in file if one.startswith("voluntary"))


def ours() -> threading.Thread:
    return next(one for one in threading.enumerate() if one.name == THREAD)


def calls() -> int:
    """How many calls the simulated library has answered: a number in the file that it shares."""
    path = os.environ.get("SIMULATED_NVML")
    if not path:
        return 0
    from simulated_nvml import _Machine

    with open(path, "rb") as file:
        file.seek(_Machine.calls.offset)
        return int.from_bytes(file.read(8), sys.byteorder)


def sampling(seconds: float, *, live: bool = False) -> dict[str, float]:
    """The sampler's thread in a long span whose own thread sleeps."""
    import green_notebook as gn
    from green_notebook.kernel_session import current

    phases = Phases()
    # Sensors join and counters' steps are searched in a session's first seconds.
    with gn.measure("first"):
        time.sleep(3.0)
    with gn.measure("asleep"):
        session = current()
        if live:
            session.subscribe(session.innermost(), lambda _: None)
        thread = ours()
        cpu = thread_clock(thread)
        # Its begin is the edge's, not the sampling's.
        time.sleep(1.0)
        first_s = cpu()
        # A live view's first seconds are then over.
        time.sleep(YOUNG_S)
        first_s = cpu() - first_s
        begun = time.monotonic(), cpu(), wakes(thread), calls(), readings(session)
        time.sleep(seconds)
        ended = time.monotonic(), cpu(), wakes(thread), calls(), readings(session)
        took_s, cpu_s, woken, asked, read = (
            then - first for first, then in zip(begun, ended, strict=True)
        )
        with phases.watched():
            time.sleep(seconds / 2)
        found = phases.of(seconds / 2)
    gpus = sum(one.spec.component.startswith("gpu") for one in session.sampler.choice.sensors)
    return {
        "young_percent": 100 * first_s / YOUNG_S,
        "cpu_percent": 100 * cpu_s / took_s,
        "wakes_a_second": woken / took_s,
        "calls_a_second": asked / took_s,
        "readings_a_gpu": read / took_s / max(1, gpus),
        "empty_percent": empty(woken / took_s),
        **found,
    }


def readings(session) -> int:
    """How many readings of GPUs were taken; rings are bounded, so the thread's own are counted."""
    return sum(
        len(one.readings)
        for key, one in session.sampler.traces.items()
        if one.spec.component.startswith("gpu")
    )


def empty(rate: float) -> float:
    """The CPU (%) of a thread that wakes as often and does nothing: what no design can save."""
    from green_notebook.alarm import Alarm

    alarm, going = Alarm(), [True]

    def run() -> None:
        while going:
            alarm.sleep(1 / rate)
        alarm.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    cpu = thread_clock(thread)
    begun, used = time.monotonic(), cpu()
    time.sleep(4.0)
    used, took = cpu() - used, time.monotonic() - begun
    going.clear()
    thread.join()
    return 100 * used / took


class Phases:
    """The thread's CPU time by what it does; watching adds some itself."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self.times: dict[str, int] = {}

    def watched(self):
        """While this lasts."""
        from contextlib import ExitStack

        from green_notebook.channel import Channel
        from green_notebook.chores import Chores
        from green_notebook.sampler import Sampler

        stack = ExitStack()
        for name, owner, method in (
            ("round", Sampler, "round"), ("read", Channel, "take"), ("plan", Channel, "plan"),
            ("chores", Chores, "do"),
        ):  # fmt: skip
            stack.callback(setattr, owner, method, getattr(owner, method))
            setattr(owner, method, self._timed(name, getattr(owner, method)))
        return stack

    def _timed(self, name: str, function):
        def timed(*given, **named):
            begun = time.thread_time()
            try:
                return function(*given, **named)
            finally:
                self.spent[name] = self.spent.get(name, 0.0) + time.thread_time() - begun
                self.times[name] = self.times.get(name, 0) + 1

        return timed

    def of(self, seconds: float) -> dict[str, float]:
        """The part of a core (%) of each, and what one reading takes where it is taken (us)."""
        parts = {f"{name}_percent": 100 * cpu / seconds for name, cpu in self.spent.items()}
        each = self.spent.get("read", 0.0) / max(1, self.times.get("read", 0))
        return {**parts, "read_us": 1e6 * each}

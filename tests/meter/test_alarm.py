"""What wakes the sampler's thread: at once where somebody rings, in time where nobody does."""

from __future__ import annotations

import os
import select
import threading
import time

import pytest

from green_notebook.alarm import Alarm

LONG_S = 60.0


@pytest.fixture(params=["poll", "pipe", "lock"])
def alarm(request, monkeypatch):
    """An alarm of each kind: Linux's, macOS's, Windows's."""
    if request.param != "poll":
        monkeypatch.delattr(os, "eventfd", raising=False)
    if request.param == "lock":
        monkeypatch.delattr(select, "poll", raising=False)
    made = Alarm()
    yield made
    made.close()


def test_an_alarm_rings_once(alarm):
    """Ringing twice is ringing once; a sleeper that comes later goes on at once."""
    alarm.ring()
    alarm.ring()
    alarm.sleep(LONG_S)
    begun_s = time.monotonic()
    alarm.sleep(0.02)
    alarm.sleep(0.0)
    assert time.monotonic() - begun_s >= 0.019


@pytest.mark.parametrize("exact", [False, True])
def test_a_sleeper_is_woken_from_another_thread(alarm, exact):
    """Again and again: what one ring left behind neither wakes nor keeps the next sleep."""
    heard = threading.Semaphore(0)

    def sleep():
        for _ in range(3):
            alarm.sleep(LONG_S, exact=exact)
            heard.release()

    thread = threading.Thread(target=sleep, daemon=True)
    thread.start()
    for _ in range(3):
        alarm.ring()
        assert heard.acquire(timeout=10.0)
    thread.join(10.0)
    assert not thread.is_alive()


def test_an_exact_sleep_ends_in_time(alarm):
    """Never before its time, so that a foretold step is not looked for twice."""
    for wait_s in (0.0042, 0.0123):
        begun_s = time.monotonic()
        alarm.sleep(wait_s, exact=True)
        assert time.monotonic() - begun_s >= wait_s


class Waits:
    """What the system was asked to wait by, the real calls made all the same."""

    def __init__(self, monkeypatch):
        self.selected = []
        self.polled = []
        by_select, by_poll = select.select, select.poll
        counted = self.polled

        class Poll:
            def __init__(self):
                self.real = by_poll()
                self.register = self.real.register

            def poll(self, wait_ms):
                counted.append(wait_ms)
                return self.real.poll(wait_ms)

        def selecting(*args):
            self.selected.append(args)
            return by_select(*args)

        monkeypatch.setattr(select, "select", selecting)
        monkeypatch.setattr(select, "poll", Poll)


def times_slept(alarm, times=20, exact=True):
    """The shortest of so many sleeps of 11 ms: none of them may be in vain."""
    least_s = LONG_S
    for _ in range(times):
        begun_s = time.monotonic()
        alarm.sleep(0.011, exact=exact)
        least_s = min(least_s, time.monotonic() - begun_s)
    return least_s


@pytest.mark.skipif(not hasattr(select, "poll"), reason="no poll here")
def test_an_exact_sleep_is_by_a_call_that_counts_finer(monkeypatch):
    """Poll counts in milliseconds: it would come up to one late for a step that was foretold."""
    waits, alarm = Waits(monkeypatch), Alarm()
    alarm.sleep(0.0123)
    assert (len(waits.selected), len(waits.polled)) == (0, 1)
    alarm.sleep(0.0123, exact=True)
    assert (len(waits.selected), len(waits.polled)) == (1, 1)
    assert waits.selected[0][-1] == 0.0123
    alarm.close()


@pytest.mark.skipif(not hasattr(select, "poll"), reason="no poll here")
@pytest.mark.parametrize("exact", [False, True])
def test_a_file_that_somebody_closed_is_used_no_more(exact):
    """A program that closes all its files to become a daemon gets no thread that never sleeps."""
    alarm = Alarm()
    alarm.sleep(0.011, exact=exact)
    for one in alarm._files:
        os.close(one)
    alarm.sleep(LONG_S, exact=exact)
    assert times_slept(alarm, exact=exact) >= 0.0109
    alarm.ring()
    alarm.sleep(LONG_S, exact=exact)


@pytest.mark.skipif(not hasattr(os, "eventfd"), reason="no eventfd here")
def test_a_file_of_a_high_number_is_waited_for_all_the_same(monkeypatch):
    """A program with more than a thousand files open: select takes none of them, poll does."""
    resource = pytest.importorskip("resource")
    least = 1024
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] <= least + 1:
        pytest.skip("no file may have so high a number here")
    import fcntl

    eventfd, waits = os.eventfd, Waits(monkeypatch)

    def high(*args):
        low = eventfd(*args)
        try:
            return fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, least)
        finally:
            os.close(low)

    monkeypatch.setattr(os, "eventfd", high)
    alarm = Alarm()
    assert times_slept(alarm) >= 0.0109
    assert alarm._files[0] >= least
    assert len(waits.polled) == 20
    # It still wakes whoever sleeps, once.
    ringer = threading.Timer(0.02, alarm.ring)
    ringer.start()
    begun_s = time.monotonic()
    alarm.sleep(LONG_S, exact=True)
    ringer.join()
    assert time.monotonic() - begun_s < LONG_S / 2
    assert times_slept(alarm, 5) >= 0.0109
    alarm.close()


def test_an_alarm_that_was_closed_does_not_spin():
    """Whoever sleeps by it once more, at a session's end, waits all the same."""
    alarm = Alarm()
    alarm.sleep(0.011)
    alarm.close()
    assert times_slept(alarm, 5) >= 0.0109
    alarm.close()


def test_a_ring_that_is_written_late_ends_one_sleep(alarm):
    """Who rings may be stopped before writing: the thread then wakes once in vain, not for ever."""
    alarm.sleep(0.011)
    for one in alarm._files[-1:]:
        os.write(one, (1).to_bytes(8, "little"))
    if alarm._lock is not None:
        alarm._lock.release()
    alarm.sleep(LONG_S)
    begun_s = time.monotonic()
    alarm.sleep(0.02)
    assert time.monotonic() - begun_s >= 0.019


def test_where_there_is_no_poll_no_file_is_opened(monkeypatch):
    """Windows has pipes, but nothing that waits for them: they would stay open."""
    opened = []
    pipe = os.pipe
    monkeypatch.delattr(os, "eventfd", raising=False)
    monkeypatch.delattr(select, "poll", raising=False)
    monkeypatch.setattr(os, "pipe", lambda: opened.append(1) or pipe())
    alarm = Alarm()
    alarm.sleep(0.011)
    assert not opened


def test_ringing_after_closing_does_nothing(alarm):
    """The cell's thread may come to it just as the session closes."""
    alarm.sleep(0.011)
    alarm.close()
    alarm.ring()
    alarm.close()

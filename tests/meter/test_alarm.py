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


@pytest.mark.skipif(not hasattr(select, "poll"), reason="no poll here")
def test_a_file_that_somebody_closed_is_used_no_more():
    """A program that closes all its files to become a daemon gets no thread that never sleeps."""
    alarm = Alarm()
    alarm.sleep(0.011)
    for one in alarm._files:
        os.close(one)
    alarm.sleep(LONG_S)
    begun_s = time.monotonic()
    alarm.sleep(0.02)
    assert time.monotonic() - begun_s >= 0.019
    alarm.ring()
    alarm.sleep(LONG_S)


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

"""What wakes the sampler's thread before its time.

It sleeps in ``poll`` on an eventfd where there is one, else on a pipe or a lock. Waking from a lock
with a timeout took 115-145 us of CPU on an idle virtual machine, from ``poll`` 83 and from
``time.sleep`` 70 (Python 3.11, 2026), and there are a dozen wakes a second. ``poll`` counts in
milliseconds, and comes up to one late: where that is too coarse, it is ``select``, which takes a tenth more.
"""

from __future__ import annotations

import os
import select
import threading
import time
from contextlib import suppress
from typing import Any

# So short a sleep needs no waking.
SHORT_S = 0.01
_ONE = (1).to_bytes(8, "little")


class Alarm:
    """An event for one sleeper, who opens the files that it needs and closes them."""

    def __init__(self) -> None:
        # Set by whoever rings, before anything else; taken back by the sleeper alone.
        self._rung = False
        self._files: tuple[int, ...] = ()
        self._poll: Any = None
        self._lock: threading.Lock | None = None

    def ring(self) -> None:
        """Wake the sleeper now, or as soon as it wants to sleep."""
        if self._rung:
            return
        self._rung = True
        if self._files:
            # Not `suppress`: that is three calls more, at each edge of a span.
            try:  # noqa: SIM105
                os.write(self._files[-1], _ONE)
            except (OSError, IndexError):  # it was closed meanwhile
                pass
        elif self._lock is not None:
            with suppress(RuntimeError):  # it rings already
                self._lock.release()

    def sleep(self, seconds: float, *, exact: bool = False) -> None:
        """Until it rings, at most ``seconds``; ``exact`` where a millisecond more is too late."""
        told = False
        if not self._rung:
            poll = self._poll
            if seconds < SHORT_S:
                time.sleep(max(0.0, seconds))
            elif exact or poll is None:
                told = self._wait(seconds, exact=exact)
            elif events := poll.poll(1e3 * seconds):
                told = True
                self._check(events)
        # Who rang may have written only after that ring was heard: left unread, it would end every
        # sleep at once.
        if told or self._rung:
            self._hear()

    def _wait(self, seconds: float, *, exact: bool) -> bool:
        """Whether the file has something to read."""
        if self._poll is None and self._lock is None:
            self._open()
            if self._rung:
                return False
        if self._lock is not None:
            self._lock.acquire(timeout=seconds)
            return False
        if exact:
            # Its number may be too high for this call, or no file's any more: that the other tells.
            with suppress(OSError, ValueError):
                return bool(select.select(self._files[:1], (), (), seconds)[0])
        events = self._poll.poll(1e3 * seconds)
        self._check(events)
        return bool(events)

    def _check(self, events: list[tuple[int, int]]) -> None:
        if any(what != select.POLLIN for _, what in events):
            # Somebody closed our file: its number may be another's by now.
            self._files, self._poll, self._lock = (), None, _locked()

    def _hear(self) -> None:
        self._rung = False
        if self._files:
            with suppress(OSError):  # who rang may not have written yet
                os.read(self._files[0], 512)

    def _open(self) -> None:
        try:
            # First: where there is none, a file that was opened before would stay open.
            poll = select.poll()
            if hasattr(os, "eventfd"):
                files: tuple[int, ...] = (os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC),)
            else:
                files = os.pipe()
                for one in files:
                    os.set_blocking(one, False)
            poll.register(files[0], select.POLLIN)
        except (AttributeError, OSError):  # no such call here, or no file is to be had
            self._lock = _locked()
        else:
            self._poll, self._files = poll, files

    def close(self) -> None:
        """Close its files, by the sleeper or where nobody sleeps; a forked child closes its own."""
        files, self._files, self._poll = self._files, (), None
        for one in files:
            with suppress(OSError):
                os.close(one)


def _locked() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock

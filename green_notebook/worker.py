"""One lazy thread for slow input and output: the ledger's and the network's.

Nothing here prints, raises into a caller, or holds a lock that a cell's thread waits on.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from queue import SimpleQueue

Job = Callable[[], object]


class Worker:
    """Runs jobs one after another, off the cell's thread.

    The thread starts with the first job. It is a daemon, so it never keeps the interpreter; in a
    forked child the worker starts afresh and leaves the parent's jobs to the parent.
    """

    def __init__(self, name: str = "green-notebook-worker") -> None:
        self._name = name
        self.error: Exception | None = None
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._jobs: SimpleQueue[tuple[str | None, Job] | None] = SimpleQueue()
        self._pending: set[str] = set()
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def running(self) -> bool:
        """Whether the thread exists in this process."""
        thread = self._thread
        return self._pid == os.getpid() and thread is not None and thread.is_alive()

    def submit(self, job: Job, key: str | None = None) -> None:
        """Run ``job`` soon. While one of the same ``key`` waits, another is dropped."""
        if self._pid != os.getpid():
            self._begin()
        if self._closed or (key is not None and key in self._pending):
            return
        if key is not None:
            self._pending.add(key)
        if self._thread is None:
            thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the interpreter is going down
                self._closed = True
                return
            self._thread = thread
        self._jobs.put((key, job))

    def flush(self, timeout_s: float = 2.0) -> bool:
        """Wait until all jobs submitted so far are done; False where it took too long."""
        if not self.running or self._thread is threading.current_thread():
            return True
        done = threading.Event()
        self._jobs.put((None, done.set))
        return done.wait(timeout_s)

    def close(self, timeout_s: float = 2.0) -> None:
        """Do what waits, for at most ``timeout_s``, and end; more than once does no harm."""
        if self._closed or self._pid != os.getpid():
            return
        self._closed = True
        if self._thread is not None and self._thread is not threading.current_thread():
            self._jobs.put(None)
            self._thread.join(timeout_s)

    def _run(self) -> None:
        jobs, pending = self._jobs, self._pending
        while (item := jobs.get()) is not None:
            key, job = item
            if key is not None:
                pending.discard(key)
            try:
                job()
            except Exception as error:  # noqa: BLE001 - a job's trouble is its own; it is kept for doctor
                self.error = error

"""Requests of ours that nobody's log hears of."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_ours = threading.local()


class _Quiet(logging.Filter):
    """httpx logs each address, with its key, to whoever listens: ours are not logged."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not getattr(_ours, "asking", False)


_QUIET = _Quiet()


@contextmanager
def quietly() -> Iterator[None]:
    """Requests in it are not logged by httpx: neither their keys, nor into somebody's cell."""
    for name in ("httpx", "httpcore.http11", "httpcore.connection", "httpcore.proxy"):
        logging.getLogger(name).addFilter(_QUIET)  # adding it again changes nothing
    _ours.asking = True
    try:
        yield
    finally:
        _ours.asking = False

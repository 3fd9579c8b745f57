"""Asking a service politely: timeouts, few retries with back-off, its limits, a cache on disk.

Runs in the worker's thread only. No error, log or file of ours shows an address with a key in it.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from green_notebook._version import __version__
from green_notebook.errors import Unavailable
from green_notebook.grids._cache import Answer, Cache
from green_notebook.quiet import quietly

if TYPE_CHECKING:
    import httpx

TRIES = 3
CONNECT_S, TOTAL_S = 3.0, 15.0
LARGEST = 5_000_000
# A longer Retry-After is kept, but not waited for.
PATIENCE_S = 10.0
# After a failure the service is left alone for so long.
REST_S = 60.0


@dataclass
class Client:
    """One service. ``pause_s`` is the least time between two requests."""

    name: str
    base_url: str
    pause_s: float = 1.0
    read_s: float = 5.0
    cache: Cache = field(default_factory=Cache)
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    skew_s: float = 0.0
    _last: float = 0.0
    _not_before: float = 0.0

    def __post_init__(self) -> None:
        # For a mirror or a proxy of one's own institution.
        self.base_url = os.environ.get("GREEN_NOTEBOOK_GRID_URL") or self.base_url

    def json(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        secret: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        ttl_s: float = 900.0,
    ) -> Any:
        """The parsed answer; raises Unavailable where it is none."""
        text = self.text(path, params, secret=secret, headers=headers, ttl_s=ttl_s)
        try:
            return json.loads(text)
        except ValueError:
            raise Unavailable(f"{self.name} answered with garbled JSON") from None

    def text(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        secret: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        ttl_s: float = 900.0,
        whole: Callable[[str], bool] | None = None,
    ) -> str:
        """The answer's text: from the cache while it holds, else asked for.

        ``secret`` are parameters that are sent, but kept nowhere; ``whole`` says whether an answer is
        worth keeping (by default: whole JSON). Where the service fails an old
        answer is better than none: its points tell their own time.
        """
        address = f"{self.base_url}{path}?{urlencode(params or {})}"
        kept = self.cache.get(address) if ttl_s > 0 else None
        if kept is not None and self.now() < kept.expires <= self.now() + 86400:
            return kept.body
        url = f"{self.base_url}{path}"
        sent = dict(headers or {})
        if kept is not None and kept.etag:
            sent["If-None-Match"] = kept.etag
        try:
            reply = self._asked(url, {**(params or {}), **(secret or {})}, sent)
        except Unavailable:
            if kept is None:
                raise
            return kept.body
        body = kept.body if reply.status == 304 and kept is not None else reply.body
        holds_s = max(ttl_s, reply.max_age or 0.0) if ttl_s > 0 else 0.0
        if holds_s and (whole or _is_json)(body):
            etag = reply.etag or (kept.etag if kept else None)
            self.cache.put(address, Answer(body, self.now() + holds_s, etag))
        return body

    def post_basic(self, path: str, user: str, password: str) -> Any:
        """The JSON of a log-in with HTTP Basic, never cached."""
        import base64

        basic = base64.b64encode(f"{user}:{password}".encode()).decode()
        return self.json(path, headers={"Authorization": f"Basic {basic}"}, ttl_s=0)

    def _asked(self, url: str, params: Mapping[str, str], headers: Mapping[str, str]) -> _Reply:
        if self.now() < self._not_before:
            rest = self._not_before - self.now()
            raise Unavailable(f"{self.name} asked to be left alone for another {rest:.0f} s")
        for attempt in range(TRIES):
            self._paced()
            reply, problem = self._once(url, params, headers)
            if reply is not None and reply.status in (200, 304):
                return reply
            wait = self._wait(reply, attempt)
            if wait is None or attempt == TRIES - 1:
                break
            self.sleep(wait)
        self._not_before = max(self._not_before, self.now() + REST_S)
        raise Unavailable(problem or self._refused(reply), self._cure(reply))

    def _once(
        self, url: str, params: Mapping[str, str], headers: Mapping[str, str]
    ) -> tuple[_Reply | None, str]:
        import httpx

        started = self.now()
        try:
            timeout = httpx.Timeout(self.read_s, connect=CONNECT_S)
            agent = {"User-Agent": f"green-notebook/{__version__}", **headers}
            with (
                quietly(),
                httpx.Client(timeout=timeout) as client,
                client.stream("GET", url, params=dict(params), headers=agent) as response,
            ):
                reply = _read(response)
            self._learn_clock(reply, (started + self.now()) / 2)
        except httpx.TimeoutException:
            return None, f"{self.name} did not answer in time"
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            return None, f"{self.name} cannot be reached ({type(error).__name__})"
        return reply, ""

    def _learn_clock(self, reply: _Reply, asked_at: float) -> None:
        """How far this machine's clock is behind the service's (s), from its Date header."""
        if reply.date is not None:
            skew = reply.date - asked_at
            # Dates have whole seconds, answers a way to go: less than a minute is no skew.
            self.skew_s = skew if abs(skew) > 60 else 0.0

    def _paced(self) -> None:
        wait = self._last + self.pause_s - self.now()
        if 0 < wait <= self.pause_s:
            self.sleep(wait)
        self._last = self.now()

    def _wait(self, reply: _Reply | None, attempt: int) -> float | None:
        """Seconds to wait before the next try; None where another makes no sense."""
        backoff: float = 0.5 * 2**attempt * random.uniform(0.8, 1.2)  # noqa: S311 - not for secrets
        if reply is None or (reply.status >= 500 and reply.retry_after is None):
            return backoff
        if reply.status not in (429, 503):
            return None
        wait: float = backoff if reply.retry_after is None else reply.retry_after
        if wait > PATIENCE_S:
            self._not_before = self.now() + min(wait, 86400.0)
            return None
        return wait

    def _refused(self, reply: _Reply | None) -> str:
        status = reply.status if reply is not None else 0
        said = {
            400: "did not understand the request",
            401: "refused the key",
            403: "refused the key",
            404: "does not know the zone",
            429: "was asked too often",
        }
        return f"{self.name} {said.get(status, f'answered with status {status}')}"

    def _cure(self, reply: _Reply | None) -> str:
        if reply is not None and reply.status in (401, 403):
            return f"look at your key for {urlsplit(self.base_url).hostname}, and what it allows"
        return ""


@dataclass(frozen=True, slots=True)
class _Reply:
    """What of a response is used."""

    status: int
    body: str
    etag: str | None = None
    max_age: float = 0.0
    retry_after: float | None = None
    date: float | None = None


def _read(response: httpx.Response) -> _Reply:
    """Read a response within our limits of time and size."""
    deadline = time.monotonic() + TOTAL_S
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > LARGEST:
            raise ValueError("too large")
        if time.monotonic() > deadline:
            raise ValueError("too slow")
    headers = response.headers
    return _Reply(
        response.status_code,
        body.decode("utf-8", "replace"),
        headers.get("etag"),
        _max_age(headers.get("cache-control", "")),
        _retry_after(headers.get("retry-after"), _date(headers.get("date"))),
        _date(headers.get("date")),
    )


def _max_age(text: str) -> float:
    for word in text.split(","):
        name, _, number = word.strip().partition("=")
        if name.lower() == "max-age" and number.isdigit():
            return min(float(number), 86400.0)
    return 0.0


def _date(text: str | None) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (ValueError, TypeError):
        return None


def _retry_after(text: str | None, date: float | None) -> float | None:
    """Seconds, from seconds or a date; the date is read by the service's own clock."""
    if not text:
        return None
    if text.strip().isdigit():
        return float(text)
    until = _date(text)
    return None if until is None else max(0.0, until - (date or time.time()))


def _is_json(body: str) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True

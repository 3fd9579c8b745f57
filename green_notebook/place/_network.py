"""What only a network knows: a cloud's region from its metadata service, a country from the IP.

Both are off until switched on, run in the worker's thread, and give up after 200 ms (the metadata
service, which is on the machine's own link) or 2 s.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable
from typing import Any

from green_notebook.host import Host
from green_notebook.place._files import firmware, region_by_files, region_name
from green_notebook.settings import GreenNotebook

METADATA_URL = "http://169.254.169.254"
METADATA_S = 0.2
IP_SERVICE = "ipinfo.io"
IP_URL = "https://ipinfo.io"
IP_S = 2.0

_lock = threading.Lock()
_known: dict[str, str | None] = {}
_asked: set[str] = set()


def knowledge() -> int:
    """How many answers have come: a place that was found before is found anew after the next."""
    return len(_known)


def region(provider: str) -> str | None:
    """The region that the provider's metadata service told, None as long as it has not."""
    return _known.get(provider)


def country() -> str | None:
    """The country of the IP address, None as long as nobody told."""
    return _known.get("ip")


def forget() -> None:
    """Ask anew."""
    with _lock:
        _known.clear()
        _asked.clear()


def learn(
    settings: GreenNotebook,
    host: Host,
    submit: Callable[[Callable[[], object], str], object],
    *,
    metadata_url: str = METADATA_URL,
    ip_url: str = IP_URL,
) -> None:
    """Ask in the background what the settings allow; each question once. Does not wait.

    The metadata service is asked only where the machine's firmware says that it is that cloud's.
    """
    if settings.zone:
        return
    provider = (firmware(host) or ("", ""))[0]
    if settings.detect_cloud and provider in _METADATA and not region_by_files(host, provider):
        _once(provider, lambda: _metadata(provider, metadata_url), submit)
    if settings.locate_by_ip:
        _once("ip", lambda: _country(ip_url), submit)


def _once(
    name: str,
    ask: Callable[[], str | None],
    submit: Callable[[Callable[[], object], str], object],
) -> None:
    with _lock:
        if name in _asked:
            return
        _asked.add(name)

    def job() -> None:
        _known[name] = ask()

    submit(job, f"place:{name}")


def _metadata(provider: str, url: str) -> str | None:
    import httpx  # noqa: F401 - its first import alone takes longer than the service may

    found = _METADATA[provider](url, time.monotonic() + METADATA_S)
    if found is None or not re.fullmatch(r"[\w/. -]{1,100}", found):
        return None
    return region_name(provider, found)


def _aws(url: str, deadline: float) -> str | None:
    """IMDSv2: a token first, so that no request of a web page can reach it."""
    life = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
    token = _text("PUT", f"{url}/latest/api/token", life, deadline)
    if token is None:
        return None
    headers = {"X-aws-ec2-metadata-token": token}
    return _text("GET", f"{url}/latest/meta-data/placement/region", headers, deadline)


def _gcp(url: str, deadline: float) -> str | None:
    """ "projects/123/zones/us-central1-a"."""
    headers = {"Metadata-Flavor": "Google"}
    return _text("GET", f"{url}/computeMetadata/v1/instance/zone", headers, deadline)


def _azure(url: str, deadline: float) -> str | None:
    path = "/metadata/instance/compute/location?api-version=2021-02-01&format=text"
    return _text("GET", f"{url}{path}", {"Metadata": "true"}, deadline)


_METADATA: dict[str, Callable[[str, float], str | None]] = {
    "aws": _aws,
    "gcp": _gcp,
    "azure": _azure,
}


def _country(url: str) -> str | None:
    """Two letters of a country."""
    text = _text("GET", f"{url}/country", {}, time.monotonic() + IP_S, own_link=False)
    return text if text is not None and re.fullmatch(r"[A-Z]{2}", text) else None


def _text(
    method: str,
    url: str,
    headers: dict[str, str],
    deadline: float,
    *,
    own_link: bool = True,
) -> str | None:
    """A short answer; None for any trouble. Metadata services are never behind a proxy."""
    import httpx

    from green_notebook.quiet import quietly

    left_s = deadline - time.monotonic()
    if left_s <= 0:
        return None
    try:
        # Connecting and reading may each take half of what is left
        # (the metadata service speaks plain HTTP: no certificates are read for it).
        made: Any = httpx.Client(timeout=left_s / 2, trust_env=not own_link, verify=not own_link)
        with quietly(), made as client:
            reply = client.request(method, url, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
        return None
    return reply.text.strip()[:1000] if reply.status_code == 200 else None


def _after_fork() -> None:
    """The child is on the same machine, but the parent's thread that was asking is not in it."""
    global _lock  # noqa: PLW0603 - another thread of the parent may have held it
    _lock = threading.Lock()
    _asked.intersection_update(_known)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

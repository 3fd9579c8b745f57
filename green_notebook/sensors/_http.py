"""A device on the network that answers JSON, asked at the user's wish only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult

from green_notebook.errors import Unavailable
from green_notebook.quiet import quietly
from green_notebook.sensors._polled import CONNECT_S, TIMEOUT_S


class Device:
    """One device by its base URL. Errors are Unavailable, in our words: none shows a password."""

    def __init__(self, base: str, auth: Any = None, *, verify: bool = True) -> None:
        import ssl

        import httpx

        self._httpx = httpx
        context = ssl.create_default_context()
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        timeout = httpx.Timeout(TIMEOUT_S, connect=CONNECT_S)
        # Proxies are for the world outside; a plug or a controller stands beside the machine.
        self._client = httpx.Client(
            base_url=base, auth=auth, verify=context, timeout=timeout, trust_env=False
        )

    def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The JSON object at a path; raises Unavailable. ``NotFound`` for a path it has not."""
        httpx = self._httpx
        try:
            with quietly():
                answer = self._client.get(path, params=params)
        except httpx.TimeoutException:
            raise Unavailable("it does not answer in time") from None
        except httpx.HTTPError as error:
            raise Unavailable(f"it cannot be reached ({_kind(error)})") from None
        if answer.status_code in (401, 403):
            raise Unavailable("it refuses the user or the password")
        if answer.status_code == 404:
            raise NotFound("it does not have what is asked for")
        if not answer.is_success:
            raise Unavailable(f"it answers with an error ({answer.status_code})")
        try:
            found = answer.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Unavailable("it answers something else than a JSON object")
        return found

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


class NotFound(Unavailable):
    """The device answers, but has no such path."""


def shown(address: str) -> str:
    """An address for people, without the user and password that somebody put into it."""
    return repr(re.sub(r"//[^/]*@", "//", address))


def placed(address: SplitResult) -> str:
    """Where a device is: its host, and its port where one is named."""
    return address.netloc.rpartition("@")[2]


def _kind(error: Exception) -> str:
    """What went wrong in few words: certificates are the usual reason beside the address."""
    return "its certificate is not trusted" if "CERTIFICATE" in str(error) else type(error).__name__


def number(data: Any, *path: str | int) -> float | None:
    """The number at a path of keys and indices; None where there is none."""
    for key in path:
        if isinstance(data, Mapping) and isinstance(key, str):
            data = data.get(key)
        elif isinstance(data, list) and isinstance(key, int) and key < len(data):
            data = data[key]
        else:
            return None
    return float(data) if isinstance(data, (int, float)) and not isinstance(data, bool) else None

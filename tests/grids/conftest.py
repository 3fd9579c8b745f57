"""A local server that speaks a service's protocol, and says what was asked of it."""

import contextlib
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from green_notebook.grids import _live
from green_notebook.grids._cache import Cache
from green_notebook.grids._http import Client


@dataclass
class Asked:
    """One request: its path, parameters and headers."""

    path: str
    params: dict
    headers: dict


@dataclass
class Service:
    """Replies by path; each is (status, headers, body) or a function of the request."""

    url: str
    replies: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)

    def say(self, path, body, status=200, **headers):
        """Answer everything below ``path`` so."""
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        self.replies[path] = (status, named, body)


@pytest.fixture
def service():
    """A server on the loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            url = urlsplit(self.path)
            asked = Asked(
                url.path, {k: v[0] for k, v in parse_qs(url.query).items()}, dict(self.headers)
            )
            made.asked.append(asked)
            reply = next(
                (
                    made.replies[key]
                    for key in sorted(made.replies, key=len, reverse=True)
                    if url.path.startswith(key)
                ),
                (404, {}, "{}"),
            )
            status, headers, body = reply(asked) if callable(reply) else reply
            if body == "hang":
                made.release.wait(20)
                return
            raw = body.encode()
            self.send_response_only(status)
            for key, value in {"Content-Length": str(len(raw)), **headers}.items():
                self.send_header(key, value)
            if "Date" not in headers:
                self.send_header("Date", self.date_time_string())
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(raw)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made = Service(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    yield made
    made.release.set()
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def slept():
    """The waits that a client would have taken (s)."""
    return []


@pytest.fixture
def client(service, tmp_path, slept):
    """A client of the local server that takes its waits for granted."""

    def make(name="test", **more):
        more.setdefault("pause_s", 0.0)
        more.setdefault("cache", Cache(tmp_path / "cache"))
        return Client(name, service.url, sleep=slept.append, **more)

    return make


@pytest.fixture(autouse=True)
def _alone(monkeypatch):
    """No proxy, no keyring, no grid left over from another test."""
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    _live._made.clear()
    yield
    _live._made.clear()


@pytest.fixture
def now():
    """The real time: what servers' Date headers are compared with."""
    return time.time()


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch):
    """No test of this folder reaches beyond the loopback."""
    connect = socket.socket.connect

    def checked(self, address):
        assert self.family == socket.AF_UNIX or address[0] in ("127.0.0.1", "::1"), address
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", checked)

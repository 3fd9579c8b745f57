"""Local servers that speak the protocols of plugs and management controllers, faults included."""

from __future__ import annotations

import json
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Answer:
    """What a server says to one request: a status, a body (a dict is JSON), headers."""

    def __init__(self, body, status=200, **headers):
        self.status = status
        self.headers = headers
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()


@contextmanager
def served(answer, certificate=None):
    """A server on a free port: ``answer(path, query, headers)`` gives each Answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            address = urlsplit(self.path)
            said = answer(address.path, parse_qs(address.query), self.headers)
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(said.body)))
            self.end_headers()
            self.wfile.write(said.body)

        def log_message(self, *_):
            """Tests print nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_):
            """A client that gives up is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

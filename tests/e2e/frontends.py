"""A real Jupyter server, a real kernel and a real browser, each fresh.

The server listens on 127.0.0.1 with a token; nothing is fetched from elsewhere. Pictures of what
was seen are kept in tests/artifacts (ignored by git): look at them.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Browser, Locator, Page, Playwright

MIME = "application/vnd.green-notebook.v1+json"
ARTIFACTS = Path(__file__).resolve().parent.parent / "artifacts"

# A measured cell that goes on until the test has seen what it waits for (`Server.enough`), so that
# no browser is too slow for it; for two minutes at the most.
GOES_ON = """%%carbon {name}
import os, time
end = time.time() + 120
while time.time() < end and not os.path.exists("enough"):
    sum(range(1000))"""

# Debian's Chromium, in a container, without a screen, calling nobody.
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def notebook(*sources: str, kernel: str = "python3") -> nbformat.NotebookNode:
    """A notebook of code cells."""
    book = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": kernel, "display_name": kernel}}
    )
    book.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    return book


@dataclass
class Server:
    """One Jupyter server with folders of its own; ``app`` is "lab" or "notebook"."""

    app: str
    home: Path
    kernels: bool = True
    dark: bool = False
    environ: dict[str, str] = field(default_factory=dict)
    token: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def root(self) -> Path:
        """Where its notebooks lie."""
        return self.home / "notebooks"

    def __enter__(self):
        self.root.mkdir(parents=True, exist_ok=True)
        self._configure()
        self.port = free_port()
        module = {"lab": "jupyterlab", "notebook": "notebook"}[self.app]
        kind = {"lab": "LabApp", "notebook": "JupyterNotebookApp"}[self.app]
        options = [
            "--no-browser",
            "--allow-root",
            "--ip=127.0.0.1",
            f"--port={self.port}",
            f"--IdentityProvider.token={self.token}",
            f"--ServerApp.root_dir={self.root}",
            f"--{kind}.expose_app_in_browser=True",
            f"--{kind}.user_settings_dir={self.home / 'settings'}",
            f"--{kind}.workspaces_dir={self.home / 'workspaces'}",
        ]
        if not self.kernels:
            options.append("--KernelSpecManager.allowed_kernelspecs=none-of-them")
            options.append("--KernelSpecManager.ensure_native_kernel=False")
        self.log = (self.home / "server.log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *options],
            env=self._environment(),
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def _configure(self) -> None:
        # No news and no updates are asked for; they would need the network.
        config = self.home / "config" / "labconfig"
        config.mkdir(parents=True, exist_ok=True)
        (config / "page_config.json").write_text(
            json.dumps(
                {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
            )
        )
        theme = self.home / "settings" / "@jupyterlab" / "apputils-extension"
        theme.mkdir(parents=True, exist_ok=True)
        (theme / "themes.jupyterlab-settings").write_text(
            json.dumps({"theme": "JupyterLab Dark" if self.dark else "JupyterLab Light"})
        )

    def _environment(self) -> dict[str, str]:
        own = {
            "HOME": self.home,
            "JUPYTER_CONFIG_DIR": self.home / "config",
            "JUPYTER_DATA_DIR": self.home / "data",
            "JUPYTER_RUNTIME_DIR": self.home / "runtime",
            "IPYTHONDIR": self.home / "ipython",
            "XDG_DATA_HOME": self.home / "xdg-data",
            "XDG_CACHE_HOME": self.home / "xdg-cache",
            "XDG_CONFIG_HOME": self.home / "xdg-config",
            "PYTHONWARNINGS": "default",
        }
        return os.environ | {name: str(path) for name, path in own.items()} | self.environ

    def _wait(self) -> None:
        until = time.monotonic() + 180
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            try:
                self.api("status")
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(f"the server did not start:\n{(self.home / 'server.log').read_text()}")

    def api(self, path: str, method: str = "GET") -> Any:
        """What Jupyter's own interface answers."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/{path}",
            headers={"Authorization": f"token {self.token}"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def put(self, name: str, book: nbformat.NotebookNode) -> str:
        """Write a notebook where the server finds it."""
        nbformat.write(book, self.root / name)
        return name

    @contextmanager
    def enough(self) -> Iterator[None]:
        """Let cells that go on come to their end."""
        file = self.root / "enough"
        file.touch()
        try:
            yield
        finally:
            file.unlink()

    def kernelspec(self, name: str, python: Path) -> None:
        """Offer the kernel of another environment under a name."""
        folder = self.home / "data" / "kernels" / name
        folder.mkdir(parents=True, exist_ok=True)
        argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = {"argv": argv, "display_name": name, "language": "python"}
        (folder / "kernel.json").write_text(json.dumps(spec))

    def saved(self, name: str) -> nbformat.NotebookNode:
        """The notebook as it lies on disk."""
        return nbformat.read(self.root / name, as_version=4)

    def url(self, name: str, app: str = "") -> str:
        """Where a notebook is opened; "nbclassic" and "voila" are served beside JupyterLab."""
        # Lab opens what was open before, unless the page has a workspace of its own.
        own = f"lab/workspaces/{secrets.token_hex(4)}/tree"
        places = {
            "lab": own,
            "notebook": "notebooks",
            "nbclassic": "nbclassic/notebooks",
            "voila": "voila/render",
        }
        place = places[app or self.app]
        return f"http://127.0.0.1:{self.port}/{place}/{name}?token={self.token}"


@dataclass
class Book:
    """A notebook open in the browser."""

    page: Page
    server: Server
    name: str

    @classmethod
    def open(cls, page: Page, server: Server, name: str, *, kernel: bool = True) -> Book:
        page.goto(server.url(name), wait_until="domcontentloaded")
        book = cls(page, server, name)
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
        if kernel:
            book.idle()
        return book

    def _panel(self) -> str:
        return "window.jupyterapp.shell.currentWidget"

    def idle(self, timeout_s: float = 60) -> None:
        """Wait until the kernel is there and has nothing to do."""
        self.page.wait_for_function(
            f"{self._panel()}?.sessionContext?.session?.kernel?.status === 'idle'",
            timeout=timeout_s * 1000,
        )

    def command(self, name: str) -> None:
        """Carry out a command of the front end, without waiting for its end."""
        self.page.evaluate(f"void window.jupyterapp.commands.execute('{name}')")

    def cell(self, index: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def outputs(self, index: int) -> Locator:
        """What is shown below a cell."""
        return self.cell(index).locator(".jp-OutputArea-output")

    def text(self, index: int) -> str:
        """The text shown below a cell, as it is now."""
        return "\n".join(self.outputs(index).all_inner_texts())

    def start(self, index: int) -> None:
        """Run a cell with the keyboard, as people do; do not wait."""
        self.cell(index).locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")

    def run(self, index: int, timeout_s: float = 60) -> None:
        """Run a cell and wait until its number is there."""
        self.start(index)
        self.finished(index, timeout_s)

    def finished(self, index: int, timeout_s: float = 60) -> None:
        """Wait until a cell has its number and the kernel rests."""
        self.page.wait_for_function(
            """index => {
                const cell = document.querySelectorAll('.jp-Notebook .jp-Cell')[index];
                return /\\[\\d+\\]/.test(cell.querySelector('.jp-InputPrompt').textContent);
            }""",
            arg=index,
            timeout=timeout_s * 1000,
        )
        self.idle(timeout_s)

    def says(self, text: str, index: int, timeout_s: float = 60) -> None:
        """Run a cell again and again until it shows this text."""
        until = time.monotonic() + timeout_s
        while self.run(index) or text not in self.text(index):
            assert time.monotonic() < until, self.text(index)
            self.page.wait_for_timeout(200)

    def moves(self, index: int, texts: int, timeout_s: float = 60) -> list[str]:
        """The first so many different texts that are seen below a cell."""
        seen: list[str] = []
        until = time.monotonic() + timeout_s
        while len(seen) < texts:
            assert time.monotonic() < until, seen
            text = self.text(index)
            if text and text not in seen[-1:]:
                seen.append(text)
            self.page.wait_for_timeout(50)
        return seen

    def save(self) -> nbformat.NotebookNode:
        """Save, and return what lies on disk then."""
        self.page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
        self.page.wait_for_function(f"!{self._panel()}.context.model.dirty")
        return self.server.saved(self.name)

    def seen(self, pattern: str, index: int, timeout_s: float = 60) -> str:
        """Wait until the text below a cell matches; return it."""
        until = time.monotonic() + timeout_s
        while True:
            text = self.text(index)
            if re.search(pattern, text):
                return text
            assert time.monotonic() < until, f"no {pattern!r} below cell {index} but:\n{text}"
            self.page.wait_for_timeout(50)

    def picture(self, name: str) -> Path:
        """Keep what the page looks like now."""
        ARTIFACTS.mkdir(exist_ok=True)
        path = ARTIFACTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path


def reports(book: nbformat.NotebookNode) -> list[dict[str, Any]]:
    """The reports that a saved notebook holds, in order of cells."""
    return [
        output["data"][MIME]
        for cell in book.cells
        for output in cell.get("outputs", ())
        if MIME in output.get("data", {})
    ]


def chromium(playwright: Playwright) -> Browser:
    """Debian's Chromium with a fresh profile."""
    return playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)

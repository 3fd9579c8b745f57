"""Real kernels, spoken to as a front end speaks to them."""

import json
import os
import sys
import time
from pathlib import Path
from queue import Empty

import pytest
from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpec

ROOT = Path(__file__).resolve().parents[2]
COLAB = ROOT / ".venv-colab" / "bin" / "python"
KEY = "green-notebook"
PATIENCE_S = 60
# So many looks in a row, 30 ms apart, find a thread asleep that is where it waits.
LOOKS = 8
# The head of a measured cell that goes on until so many of its states were told: on a machine that
# is busy, a second has any number of them.
UNTIL_TOLD = """from green_notebook.kernel_session import current
told = []
current().subscribe(current().innermost(), told.append)
import time
while len(told) < {}: """


class Ran:
    """What a kernel sent for one cell."""

    def __init__(self, reply, messages):
        self.reply = reply
        self.messages = messages

    def of(self, kind):
        """The contents of the messages of one type."""
        return [content for found, content in self.messages if found == kind]

    @property
    def status(self):
        """The reply's status."""
        return self.reply["status"]

    @property
    def text(self):
        """Everything printed, both streams."""
        return "".join(one["text"] for one in self.of("stream"))

    @property
    def ours(self):
        """Our display messages: (type, data, metadata, transient)."""
        return [
            (kind, content["data"], content["metadata"], content.get("transient", {}))
            for kind, content in self.messages
            if kind in ("display_data", "update_display_data") and KEY in content["metadata"]
        ]

    @property
    def final(self):
        """The last summary's data, None where none was shown."""
        return next(
            (
                data
                for _, data, meta, _ in reversed(self.ours)
                if meta[KEY]["state"] in ("provisional", "final")
            ),
            None,
        )

    @property
    def report(self):
        """The summary's report as a dict."""
        return self.final["application/vnd.green-notebook.v1+json"]

    @property
    def theirs(self):
        """All that the cell itself did, in the order of the front end."""
        seen = []
        for kind, content in self.messages:
            if kind in ("display_data", "update_display_data") and KEY in content["metadata"]:
                continue
            if kind == "stream" and seen and seen[-1][:2] == (kind, content["name"]):
                seen[-1] = (kind, content["name"], seen[-1][2] + content["text"])
            elif kind == "stream":
                seen.append((kind, content["name"], content["text"]))
            elif kind != "status":
                seen.append((kind, json.dumps(content, sort_keys=True)))
        return seen


class Kernel:
    """One running kernel."""

    patience_s = PATIENCE_S

    def __init__(self, python, folder, **environ):
        spec = KernelSpec(argv=[str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"])
        self.manager = KernelManager()
        self.manager._kernel_spec = spec
        env = {**os.environ, "PYTHONWARNINGS": "default,ignore::ResourceWarning", **environ}
        self.manager.start_kernel(env=env, cwd=str(folder))
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE_S)

    def send(self, code, *, cell_id=None, store_history=True, silent=False):
        """Send a cell as JupyterLab (with ``cell_id``) or nbclient does; its message's id."""
        content = {
            "code": code,
            "silent": silent,
            "store_history": store_history,
            "user_expressions": {},
            "allow_stdin": False,
            # Else a cell sent right after an error may be dropped, which no test here is about.
            "stop_on_error": False,
        }
        metadata = {"cellId": cell_id} if cell_id else {}
        message = self.client.session.msg("execute_request", content, metadata=metadata)
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def collect(self, message_id, *, after_s=0.0, interrupt_at=None, until=None):
        """The answers to a message, until the kernel is idle and ``after_s`` longer.

        ``interrupt_at`` is printed text upon which Ctrl-C follows; ``until`` is asked of what came
        so far, and is waited for.
        """
        messages = []
        end_s = None
        limit_s = time.monotonic() + PATIENCE_S
        while end_s is None or time.monotonic() < end_s or not (until is None or until(messages)):
            assert time.monotonic() < limit_s, messages
            try:
                message = self.client.get_iopub_msg(timeout=0.05 if end_s else 1)
            except Empty:
                continue
            if message["parent_header"].get("msg_id") != message_id:
                continue
            content = message["content"]
            messages.append((message["msg_type"], content))
            if interrupt_at is not None and interrupt_at in content.get("text", ""):
                interrupt_at = None
                self._falls_asleep()
                self.interrupt()
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                end_s = time.monotonic() + after_s
        while True:
            reply = self.client.get_shell_msg(timeout=PATIENCE_S)
            if reply["parent_header"].get("msg_id") == message_id:
                return Ran(reply["content"], messages)

    def run(self, code, *, after_s=0.0, interrupt_at=None, until=None, **how):
        """Run one cell to its end."""
        return self.collect(
            self.send(code, **how), after_s=after_s, interrupt_at=interrupt_at, until=until
        )

    def collect_both(self, *message_ids):
        """The answers to messages that run side by side."""
        messages = {one: [] for one in message_ids}
        replies = {}
        limit_s = time.monotonic() + PATIENCE_S
        idle = set()
        while len(idle) < len(messages):
            assert time.monotonic() < limit_s, messages
            message = self.client.get_iopub_msg(timeout=PATIENCE_S)
            parent, content = message["parent_header"].get("msg_id"), message["content"]
            if parent in messages:
                messages[parent].append((message["msg_type"], content))
                if content.get("execution_state") == "idle":
                    idle.add(parent)
        while len(replies) < len(messages):
            reply = self.client.get_shell_msg(timeout=PATIENCE_S)
            replies[reply["parent_header"].get("msg_id")] = reply["content"]
        return [Ran(replies[one], messages[one]) for one in message_ids]

    def run_until_told(self, states, meanwhile, **how):
        """Run a measured cell that does something until so many of its states were told."""
        return self.run("%%carbon\n" + UNTIL_TOLD.format(states) + meanwhile, **how)

    def _falls_asleep(self):
        """Wait until the cell is where it waits: its thread neither runs nor wants to."""
        stat = Path(f"/proc/{self.manager.provisioner.pid}/stat")
        asleep = 0
        limit_s = time.monotonic() + PATIENCE_S
        while asleep < LOOKS:
            assert time.monotonic() < limit_s
            time.sleep(0.03)
            known = stat.exists()
            # The letter behind the name in parentheses is the main thread's state.
            state = stat.read_text().rpartition(")")[2].split()[0] if known else "S"
            asleep = asleep + 1 if state == "S" else 0

    def interrupt(self):
        """Ctrl-C."""
        self.manager.interrupt_kernel()

    def complete(self, code):
        """What Tab offers at the end of ``code``."""
        message_id = self.client.complete(code, len(code))
        while True:
            reply = self.client.get_shell_msg(timeout=PATIENCE_S)
            if reply["parent_header"].get("msg_id") == message_id:
                return reply["content"]["matches"]

    def close(self):
        """End it, and everything it holds."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


def pythons():
    """The versions of IPython and ipykernel that the kernel tests run on."""
    colab = pytest.param(
        COLAB,
        id="colab",
        marks=pytest.mark.skipif(not COLAB.exists(), reason="make colab-env makes it"),
    )
    return [pytest.param(Path(sys.executable), id="current"), colab]


@pytest.fixture(scope="module", params=pythons())
def python(request):
    """Each of the environments in turn."""
    return request.param


@pytest.fixture(scope="module")
def kernel(python, tmp_path_factory):
    """A kernel with the extension loaded."""
    folder = tmp_path_factory.mktemp("kernel")
    one = Kernel(python, folder, IPYTHONDIR=str(folder / "ipython"))
    one.run("%load_ext green_notebook")
    yield one
    one.close()


@pytest.fixture(scope="module")
def plain(python, tmp_path_factory):
    """A kernel without the extension."""
    folder = tmp_path_factory.mktemp("plain")
    one = Kernel(python, folder, IPYTHONDIR=str(folder / "ipython"))
    yield one
    one.close()


@pytest.fixture
def start_kernel(python, tmp_path):
    """Starts kernels with an environment of their own; they end with the test."""
    started = []

    def start(**environ):
        started.append(Kernel(python, tmp_path, **environ))
        return started[-1]

    yield start
    for one in started:
        one.close()

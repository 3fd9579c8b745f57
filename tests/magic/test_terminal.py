"""%%carbon in the IPython terminal, typed key by key."""

import os
import sys
import time

import pytest

pexpect = pytest.importorskip("pexpect", reason="terminals of this kind are POSIX's")
pytestmark = pytest.mark.kernel


@pytest.fixture(params=[["--simple-prompt"], []], ids=["simple", "prompt-toolkit"])
def terminal(request, python, tmp_path):
    """IPython in a terminal, at its first prompt."""
    child = pexpect.spawn(
        str(python),
        ["-m", "IPython", "--no-banner", "--no-confirm-exit", "--colors=NoColor", *request.param],
        env={**os.environ, "TERM": "xterm", "IPYTHONDIR": str(tmp_path)},
        encoding="utf-8",
        timeout=90,
        dimensions=(50, 200),
    )
    child.expect(r"In \[1\]:")
    yield child
    child.sendline("exit()")
    child.close(force=True)


def typed(terminal, *lines):
    """Type lines as a person does, who sees what comes back."""
    for line in lines:
        terminal.send(line + "\r")
        time.sleep(0.3)


def test_one_line_after_the_cell(terminal):
    """A cell of several lines can be typed; its result comes first, then one line of ours."""
    typed(terminal, "%load_ext green_notebook")
    terminal.expect(r"In \[2\]:")
    typed(terminal, "%%carbon named", "x = 20", "x + 22", "", "")
    terminal.expect(r"In \[3\]:")
    shown = terminal.before.partition("Out[2]: ")[2]
    assert "42" in shown
    assert shown.count("carbon · named · ") == 1
    assert "measuring" not in terminal.before
    typed(terminal, "%carbon last")
    terminal.expect(r"In \[4\]:")
    assert "carbon · named · " in terminal.before
    assert "modelled" in terminal.before or "measured" in terminal.before


def test_leaving_from_a_measured_cell(python, tmp_path):
    """A script of cells that ends with exit() ends quietly, with its summary."""
    if python != sys.executable and not python.exists():
        pytest.skip("no such environment")
    child = pexpect.run(
        f"{python} -m IPython --no-banner --colors=NoColor --simple-prompt -c "
        "\"get_ipython().run_line_magic('load_ext', 'green_notebook');"
        "get_ipython().run_cell('%%carbon last\\nexit()')\"",
        env={**os.environ, "IPYTHONDIR": str(tmp_path)},
        encoding="utf-8",
        timeout=90,
    )
    assert "carbon · last · " in child
    assert "Traceback" not in child

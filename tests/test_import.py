"""What `import green_notebook` and `%load_ext` may not do."""

import json
import subprocess
import sys

import pytest

HEAVY = (
    "IPython",
    "anywidget",
    "httpx",
    "ipywidgets",
    "numpy",
    "pandas",
    "plotly",
    "psutil",
    "pynvml",
    "sqlalchemy",
    "tqdm",
    "traitlets",
    "typer",
)
WATCH = """
import json, sys, threading
seen = []
sys.addaudithook(lambda event, args: seen.append(event) if event.startswith(
    ("socket.", "subprocess.", "os.system", "os.posix_spawn", "os.fork", "open_write")) else None)
"""


def told(code):
    """What a fresh interpreter prints as JSON at the end of ``code``."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WATCH + code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_importing_the_package_loads_nothing_heavy():
    """No IPython, numpy, pandas, widgets, plotly, network or database library; no thread; no socket."""
    modules, threads, events = told(
        "import green_notebook\n"
        "print(json.dumps([sorted(sys.modules), threading.active_count(), seen]))"
    )
    roots = {name.partition(".")[0] for name in modules}
    assert roots.isdisjoint(HEAVY), roots.intersection(HEAVY)
    assert threads == 1
    assert events == []


def test_the_public_names_are_lazy_and_complete():
    """Each name of __all__ is there, is listed by dir(), and an unknown one is an AttributeError."""
    import green_notebook as gn

    assert {"measure", "doctor", "advise", "Report", "Quantity", "Session"} <= set(gn.__all__)
    for name in gn.__all__:
        assert name in dir(gn)
        assert getattr(gn, name) is not None
    with pytest.raises(AttributeError, match="nothing_such"):
        _ = gn.nothing_such


SHELL = """
import time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
before = set(sys.modules)
seen.clear()
start = time.process_time()
shell.run_line_magic("load_ext", "green_notebook")
took_s = time.process_time() - start
new = sorted({name.partition(".")[0] for name in set(sys.modules) - before})
print(json.dumps([took_s, new, threading.active_count(), [e for e in seen if "socket" in e]]))
"""
NOT_ON_LOAD = {"anywidget", "httpx", "ipywidgets", "numpy", "pandas", "plotly", "psutil", "pynvml"}


def test_loading_the_extension_starts_nothing():
    """%load_ext imports no heavy library, starts no thread of ours and opens no socket."""
    _, new, _, sockets = told(SHELL)
    assert NOT_ON_LOAD.isdisjoint(new), new
    assert sockets == []


@pytest.mark.alone
def test_loading_the_extension_is_quick(slower):
    """%load_ext takes under 50 ms of a running IPython's CPU; the best of three, against chance."""
    assert min(told(SHELL)[0] for _ in range(3)) < 0.050 * slower

"""What every test stands on: nobody's settings, and nothing of ours left behind."""

import os
import threading
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

with suppress(ModuleNotFoundError):  # the environment of the frameworks has none
    from hypothesis import HealthCheck, settings

    # How long an example takes is the machine's affair. Every run tries the same examples, so that
    # what failed fails again: `pytest --hypothesis-profile=search` looks for others.
    patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile("search", patient)
    settings.register_profile("same", patient, derandomize=True)
    settings.load_profile("same")


@pytest.fixture(scope="session")
def project() -> Path:
    """The folder that this checkout lies in."""
    return ROOT


@pytest.fixture(autouse=True)
def own_surroundings(monkeypatch, tmp_path_factory):
    """No setting of the machine reaches a test, and no test reaches the home folder."""
    for name in tuple(os.environ):
        if name.startswith("GREEN_NOTEBOOK_"):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(home / name.lower()))


@pytest.fixture(autouse=True)
def no_thread_stays():
    """Threads named after the package end with the test that started them."""
    before = set(threading.enumerate())
    yield
    left = [
        one
        for one in threading.enumerate()
        if one not in before and one.name.startswith(("green_notebook", "green-notebook"))
    ]
    for one in left:  # a thread may be on its way out
        one.join(timeout=2)
    assert not [one.name for one in left if one.is_alive()]

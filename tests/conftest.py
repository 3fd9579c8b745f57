"""What every test stands on: nobody's settings, and nothing of ours left behind."""

import os
import threading
import time
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


# What `piece_of_work` took on the machine on which limits of CPU time were set (2 GHz, 2026).
PIECE_S = 0.0013


def piece_of_work():
    """A bit of everything that Python does: text, dictionaries, sorting."""
    words = [f"{number * 7919 % 10007}" for number in range(4000)]
    lengths = {}
    for one in words:
        lengths[one[:2]] = lengths.get(one[:2], 0) + len(one)
    return sorted(words), sum(lengths.values())


@pytest.fixture
def slower():
    """How many times slower than that machine this one is now, and at least 1.

    A limit of CPU time times this is kept by the same code on any machine, however busy.
    """
    took = []
    for _ in range(3):
        begun_s = time.thread_time()
        piece_of_work()
        took.append(time.thread_time() - begun_s)
    return max(1.0, min(took) / PIECE_S)


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

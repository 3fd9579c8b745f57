"""Colab's pins: installing this package there upgrades nothing."""

import json
import subprocess

import pytest


@pytest.fixture(scope="module")
def venv(project):
    """The environment that `make colab-env` makes."""
    folder = project / ".venv-colab"
    if not (folder / ".made").exists():
        pytest.skip("make colab-env makes it")
    return folder


def lines(path):
    """The requirements of a file, without comments."""
    found = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return [line for line in found if line]


def test_installing_us_upgrades_nothing(venv):
    """Every distribution has the version that it had before; nothing went away."""
    before = set(lines(venv / ".before"))
    after = {line for line in lines(venv / ".after") if not line.startswith("-e")}
    assert before <= after
    assert after - before == set(), "nothing is added on a GPU image of Colab"


def test_the_pins_are_what_is_installed(venv, project):
    """The tests run on what they say they run on."""
    pins = [one for one in lines(project / "tests/colab/requirements.txt") if "==" in one]
    listed = subprocess.run(
        [venv / "bin/python", "-m", "pip", "list", "--format=json"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    found = {one["name"].lower().replace("_", "-"): one["version"] for one in json.loads(listed)}
    for pin in pins:
        name, _, version = pin.partition("==")
        assert found[name.lower().replace("_", "-")] == version


def test_the_floors_of_the_package_are_met(venv):
    """pip finds no requirement of ours unmet there."""
    done = subprocess.run(
        [venv / "bin/python", "-m", "pip", "check"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "green-notebook" not in done.stdout.lower(), done.stdout

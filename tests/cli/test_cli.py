"""The command green-notebook, as it is typed."""

import subprocess
import sys
from pathlib import Path

import pytest

from green_notebook import __version__

COMMAND = Path(sys.executable).with_name("green-notebook")


def typed(*words):
    """Run the command; (exit status, output, errors)."""
    done = subprocess.run(
        [COMMAND, *words], capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_version():
    """One line, nothing else."""
    assert typed("version") == (0, f"{__version__}\n", "")


@pytest.mark.alone
def test_demo_measures_real_work():
    """A workload runs, and its text summary is printed."""
    status, output, errors = typed("demo", "--seconds", "0.5")
    assert (status, errors) == (0, "")
    first, second, *_ = output.splitlines()
    assert first.startswith("counted ")
    assert second.startswith("carbon · demo · ")
    assert "CO2e" in second


def test_doctor_lists_sensors():
    """Each sensor with its state."""
    status, output, errors = typed("doctor")
    assert (status, errors) == (0, "")
    assert "in use" in output


@pytest.mark.parametrize(
    ("words", "said"),
    [(["demmo"], "demmo"), (["demo", "--seconds", "-1"], "--seconds"), (["demo", "-x"], "-x")],
)
def test_bad_input_is_told_in_a_few_words(words, said):
    """No traceback; exit status 2, as usual."""
    status, output, errors = typed(*words)
    assert (status, output) == (2, "")
    assert said in errors
    assert "Traceback" not in errors


def test_help_tells_the_commands():
    """Without words, the commands are listed."""
    assert all(one in typed("--help")[1] for one in ("demo", "doctor", "version"))

"""The tools that are compared: what is installed for each, where, which version, how large."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ROOT / ".venv-peers"
OURS = "green_notebook"

# What a user with an NVIDIA card installs. eco2ai needs an older pandas and setuptools to run.
PACKAGES = {
    OURS: ["--editable", str(ROOT)],
    "codecarbon": ["codecarbon", "nvidia-ml-py"],
    "zeus": ["zeus"],
    "pyjoules": ["pyJoules[nvidia]", "nvidia-ml-py"],
    "carbontracker": ["carbontracker"],
    "eco2ai": ["eco2ai", "pandas<3", "setuptools<81"],
}
TITLES = {
    OURS: "green_notebook",
    "codecarbon": "CodeCarbon",
    "zeus": "Zeus",
    "pyjoules": "pyJoules",
    "carbontracker": "carbontracker",
    "eco2ai": "eco2AI",
}


def python(tool: str) -> Path:
    """The interpreter of the tool's own environment."""
    return ENVIRONMENTS / tool / "bin/python"


def prepare(tool: str, *, upgrade: bool = True) -> None:
    """Make the tool's environment, or bring it to the newest version that the index has."""
    folder = ENVIRONMENTS / tool
    stamp = folder / ".ready"
    there = stamp.exists()
    if not there:
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    if PACKAGES.get(tool) and (upgrade or not there):
        pip = [folder / "bin/python", "-m", "pip", "--disable-pip-version-check", "install"]
        done = subprocess.run([*pip, "--quiet", "--upgrade", *PACKAGES[tool]], check=False)
        if done.returncode and not there:
            sys.exit(f"{tool} could not be installed")
        if done.returncode:
            print(f"{tool} was not brought up to date: the index was not reached", flush=True)
    stamp.touch()


def version(tool: str) -> str:
    """The installed version."""
    code = f"from importlib.metadata import version; print(version({tool.replace('_', '-')!r}))"
    run = subprocess.run([python(tool), "-c", code], check=False, capture_output=True, text=True)
    return run.stdout.strip() or "?"


def _bytes(folder: Path) -> int:
    files = (one for one in folder.rglob("*") if one.is_file() and not one.is_symlink())
    return sum(one.stat().st_size for one in files)


def size_mb(tool: str) -> float:
    """What the environment holds more than an empty one, in MB."""
    prepare("empty")
    size = _bytes(ENVIRONMENTS / tool) - _bytes(ENVIRONMENTS / "empty")
    if tool == OURS:  # it is installed as a link
        size += _bytes(ROOT / "green_notebook")
    return size / 1e6

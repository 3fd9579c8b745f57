"""Compile the simulated hardware's C files, once for each version of them."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).parent


def compiled(source: str, name: str, *flags: str) -> Path:
    """The path of the built file; it is built anew when a source changes.

    It lies in a folder of its own, so that the folder can be put on ``LD_LIBRARY_PATH``.
    """
    text = (HERE / source).read_bytes() + (HERE / "waves.h").read_bytes()
    key = hashlib.sha256(text).hexdigest()[:16]
    target = Path(tempfile.gettempdir()) / f"green-notebook-simulated-{key}" / name
    if not target.exists():
        compiler = shutil.which("gcc") or shutil.which("cc")
        assert compiler, "a C compiler is needed: apt-get install gcc libc6-dev"
        target.parent.mkdir(mode=0o755, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            built = Path(folder) / name
            command = [compiler, "-O2", *flags, "-o", built, HERE / source, "-lm"]
            subprocess.run(command, check=True)
            built.chmod(0o755)
            built.rename(target)  # two test runs may build at once: the last one wins, whole
    return target

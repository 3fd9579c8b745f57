"""What the tests of sensors share: recorded machines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from simulated_nvml import gpus

from green_notebook.host import Host

__all__ = ["gpus", "machine"]

MACHINES = Path(__file__).parents[1] / "machines"


@pytest.fixture
def machine() -> Callable[[str], Host]:
    """A recorded machine by the name of its folder."""

    def find(name: str) -> Host:
        assert (MACHINES / name).is_dir(), name
        return Host(MACHINES / name, {})

    return find

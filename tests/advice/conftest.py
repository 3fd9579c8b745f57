"""What the tests of advice share."""

from __future__ import annotations

from pathlib import Path

import pytest

from green_notebook.model import Report

GOLDEN = Path(__file__).parent.parent / "reports"


@pytest.fixture
def report() -> Report:
    """A report as it is kept."""
    return Report.from_json(min(GOLDEN.glob("*.json")).read_text(encoding="utf-8"))

"""The documentation of advice and facts says what the rules do."""

from __future__ import annotations

import re
from pathlib import Path

from green_notebook.advice import _situation, rules
from green_notebook.advice._techniques import techniques

ROOT = Path(__file__).parent.parent.parent
FACTS = (ROOT / "docs" / "facts.md").read_text(encoding="utf-8")
ADVICE = (ROOT / "docs" / "advice.md").read_text(encoding="utf-8")
READS = re.compile(r'(?:number|text|flag|listed|known|get)\(\s*"([a-z_]+(?:\.[a-z0-9_]+)?)"')


def documented() -> set[str]:
    """Every path of the table in docs/facts.md."""
    found = set()
    for row in re.findall(r"^\| ([^|]+) \|", FACTS, flags=re.MULTILINE):
        section = ""
        for path in re.split(r", ", row):
            section = path.split(".")[0] or section
            found.add(path if not path.startswith(".") else section + path)
    return found


def test_every_path_that_a_rule_reads_is_documented() -> None:
    """docs/facts.md lists each path that the rules ask for."""
    sources = [Path(_situation.__file__), *Path(rules.__path__[0]).glob("*.py")]
    read = {path for file in sources for path in READS.findall(file.read_text(encoding="utf-8"))}
    read |= {"data.language", "gen.language", "session.repeated_identical_calls"}
    described = documented() | {"data.language", "gen.language", "gen.padding"}
    assert read - described == set()


def test_every_technique_is_documented() -> None:
    """docs/advice.md tells of each technique when it speaks, or why it never does."""
    for name in techniques():
        assert f"| {name} |" in ADVICE

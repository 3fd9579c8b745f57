"""The golden reports, and what a front end leaves of HTML."""

import json
import runpy
from html.parser import HTMLParser
from pathlib import Path

import pytest

from green_notebook.model import Report

REPORTS = Path(__file__).parents[1] / "reports"
NAMES = sorted(path.stem for path in REPORTS.glob("*.json"))


class _Words(HTMLParser):
    def __init__(self):
        super().__init__()
        self.words = []
        self.tags = set()
        self.attributes = set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.words.append(" ")

    def handle_data(self, data):
        self.words.append(data)


def words_of(html):
    """Tags, attributes and bare words."""
    parser = _Words()
    parser.feed(html)
    return parser.tags, parser.attributes, " ".join("".join(parser.words).split())


@pytest.fixture
def parsed():
    """The tags, attributes and bare words of HTML: what is left when all styles are gone."""
    return words_of


@pytest.fixture
def reports():
    """The folder of the golden reports."""
    return REPORTS


@pytest.fixture
def power():
    """The power (W) over 25 s of a cell."""
    return [(at * 0.5, 20 + 10 * (at % 7)) for at in range(50)]


@pytest.fixture(scope="session")
def builder():
    """What tests/reports/build.py defines."""
    return runpy.run_path(str(REPORTS / "build.py"))


@pytest.fixture(scope="session")
def frames(builder):
    """The golden states of the live view."""
    return builder["frames"]()


@pytest.fixture(params=NAMES)
def report(request):
    """Each golden report."""
    data = json.loads((REPORTS / f"{request.param}.json").read_text(encoding="utf-8"))
    return Report.from_dict(data)


@pytest.fixture
def golden():
    """A golden report by name."""
    return lambda name: Report.from_json((REPORTS / f"{name}.json").read_text(encoding="utf-8"))

"""Fixtures of the browser tests; frontends.py holds what they are made of."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from frontends import Server, chromium
from playwright.sync_api import sync_playwright


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        one = chromium(playwright)
        yield one
        one.close()


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1200, "height": 1400})
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module", params=["lab", "notebook"])
def server(request, tmp_path_factory):
    """JupyterLab, then Notebook 7."""
    with Server(request.param, tmp_path_factory.mktemp(request.param)) as one:
        yield one


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)

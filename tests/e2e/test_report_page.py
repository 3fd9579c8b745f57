"""The report's file in a browser: quickly opened, printed whole, read by everybody."""

import re
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pypdf
import pytest
from frontends import ARTIFACTS

from green_notebook.actions import report
from green_notebook.actions._summaries import summarise
from green_notebook.show import page as written
from green_notebook.testing import FakeClock, FakeModel, fake_session

CELLS = 1000
AXE = Path(__file__).parents[2] / "js/node_modules/axe-core/axe.min.js"


@pytest.fixture(scope="module")
def summary(tmp_path_factory):
    """A session of a thousand cells, each with a name and a size of its own."""
    clock = FakeClock()
    session = fake_session(tmp_path_factory.mktemp("session"), FakeModel(), clock=clock)
    span = session.begin("cell 0", thread=False, zone="FR")
    clock.advance(2.0, 1.0)
    one = session.end(span)
    begun = datetime.fromisoformat(one.started_at)
    for number in range(1, CELLS):
        co2e = one.footprint.co2e.scaled(1 + number / 700)
        later = begun + timedelta(seconds=3 * number)
        session.ledger.append(
            replace(
                one,
                id=f"{number}",
                name=f"cell {number}",
                started_at=later.isoformat(),
                footprint=replace(one.footprint, co2e=co2e),
            )
        )
    return summarise(session)


@pytest.fixture(scope="module")
def file(summary, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "page.html"
    report.write(summary, path)
    return path


def opened(browser, file, **options):
    """The page, once plotly has drawn all charts; nothing is fetched."""
    tab = browser.new_page(viewport={"width": 1100, "height": 1400}, **options)
    asked = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(file.as_uri(), wait_until="load")
    tab.wait_for_function("document.querySelectorAll('.chart .main-svg').length >= 4")
    assert [one for one in asked if not one.startswith(("file:", "data:", "blob:"))] == []
    return tab


def test_a_thousand_cells_open_in_three_seconds(browser, file, record_property, slower):
    """Under 8 MB; what it says is painted, and its charts are drawn, in under 3 s.

    The charts' 3 s are the page's own CPU time, and of the time to the paint that part counts in
    which the page could run: other programs share the machine.
    """
    assert file.stat().st_size < 8_000_000
    tab = browser.new_page(viewport={"width": 1100, "height": 1400})
    inside = tab.context.new_cdp_session(tab)
    inside.send("Performance.enable", {"timeDomain": "threadTicks"})
    begun = time.monotonic()
    tab.goto(file.as_uri(), wait_until="load")
    assert tab.locator(".chart .main-svg").count() >= 4
    took_s = time.monotonic() - begun
    painted = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"
    painted_s = tab.evaluate(painted)
    metrics = inside.send("Performance.getMetrics")["metrics"]
    cpu_s = {one["name"]: one["value"] for one in metrics}["TaskDuration"]
    for name, value in (("opened", took_s), ("painted", painted_s), ("cpu", cpu_s)):
        record_property(f"{name}_s", round(value, 2))
    tab.screenshot(path=ARTIFACTS / "report-page-light.png")
    tab.close()
    assert painted_s * min(1.0, cpu_s / took_s) < 3 * slower
    assert 0.1 < cpu_s < 3 * slower


def test_dark_and_narrow(browser, file):
    """Who asked for dark gets dark, and a narrow window is not scrolled sideways but the tables."""
    tab = opened(browser, file, color_scheme="dark")
    tab.screenshot(path=ARTIFACTS / "report-page-dark.png")
    tab.set_viewport_size({"width": 420, "height": 800})
    tab.wait_for_timeout(300)
    tab.screenshot(path=ARTIFACTS / "report-page-narrow.png")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 420
    tab.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_read_it(browser, file, theme):
    """axe-core finds nothing in the page, its charts left out."""
    if not AXE.exists():
        pytest.skip("axe-core is not there: npm --prefix js ci")
    tab = browser.new_page(color_scheme=theme)
    text = re.sub(r"<script.*?</script>", "", file.read_text(), flags=re.DOTALL)
    rows = text.split("<tr>")
    tab.set_content("<tr>".join([*rows[:40], *rows[-20:]]))  # a thousand rows say no more
    tab.add_script_tag(path=AXE)
    found = tab.evaluate("axe.run({rules: {region: {enabled: false}}})")
    tab.close()
    assert len(found["passes"]) > 5
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []


def test_the_pdf_holds_every_number(browser, file, summary):
    """Printed, nothing is lost: each number of the Markdown form stands in the PDF's text."""
    tab = opened(browser, file)
    path = file.with_suffix(".pdf")
    tab.pdf(path=path)
    tab.close()
    text = "".join("".join(one.extract_text() for one in pypdf.PdfReader(path).pages).split())
    numbers = set(re.findall(r"\d[\d.,]*", written.markdown(summary)))
    assert len(numbers) > CELLS
    assert [one for one in numbers if one.rstrip(".,") not in text] == []

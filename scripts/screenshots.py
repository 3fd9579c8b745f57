"""Every view, light and dark: a real JupyterLab, kernel and browser; then tests/show/gallery.py.

Light ones go to docs/images, dark ones and the reports to tests/artifacts. Look at them before committing.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from frontends import Book, Server, chromium, notebook  # noqa: E402 - found by the line above
from playwright.sync_api import sync_playwright  # noqa: E402

SHORT = """%%carbon ten matrix products
import numpy as np

a = np.random.default_rng(1).random((1500, 1500))
for _ in range(10):
    product = a @ a"""
LONG = """%%carbon many more
for _ in range(150):
    product = a @ a"""
SUMMARY = r"CO2e[\s\S]*How sure is this\?"


def crop(book, indexes, path):
    """The given cells alone, with a margin."""
    boxes = [book.cell(index).bounding_box() for index in indexes]
    left = min(box["x"] for box in boxes)
    top = min(box["y"] for box in boxes)
    bottom = max(box["y"] + box["height"] for box in boxes)
    book.page.screenshot(
        path=path,
        clip={"x": left, "y": top - 4, "width": boxes[0]["width"], "height": bottom - top + 12},
    )
    print(f"{path} {path.stat().st_size / 1000:.0f} kB")


def pictures(browser, home, folder, *, dark):
    """A finished cell above a running one, and a summary folded out, in one theme."""
    suffix = "-dark" if dark else ""
    with Server("lab", home, dark=dark, environ={"GREEN_NOTEBOOK_ZONE": "FR"}) as server:
        page = browser.new_page(viewport={"width": 1000, "height": 1100}, device_scale_factor=1.5)
        name = server.put("pictures.ipynb", notebook("%load_ext green_notebook", SHORT, LONG))
        book = Book.open(page, server, name)
        book.command("application:toggle-left-area")
        book.run(0)
        book.run(1, 300)
        book.seen(SUMMARY, 1)
        page.wait_for_timeout(1000)
        book.start(2)
        book.seen("so far", 2)
        page.wait_for_timeout(4000)
        page.mouse.move(3, 700)  # no toolbar over the cells
        crop(book, [1, 2], folder / f"cells{suffix}.png")
        book.finished(2, 300)
        page.wait_for_timeout(500)
        book.outputs(1).locator("summary").last.click()
        page.mouse.move(3, 700)
        crop(book, [1], folder / f"summary{suffix}.png")
        page.close()
        sights(browser, server, folder, suffix)


def sights(browser, server, folder, suffix):
    """The dashboard while a cell runs, and the report: in the notebook, and as a file."""
    page = browser.new_page(
        viewport={"width": 1000, "height": 1900},
        device_scale_factor=1.5,
        color_scheme="dark" if suffix else "light",
    )
    broken = "%%carbon a typing error\nproduct = sum(range(3_000_000)) @ a"
    cells = ["%load_ext green_notebook", SHORT, broken, "%carbon dashboard", LONG]
    name = server.put(
        "dashboard.ipynb", notebook(*cells, "%carbon report", "%carbon report r.html")
    )
    book = Book.open(page, server, name)
    book.command("application:toggle-left-area")
    for index in range(4):
        book.run(index, 300)
    book.start(4)
    page.locator(".gn-dashboard").get_by_text("running: many more").wait_for()
    page.wait_for_timeout(5000)
    page.mouse.move(3, 700)
    crop(book, [3], folder / f"dashboard{suffix}.png")
    book.finished(4, 300)
    for index in (5, 6):
        book.run(index, 60)
    page.mouse.move(3, 700)
    book.cell(5).scroll_into_view_if_needed()
    page.wait_for_timeout(1500)
    page.screenshot(path=ROOT / f"tests/artifacts/report-notebook{suffix}.png")
    page.goto((server.root / "r.html").as_uri())
    page.screenshot(path=ROOT / f"tests/artifacts/report{suffix}.png", full_page=True)
    page.close()


def main():
    (ROOT / "tests/artifacts").mkdir(exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as home:
        browser = chromium(playwright)
        for dark, folder in ((False, "docs/images"), (True, "tests/artifacts")):
            out = ROOT / folder
            out.mkdir(parents=True, exist_ok=True)
            pictures(browser, Path(home) / str(dark), out, dark=dark)
        browser.close()
    # Every other state of every view, from golden reports.
    subprocess.run([sys.executable, ROOT / "tests/show/gallery.py"], check=True)


if __name__ == "__main__":
    main()

"""Pictures of everything that people see: `python tests/show/gallery.py [FOLDER]`.

Every golden report as JupyterLab shows it, as nbconvert writes it, sanitised, and with all styles
stripped; every golden state of the live view and the dashboard; dark and light, wide and narrow.
"""

from __future__ import annotations

import base64
import json
import re
import runpy
import sys
from html import escape
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter
from playwright.sync_api import Browser, sync_playwright

from green_notebook.actions.report import standalone
from green_notebook.model import total
from green_notebook.model.summary import Summary
from green_notebook.show import bundle, html
from green_notebook.show.widget import SCRIPT

ROOT = Path(__file__).parents[2]
BUILDER = runpy.run_path(str(ROOT / "tests/reports/build.py"))
POWER = [(at * 0.5, 18 + 40 * (at > 20) + 9 * (at % 4) + 5 * (at % 7)) for at in range(60)]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# JupyterLab's variables and the rules of its rendered HTML that touch a summary.
THEMES = {
    "light": "--jp-ui-font-color1:rgba(0,0,0,.87);--jp-layout-color1:#fff;--row:#f5f5f5",
    "dark": "--jp-ui-font-color1:rgba(255,255,255,1);--jp-layout-color1:#111;--row:#212121",
}
LAB = """
body{%s;--jp-ui-font-family:system-ui,sans-serif;background:var(--jp-layout-color1);margin:12px;
color:var(--jp-ui-font-color1);font:14px/1.42 system-ui,sans-serif}
.out{border-bottom:1px dashed #888;padding:10px 0}
.lab table{border-collapse:collapse;border:none;font-size:12px;table-layout:fixed;margin:0 0 1em}
.lab td{text-align:right;vertical-align:middle;padding:.5em;line-height:normal;max-width:none;border:none}
.lab tr:nth-child(odd){background:var(--row)}
"""
WIDTHS = {"wide": 860, "narrow": 340}


def summaries() -> str:
    """Each report twice: with all details, and as it is saved."""
    blocks = [
        f"<div class='out lab'><small>{name}</small>{text}</div>"
        for name, report in BUILDER["goldens"]().items()
        for text in (html.summary(report, POWER), bundle(report, POWER)["text/html"])
    ]
    frames = BUILDER["frames"]()
    blocks += [f"<div class='out lab'>{html.frame(one, POWER)}</div>" for one in frames.values()]
    return "".join(blocks)


def widgets() -> str:
    """The widget in each state, fed with a run's updates first."""
    states = {f"live: {name}": one.to_dict() for name, one in BUILDER["frames"]().items()}
    states["dashboard"] = BUILDER["session"]()
    script = base64.b64encode(SCRIPT.read_bytes()).decode()
    return f"""<div id=all></div><script type=module>
const {{default: widget}} = await import("data:text/javascript;base64,{script}");
const states = {json.dumps(states)};
for (const [name, state] of Object.entries(states)) {{
  const kind = name.split(":")[0], listeners = [];
  const traits = {{kind, state}};
  const model = {{get: key => traits[key], on: (_, f) => listeners.push(f), off() {{}}, send() {{}}}};
  const el = document.createElement("div");
  el.className = "out";
  all.append(el);
  if (kind === "live" && state.power_w !== null) {{
    for (let at = 1; at < 60; at++) {{
      traits.state = {{...state, elapsed_s: state.elapsed_s - 60 + at, power_by_component:
        state.power_by_component.map(([n, w], i) => [n, w * (1 + Math.sin(at / (3 + 4 * i)) / 2)])}};
      if (at === 1) widget.initialize({{model}});
      for (const f of listeners) f();
    }}
  }} else widget.initialize({{model}});
  traits.state = state;
  for (const f of listeners) f();
  widget.render({{model, el}});
}}
document.body.dataset.done = "1";
</script>"""


def notebook() -> nbformat.NotebookNode:
    """A notebook with every report as its output, as it is saved."""
    cells = []
    for name, report in BUILDER["goldens"]().items():
        cell = nbformat.v4.new_code_cell(f"%%carbon {name}\nwork()", id=name)
        cell.outputs = [nbformat.v4.new_output("display_data", data=bundle(report, POWER))]
        cells.append(cell)
    return nbformat.v4.new_notebook(cells=cells)


def exported(*, sanitize: bool) -> str:
    """The notebook as nbconvert writes it."""
    text: str = HTMLExporter(sanitize_html=sanitize).from_notebook_node(notebook())[0]
    # Without MathJax and require.js, which would be loaded from elsewhere.
    return re.sub(r"<script\b.*?</script>", "", text, flags=re.DOTALL)


def report_page() -> str:
    """The report's file over all golden reports, with its charts."""
    reports = tuple(BUILDER["goldens"]().values())
    energy = total(("meter", one.energy.kernel) for one in reports)
    co2e = total((("meter", one.footprint.co2e) for one in reports), "g")
    elsewhere = [("SE", 0.2), ("FR", 0.3), ("DE", 1.0), ("US", 1.1), ("PL", 2.0)]
    summary = Summary(
        "Footprint of this session",
        reports,
        energy,
        (("lifecycle", co2e),),
        sum(one.duration_s for one in reports),
        tuple((one.component, one.kernel) for one in reports[0].energy.components),
        reports[0].equivalences,
        tuple((zone, co2e.scaled(factor)) for zone, factor in elsewhere),
        ("Ember",),
    )
    return standalone(summary)


def page(body: str, theme: str) -> str:
    """A page in JupyterLab's colours."""
    style = f"<style>{LAB % THEMES[theme]}</style>"
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>gallery</title>{style}"
        f"<body>{body}"
    )


def stripped() -> str:
    """Summaries without any style, as GitHub shows them."""
    return re.sub(r" style='[^']*'", "", summaries())


def shoot(
    browser: Browser, folder: Path, name: str, text: str, width: int, scheme: str = "light"
) -> None:
    """One page as a picture."""
    tab = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    tab.set_content(text)
    if "<script type=module>" in text:
        tab.wait_for_selector("body[data-done]")
        tab.wait_for_timeout(400)
    tab.screenshot(path=folder / f"{name}.png", full_page=True)
    tab.close()


def main(folder: Path) -> None:
    """All pictures into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    # Rendered before the browser starts: playwright's loop and nbconvert's do not mix.
    pages = {"exported": exported(sanitize=False), "sanitized": exported(sanitize=True)}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for theme in THEMES:
            for width, pixels in WIDTHS.items():
                for name, body in (("summaries", summaries()), ("widgets", widgets())):
                    shoot(browser, folder, f"{name}-{theme}-{width}", page(body, theme), pixels)
                shoot(browser, folder, f"report-{theme}-{width}", report_page(), pixels, theme)
        shoot(browser, folder, "stripped", f"<!doctype html><body>{stripped()}", 860)
        for name, text in pages.items():
            shoot(browser, folder, name, text, 1000)
        browser.close()
    print(f"{len(list(folder.glob('*.png')))} pictures in {escape(str(folder))}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests/artifacts/show")

"""What the documentation says exists, and its cells run."""

import ast
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")])
# Variables of the environment that are no settings of the class.
OTHER_VARIABLES = {"HOST_ROOT", "LEDGER", "GRID_URL", "ELECTRICITY_MAPS_KEY", "ENTSOE_TOKEN"}
OTHER_VARIABLES |= {"EIA_KEY", "WATTTIME_USER", "WATTTIME_PASSWORD"}
OTHER_VARIABLES |= {"PLUG_USER", "PLUG_PASSWORD", "REDFISH_USER", "REDFISH_PASSWORD"}


def blocks(page, language):
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture(params=PAGES, ids=lambda one: str(one.relative_to(ROOT)))
def page(request):
    return request.param


def test_links_lead_somewhere(page):
    """Every link and picture within the project is there."""
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
    missing = [
        one
        for one in links
        if not one.startswith(("http://", "https://", "mailto:"))
        and not (page.parent / one).exists()
    ]
    assert missing == []


def test_make_targets_exist(page):
    """Every `make something` is a target."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    told = set(re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text(), re.MULTILINE))
    assert told - targets == set()


def test_commands_exist(page):
    """Every `green-notebook something` is a command."""
    from typer.main import get_command

    from green_notebook.cli import app

    told = set(re.findall(r"(?:^|`)green-notebook ([a-z-]+)", page.read_text(), re.MULTILINE))
    assert told - set(get_command(app).commands) == set()


def test_verbs_exist(page):
    """Every `%carbon something` is a verb."""
    from green_notebook.verbs import names

    told = set(re.findall(r"(?<!%)%carbon ([a-z][a-z-]*)", page.read_text()))
    assert told - set(names()) == set()


def test_options_exist(page):
    """Every option on a %%carbon or %%carbonit line is known to its parser."""
    from green_notebook.arguments import CARBON, CARBONIT, flags

    for magic, options in (("carbon", CARBON), ("carbonit", CARBONIT)):
        lines = re.findall(rf"^%%{magic}\b(.*)$", page.read_text(), re.MULTILINE)
        told = {one for line in lines for one in re.findall(r"(?<!\S)--[a-z-]+", line)}
        assert told - set(flags(options)) == set()


def test_settings_exist(page):
    """Every setting, by %config, file or environment, is a trait of the class."""
    from green_notebook.settings import GreenNotebook

    text = page.read_text()
    names = set(GreenNotebook.class_trait_names(config=True))
    told = set(re.findall(r"(?<!%config )\bGreenNotebook\.([a-z_]+) =", text))
    told |= set(re.findall(r"%config GreenNotebook\.([a-z_]+)", text))
    variables = set(re.findall(r"GREEN_NOTEBOOK_([A-Z_]*[A-Z])", text)) - OTHER_VARIABLES
    assert (told | {one.lower() for one in variables}) - names == set()


def test_every_note_is_explained():
    """Whatever a report may say apart from figures stands in the guide, by its code."""
    calls = (
        call
        for file in (ROOT / "green_notebook").rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.args
    )
    codes = {
        call.args[0].value
        for call in calls
        if call.func.id == "Note" and isinstance(call.args[0], ast.Constant)
    }
    guide = (ROOT / "docs/guide.md").read_text()
    assert len(codes) > 25
    assert sorted(code for code in codes if f"`{code}`" not in guide) == []


def test_configuration_files_compile(page):
    """Blocks of configuration files are Python."""
    for block in blocks(page, "py"):
        compile(block, str(page), "exec")


@pytest.mark.kernel
@pytest.mark.parametrize("name", ["README.md", "docs/guide.md"])
def test_cells_run(name):
    """The cells of a page run from top to bottom as one notebook."""
    book = nbformat.v4.new_notebook()
    book.cells = [
        nbformat.v4.new_code_cell(block.rstrip()) for block in blocks(ROOT / name, "python")
    ]
    assert book.cells
    NotebookClient(book, timeout=60, kernel_name="python3").execute()
    said = [
        output["data"]["text/plain"]
        for cell in book.cells
        for output in cell.outputs
        if "green-notebook" in output.get("metadata", {})
    ]
    assert any("CO2e" in one for one in said)
    wrong = [one for one in said if re.search(r"no verb|no option|did you mean", one)]
    assert wrong == []

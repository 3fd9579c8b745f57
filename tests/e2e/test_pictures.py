"""What people see, in a real browser: nothing hidden, nothing cut off, nothing out of reach."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
AXE = ROOT / "js/node_modules/axe-core/axe.min.js"


@pytest.fixture(scope="module")
def gallery():
    """The pages of gallery.py."""
    return runpy.run_path(str(ROOT / "tests/show/gallery.py"))


@pytest.fixture(scope="module")
def words():
    """The bare words of HTML."""
    return runpy.run_path(str(ROOT / "tests/show/conftest.py"))["words_of"]


@pytest.fixture(params=["light", "dark"])
def show(request, gallery, browser):
    """Opens a body in a theme at a width."""
    opened = []

    def at(body, width, **options):
        tab = browser.new_page(viewport={"width": width, "height": 800}, **options)
        opened.append(tab)
        tab.set_content(gallery["page"](body, request.param))
        if "<script type=module>" in body:
            tab.wait_for_selector("body[data-done]")
        return tab

    yield at
    for tab in opened:
        tab.close()


@pytest.mark.parametrize("what", ["widgets", "summaries"])
@pytest.mark.parametrize("width", [860, 340])
def test_everybody_can_read_it(show, gallery, what, width):
    """axe-core finds nothing: names, roles, contrast AA, keyboard, in both themes."""
    if not AXE.exists():
        pytest.skip("axe-core is not there: npm --prefix js ci")
    tab = show(gallery[what](), width)
    tab.add_script_tag(path=AXE)
    found = tab.evaluate(
        "axe.run('body', {rules: {region: {enabled: false}, 'landmark-one-main': {enabled: false}, "
        "'page-has-heading-one': {enabled: false}, 'heading-order': {enabled: false}}})"
    )
    assert len(found["passes"]) > 3
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []


@pytest.mark.parametrize("what", ["widgets", "summaries"])
def test_nothing_is_cut_off_in_a_narrow_column(show, gallery, what):
    """340 pixels are enough: no sideways scrolling."""
    tab = show(gallery[what](), 340)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 340


def test_hidden_rows_are_hidden(show, gallery):
    """A forecast that is not there takes no room."""
    tab = show(gallery["widgets"](), 860)
    assert tab.locator(".gn-live").first.locator(".gn-row:visible").count() == 0


def test_reduced_motion_is_respected(show, gallery):
    """Who asked for less motion gets none of ours."""
    tab = show(gallery["widgets"](), 860, reduced_motion="reduce")
    motion = "getComputedStyle(document.querySelector('.gn-car')).transitionDuration"
    assert tab.evaluate(motion) == "0s"
    tab = show(gallery["widgets"](), 860)
    assert tab.evaluate(motion) == "0.25s"


@pytest.mark.parametrize("sanitize", [False, True])
def test_nbconvert_keeps_every_number(gallery, sanitize, words):
    """The exported page says all that the saved HTML says, also when it is sanitised."""
    page = words(gallery["exported"](sanitize=sanitize))[2].replace(" ", "")
    for cell in gallery["notebook"]().cells:
        said = words(cell.outputs[0].data["text/html"])[2].split()
        for word in (one for one in said if any(map(str.isdigit, one))):
            assert word.replace("<b>", "").strip("(),;") in page, word

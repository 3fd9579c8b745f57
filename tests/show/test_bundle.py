"""The three forms of a report, side by side, and small."""

import json
from dataclasses import replace

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from green_notebook import show
from green_notebook.model import MIME_TYPE, Note, Report


def saved(forms):
    """Bytes that a display of these forms adds to a notebook file."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", id="a")])
    before = len(nbformat.writes(notebook).encode())
    notebook.cells[0].outputs = [
        nbformat.v4.new_output(
            "display_data", data=forms, metadata={"green-notebook": {"state": "final"}}
        )
    ]
    return len(nbformat.writes(notebook).encode()) - before


def test_the_goldens_are_what_their_builder_makes(builder, reports):
    """A change of the model shows as a change of a golden."""
    for name, text in builder["texts"]().items():
        assert (reports / name).read_text(encoding="utf-8") == text, name


def test_exactly_three_forms(report):
    """The contract: text, HTML and the report's JSON, nothing else."""
    assert list(show.bundle(report)) == ["text/plain", "text/html", MIME_TYPE]


def test_the_json_is_the_report(report):
    """What is saved reads back as the same report, rounded."""
    back = Report.from_dict(show.bundle(report)[MIME_TYPE])
    assert back.id == report.id
    assert back.footprint.co2e.value == pytest.approx(report.footprint.co2e.value, rel=1e-3)
    assert back.energy.kernel.high == pytest.approx(report.energy.kernel.high, rel=1e-3)
    assert set(report.to_notebook()) == set(show.bundle(report)[MIME_TYPE])


@pytest.mark.parametrize(
    "name", ["vm", "gpu", "tiny", "error", "interrupted", "unknown-zone", "gaps"]
)
def test_a_usual_report_is_under_5_kb(golden, name, power):
    """Text, HTML and JSON together, with a sparkline offered."""
    forms = show.bundle(golden(name), power)
    assert len(json.dumps(forms, ensure_ascii=False, separators=(",", ":")).encode()) <= 5000


@pytest.mark.parametrize("name", ["vm", "tiny", "error", "interrupted", "unknown-zone"])
def test_a_cell_of_a_vm_adds_at_most_5_kb_to_the_file(golden, name, power):
    """Indentation and all, as nbformat writes it."""
    assert saved(show.bundle(golden(name), power)) <= 5000


@pytest.mark.parametrize("name", ["vm", "unknown-zone"])
def test_so_does_a_cell_on_a_busy_machine(golden, name, power):
    """What others did is one more note, not one more kB; one comparison stays in the JSON."""
    report = golden(name)
    busy = Note("others-busy", "other processes made about 51% of this machine's load meanwhile")
    forms = show.bundle(replace(report, notes=(busy, *report.notes)), power)
    assert saved(forms) <= 5000
    assert forms[MIME_TYPE]["equivalences"]


def test_the_size_in_a_file_is_known(report):
    """`saved_size` is what nbformat makes of it."""
    forms = show.bundle(report)
    assert abs(saved(forms) - show.saved_size(forms)) <= 4


def test_html_is_kept_by_every_sanitizer(report, power, parsed):
    """Nothing that JupyterLab's sanitizer removes, no script, nothing loaded from elsewhere."""
    tags, attributes, _ = parsed(show.bundle(report, power)["text/html"])
    kept = {"div", "b", "i", "table", "tr", "td", "ul", "li", "details", "summary", "img"}
    assert tags <= kept
    assert attributes <= {"style", "src", "alt", "width", "height"}
    assert "var(" not in show.bundle(report)["text/html"]


def test_the_first_line_says_it_all(report):
    """Headline, interval, energy and time in one line of at most 100 columns."""
    lines = show.bundle(report)["text/plain"].splitlines()
    assert lines[0].startswith("carbon")
    assert " CO2e (" in lines[0]
    assert max(map(len, lines)) <= 100


def test_text_and_html_say_the_same_figures(report, parsed):
    """Every figure of the text is in the HTML with all styles stripped."""
    forms = show.bundle(report)
    _, _, words = parsed(forms["text/html"])
    for line in forms["text/plain"].splitlines()[1:]:
        for figure in (word for word in line.split() if "(" in word and word[1:2].isdigit()):
            assert figure.rstrip(",") in words


def test_a_name_is_only_a_name(golden):
    """Markup in a cell's name is shown, not obeyed."""
    html = show.bundle(golden("markup"))["text/html"]
    assert "&lt;b&gt;&amp;" in html


def test_the_picture_has_words(golden, power):
    """The sparkline is an image with alt text."""
    from green_notebook.show import html

    assert "alt='power from 20.0 W to 80.0 W'" in html.summary(golden("vm"), power)


def test_a_frame_says_what_is_known(frames, power, parsed):
    """Elapsed time at once; power, energy and comparisons as they come."""
    from green_notebook.show import html

    assert parsed(html.frame(frames["first"]))[2] == "measuring · 0.2 s"
    words = parsed(html.frame(frames["forecast"], power))[2]
    for expected in (
        "train",
        "71.4 W now",
        "0.42 Wh (0.27",
        "European car",
        "home's electricity",
        "25 % done",
        "19 % of the budget, 100 mg",
    ):
        assert expected in words


def test_notes_are_not_folded_away(golden):
    """What the reader should know is seen without a click."""
    html = show.bundle(golden("unknown-zone"))["text/html"]
    assert html.index("%config GreenNotebook.zone") < html.index("<details>")


@given(name=st.text(), words=st.text(min_size=1), note=st.text(min_size=1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_any_words_are_only_words(golden, parsed, name, words, note):
    """Names, comparisons and notes from anywhere break neither line, width nor markup."""
    from green_notebook.show import html, text

    report = golden("gaps")
    odd = replace(
        report,
        name=name,
        equivalences=(replace(report.equivalences[0], text=words),),
        notes=(replace(report.notes[0], text=note),),
    )
    lines = text.summary(odd).split("\n")
    assert "CO2e" in lines[0]
    assert max(map(len, lines)) <= text.WIDTH
    tags, _, _ = parsed(html.summary(odd))
    assert tags <= {"div", "b", "i", "table", "tr", "td", "ul", "li", "details", "summary"}


def test_a_printed_report_says_all_of_it(golden):
    """`print(report)` is not cut short for a notebook's size."""
    assert "electricity" in str(golden("vm"))
    assert "the meter itself" in str(golden("vm"))

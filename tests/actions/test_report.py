"""The report: one page over a session, in the notebook, as a file, and its charts."""

import json
import time
from dataclasses import replace

import pytest

from green_notebook.actions import dashboard, plot, report
from green_notebook.actions._summaries import summarise
from green_notebook.errors import GreenNotebookError
from green_notebook.testing import FakeClock, FakeModel, fake_session


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def session(tmp_path, clock):
    made = fake_session(tmp_path, FakeModel(), clock=clock)
    for name in ("load | split", "train <b>", None):
        span = made.begin(name, thread=False, zone="FR")
        clock.advance(2.0, 1.0)
        made.end(span)
    return made


def test_the_page_holds_every_total_and_cell(session):
    """Markdown and HTML name all cells with their figures, and escape what users wrote."""
    shown = report.run(session, [])
    text, html = str(shown[0]), shown[0]._repr_html_()
    assert "load \\| split" in text
    assert "train &lt;b&gt;" in html
    assert "train <b>" not in html
    for word in ("CO2e", "How these figures were made", "FR", "PUE", "Ember"):
        assert word in text
        assert word in html
    assert len(shown) == 5


def test_a_nested_span_is_not_counted_twice(tmp_path, clock):
    """What a cell measured inside itself is part of the cell."""
    session = fake_session(tmp_path, FakeModel(), clock=clock)
    outer = session.begin("outer", thread=False)
    inner = session.begin("inner", thread=False)
    clock.advance(1.0, 1.0)
    session.end(inner)
    whole = session.end(outer)
    summary = summarise(session)
    assert [one.name for one in summary.reports] == ["outer"]
    assert summary.energy.value == pytest.approx(whole.energy.kernel.value)


def test_boundaries_are_never_mixed(session, clock):
    """A lifecycle and a direct intensity make two totals, not one."""
    span = session.begin("states", thread=False, zone="US-CA")
    clock.advance(1.0, 1.0)
    direct = session.end(span)
    if direct.intensity.boundary == "lifecycle":
        session.ledger.append(
            replace(direct, intensity=replace(direct.intensity, boundary="direct"))
        )
    summary = summarise(session)
    assert sorted(name for name, _ in summary.co2e) == ["direct", "lifecycle"]
    alike = [one for one in summary.reports if one.intensity.boundary == "lifecycle"]
    chart = plot.run(session, ["timeline"]).figure
    assert len(chart.data[0].x) == 2 * len(alike)
    assert "lifecycle" in chart.layout.title.text
    state = dashboard.state(session)
    assert state["co2e"]["value"] == pytest.approx(dict(summary.co2e)["lifecycle"].value, rel=1e-3)
    assert state["co2e_note"] == "lifecycle, 3 of 4 cells"


def test_a_file_needs_no_network(session, tmp_path):
    """The HTML file holds plotly's script once and asks nobody for anything."""
    path = tmp_path / "page.html"
    assert "written" in report.run(session, [str(path)])
    text = path.read_text(encoding="utf-8")
    assert text.count("plotly.js v") == 1
    assert 'src="http' not in text
    assert "<link" not in text


def test_a_thousand_cells_stay_small(session):
    """The file of a session of 1,000 cells is under 8 MB and quickly made."""
    one = session.reports[-1]
    for number in range(1000):
        session.ledger.append(replace(one, id=f"{number}", execution_count=number))
    begun = time.perf_counter()
    text = report.standalone(summarise(session))
    assert len(text.encode()) < 8_000_000
    assert time.perf_counter() - begun < 60


@pytest.mark.parametrize("name", plot.OPTIONS)
def test_each_chart_is_a_plotly_figure(session, name):
    """The figure is there to be changed, and a notebook gets its JSON alone."""
    chart = plot.run(session, [name])
    chart.figure.update_layout(height=200)
    bundle = chart._repr_mimebundle_()
    assert bundle["application/vnd.plotly.v1+json"]["layout"]["height"] == 200
    assert len(json.dumps(bundle)) < 20_000


@pytest.mark.parametrize(
    ("verb", "argv", "said"),
    [
        (plot, ["cell"], "did you mean cells"),
        (report, ["page.docx"], r"\.html or \.md"),
        (report, ["/nowhere/at/all.html"], "cannot be written"),
        (report, ["--titel", "x"], "did you mean --title"),
    ],
)
def test_bad_input_gets_one_line(session, verb, argv, said):
    """A typo names the closest; a place that cannot be written is said."""
    with pytest.raises(GreenNotebookError, match=said):
        verb.run(session, argv)


def test_nothing_measured_is_said(tmp_path):
    """An empty session has no page."""
    with pytest.raises(GreenNotebookError, match="nothing was measured"):
        report.run(fake_session(tmp_path, FakeModel(), clock=FakeClock()), [])

"""``%carbon compare-to`` and ``%carbon sources``."""

import pytest

from green_notebook.account import by_boundary, total_co2e
from green_notebook.actions import compare_to, sources
from green_notebook.data import records
from green_notebook.errors import GreenNotebookError
from green_notebook.model import Basis, Quantity


def test_lists_all_that_fit(session, report):
    """Every comparison of the table but other countries', each with its source and what one costs."""
    shown = compare_to.run(session([report()]), [])
    text = str(shown)
    assert "seats in a flight" in text or "of a seat in a flight" in text
    assert "kettle" in text
    assert "US EPA" in text
    assert "FR (41.4 g/kWh, lifecycle)" in text
    assert len(shown.rows) > 30


def test_energy_ones_follow_the_grid(session, report):
    """A kettle's grams are those of the user's grid: 0.11 kWh x 41.44 g/kWh in France."""
    row = next(one for one in compare_to.run(session([report()]), []).rows if "kettle" in one[0])
    assert row[1] == "396 kJ, here 4.56 g CO2e" or "4.56 g" in row[1]


def test_session_counts_nested_once(session, report):
    """The sum counts a nested cell with its parent."""
    reports = [report(3.6e6, name="a"), report(1e6, name="b", parent="a"), report(3.6e6, name="c")]
    assert "2.00 kWh" in str(compare_to.run(session(reports), ["--session"]))


def test_boundaries_are_not_mixed(session, report):
    """Lifecycle and direct grams are never one sum."""
    reports = [report(zone="FR", name="a"), report(zone="US-CA", name="b")]
    assert set(by_boundary(reports)) == {"lifecycle", "direct"}
    with pytest.raises(GreenNotebookError, match="cannot be added"):
        total_co2e(reports)
    with pytest.raises(GreenNotebookError, match="cannot be added"):
        compare_to.run(session(reports), ["--session"])


def test_own_file(session, report, tmp_path):
    """A teacher's own comparisons stand first, by option or by setting."""
    path = tmp_path / "own.toml"
    path.write_text('[[comparison]]\ntext = "{n} school bells"\nenergy_kwh = 0.5\n')
    kept = session([report()])
    assert compare_to.run(kept, ["--file", str(path)]).rows[0][0] == "2.0 school bells"
    kept.settings.comparisons = str(path)
    assert compare_to.run(kept, []).rows[0][0] == "2.0 school bells"


def test_water(session, report):
    """Water is compared where it was estimated."""
    wet = report(water=Quantity(1.0, 0.5, 2.0, "L", Basis.ASSUMED))
    assert "2.0 half-litre bottles of water" in str(compare_to.run(session([wet]), []))
    assert "bottle" not in str(compare_to.run(session([report()]), []))


@pytest.mark.parametrize(
    ("argv", "said"),
    [(["--sesion"], "did you mean --session"), (["x"], "unrecognized"), (["--file"], "expected")],
)
def test_wrong_options(session, report, argv, said):
    """A wrong option gets one line with the closest."""
    with pytest.raises(GreenNotebookError, match=said) as caught:
        compare_to.run(session([report()]), argv)
    assert "\n" not in str(caught.value)


def test_nothing_measured(session):
    """Without a report there is nothing to compare, and the cure is said."""
    with pytest.raises(GreenNotebookError, match="%%carbon"):
        compare_to.run(session(), [])


def test_html_escapes(session, report, tmp_path):
    """A label with angle brackets stays text."""
    path = tmp_path / "own.toml"
    path.write_text('[[comparison]]\ntext = "{n} <script>"\nenergy_kwh = 0.5\n')
    html = compare_to.run(session([report()]), ["--file", str(path)])._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_sources(session):
    """Every table's sources stand in ``%carbon sources``, and the attribution."""
    text = str(sources.run(session(), []))
    assert "Our World in Data" in text
    assert "eGRID2023" in text
    assert "Boavizta" in text
    assert len(records("grid")) > 300

"""Advice for a cell that has ended: from what was seen, without nagging."""

import sys
import types

import pytest

from green_notebook.adviser import managed, run_facts
from green_notebook.model import Load
from green_notebook.spans import CellInfo
from green_notebook.testing import FakeClock, FakeModel, fake_host, fake_session

LOOP = "for _, row in frame.iterrows():\n    total += row['price']\n"


def cell(session, clock, source, namespace, seconds=60.0):
    span = session.begin(thread=False, cell=CellInfo(source))
    clock.advance(seconds, 1.0)
    return session.advise(span, session.end(span), namespace)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def session(tmp_path, clock):
    return fake_session(tmp_path, FakeModel(idle_w=20, full_w=200), clock=clock)


def frame():
    pandas = pytest.importorskip("pandas")
    return {"frame": pandas.DataFrame({"price": range(100_000)}), "total": 0}


def test_a_row_loop_is_told_once(session, clock):
    """A minute of iterrows gets the vectorised form; the next run of it is not told again."""
    namespace = frame()
    first = cell(session, clock, LOOP, namespace)
    second = cell(session, clock, LOOP, namespace)
    assert [one.technique for one in first.advice][:1] == ["vectorise_pandas"]
    assert second.advice == ()
    assert session.ledger.get(first.id).advice == first.advice


def test_a_dismissed_technique_stays_away(session, clock):
    """What the user does not want to hear is not said."""
    session.adviser.said.dismiss("vectorise_pandas")
    report = cell(session, clock, LOOP, frame())
    assert "vectorise_pandas" not in {one.technique for one in report.advice}


def test_a_short_cell_is_left_alone(session, clock):
    """A tenth of a second is worth no word and no look."""
    report = cell(session, clock, LOOP, frame(), seconds=0.1)
    assert report.advice == ()
    assert session.advice_memory.facts_of(report.id) is None


def test_advice_can_be_switched_off(tmp_path, clock):
    """The setting advice = False looks at nothing."""
    session = fake_session(tmp_path, FakeModel(), clock=clock, advice=False)
    report = cell(session, clock, LOOP, frame())
    assert report.advice == ()
    assert session.advice_memory.facts_of(report.id) is None


def test_what_the_sampler_saw_is_in_the_facts(session, clock):
    """Duration, energy and busy cores, in the units of docs/facts.md."""
    report = cell(session, clock, "x = 1", {})
    facts = session.adviser.said.facts_of(report.id)
    assert facts.get("run.duration_s") == pytest.approx(60)
    assert facts.get("run.energy_wh") == pytest.approx(report.energy.kernel.value / 3600)
    assert facts.get("hardware.name") == "cpu"
    assert facts.get("grid.zone") == report.place.zone
    busy = run_facts(report, Load(10.0, 15.0, 20.0, threads=4))["cpu_cores_busy"]
    assert busy == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("environ", "exclusive", "expected"),
    [({}, True, False), ({}, False, True), ({"COLAB_RELEASE_TAG": "x"}, True, True)],
)
def test_somebody_elses_machine_is_known(tmp_path, environ, exclusive, expected):
    """Colab, a hub or a quota: nobody there sets a power cap."""
    load = Load(1.0, 1.0, 1.0, exclusive=exclusive)
    assert managed(fake_host(tmp_path, **environ), load) is expected


def test_a_rerun_after_advice_says_what_changed(session, clock):
    """The cell of the same name, now without its row loop, is compared with the run before."""
    namespace = frame()

    def named(source, seconds):
        span = session.begin("total", thread=False, cell=CellInfo(source))
        clock.advance(seconds, 1.0)
        return session.advise(span, session.end(span), namespace)

    assert named(LOOP, 60.0).advice
    after = named("total = frame['price'].sum()", 6.0)
    notes = {note.code: note.text for note in after.notes}
    assert notes["since-advice"].startswith("-90 % energy")
    assert "vectorise pandas" in notes["since-advice"]


def test_a_hosted_model_is_told_apart(session, clock, monkeypatch):
    """A call of a hosted model is named in the report, and its footprint is never made up."""
    source = "answer = client.chat.completions.create(model='gpt-4o-mini', messages=messages)"
    monkeypatch.setitem(sys.modules, "openai", types.ModuleType("openai"))
    client = type("OpenAI", (), {"__module__": "openai"})()
    report = cell(session, clock, source, {"client": client, "messages": []}, 5.0)
    assert "gpt-4o-mini" in report.remote["text"]
    assert report.remote["uses"][0]["energy"] is None
    assert [one.component for one in report.energy.components] == ["node"]
    assert "remote" in {note.code for note in report.notes}

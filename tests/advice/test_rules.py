"""Every rule speaks where it must and holds its tongue where it must."""

from __future__ import annotations

import re

import pytest

from green_notebook.advice import explain
from green_notebook.advice._engine import case_of, judge, registered
from green_notebook.advice._techniques import techniques

RULES = registered()
ids = [one.technique for one in RULES]


@pytest.mark.parametrize("rule", RULES, ids=ids)
def test_a_rule_speaks_in_its_own_example(rule) -> None:
    """The example that a rule gives for itself makes it speak, with every part of the advice."""
    verdict = judge(rule, case_of(rule.speaks, 1.0))
    assert verdict.speaks, verdict.reason
    advice = verdict.advice
    assert advice.title
    assert advice.evidence
    assert advice.caveat
    assert advice.snippet
    assert 0 <= advice.saving.low <= advice.saving.typical <= advice.saving.high <= 1


@pytest.mark.parametrize("rule", RULES, ids=ids)
def test_a_rule_is_silent_in_its_counterexample(rule) -> None:
    """The counterexample of a rule, its contraindication, keeps it silent, with a reason."""
    verdict = judge(rule, case_of(rule.silent, 1.0))
    assert not verdict.speaks
    assert verdict.reason
    assert "failed" not in verdict.reason


@pytest.mark.parametrize("rule", RULES, ids=ids)
def test_a_rule_is_silent_where_nothing_is_known(rule) -> None:
    """Unknown preconditions keep every rule silent."""
    assert not judge(rule, case_of({}, 1.0)).speaks


@pytest.mark.parametrize("rule", RULES, ids=ids)
def test_a_rule_names_a_technique_and_is_read_in_a_breath(rule) -> None:
    """A rule's technique is in the vocabulary; its text is one to four short sentences."""
    advice = judge(rule, case_of(rule.speaks, 1.0)).advice
    assert rule.technique in techniques()
    assert len(advice.text) <= 420
    assert len(re.findall(r"[.?!](?= [A-Z]|$)", advice.text)) <= 4
    assert len(advice.title) <= 60
    for word in ("should", "must", "planet", "please", "guilty", "responsib", "simply", "just "):
        assert word not in advice.text.lower()


@pytest.mark.parametrize("rule", RULES, ids=ids)
def test_a_saving_is_of_what_the_evidence_measured(rule) -> None:
    """A rule claims energy only where its studies did; what they measured in time stays time."""
    technique = techniques()[rule.technique]
    advice = judge(rule, case_of(rule.speaks, 1.0)).advice
    assert advice.saving.of in {
        technique.of,
        "time" if technique.of == "energy" else technique.of,
    } or (rule.technique == "qlora")


@pytest.mark.parametrize("rule", RULES, ids=ids)
def test_the_snippet_is_python_or_a_command(rule) -> None:
    """What is offered for copying compiles, or is a line for a shell or our magic."""
    advice = judge(rule, case_of(rule.speaks, 1.0)).advice
    if not advice.snippet.startswith(("sudo ", "%")):
        indented = advice.snippet
        if "return" not in indented and "break" in indented:
            indented = "while True:\n" + "\n".join("    " + line for line in indented.splitlines())
        compile(indented, rule.technique, "exec")


def test_every_technique_has_a_rule_or_a_reason() -> None:
    """Each of the techniques has a rule, or the table says why it never speaks first."""
    ruled = {one.technique for one in RULES}
    assert len(ruled) == len(RULES)
    assert len(techniques()) == 69
    for one in techniques().values():
        assert (one.id in ruled) != bool(one.never_first), one.id


def test_explain_gives_every_verdict() -> None:
    """`explain` says of every technique whether it speaks and why not."""
    verdicts = explain(RULES[0].speaks)
    assert sorted(one.technique for one in verdicts) == sorted(techniques())
    assert all(one.reason for one in verdicts)
    assert verdicts[0].speaks
    assert [one.speaks for one in verdicts] == sorted(
        (one.speaks for one in verdicts), reverse=True
    )


def test_adding_a_rule_is_adding_one_file(tmp_path, monkeypatch) -> None:
    """A file put into the rules folder is found by itself."""
    from green_notebook.advice import _engine, rules

    (tmp_path / "extra.py").write_text(
        "from green_notebook.advice._rule import Proposal, rule\n\n\n"
        '@rule("hyperparameters", speaks={"phase": "training"}, silent={})\n'
        "def extra(case):\n"
        '    case.need(case.text("phase") == "training", "no")\n'
        '    return Proposal("t", "x", saving=(0.1, 0.2, 0.3))\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(rules, "__path__", [*rules.__path__, str(tmp_path)])
    found = {one.technique for one in _engine.registered.__wrapped__()}
    assert found == set(ids) | {"hyperparameters"}

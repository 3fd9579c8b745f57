"""The verbs of %carbon, without a kernel."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from green_notebook import actions, verbs
from green_notebook.errors import GreenNotebookError
from green_notebook.model import Report
from green_notebook.model.summary import counted

REPORTS = Path(__file__).parents[1] / "reports"


@dataclass
class Extension:
    """What verbs need of the extension."""

    reports: list = field(default_factory=list)
    always: bool = False
    problems: list = field(default_factory=list)

    def session(self):
        """A session with reports and nothing else."""
        settings = SimpleNamespace(zone="")
        doctor = SimpleNamespace(in_use=[], problems=["a setting is wrong"])
        return SimpleNamespace(
            reports=self.reports,
            counted=counted(self.reports),
            settings=settings,
            doctor=lambda: doctor,
        )

    def running(self):
        """Two cells at once."""
        return 2


@pytest.mark.parametrize("name", verbs.names())
def test_each_verb_is_helped_and_runs(name):
    """Every verb has its line of help; a file of actions/ has `run`."""
    text = verbs.helps()[name]
    assert text
    assert "\n" not in text
    if name not in verbs.OWN:
        assert callable(verbs._module(name).run)
        assert all(isinstance(one, str) for one in verbs.options(name))


def test_every_file_of_actions_is_a_verb_or_said_not_to_be():
    """Adding a verb is adding one file."""
    files = {path.stem for path in Path(actions.__path__[0]).glob("[a-z]*.py")}
    assert {one.replace("_", "-") for one in files} <= {*verbs.names(), *verbs.NO_VERBS}


def test_nothing_measured_yet_is_one_line():
    """last and total say what to do."""
    for verb in ("last", "total"):
        with pytest.raises(GreenNotebookError, match="begin a cell with %%carbon"):
            verbs.dispatch(Extension(), verb)


def test_a_total_counts_nested_spans_once():
    """A child whose parent is there is left out; a child alone is counted."""
    outer = Report.from_json((REPORTS / "vm.json").read_text())
    inner = replace(outer, id="inner", parent_id=outer.id)
    whole = verbs.dispatch(Extension([outer, inner]), "total")
    assert whole == verbs.dispatch(Extension([outer]), "total")
    assert whole.startswith("this session: 1 cell, ")
    assert verbs.dispatch(Extension([inner]), "total") == whole
    twin = replace(outer, id="twin")
    assert verbs.dispatch(Extension([outer, twin]), "total").startswith("this session: 2 cells, ")


def test_status_tells_problems():
    """A wrong setting and a failure of ours are seen there."""
    text = verbs.dispatch(Extension(problems=["it failed"]), "")
    assert "0 measured so far, 2 running" in text
    assert "a setting is wrong" in text
    assert "it failed" in text


def test_on_and_off():
    """The switch is the extension's."""
    extension = Extension()
    verbs.dispatch(extension, "on")
    assert extension.always
    verbs.dispatch(extension, "off")
    assert not extension.always


@pytest.mark.parametrize("name", verbs.names())
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_each_verb_tells_its_help(name, flag):
    """--help is answered, whatever was measured, and nothing is done."""
    extension = Extension()
    try:
        said = verbs.dispatch(extension, f"{name} {flag}")
    except GreenNotebookError as error:
        said = str(error)
    assert f"%carbon {name}" in said
    assert "no option" not in said
    assert not extension.always

"""``%carbon advice`` and ``%carbon models``."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from green_notebook.actions import advice, models
from green_notebook.advice import AdviceMemory
from green_notebook.errors import GreenNotebookError
from green_notebook.model import Report
from green_notebook.settings import GreenNotebook

E5 = {
    "phase": "inference",
    "task": "text-embedding",
    "language": "en",
    "model": {"id": "intfloat/e5-large-v2"},
    "hardware": {"name": "NVIDIA H100 80GB HBM3", "compute_capability": [9, 0]},
    "data": {"rows": 90_000, "duplicate_share": 0.3},
    "run": {"duration_s": 900, "energy_wh": 60},
}


@dataclass
class Kernel:
    """The parts of a session that these verbs use."""

    reports: list[Any]
    settings: GreenNotebook = field(default_factory=GreenNotebook)
    advice_memory: AdviceMemory = field(default_factory=AdviceMemory)


@pytest.fixture
def kernel(report: Report) -> Kernel:
    named = replace(report, name="embed", execution_count=4)
    made = Kernel([replace(report, id="first", name="load", execution_count=3), named])
    made.advice_memory.remember(named.id, E5)
    return made


def test_advice_tells_all_with_reasons(kernel: Kernel) -> None:
    """The last cell's advice comes in full, with evidence, code, and why others are silent."""
    shown = advice.run(kernel, [])
    text = str(shown)
    assert "GIST-all-MiniLM-L6-v2" in text
    assert "Compute duplicates once" in text
    assert "Evidence:" in text
    assert "savings do not add up" in text
    assert "SentenceTransformer(" in text
    assert "gpu_power_cap: " in text
    assert "<details>" in shown._repr_html_()


def test_a_cell_is_found_by_name_or_number(kernel: Kernel) -> None:
    """A cell's name or execution count picks it; a wrong one gets the closest."""
    assert "embed" in advice.run(kernel, ["embed"]).title
    assert "embed" in advice.run(kernel, ["4"]).title
    assert "nothing is known" in advice.run(kernel, ["load"]).title
    with pytest.raises(GreenNotebookError, match="did you mean embed"):
        advice.run(kernel, ["embde"])
    with pytest.raises(GreenNotebookError, match="nothing was measured"):
        advice.run(Kernel([]), [])


def test_advice_is_dismissed_and_recalled(kernel: Kernel) -> None:
    """A dismissed technique is not shown as advice; it can be recalled."""
    assert "dedup_caching" in advice.run(kernel, ["dismiss", "dedup_caching"])
    shown = advice.run(kernel, [])
    assert "Compute duplicates once" not in str(shown)
    assert "you dismissed it" in str(shown)
    advice.run(kernel, ["recall", "dedup_caching"])
    assert "Compute duplicates once" in str(advice.run(kernel, []))
    with pytest.raises(GreenNotebookError, match="did you mean lora_peft"):
        advice.run(kernel, ["dismiss", "lora_pef"])
    with pytest.raises(GreenNotebookError, match="needs the name"):
        advice.run(kernel, ["dismiss"])
    with pytest.raises(GreenNotebookError, match="one cell"):
        advice.run(kernel, ["embed", "load"])


def test_models_are_shown_with_the_users_own(kernel: Kernel) -> None:
    """The frontier of the last cell's task marks its model."""
    table = models.run(kernel, [])
    assert table.title.startswith("text-embedding")
    assert "-> intfloat/e5-large-v2" in str(table)
    costs = [float(row[2].replace(",", "")) for row in table.rows]
    assert costs == sorted(costs)


@pytest.mark.parametrize("task", [row[0] for row in models.run(Kernel([]), []).rows])
def test_every_task_has_a_table_and_a_chart(task: str) -> None:
    """Each task's models are drawn by plotly and listed as text."""
    table = models.run(Kernel([]), [task])
    assert len(table.rows) >= 1
    assert task in str(table)
    chart = models.run(Kernel([]), [task, "--chart"])
    bundle = chart._repr_mimebundle_()
    figure = bundle["application/vnd.plotly.v1+json"]
    assert json.dumps(figure)
    assert {trace["name"] for trace in figure["data"]} >= {"frontier"}


def test_a_model_of_ones_own_may_be_named() -> None:
    """--mine marks a model that was not run, and tells its task."""
    table = models.run(Kernel([]), ["--mine", "torchvision/resnet50"])
    assert table.title.startswith("image-classification")
    assert "-> torchvision/resnet50" in str(table)
    with pytest.raises(GreenNotebookError, match="not in the catalogue"):
        models.run(Kernel([]), ["--mine", "nobody/knows"])
    with pytest.raises(GreenNotebookError, match="did you mean text-embedding"):
        models.run(Kernel([]), ["text-embeding"])

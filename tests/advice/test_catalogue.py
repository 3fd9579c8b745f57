"""The catalogue: what a name means, what it costs to load, which rows may be compared."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from pathlib import Path

import pytest

from green_notebook import data
from green_notebook.advice import advise, catalogue
from green_notebook.advice._engine import registered
from green_notebook.advice._techniques import techniques


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("bert-base-uncased", "google-bert/bert-base-uncased"),
        ("GPT2", "openai-community/gpt2"),
        ("prajjwal1/bert-tiny", "google/bert_uncased_L-2_H-128_A-2"),
        ("all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"),
        ("vgg16", "keras.applications/VGG16"),
        ("openai/whisper-large-v3", "openai/whisper-large-v3"),
    ],
)
def test_old_and_short_names_are_understood(name: str, model: str) -> None:
    """Names as they are seen at run time lead to the published model."""
    assert {row.id for row in catalogue.rows_of(name)} == {model}


def test_a_name_without_its_weights_means_each_of_them() -> None:
    """A network of torchvision or timm without its tag stands for all its weights."""
    assert len({row.id for row in catalogue.rows_of("torchvision/resnet50")}) == 4
    assert len({row.id for row in catalogue.rows_of("timm/resnet50")}) > 10
    assert catalogue.rows_of("nobody/knows-this") == ()


def test_an_alias_is_one_model_or_none() -> None:
    """Counts and configurations lead to one network, or to nothing where they may mean several."""
    assert catalogue.alias("param_count", "25557032") == "torchvision/resnet50"
    assert catalogue.alias("config_fingerprint", "model_type=gpt2;hidden=768;layers=12") == (
        "openai-community/gpt2"
    )
    assert catalogue.alias("hf_legacy", "no-such-model") is None
    assert catalogue.by_params(25_557_032)[0].id.startswith("torchvision/resnet50")


def test_what_is_not_the_same_work_is_not_compared() -> None:
    """Keypoints, quantised copies, merges, reward models and code models are not proposed."""
    for row in catalogue.of_group("coco_box_map"):
        assert "keypoint" not in row.id
        assert "maskrcnn" not in row.id
    for row in catalogue.models():
        if row.proposable:
            assert "_FBGEMM_" not in row.id
            assert row.quality is not None
            assert not (row.task == "text-generation" and "oder" in row.id)
    assert all(row.quality > 1 for row in catalogue.of_group("geneval"))


def test_every_row_of_the_frontier_beats_the_cheaper_ones() -> None:
    """Along the frontier quality rises with cost, for every task and cost."""
    for task in catalogue.tasks():
        for group in catalogue.groups_of(task):
            benchmark = catalogue.benchmarks()[group]
            for cost in ("params_m", "gmacs", "gpu_per_s"):
                rows = catalogue.pareto(catalogue.of_group(group), cost)
                losses = [benchmark.loss(a, b) for a, b in itertools.pairwise(rows)]
                assert all(loss < 0 for loss in losses)


def test_evidence_is_kept() -> None:
    """Each row names its source; what is quoted from memory is marked, here and in the advice."""
    assert all(row.source for row in catalogue.models())
    assert {row.grade for row in catalogue.models()} == {"computed", "published", "recall"}
    assert "memory" in techniques()["hpo_pruning"].evidence
    assert "reasoning" in techniques()["padding_length"].evidence
    assert "memory" not in techniques()["too_many_gpus"].evidence


def test_the_tables_are_small_and_quick(slower) -> None:
    """The catalogue stays below 400 kB, and loads within 60 ms, once it is asked for."""
    folder = Path(data.__file__).parent
    names = ("models", "aliases", "scaling", "techniques")
    assert sum((folder / f"{name}.json").stat().st_size for name in names) < 400_000
    script = (
        "import time, green_notebook.advice.catalogue as c; t = time.process_time(); c.models(); "
        "c.rows_of('x'); print(time.process_time() - t)"
    )
    took = [
        float(
            subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout
        )
        for _ in range(3)
    ]
    assert min(took) < 0.06 * slower


def test_importing_advice_loads_no_table() -> None:
    """Importing the package reads no table and no heavy library."""
    script = (
        "import sys, green_notebook.advice as a; from green_notebook import data; "
        "assert data.load.cache_info().currsize == 0; "
        "print({'numpy', 'pandas', 'torch', 'plotly'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.strip() == b"set()"


@pytest.mark.parametrize("rule", registered(), ids=lambda one: one.technique)
def test_advice_takes_less_than_20_ms(rule, slower) -> None:
    """Once loaded, all rules together take less than 20 ms."""
    advise(rule.speaks)
    took = []
    for _ in range(5):
        begun = time.process_time()
        advise(rule.speaks)
        took.append(time.process_time() - begun)
    assert min(took) < 0.02 * slower

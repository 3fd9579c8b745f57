"""Real frameworks. Run by `make test-frameworks` in an environment of their own."""

import importlib.util
import os
import sys
import warnings
from pathlib import Path

import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

NEEDED = ("torch", "transformers", "peft", "sentence_transformers", "keras", "lightgbm")

VISION = ("torchvision", "timm")


def missing(names):
    return any(importlib.util.find_spec(name) is None for name in names)


# Other environments collect nothing here; `make test-vision` has one of its own.
if missing(NEEDED):
    collect_ignore_glob = [
        path.name
        for path in Path(__file__).parent.glob("test_*.py")
        if path.name != "test_vision.py"
    ]
collect_ignore = ["test_vision.py"] if missing(VISION) else []


class Notebook:
    """Cells run one after the other in one namespace; facts of the last."""

    def __init__(self):
        self.namespace = {"__name__": "__main__", "In": [""]}
        self.outputs = {}

    def run(self, source):
        self.namespace["In"].append(source)
        exec(compile(source, "<cell>", "exec"), self.namespace)
        return self

    def facts(self, source, **options):
        self.run(source)
        return self.look(source, **options)

    def look(self, source, **options):
        from green_notebook.advice.facts import detect

        options.setdefault("budget_s", 5.0)
        before = set(sys.modules)
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            facts = detect(self.namespace, source, outputs=self.outputs, **options)
        assert not warned, f"the look warned: {warned[0].message}"
        loaded = {name for name in set(sys.modules) - before if not name.startswith("green_")}
        assert not loaded, f"the look imported {sorted(loaded)[:5]}"
        return facts


@pytest.fixture
def notebook():
    return Notebook()


def pytest_collection_modifyitems(items):
    """Frameworks warn of their own; that a look adds no warning is asserted at each look."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.filterwarnings("default"))

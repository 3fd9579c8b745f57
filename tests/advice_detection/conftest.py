import pytest

from green_notebook.advice.facts import detect


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
        options.setdefault("budget_s", 5.0)
        return detect(self.namespace, source, outputs=self.outputs, **options)


@pytest.fixture
def notebook():
    return Notebook()

"""Objects that do harm when touched must not notice that somebody looked."""

import gc
import sys
import types
import weakref

import pytest

from green_notebook.advice.facts import Memory, detect

TOUCHED = []

USED = "thing.fit(thing)\nthing(thing)\nfor part in things:\n    part.predict(thing)\n"


class Traps:
    """Everything that Python can be asked about this object is noted."""

    def _touch(self, *args, **kwargs):
        TOUCHED.append(args)
        raise RuntimeError("do not touch")

    __repr__ = __str__ = __len__ = __bool__ = __iter__ = __eq__ = __call__ = _touch
    __getattr__ = __getitem__ = __contains__ = __enter__ = __array__ = __hash__ = _touch
    __instancecheck__ = __float__ = __int__ = __index__ = __dir__ = _touch
    device = property(_touch)
    shape = property(_touch)
    config = property(_touch)
    __class__ = property(_touch)

    def __getattribute__(self, name):
        TOUCHED.append(name)
        raise RuntimeError("do not touch")


class Spoof:
    """Claims to be an estimator by __class__; a look at it would run the property."""

    @property
    def __class__(self):
        TOUCHED.append("__class__")
        from sklearn.base import BaseEstimator

        return BaseEstimator


class HiddenDict:
    @property
    def __dict__(self):
        TOUCHED.append("__dict__")
        return {}


class Meta(type):
    def __getattribute__(cls, name):
        TOUCHED.append(name)
        raise RuntimeError("do not touch")

    def __eq__(cls, other):
        TOUCHED.append("==")
        raise RuntimeError("do not touch")

    __hash__ = None

    def __instancecheck__(cls, other):
        TOUCHED.append("isinstance")
        return True


class OfMeta(metaclass=Meta):
    pass


class Lazy(types.ModuleType):
    def __getattr__(self, name):
        TOUCHED.append(name)
        raise ModuleNotFoundError(name)


class OddModule:
    __module__ = property(lambda self: TOUCHED.append("__module__"))


class Slots:
    __slots__ = ("a", "b")


class FalseList(list):
    def __getitem__(self, item):
        TOUCHED.append(item)
        raise RuntimeError("do not touch")

    __iter__ = __len__ = __bool__ = __eq__ = __getitem__
    __hash__ = None


class FalseDict(dict):
    def __getitem__(self, item):
        TOUCHED.append(item)
        raise RuntimeError("do not touch")

    get = items = values = keys = __iter__ = __len__ = __bool__ = __getitem__


HOSTILE = {
    "traps": lambda: object.__new__(Traps),
    "spoofed class": Spoof,
    "hidden dictionary": HiddenDict,
    "metaclass": lambda: type.__call__(OfMeta),
    "class with a metaclass": lambda: OfMeta,
    "lazy module": lambda: Lazy("lazy"),
    "odd module": OddModule,
    "slots": Slots,
    "false list": lambda: FalseList([1, 2]),
    "false dictionary": lambda: FalseDict(a=1),
}


@pytest.fixture(autouse=True)
def nothing_touched():
    TOUCHED.clear()
    yield
    TOUCHED.clear()


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_object_is_not_disturbed(kind):
    """No property, no special method and no metaclass of the user runs; nothing is raised."""
    thing = HOSTILE[kind]()
    namespace = {"thing": thing, "things": [thing], "__name__": "__main__"}
    TOUCHED.clear()
    facts = detect(namespace, USED, outputs={1: thing}, previous=Memory())
    assert TOUCHED == []
    assert facts.get("session.partial") is None
    del thing, namespace


def test_a_lazy_module_beside_real_ones_is_not_loaded(monkeypatch):
    """A lazy top-level package in sys.modules keeps sleeping."""
    lazy = Lazy("transformers")
    monkeypatch.setitem(sys.modules, "transformers", lazy)
    facts = detect({"transformers": lazy}, "model = transformers.AutoModel.from_pretrained('x')")
    assert TOUCHED == []
    assert facts.data["model"] is None


def test_nothing_is_imported():
    """A look imports nothing but our own files."""
    before = set(sys.modules)
    detect({"df": object()}, "df.fit(df)\nimport torch_does_not_exist")
    assert {
        name for name in set(sys.modules) - before if not name.startswith("green_notebook")
    } <= {"ast"}


def test_no_reference_is_held(notebook):
    """What the user deletes is gone, also after a look with a memory."""
    notebook.run("from sklearn.svm import SVC\nclf = SVC()")
    memory = Memory()
    notebook.facts("clf.fit([[0], [1]], [0, 1])", previous=memory)
    alive = weakref.ref(notebook.namespace["clf"])
    del notebook.namespace["clf"]
    gc.collect()
    assert alive() is None


def test_an_estimator_whose_parameters_are_traps_is_still_told(notebook):
    """A hostile object inside a known one is left alone."""
    notebook.run("from sklearn.model_selection import GridSearchCV\nfrom sklearn.svm import SVC")
    notebook.namespace["trap"] = object.__new__(Traps)
    TOUCHED.clear()
    facts = notebook.facts(
        "g = GridSearchCV(SVC(), {'C': [1, 2], 'x': trap}, cv=trap)\ng.fit", budget_s=5
    )
    assert TOUCHED == []
    assert facts.get("hpo.combinations") is None


def test_the_time_is_kept():
    """When the clock says that the time is over, the rest is left out, and that is said."""
    now = [0.0]

    def clock():
        now[0] += 0.02
        return now[0]

    namespace = {f"x{i}": Slots() for i in range(100)}
    facts = detect(namespace, "\n".join(namespace), clock=clock)
    assert facts.get("session.partial") is True
    assert facts.get("phase") == "none"


def test_a_large_notebook_is_looked_at_in_time(notebook):
    """A thousand frames and models named in one cell stay within the budget of 200 ms."""
    import time

    notebook.run(
        "import numpy as np, pandas as pd\nfrom sklearn.ensemble import RandomForestClassifier\n"
        "X = np.zeros((50, 3)); X[::2] = 1; y = [0, 1] * 25\n"
        "rf = RandomForestClassifier(100, n_jobs=1).fit(X, y)\n"
        "for i in range(1000): globals()[f'v{i}'] = rf if i % 2 else pd.DataFrame(X)"
    )
    source = "\n".join(f"v{i}" for i in range(1000))
    started = time.thread_time()
    notebook.look(source, budget_s=0.2)
    # The budget is of time as it passes; what was worked in it is less, and one step more.
    assert time.thread_time() - started < 1.0


@pytest.mark.parametrize(
    "source",
    ["", "def (", "%matplotlib inline\n!ls\nx?", "x = !ls\n%%bash\nls", "\x00", "é" * 1000],
)
def test_a_source_that_is_no_python_is_no_trouble(source):
    """Whatever a cell holds, a look at it raises nothing and tells a phase."""
    assert detect({"x": 1}, source).get("phase") == "none"

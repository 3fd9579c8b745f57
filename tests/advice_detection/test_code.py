import pytest
from hypothesis import given
from hypothesis import strategies as st

from green_notebook.advice.detect import _code, _value
from green_notebook.advice.facts import Memory, detect


def read(source, namespace=None):
    return _code.read(source, namespace or {})


def test_calls_carry_their_path_keywords_and_loops():
    """A call is told with its path, its keywords and the loops around it."""
    code = read("for epoch in range(3):\n    for x in data:\n        net.head.fit(x, epochs=2)")
    call = code.called("fit")[0]
    assert call.path == ("net", "head", "fit")
    assert [loop.targets for loop in call.loops] == [("epoch",), ("x",)]
    assert _value.value(call.keywords["epochs"], {}) == 2


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("range(4)", 4),
        ("range(1, n)", 9),
        ("range(0, len(texts), 2)", 2),
        ("range(0, 1, 0)", None),
        ("texts", 4),
        ("texts[:3]", 3),
        ("texts[1:]", 3),
        ("tqdm(texts)", 4),
        ("enumerate(texts)", 4),
        ("[1, 2]", 2),
        ("unknown", None),
        ("generator()", None),
    ],
)
def test_the_length_of_a_loop_is_told_from_metadata(expression, expected):
    """How often a loop runs, without running it; unknown is None."""
    code = read(f"for i in {expression}: f(i)", {})
    namespace = {"texts": ["a", "b", "c", "d"], "n": 10}
    assert _value.repeats(code.called("f")[0], namespace) == expected


def test_functions_are_followed_into_functions_and_classes():
    """The words of the functions that a cell reaches, several calls deep."""
    namespace = {"__name__": "__main__"}
    exec(
        "def inner(m): m.backward()\ndef outer(m): inner(m)\n"
        "class Loop:\n    def run(self): outer(self)\n",
        namespace,
    )
    assert "backward" in read("outer(m)", namespace).reached
    assert "backward" in read("Loop().run()", namespace).reached
    assert "backward" not in read("x = 1", namespace).reached


def test_magics_do_not_hide_the_cell():
    """Lines that are no Python are put aside; the rest is read."""
    code = read("%matplotlib inline\nfiles = !ls\n%time model.fit(X)\nmodel.predict(X)\n?model")
    assert {call.name for call in code.calls} == {"fit", "predict"}


@given(st.text(max_size=200))
def test_no_source_raises(source):
    """Reading any text at all raises nothing."""
    read(source)


def test_rows_of_a_frame_in_a_loop(notebook):
    """iterrows, itertuples, apply along rows and iloc in a loop are row loops; others are not."""
    notebook.run("import pandas as pd\ndf = pd.DataFrame({'a': range(5)})")
    for source, kind in [
        ("for i, row in df.iterrows(): pass", "iterrows"),
        ("for row in df.itertuples(): pass", "itertuples"),
        ("out = df.apply(lambda r: r['a'] + 1, axis=1)", "apply"),
        ("for i in range(len(df)): v = df.iloc[i]", "iloc"),
        ("def walk():\n    for i, row in df.iterrows(): pass\nwalk()", "iterrows"),
    ]:
        facts = notebook.facts(source)
        assert facts.get("code.uses_iterrows") is True, source
        assert facts.get("code.row_loop") == kind
        assert facts.get("framework") == "pandas"
        assert facts.get("data.rows") == 5
    for source in ("out = df.apply(sum)", "out = df['a'] + 1", "v = df.iloc[0]"):
        assert notebook.facts(source).get("code.uses_iterrows") is None, source


def test_what_was_measured_is_taken_over(notebook):
    """The sampler's facts come in by section; a cell that did nothing on an idle machine is idle."""
    run = {
        "run": {"duration_s": 400.0, "cpu_util": 1.0, "gpu_util_mean": 0.5},
        "hardware": {"name": "cpu"},
    }
    facts = notebook.facts("x = 1", run=run)
    assert facts.get("run.duration_s") == 400.0
    assert facts.get("hardware.name") == "cpu"
    assert facts.get("phase") == "idle"
    busy = {"run": {"cpu_util": 80.0}}
    assert notebook.facts("x = 1", run=busy).get("phase") == "none"


def test_reruns_of_the_same_source_are_counted():
    """The same cell run again is told; white space at line ends makes no other cell."""
    memory = Memory()
    assert detect({}, "x = 1", previous=memory).get("session.reruns") == 0
    assert detect({}, "x = 1  \n", previous=memory).get("session.reruns") == 1
    assert detect({}, "x = 2", previous=memory).get("session.reruns") == 0


def test_a_loop_that_repeats_one_call_is_told(notebook):
    """A call that nothing in the loop changes is repeated work; one that depends on it is not."""
    notebook.run(
        "from sklearn.linear_model import LogisticRegression\nX = [[0.0], [1.0]]\n"
        "clf = LogisticRegression().fit(X, [0, 1])"
    )
    facts = notebook.facts("for i in range(9):\n    p = clf.predict(X)")
    assert facts.get("session.repeated_identical_calls") == 9
    facts = notebook.facts("for x in X:\n    p = clf.predict([x])")
    assert facts.get("session.repeated_identical_calls") is None


def test_validation_curves_are_found_by_their_names(notebook):
    """Lists named as validation curves, alone or in a dictionary, are the history of training."""
    notebook.run("from sklearn.linear_model import SGDClassifier\nclf = SGDClassifier()")
    facts = notebook.facts(
        "val_losses = []\nhist = {'val_acc': [], 'loss': []}\n"
        "for epoch in range(3):\n    clf.partial_fit([[0.0], [1.0]], [0, 1], classes=[0, 1])\n"
        "    val_losses.append(1.0 / (epoch + 1)); hist['val_acc'].append(0.5)"
    )
    assert facts.get("history.val_loss") == pytest.approx([1.0, 0.5, 1 / 3])
    assert facts.get("history.val_acc") == [0.5, 0.5, 0.5]
    assert facts.get("optim.epochs") == 3


def test_facts_are_plain_json(notebook):
    """Facts can be saved and replayed."""
    import json

    notebook.run("import numpy as np\nfrom sklearn.svm import SVC\nX = np.eye(4)")
    facts = notebook.facts("clf = SVC().fit(X, [0, 1, 0, 1])")
    assert json.loads(json.dumps(facts.to_dict())) == facts.to_dict()

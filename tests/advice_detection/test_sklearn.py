import pytest

DATA = """
import numpy as np
import pandas as pd
X = np.random.default_rng(0).normal(size=(120, 6))
y = (X[:, 0] > 0).astype(int)
df = pd.DataFrame(X, columns=list("abcdef"))
"""


@pytest.fixture
def lab(notebook):
    return notebook.run(DATA)


def test_a_forest_is_told_with_its_trees_task_and_data(lab):
    """A fitted forest: training, tabular, its trees counted, the rows it saw."""
    facts = lab.facts(
        "from sklearn.ensemble import RandomForestClassifier\n"
        "rf = RandomForestClassifier(n_estimators=20, n_jobs=1)\nrf.fit(X, y)"
    )
    assert facts.get("phase") == "training"
    assert facts.get("framework") == "sklearn"
    assert facts.get("task") == "tabular-classification"
    assert facts.get("model.class_name") == "RandomForestClassifier"
    assert facts.get("model.n_estimators") == 20
    assert facts.get("model.fitted") is True
    nodes = sum(tree.tree_.node_count for tree in lab.namespace["rf"].estimators_)
    assert facts.get("model.params") == nodes
    assert (facts.get("data.rows"), facts.get("data.columns")) == (120, 6)
    assert facts.get("data.labelled") == 120


def test_an_unnamed_estimator_is_found_by_its_constructor(lab):
    """A model that was never given a name is told by the call that made it."""
    facts = lab.facts(
        "from sklearn.ensemble import RandomForestClassifier\n"
        "score = RandomForestClassifier(n_estimators=7).fit(df[['a', 'b']], y).score(df[['a', 'b']], y)"
    )
    assert facts.get("phase") == "training"
    assert facts.get("model.class_name") == "RandomForestClassifier"
    assert facts.get("model.n_estimators") == 7
    assert facts.get("data.columns") == 2


def test_an_mlp_has_weights_epochs_and_early_stopping(lab):
    """A network of scikit-learn: the numbers it learned and how it was told to stop."""
    facts = lab.facts(
        "from sklearn.neural_network import MLPClassifier\n"
        "mlp = MLPClassifier((8,), max_iter=500, early_stopping=True, n_iter_no_change=2)\nmlp.fit(X, y)"
    )
    mlp = lab.namespace["mlp"]
    assert facts.get("model.params") == sum(one.size for one in mlp.coefs_ + mlp.intercepts_)
    assert facts.get("optim.epochs") == mlp.n_iter_
    assert facts.get("optim.early_stopping") is True
    assert facts.get("history.val_acc") == pytest.approx(mlp.validation_scores_)


def test_a_grid_search_tells_its_combinations_folds_and_inner_model(lab):
    """A search over a pipeline: combinations, folds, the estimator it tunes."""
    facts = lab.facts(
        "from sklearn.model_selection import GridSearchCV\n"
        "from sklearn.pipeline import Pipeline\nfrom sklearn.preprocessing import StandardScaler\n"
        "from sklearn.ensemble import RandomForestClassifier\n"
        "pipe = Pipeline([('s', StandardScaler()), ('rf', RandomForestClassifier(n_estimators=2))])\n"
        "search = GridSearchCV(pipe, {'rf__n_estimators': [2, 3], 'rf__max_depth': [2, 3, None]}, cv=3)\n"
        "search.fit(df, y)"
    )
    assert facts.get("phase") == "training"
    assert facts.get("model.class_name") == "GridSearchCV"
    assert facts.get("model.inner") == "RandomForestClassifier"
    assert facts.get("model.n_estimators") == [2, 3]
    assert (facts.get("hpo.combinations"), facts.get("hpo.folds")) == (6, 3)
    assert facts.get("hpo.pruner") is None
    assert facts.get("task") == "tabular-classification"


def test_a_halving_search_has_a_pruner(lab):
    """Successive halving is a pruner: it needs no advice to prune."""
    facts = lab.facts(
        "from sklearn.experimental import enable_halving_search_cv\n"
        "from sklearn.model_selection import HalvingGridSearchCV\n"
        "from sklearn.tree import DecisionTreeClassifier\n"
        "h = HalvingGridSearchCV(DecisionTreeClassifier(), {'max_depth': [1, 2, 3]})\nh.fit(X, y)"
    )
    assert facts.get("hpo.pruner") == "successive-halving"
    assert facts.get("hpo.combinations") == 3


def test_a_random_search_counts_its_draws(lab):
    """A random search has as many combinations as draws."""
    facts = lab.facts(
        "from sklearn.model_selection import RandomizedSearchCV\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "r = RandomizedSearchCV(LogisticRegression(), {'C': [0.1, 1, 10, 100]}, n_iter=3, cv=2).fit(X, y)"
    )
    assert facts.get("hpo.combinations") == 3
    assert facts.get("hpo.folds") == 2


def test_words_before_the_model_make_it_a_text_task(notebook):
    """A vectoriser in the pipeline: text, not a table; no trees instead of networks."""
    facts = notebook.facts(
        "from sklearn.pipeline import make_pipeline\n"
        "from sklearn.feature_extraction.text import TfidfVectorizer\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "texts = ['good', 'bad', 'fine', 'awful']\nlabels = [1, 0, 1, 0]\n"
        "model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, labels)"
    )
    assert facts.get("task") == "text-classification"
    assert facts.get("data.rows") == 4


def test_predicting_is_inference(lab):
    """Using a model that an earlier cell trained is inference, on the rows given."""
    lab.run(
        "from sklearn.linear_model import LogisticRegression\nclf = LogisticRegression().fit(X, y)"
    )
    facts = lab.facts("p = clf.predict(X)")
    assert facts.get("phase") == "inference"
    assert facts.get("run.items") == 120
    assert facts.get("model.params") == 7


def test_scaling_is_no_training(lab):
    """A scaler has a fit, but nothing was trained."""
    facts = lab.facts(
        "from sklearn.preprocessing import StandardScaler\nsc = StandardScaler()\nZ = sc.fit_transform(X)"
    )
    assert facts.get("phase") == "none"
    assert facts.data["model"] is None


def test_a_model_that_the_cell_does_not_name_is_not_its_model(lab):
    """To be in the namespace is not to be used."""
    lab.run(
        "from sklearn.linear_model import LogisticRegression\nclf = LogisticRegression().fit(X, y)"
    )
    facts = lab.facts("total = df['a'].sum()")
    assert facts.get("phase") == "none"
    assert facts.data["model"] is None
    assert facts.get("framework") == "pandas"


def test_training_in_a_function_of_an_earlier_cell_is_seen(lab):
    """`train(clf)` trains: the function's compiled code names fit."""
    lab.run(
        "from sklearn.linear_model import SGDClassifier\nclf = SGDClassifier()\n"
        "def train(model):\n    for _ in range(3):\n        model.partial_fit(X, y, classes=[0, 1])\n"
    )
    facts = lab.facts("train(clf)")
    assert facts.get("phase") == "training"
    assert facts.get("model.class_name") == "SGDClassifier"


def test_cross_validation_of_a_constructed_model(lab):
    """cross_val_score trains the model that it is given."""
    facts = lab.facts(
        "from sklearn.model_selection import cross_val_score\nfrom sklearn.svm import SVC\n"
        "s = cross_val_score(SVC(), X, y, cv=4)"
    )
    assert facts.get("phase") == "training"
    assert facts.get("model.class_name") == "SVC"
    assert facts.get("data.rows") == 120


def test_models_in_a_dictionary_are_found(lab):
    """One level into containers: the models that a loop runs over."""
    facts = lab.facts(
        "from sklearn.linear_model import LogisticRegression\nfrom sklearn.tree import DecisionTreeClassifier\n"
        "models = {'tree': DecisionTreeClassifier(), 'line': LogisticRegression()}\n"
        "for name, one in models.items():\n    one.fit(X, y)"
    )
    assert facts.get("phase") == "training"
    assert facts.get("model.class_name") in ("LogisticRegression", "DecisionTreeClassifier")

"""From what an object says of itself to a published model: the ladder, rung by rung."""

import pytest

from green_notebook.advice.detect import Finding, _identity
from green_notebook.advice.facts import Memory, detect


def identified(**facts):
    return _identity.identify(
        Finding("model", "torch", {k.replace("__", "."): v for k, v in facts.items()})
    )


def test_an_old_hub_id_is_told_by_todays():
    """Checkpoints of before 2024 carry names without an organisation."""
    assert identified(_hub_id="gpt2")["model.id"] == "openai-community/gpt2"


def test_a_torchvision_network_is_told_by_its_number_of_parameters():
    """25,557,032 parameters of torchvision are a ResNet-50, whichever weights it has."""
    found = identified(_framework_models=True, model__params=25_557_032)
    assert found["model.id"].startswith("torchvision/")
    assert "resnet50" in found["model.id"]
    assert found["model.identified_by"] == "parameter count"


def test_the_same_number_elsewhere_tells_nothing():
    """A network of the user with as many parameters is no torchvision model."""
    assert "model.id" not in identified(model__params=25_557_032)


def test_stronger_rungs_win():
    """The hub id is believed before the size."""
    found = identified(
        _hub_id="org/own", model__model_type="bert", model__hidden_size=768, model__layers=12
    )
    assert found == {"model.id": "org/own", "model.identified_by": "hub id"}


def test_the_size_tells_the_usual_checkpoint():
    """Family, width and depth of BERT base; the rung says how weak that is."""
    found = identified(model__model_type="bert", model__hidden_size=768, model__layers=12)
    assert found["model.id"] == "google-bert/bert-base-uncased"
    assert found["model.identified_by"] == "size"


@pytest.mark.parametrize(
    "name", ["/home/me/model", "./out", "C:\\models\\x", "a/b/c", "", "runs/checkpoint-12", None, 3]
)
def test_paths_are_no_hub_ids(name):
    """A local path may tell what is nobody's business."""
    assert _identity.hub_id(name) is None


def test_a_folder_that_exists_is_a_path(tmp_path, monkeypatch):
    """`from_pretrained("mine")` of a folder beside the notebook is local."""
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    assert _identity.hub_id("mine") is None
    assert _identity.hub_id("bert-base-uncased") == "bert-base-uncased"


def test_models_of_earlier_cells_are_remembered(monkeypatch):
    """A model that the user tried already need not be proposed."""
    memory = Memory()
    assert memory.models(["a/one"]) == []
    assert memory.models(["b/two"]) == ["a/one"]
    assert memory.models(["a/one"]) == ["b/two"]
    assert detect({}, "x = 1", previous=memory).get("session.models") is None

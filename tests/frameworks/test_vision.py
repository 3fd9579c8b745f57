"""timm and torchvision, in an environment of their own; no weights are downloaded."""

import pytest


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("resnet18", "torchvision/resnet18"),
        ("resnet50", "torchvision/resnet50"),
        ("mobilenet_v3_small", "torchvision/mobilenet_v3_small"),
        ("vit_b_16", "torchvision/vit_b_16"),
    ],
)
def test_torchvision_networks_are_told_by_their_size(notebook, name, expected):
    """The class does not tell the depth; the exact number of parameters does."""
    notebook.run(
        f"import torch, torchvision\nwith torch.device('meta'):\n    a = [torchvision.models.{name}()]\n"
        "net = a[0]"
    )
    facts = notebook.look("net(x)")
    assert facts.get("framework") == "torchvision"
    assert facts.get("task") == "image-classification"
    assert facts.get("model.id").partition(":")[0] == expected
    assert facts.get("model.identified_by") == "parameter count"


def test_a_replaced_head_is_told_by_the_constructor(notebook):
    """Another head changes the number of parameters: the cell that made it tells the name."""
    notebook.run(
        "from torch import nn\nfrom torchvision.models import resnet18\nnet = resnet18(weights=None)"
    )
    notebook.run("net.fc = nn.Linear(512, 3)")
    facts = notebook.look("net(x)")
    assert facts.get("model.id") == "torchvision/resnet18"
    assert facts.get("model.identified_by") == "constructor"
    assert facts.get("model.weights") == "random"


def test_timm_networks_are_told_by_their_configuration(notebook):
    """Architecture and tag make the hub id; without pretrained weights they are random."""
    notebook.run(
        "import timm\nnet = timm.create_model('resnet18.a1_in1k', pretrained=False, num_classes=4)"
    )
    facts = notebook.look("net(x)")
    assert facts.get("framework") == "timm"
    assert facts.get("model.id") == "timm/resnet18.a1_in1k"
    assert facts.get("model.weights") == "random"
    assert facts.get("task") == "image-classification"


def test_datasets_of_images_tell_their_rows(notebook, tmp_path):
    """A folder of images, by the list that it keeps; no image is opened."""
    for kind in ("cat", "dog"):
        (tmp_path / kind).mkdir()
        for number in range(3):
            (tmp_path / kind / f"{number}.jpg").write_bytes(b"")
    notebook.namespace["folder"] = str(tmp_path)
    notebook.run(
        "import torch, torchvision\nfrom torchvision.transforms import v2\n"
        "flips = v2.Compose([v2.RandomHorizontalFlip()])\n"
        "images = torchvision.datasets.ImageFolder(folder, flips)\n"
        "loader = torch.utils.data.DataLoader(images, batch_size=2)\n"
        "net = torchvision.models.resnet18(); opt = torch.optim.SGD(net.parameters(), 0.1)"
    )
    facts = notebook.look(
        "for x, y in loader:\n    loss = torch.nn.functional.cross_entropy(net(x), y)\n    loss.backward(); opt.step()"
    )
    assert facts.get("phase") == "training"
    assert facts.get("data.rows") == 6
    assert facts.get("data.kind") == "jpeg folder"
    assert str(tmp_path) not in str(facts.to_dict())

import pytest

from green_notebook.advice.facts import Memory

MLP = """
import torch
from torch import nn
net = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 3))
X = torch.randn(200, 20)
y = torch.randint(0, 3, (200,))
"""
LOOP = """
optimizer = torch.optim.AdamW(net.parameters())
loss_fn = nn.CrossEntropyLoss()
for epoch in range(4):
    optimizer.zero_grad()
    loss = loss_fn(net(X), y)
    loss.backward()
    optimizer.step()
"""


@pytest.fixture
def lab(notebook):
    return notebook.run(MLP)


def params(model):
    return sum(one.numel() for one in model.parameters())


def test_a_training_loop_by_hand_is_told(lab):
    """A plain network trained on a table: phase, size, epochs, no mixed precision, the task."""
    facts = lab.facts(LOOP)
    assert facts.get("phase") == "training"
    assert facts.get("framework") == "torch"
    assert facts.get("model.class_name") == "Sequential"
    assert facts.get("model.params") == params(lab.namespace["net"])
    assert facts.get("model.dtype") == "float32"
    assert facts.get("model.device") == "cpu"
    assert facts.get("model.trainable_share") == 1.0
    assert facts.get("optim.epochs") == 4
    assert facts.get("optim.amp") is False
    assert facts.get("optim.early_stopping") is False
    assert facts.get("task") == "tabular-classification"
    assert (facts.get("data.rows"), facts.get("data.columns")) == (200, 20)


def test_training_in_functions_of_earlier_cells(lab):
    """The loop stands in a function; the cell only calls it."""
    lab.run(
        "def step(model, opt):\n    loss = nn.functional.cross_entropy(model(X), y)\n"
        "    loss.backward(); opt.step(); opt.zero_grad()\n"
        "def train(model, epochs):\n    opt = torch.optim.SGD(model.parameters(), 0.1)\n"
        "    for _ in range(epochs): step(model, opt)\n"
    )
    facts = lab.facts("train(net, 2)")
    assert facts.get("phase") == "training"
    assert facts.get("model.class_name") == "Sequential"


def test_using_a_network_is_inference(lab):
    """A call of the network without a backward pass uses it; it was left in training mode."""
    facts = lab.facts("with torch.no_grad():\n    out = net(X).argmax(1)")
    assert facts.get("phase") == "inference"
    assert facts.get("model.training") is True
    assert facts.get("model.grad_enabled") is False
    assert lab.facts("out = net(X)").get("model.grad_enabled") is True


def test_changed_weights_tell_training_that_the_source_hides(lab):
    """What an opaque call does to the weights is seen by their counter of changes."""
    lab.run(LOOP)
    memory = Memory()
    lab.look("net", previous=memory)
    lab.run(
        "import functools\nhidden = functools.partial(exec, 'loss_fn(net(X), y).backward(); optimizer.step()', globals())"
    )
    facts = lab.facts("hidden(); net", previous=memory)
    assert facts.get("phase") == "training"
    assert lab.facts("x = net.training", previous=memory).get("phase") != "training"


@pytest.mark.parametrize(
    ("wrap", "key", "value"),
    [
        ("wrapped = torch.compile(net)", "model.compiled", True),
        ("wrapped = nn.DataParallel(net)", "model.parallel", "DataParallel"),
        ("wrapped = torch.compile(nn.DataParallel(net))", "model.compiled", True),
        ("wrapped = nn.DataParallel(torch.compile(net))", "model.compiled", True),
        ("wrapped = net; wrapped.compile()", "model.compiled", True),
    ],
)
def test_wrapped_networks_are_unwrapped(lab, wrap, key, value):
    """Compiled and parallel wrappers tell the network within, counted once."""
    lab.run(wrap)
    facts = lab.look("wrapped(X)")
    assert facts.get("model.class_name") == "Sequential"
    assert facts.get("model.params") == params(lab.namespace["net"])
    assert facts.get(key) == value


def test_both_names_of_one_network_are_one(lab):
    """The network and its compiled twin are one model."""
    lab.run("fast = torch.compile(net)")
    facts = lab.look("net(X); fast(X)")
    assert facts.get("model.also") is None
    assert facts.get("model.compiled") is True


def test_a_scripted_network_keeps_its_name(lab):
    """A ScriptModule is told by the name of its origin."""
    lab.run("scripted = torch.jit.trace(net, X[:2])")
    facts = lab.look("scripted(X)")
    assert facts.get("phase") == "inference"
    assert facts.get("model.class_name") == "Sequential"


def test_tied_weights_count_once(notebook):
    """One tensor in two places is one tensor."""
    notebook.run(
        "import torch\nfrom torch import nn\n"
        "class Tied(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.emb = nn.Embedding(100, 8)\n        self.head = nn.Linear(8, 100, bias=False)\n"
        "        self.head.weight = self.emb.weight\n"
        "    def forward(self, x): return self.head(self.emb(x))\nnet = Tied()"
    )
    assert notebook.look("net(ids)").get("model.params") == 800


def test_lazy_networks_have_no_size_yet(notebook):
    """An uninitialised layer raises when it is asked: its size is unknown, not zero."""
    notebook.run("import torch\nfrom torch import nn\nnet = nn.Sequential(nn.LazyLinear(4))")
    facts = notebook.look("net(x)")
    assert facts.get("model.params") is None
    assert facts.get("model.params_unknown") == "lazy"


def test_meta_networks_are_not_there(notebook):
    """A network on the meta device has a size and no place."""
    notebook.run(
        "import torch\nfrom torch import nn\nwith torch.device('meta'):\n    net = nn.Linear(5, 5)"
    )
    facts = notebook.look("net(x)")
    assert facts.get("model.params") == 30
    assert facts.get("model.meta_share") == 1.0
    assert facts.get("model.device") is None


def test_quantised_networks_have_their_logical_size(lab):
    """Dynamic quantisation leaves no parameters: the size is that of the layers."""
    lab.run(
        "import warnings\nwith warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n"
        "    small = torch.ao.quantization.quantize_dynamic(net, {nn.Linear}, dtype=torch.qint8)"
    )
    facts = lab.look("small(X)")
    assert facts.get("model.quantized") == "int8-dynamic"
    assert facts.get("model.params") == 20 * 64 + 64 * 3
    assert facts.get("model.dtype") == "int8"


def test_mixed_precisions_are_weighed_by_size(lab):
    """The dtype is that of most weights, not that of the first."""
    lab.run("net[2].half()")
    facts = lab.look("net(X)")
    assert facts.get("model.dtype") == "float32"
    assert facts.get("model.dtypes.float16") == pytest.approx(195 / 1539, abs=1e-4)


def test_masked_networks_are_told_pruned(lab):
    """Masks keep the dense size; unstructured pruning is told."""
    lab.run("import torch.nn.utils.prune as prune\nprune.l1_unstructured(net[0], 'weight', 0.5)")
    assert lab.look("net(X)").get("model.pruned") == "unstructured"


def test_frozen_layers_tell_the_trainable_share(lab):
    """The share that trains is by size."""
    lab.run("net[0].requires_grad_(False)")
    assert lab.facts(LOOP).get("model.trainable_share") == pytest.approx(195 / 1539, abs=1e-4)


def test_mixed_precision_is_seen(lab):
    """autocast and a GradScaler tell mixed precision, in fp16 unless bfloat16 is named."""
    lab.run("scaler = torch.amp.GradScaler('cpu')")
    loop = LOOP.replace("    loss = ", "    with torch.autocast('cpu', dtype={}):\n        loss = ")
    assert lab.facts(loop.format("torch.bfloat16")).get("optim.amp") == "bf16"
    assert lab.look(loop.format("torch.float16")).get("optim.amp") == "fp16"


def test_a_loader_is_told_and_not_iterated(lab):
    """Batch size, workers and rows come from the loader's own fields."""
    lab.run(
        "from torch.utils.data import DataLoader, TensorDataset, random_split\n"
        "class Guard(TensorDataset):\n    def __getitem__(self, i): raise SystemExit('iterated')\n"
        "    def __len__(self): raise SystemExit('asked')\n"
        "parts = TensorDataset(X, y)\ntrain_loader = DataLoader(parts, batch_size=16)\n"
        "val_loader = DataLoader(torch.utils.data.Subset(parts, range(50)), batch_size=64)\n"
        "guarded = DataLoader.__new__(DataLoader)"
    )
    source = (
        "optimizer = torch.optim.SGD(net.parameters(), 0.1)\n"
        "for epoch in range(2):\n    for xb, yb in train_loader:\n"
        "        nn.functional.cross_entropy(net(xb), yb).backward(); optimizer.step()\n"
        "    for xb, yb in val_loader: net(xb)"
    )
    facts = lab.facts(source)
    assert facts.get("optim.batch_size") == 16
    assert facts.get("loader.num_workers") == 0
    assert facts.get("loader.pin_memory") is False
    assert facts.get("data.rows") == 200
    assert facts.get("task") == "tabular-classification"


def test_a_convolutional_network_is_for_images(notebook):
    """Convolutions that end in a linear layer: images, so no trees are proposed."""
    notebook.run(
        "import torch\nfrom torch import nn\n"
        "net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 10))"
    )
    assert notebook.look("net(torch.zeros(1, 3, 8, 8))").get("task") == "image-classification"


def test_functional_modules_are_no_models(lab):
    """A loss or an activation is not the model of the cell."""
    facts = lab.facts("act = nn.ReLU()\nout = act(X)")
    assert facts.data["model"] is None


def test_a_deleted_network_kept_by_out_is_told(notebook):
    """A large model that only Out keeps alive is a finding."""
    notebook.run("import torch\nfrom torch import nn\nbig = nn.Linear(1100, 1000)")
    notebook.outputs[3] = notebook.namespace.pop("big")
    kept = notebook.look("x = 1").get("session.kept_by_output")
    assert kept == [{"out": 3, "class_name": "Linear", "params": 1_101_000}]


def test_timm_models_are_told_by_their_configuration(lab):
    """Any module with timm's pretrained_cfg has a hub id."""
    lab.run(
        "net.pretrained_cfg = {'architecture': 'resnet50', 'tag': 'a1_in1k'}; net.num_classes = 3"
    )
    facts = lab.look("net(X)")
    assert facts.get("model.id") == "timm/resnet50.a1_in1k"
    assert facts.get("model.identified_by") == "timm configuration"
    assert facts.get("framework") == "timm"


def test_many_tensors_are_counted_in_time(notebook):
    """Ten thousand tensors stay within the time of one object."""
    import time

    notebook.run(
        "import torch\nfrom torch import nn\n"
        "net = nn.ModuleList([nn.Linear(1, 1) for _ in range(5000)])\n"
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__(); self.all = net\n"
        "whole = Net()"
    )
    started = time.perf_counter()
    notebook.look("whole(1)", budget_s=0.2)
    assert time.perf_counter() - started < 0.5


def test_a_hostile_module_is_not_disturbed(notebook):
    """Properties, methods and attributes of the user's module are not run."""
    facts = notebook.facts(
        "import torch\nfrom torch import nn\ntouched = []\n"
        "class Odd(nn.Module):\n    def __init__(self):\n        super().__init__(); self.l = nn.Linear(2, 2)\n"
        "    @property\n    def device(self): touched.append('device')\n"
        "    @property\n    def dtype(self): touched.append('dtype')\n"
        "    def __getattr__(self, name):\n        touched.append(name)\n        return super().__getattr__(name)\n"
        "    def parameters(self, recurse=True): touched.append('parameters'); return iter(())\n"
        "    def __len__(self): touched.append('len'); return 0\n"
        "    def __repr__(self): touched.append('repr'); return ''\n"
        "    def forward(self, x): return x\n"
        "odd = Odd()\nodd(torch.zeros(1, 2))\ntouched.clear()"
    )
    assert notebook.namespace["touched"] == []
    assert facts.get("model.params") == 6
    assert facts.get("model.class_name") == "Odd"


def test_a_tensor_subclass_of_the_user_is_not_asked(notebook):
    """A tensor class that the user wrote may run code when asked: its size stays unknown."""
    notebook.run(
        "import torch\nfrom torch import nn\nasked = []\n"
        "class Loud(torch.Tensor):\n"
        "    @classmethod\n    def __torch_function__(cls, func, types, args=(), kwargs=None):\n"
        "        asked.append(func)\n        return super().__torch_function__(func, types, args, kwargs or {})\n"
        "net = nn.Linear(2, 2)\nnet._parameters['weight'] = torch.zeros(2, 2).as_subclass(Loud)\nasked.clear()"
    )
    facts = notebook.look("net(x)")
    assert notebook.namespace["asked"] == []
    assert facts.get("model.params") is None


def test_no_module_is_kept_alive(lab):
    """After a look with a memory, `del` frees the network."""
    import gc
    import weakref

    memory = Memory()
    lab.look("net(X)", previous=memory)
    alive = weakref.ref(lab.namespace["net"])
    del lab.namespace["net"]
    gc.collect()
    assert alive() is None

import pytest

DATA = """
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(200, 5)).astype("float32")
y = (X[:, 0] > 0).astype(int)
"""


@pytest.fixture
def lab(notebook):
    return notebook.run(DATA)


KERAS = """
import keras
net = keras.Sequential([keras.layers.Input((5,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(2)])
net.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
"""


def test_a_keras_model_that_was_fitted(lab):
    """Size, epochs, the default batch, the curves and no early stopping."""
    lab.run(KERAS)
    facts = lab.facts("history = net.fit(X, y, epochs=3, validation_split=0.25, verbose=0)")
    assert facts.get("phase") == "training"
    assert facts.get("framework") == "keras"
    assert facts.get("model.params") == lab.namespace["net"].count_params()
    assert facts.get("model.trainable_share") == 1.0
    assert facts.get("optim.epochs") == 3
    assert facts.get("optim.batch_size") == 32
    assert facts.get("optim.amp") is False
    assert facts.get("optim.early_stopping") is False
    assert facts.get("history.val_loss") == pytest.approx(
        lab.namespace["history"].history["val_loss"]
    )
    assert len(facts.get("history.val_acc")) == 3
    assert facts.get("task") == "tabular-classification"
    assert (facts.get("data.rows"), facts.get("data.labelled")) == (200, 200)


def test_a_keras_model_that_is_not_built_has_no_size(lab):
    """An unbuilt model raises when it is counted: its size is unknown."""
    lab.run("import keras\nraw = keras.Sequential([keras.layers.Dense(3)])")
    facts = lab.look("raw.predict(X)")
    assert facts.get("phase") == "inference"
    assert facts.get("model.params") is None


def test_keras_callbacks_and_precision(lab):
    """Early stopping is seen in the cell, mixed precision in the policy."""
    lab.run("import keras\nkeras.config.set_dtype_policy('mixed_bfloat16')")
    try:
        lab.run(KERAS)
    finally:
        lab.run("keras.config.set_dtype_policy('float32')")
    facts = lab.look(
        "net.fit(X, y, batch_size=64, callbacks=[keras.callbacks.EarlyStopping(patience=2)])"
    )
    assert facts.get("optim.early_stopping") is True
    assert facts.get("optim.amp") == "bf16"
    assert facts.get("optim.batch_size") == 64


def test_keras_applications_are_told_by_name_and_weights(lab):
    """An application is identified by its name; weights=None trains from scratch."""
    source = "net = keras.applications.MobileNetV2(weights=None, input_shape=(32, 32, 3))"
    lab.run("import keras\n" + source)
    facts = lab.look("net.predict(images)")
    assert facts.get("model.id") == "keras.applications/MobileNetV2"
    assert facts.get("model.identified_by") == "constructor"
    lab.run("other = net")
    assert lab.look("other.predict(images)").get("model.id") == "keras.applications/MobileNetV2"
    assert facts.get("task") == "image-classification"
    assert facts.get("model.weights") == "random"
    assert facts.get("model.params") == lab.namespace["net"].count_params()


def test_frozen_keras_layers_tell_the_trainable_share(lab):
    """A frozen layer does not train."""
    lab.run(KERAS + "net.layers[0].trainable = False")
    facts = lab.look("net.fit(X, y)")
    assert facts.get("model.trainable_share") == pytest.approx(18 / 66, abs=1e-4)


@pytest.mark.parametrize(
    ("package", "name"), [("lightgbm", "LGBMClassifier"), ("xgboost", "XGBClassifier")]
)
def test_boosted_trees_are_told(lab, package, name):
    """Trees of xgboost and lightgbm: their number, their task, fitted or not."""
    quiet = "verbose=-1, " if package == "lightgbm" else ""
    lab.run(f"from {package} import {name}\ntrees = {name}({quiet}n_estimators=6, n_jobs=1)")
    facts = lab.look("trees.fit(X, y)")
    assert facts.get("model.fitted") is False
    facts = lab.facts("trees.fit(X, y)")
    assert facts.get("phase") == "training"
    assert facts.get("framework") == package
    assert facts.get("task") == "tabular-classification"
    assert facts.get("model.n_estimators") == 6
    assert facts.get("model.fitted") is True
    assert facts.get("data.rows") == 200


def test_boosters_of_the_native_interface(lab):
    """xgboost.train trains; what it gives is the model."""
    facts = lab.facts(
        "import xgboost as xgb\nbst = xgb.train({'nthread': 1}, xgb.DMatrix(X, y), 3)"
    )
    assert facts.get("phase") == "training"
    assert facts.get("framework") == "xgboost"
    assert facts.get("model.class_name") == "Booster"


def test_a_study_without_a_pruner_that_is_asked(lab):
    """optuna's default pruner prunes nothing until a trial asks: it is no pruner."""
    lab.run("import optuna\noptuna.logging.set_verbosity(40)\nstudy = optuna.create_study()")
    objective = "def objective(trial):\n    x = trial.suggest_float('x', 0, 1){}\n    return x\n"
    lab.run(objective.format(""))
    facts = lab.facts("study.optimize(objective, n_trials=3)")
    assert facts.get("phase") == "training"
    assert facts.get("hpo.combinations") == 3
    assert facts.get("hpo.pruner") is None
    lab.run(objective.format("\n    if trial.should_prune(): raise optuna.TrialPruned"))
    assert lab.facts("study.optimize(objective, 3)").get("hpo.pruner") == "MedianPruner"


def test_a_lightning_trainer(lab):
    """Epochs and precision of Lightning's Trainer, and the module that it is given."""
    lab.run(
        "import torch\nimport lightning.pytorch as pl\n"
        "class Net(pl.LightningModule):\n    def __init__(self):\n        super().__init__(); self.l = torch.nn.Linear(5, 2)\n"
        "    def training_step(self, batch, i): return torch.nn.functional.cross_entropy(self.l(batch[0]), batch[1])\n"
        "    def configure_optimizers(self): return torch.optim.SGD(self.parameters(), 0.1)\n"
        "net = Net()\n"
        "data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(y)), batch_size=50)\n"
        "trainer = pl.Trainer(max_epochs=2, accelerator='cpu', precision='bf16-mixed', logger=False,"
        " enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)"
    )
    facts = lab.facts("trainer.fit(net, data)")
    assert facts.get("phase") == "training"
    assert facts.get("model.class_name") == "Net"
    assert facts.get("model.params") == 12
    assert facts.get("optim.epochs") == 2
    assert facts.get("optim.amp") == "bf16"
    assert facts.get("optim.batch_size") == 50


def test_an_accelerator_tells_the_precision(lab):
    """accelerate's Accelerator: mixed precision without a word of it in the loop."""
    lab.run(
        "import torch\nfrom accelerate import Accelerator\nfrom accelerate.state import AcceleratorState\n"
        "AcceleratorState._reset_state(True)\n"
        "accelerator = Accelerator(cpu=True, mixed_precision='bf16')\n"
        "net = torch.nn.Linear(5, 2); opt = torch.optim.SGD(net.parameters(), 0.1)"
    )
    facts = lab.facts("loss = net(torch.tensor(X)).sum()\naccelerator.backward(loss)\nopt.step()")
    assert facts.get("phase") == "training"
    assert facts.get("optim.amp") == "bf16"


def test_a_diffusion_pipeline_sums_its_parts(lab):
    """diffusers: the weights of all parts, the scheduler, the steps of the call."""
    lab.run(
        "import torch\nfrom diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel\n"
        "unet = UNet2DModel(sample_size=8, block_out_channels=(8, 8), norm_num_groups=4,"
        " down_block_types=('DownBlock2D', 'DownBlock2D'), up_block_types=('UpBlock2D', 'UpBlock2D'))\n"
        "pipe = DDPMPipeline(unet, DDPMScheduler())"
    )
    facts = lab.look("image = pipe(num_inference_steps=50, height=64)")
    assert facts.get("phase") == "inference"
    assert facts.get("framework") == "diffusers"
    assert facts.get("task") == "text-to-image"
    assert facts.get("gen.num_inference_steps") == 50
    assert facts.get("gen.height") == 64
    assert facts.get("gen.scheduler") == "DDPMScheduler"
    assert facts.get("model.params") == sum(p.numel() for p in lab.namespace["unet"].parameters())

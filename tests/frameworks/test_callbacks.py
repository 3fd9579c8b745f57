"""The callbacks, driven by the real frameworks."""

import pytest

import green_notebook as gn
from green_notebook.testing import FakeModel, fake_session


@pytest.fixture
def session(tmp_path):
    from green_notebook.clock import Clock

    made = fake_session(tmp_path, FakeModel())
    made.clock = made.sampler.clock = made.sampler.usage.clock = Clock()
    yield made
    made.close()


def test_keras_fit_is_tracked(session):
    """Epochs times batches are the steps, and all of them are seen."""
    keras = pytest.importorskip("keras")
    import numpy as np

    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    callback = gn.keras_callback(session, bar=False)
    x, y = np.zeros((64, 4)), np.zeros((64, 1))
    model.fit(x, y, batch_size=8, epochs=3, verbose=0, callbacks=[callback])
    assert callback.run.tracker.done == callback.run.tracker.steps == 24
    assert callback.run.tracker.energy.value > 0


def test_the_hugging_face_trainer_is_tracked(session, tmp_path):
    """The trainer's own count of steps is taken."""
    transformers = pytest.importorskip("transformers")
    import torch

    class Line(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(2, 1)

        def forward(self, x, labels=None):
            out = self.layer(x)
            return {"loss": torch.nn.functional.mse_loss(out, labels), "logits": out}

    data = [{"x": torch.zeros(2), "labels": torch.zeros(1)}] * 32
    callback = gn.trainer_callback(session, bar=False)
    arguments = transformers.TrainingArguments(
        output_dir=str(tmp_path / "out"),
        max_steps=5,
        report_to=[],
        use_cpu=True,
        save_strategy="no",
        disable_tqdm=True,
    )
    transformers.Trainer(Line(), arguments, train_dataset=data, callbacks=[callback]).train()
    assert callback.run.tracker.done == callback.run.tracker.steps == 5


def test_lightning_fit_is_tracked(session):
    """Batches times epochs are the steps."""
    lightning = pytest.importorskip("lightning.pytorch")
    import torch

    class Line(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(2, 1)

        def training_step(self, batch):
            return self.layer(batch).square().mean()

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), 0.1)

    callback = gn.lightning_callback(session, bar=False)
    trainer = lightning.Trainer(
        max_epochs=2,
        callbacks=[callback],
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(Line(), torch.utils.data.DataLoader(torch.zeros(16, 2), batch_size=4))
    assert callback.run.tracker.done == callback.run.tracker.steps == 8

"""Callbacks that track a training run of Keras, Lightning or the Hugging Face Trainer.

Each is a few lines on the core of `gn.track`: told of every step, it forecasts the run's energy,
CO2e and time in a progress bar and in the live view. The framework is imported when its callback
is made, never before.
"""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import Any

from green_notebook.errors import GreenNotebookError
from green_notebook.session import Session
from green_notebook.tracking import Tracker, make_bar


class Run:
    """One training run: a tracker and its bar, begun and ended as the framework says."""

    def __init__(self, session: Session | None = None, *, bar: bool = True) -> None:
        self._session = session
        self._wants_bar = bar
        self._bar: Any = None
        self.tracker: Tracker | None = None

    def begin(self, steps: int | None) -> None:
        """Training begins; ``steps`` in all, None or below 1 where nobody knows."""
        known = steps if steps and steps > 0 else None
        self.tracker = Tracker(known, session=self._session)
        if self._wants_bar:
            self._bar = make_bar(known, "energy", {"leave": True})
        self.tracker.start()

    def step(self) -> None:
        """A step is done. Raises KeyboardInterrupt where the budget is spent and says stop."""
        if self.tracker is None:
            return
        if self._bar is not None:
            self._bar.update()
        if self.tracker.step() and self._bar is not None:
            self._bar.set_postfix_str(self.tracker.text(), refresh=False)

    def end(self) -> None:
        """Training is over, or broken off; more than once does no harm."""
        if self.tracker is not None:
            self.tracker.stop()
        bar, self._bar = self._bar, None
        if bar is not None and self.tracker is not None:
            bar.set_postfix_str(self.tracker.text())
            bar.close()


def _base(modules: tuple[str, ...], name: str, install: str) -> Any:
    for module in modules:
        with suppress(ImportError):
            return getattr(import_module(module), name)
    raise GreenNotebookError(
        f"{modules[0].partition('.')[0]} is not installed, so it needs no callback: "
        f"%pip install {install}"
    )


def keras_callback(session: Session | None = None, *, bar: bool = True) -> Any:
    """For ``model.fit(..., callbacks=[gn.keras_callback()])``."""
    base = _base(("keras.callbacks", "tensorflow.keras.callbacks"), "Callback", "keras")

    class CarbonCallback(base):  # type: ignore[misc,valid-type]
        """Tracks one ``fit``."""

        def __init__(self) -> None:
            super().__init__()
            self.run = Run(session, bar=bar)

        def on_train_begin(self, logs: Any = None) -> None:
            steps, epochs = self.params.get("steps"), self.params.get("epochs")
            self.run.begin(steps * epochs if steps and epochs else None)

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.run.step()

        def on_train_end(self, logs: Any = None) -> None:
            self.run.end()

    return CarbonCallback()


def trainer_callback(session: Session | None = None, *, bar: bool = True) -> Any:
    """For ``Trainer(..., callbacks=[gn.trainer_callback()])`` of Hugging Face transformers."""
    base = _base(("transformers.trainer_callback",), "TrainerCallback", "transformers")

    class CarbonCallback(base):  # type: ignore[misc,valid-type]
        """Tracks one ``train``."""

        def __init__(self) -> None:
            self.run = Run(session, bar=bar)

        def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            self.run.begin(state.max_steps)

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            self.run.step()

        def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            self.run.end()

    return CarbonCallback()


def lightning_callback(session: Session | None = None, *, bar: bool = True) -> Any:
    """For ``Trainer(callbacks=[gn.lightning_callback()])`` of Lightning."""
    base = _base(("lightning.pytorch", "pytorch_lightning"), "Callback", "lightning")

    class CarbonCallback(base):  # type: ignore[misc,valid-type]
        """Tracks one ``fit``."""

        def __init__(self) -> None:
            self.run = Run(session, bar=bar)

        def on_train_start(self, trainer: Any, pl_module: Any) -> None:
            batches, epochs = trainer.num_training_batches, trainer.max_epochs
            known = epochs and epochs > 0 and batches != float("inf")
            self.run.begin(int(batches * epochs) if known else None)

        def on_train_batch_end(self, trainer: Any, pl_module: Any, *args: Any) -> None:
            self.run.step()

        def on_train_end(self, trainer: Any, pl_module: Any) -> None:
            self.run.end()

        def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
            self.run.end()

    return CarbonCallback()

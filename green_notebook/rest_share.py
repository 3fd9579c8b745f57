"""The rest of a machine over idle chips: its idle part follows theirs."""

from __future__ import annotations

from dataclasses import replace

from green_notebook.model import Load
from green_notebook.sensors import Estimate, Model


class RestOver:
    """A model of the rest of the machine, with what it is while the chips idle as its idle part.

    Losses on what idle chips take are there while nobody computes: they are nobody's work.
    """

    def __init__(self, model: Model, idle_chips_j: float) -> None:
        self.spec = model.spec
        self._model = model
        self._idle_chips_j = idle_chips_j

    def estimate(self, load: Load, chips_j: float) -> Estimate:
        """As the model has it, for this load and for idle chips."""
        found = self._model.estimate(load, chips_j)
        idle = self._model.estimate(load, min(chips_j, self._idle_chips_j)).machine
        return replace(found, idle=idle)

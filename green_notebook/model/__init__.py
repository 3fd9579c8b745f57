"""The nouns, and their JSON. This package imports nothing else of ours."""

from green_notebook.model.comparison import Comparison
from green_notebook.model.energy import (
    Component,
    Energy,
    Equivalence,
    Footprint,
    Intensity,
    Place,
)
from green_notebook.model.load import Load
from green_notebook.model.progress import Budget, Progress, RunForecast
from green_notebook.model.quantity import Basis, Quantity, product, rounded, total
from green_notebook.model.readings import Reading, SensorSpec, Trace
from green_notebook.model.recommendation import Advice, Facts, Saving
from green_notebook.model.report import MIME_TYPE, MeterCost, Note, Report, Status

__all__ = [
    "MIME_TYPE",
    "Advice",
    "Basis",
    "Budget",
    "Comparison",
    "Component",
    "Energy",
    "Equivalence",
    "Facts",
    "Footprint",
    "Intensity",
    "Load",
    "MeterCost",
    "Note",
    "Place",
    "Progress",
    "Quantity",
    "Reading",
    "Report",
    "RunForecast",
    "Saving",
    "SensorSpec",
    "Status",
    "Trace",
    "product",
    "rounded",
    "total",
]

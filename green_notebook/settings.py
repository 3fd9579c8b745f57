"""The settings, and their order of strength: option, %config, environment, config file, default."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from typing import Any

from traitlets import Bool, CFloat, Enum, List, TraitError, Unicode
from traitlets.config import Config, Configurable

from green_notebook.errors import GreenNotebookError

PREFIX = "GREEN_NOTEBOOK_"
# What the environment holds beside settings: keys stay out of the configuration, which can be
# printed; the others are for tests and mirrors.
OTHERS = frozenset(
    PREFIX + name
    for name in (
        "EIA_KEY",
        "ELECTRICITY_MAPS_KEY",
        "ENTSOE_TOKEN",
        "GRID_URL",
        "HOST_ROOT",
        "PLUG_PASSWORD",
        "PLUG_USER",
        "REDFISH_PASSWORD",
        "REDFISH_USER",
        "WATTTIME_PASSWORD",
        "WATTTIME_USER",
    )
)
# Promised for a later version: who sets it is told what holds now.
NOT_YET = {PREFIX + "LEDGER": "this version keeps reports in the kernel's memory only"}
FOR_SENSORS = ("disabled_sensors", "plug", "node_meter")


class GreenNotebook(Configurable):
    """Settings of green_notebook.

    ``c.GreenNotebook.zone = "FR"`` in ipython_config.py, ``%config GreenNotebook.zone = "FR"`` in
    a notebook, or ``GREEN_NOTEBOOK_ZONE=FR`` in the environment.
    """

    zone = Unicode(
        "", help="Where the electricity comes from: FR, US-CA, a name, a cloud region"
    ).tag(config=True)
    pue = CFloat(
        0.0, help="Power usage effectiveness of the place, at least 1; 0: from the place"
    ).tag(config=True)
    quiet = Bool(False, help="No live view while a cell runs").tag(config=True)
    always = Bool(False, help="Measure every cell from the start, as %carbon on does").tag(
        config=True
    )
    live = Enum(["auto", "html", "widget", "off"], "auto", help="How the live view is shown").tag(
        config=True
    )
    grid = Unicode("annual", help="Where intensity comes from; 'annual' needs no network").tag(
        config=True
    )
    detect_cloud = Bool(False, help="Ask the cloud's metadata service for the region").tag(
        config=True
    )
    locate_by_ip = Bool(False, help="Ask an IP geolocation service for the country").tag(
        config=True
    )
    embodied = Bool(True, help="Count a share of the hardware's manufacture").tag(config=True)
    water = Bool(True, help="Estimate the water used").tag(config=True)
    advice = Bool(True, help="Look for advice after a cell").tag(config=True)
    tolerance = CFloat(1.0, help="Quality you would give up, in points of the benchmark").tag(
        config=True
    )
    sync = Bool(False, help="Wait for GPU work before a span ends").tag(config=True)
    disabled_sensors = List(Unicode(), help="Kinds of sensors not to use").tag(config=True)
    plug = Unicode("", help="URL of a metering plug, such as shelly://192.0.2.7").tag(config=True)
    node_meter = Unicode("", help="The node's own meter: ipmi:// or redfish://host").tag(
        config=True
    )
    comparisons = Unicode("", help="A TOML file with comparisons of your own").tag(config=True)
    budget = Unicode("", help="A budget for every day, such as 100g").tag(config=True)

    def __init__(self, environ: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.problems: list[str] = []
        # Asked for at each span's begin, when reading traits anew would take a third of it.
        self._for_sensors: dict[str, Any] | None = None
        self.observe(self._sensors_changed, names=list(FOR_SENSORS))
        # What ``sync`` says now, for the same reason.
        self.waits = self.sync
        self.observe(self._hear_sync, names=["sync"])
        given = os.environ if environ is None else environ
        # Merged into the configuration, so that it stays above the file when %config reloads it.
        for name in self.class_trait_names(config=True):
            text = given.get(PREFIX + name.upper())
            if text is not None:
                self._take(name, text)

        known = {PREFIX + name.upper() for name in self.class_trait_names(config=True)} | OTHERS
        for name in sorted(set(given) - known):
            if name.startswith(PREFIX):
                near = difflib.get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]}?" if near else "no setting is called so"
                hint = NOT_YET.get(name, hint)
                self.problems.append(f"{name} is ignored: {hint}")

    def _take(self, name: str, text: str) -> None:
        try:
            value = self.traits()[name].from_string(text)
            self.update_config(Config({type(self).__name__: {name: value}}))
        except (TraitError, ValueError):
            self.problems.append(
                f"{PREFIX}{name.upper()}={text!r} is not a valid {name}: it is ignored"
            )

    def for_sensors(self) -> dict[str, Any]:
        """The settings that sensors are opened with, as they are now: a new dict where one changed."""
        found = self._for_sensors
        if found is None:
            found = self._for_sensors = {name: getattr(self, name) for name in FOR_SENSORS}
        return found

    def _hear_sync(self, change: Any) -> None:
        self.waits = bool(change.new)

    def _sensors_changed(self, _change: Any) -> None:
        self._for_sensors = None

    def checked_pue(self, pue: float | None = None) -> float | None:
        """The PUE of an option, else of the settings; None where neither is given.

        Raises GreenNotebookError where it is below 1.
        """
        value = self.pue if pue is None else pue
        if not value and pue is None:
            return None
        if not 1.0 <= value <= 10.0:
            raise GreenNotebookError(
                f"a PUE is at least 1 (all power reaches the computer) and rarely above 3, not {value:g}"
            )
        return value

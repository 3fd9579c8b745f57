"""The same energy from cleaner electricity: carbon only, never energy."""

from __future__ import annotations

from collections.abc import Mapping

from green_notebook.advice import _situation as now
from green_notebook.advice import _words as words
from green_notebook.advice._rule import Case, Proposal, rule

_RUN = {"duration_s": 7200, "energy_wh": 600}
HOUR_S = 3600.0
SEVERAL_DAYS_S = 3 * 24 * HOUR_S
FLAT = ("FR", "NO", "IS", "SE", "CH", "AL", "PY")  # water and nuclear: hardly any spread
CLEAN_G = 60.0  # gCO2e/kWh below which waiting is not worth the trouble


@rule(
    "time_shift",
    speaks={
        "phase": "training",
        "grid": {"zone": "DE", "now_g_kwh": 420, "next48h_min": 210, "next48h_max": 480},
        "user": {"deferrable_h": 24},
        "run": _RUN,
    },
    silent={
        "phase": "training",
        "grid": {"zone": "FR", "now_g_kwh": 30, "next48h_min": 22, "next48h_max": 41},
        "user": {"deferrable_h": 24},
        "run": _RUN,
    },
)
def time_shift(case: Case) -> Proposal:
    """A run of over an hour that can wait, on a grid that will be cleaner."""
    case.need(
        now.phase(case) in {"training", "inference"}, "the cell neither trained nor predicted"
    )
    seconds = case.known("run.duration_s")
    case.need(seconds > HOUR_S, "the run is shorter than an hour")
    wait = case.known("user.deferrable_h")
    case.need(wait >= 1, "it cannot wait")
    resumable = case.flag("run.resumable") is True
    case.need(seconds < SEVERAL_DAYS_S or resumable, "over days a later start changes little")
    zone = case.text("grid.zone").upper().split("-")[0]
    case.need(zone not in FLAT, "this grid is much the same at all hours")
    current = case.known("grid.now_g_kwh")
    least, most = case.known("grid.next48h_min"), case.known("grid.next48h_max")
    case.need(current >= CLEAN_G, "the electricity is clean already")
    case.need(0 <= least <= most and most - least > 0.15 * current, "the grid hardly changes")
    room = (current - least) / current
    case.need(room >= 0.05, "it is as clean now as it will be")
    typical = min(0.07 if resumable else 0.06, room)
    high = min(0.189, room)
    how = "pausing while it is dirty" if resumable else "starting later"
    return Proposal(
        title="Run it when the grid is cleaner",
        text=(
            f"The grid is at {current:.0f} gCO2e/kWh now and falls to {least:.0f} within two days; "
            f"you can wait {wait:.0f} h. For runs of {words.duration(seconds)}, {how} saved 2 to 19 "
            "% of the carbon. The energy stays the same."
        ),
        caveat="Carbon only; forecasts err.",
        snippet="%carbon when",
        saving=(min(0.018, typical), typical, high),
        of="carbon",
        ease=0.6,
    )


@rule(
    "region_shift",
    speaks={
        "phase": "training",
        "grid": {"zone": "PL", "now_g_kwh": 650, "regions": {"FR": 45, "SE": 30, "DE": 380}},
        "user": {"can_choose_region": True},
        "hardware": {"managed": True},
        "run": _RUN,
    },
    silent={
        "phase": "training",
        "grid": {"zone": "PL", "now_g_kwh": 650, "regions": {"FR": 45, "SE": 30, "DE": 380}},
        "user": {"can_choose_region": False},
        "hardware": {"managed": True},
        "run": _RUN,
    },
)
def region_shift(case: Case) -> Proposal:
    """A cloud run whose region may be chosen, with one at least 1.5 times cleaner."""
    case.need(case.flag("hardware.managed") is True, "it is not known to be a cloud machine")
    case.need(case.flag("user.can_choose_region") is True, "the region is not known to be free")
    case.need(case.flag("user.data_residency") is not True, "the data must stay where they are")
    seconds = case.known("run.duration_s")
    case.need(seconds > HOUR_S, "the run is shorter than an hour")
    current = case.known("grid.now_g_kwh")
    known = case.facts.get("grid.regions")
    regions = {
        str(zone): float(value)
        for zone, value in (known.items() if isinstance(known, Mapping) else ())
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    }
    case.need(regions, "no other region's intensity is known")
    zone = min(regions, key=lambda one: (regions[one], one))
    case.need(current > 1.5 * regions[zone], "no region is much cleaner")
    share = 1 - regions[zone] / current
    return Proposal(
        title=f"Choose the region {zone}",
        text=(
            f"Here a kWh emits {current:.0f} g of CO2e, in {zone} {regions[zone]:.0f} g. The same "
            f"run there would emit {words.percent(share)} less; its energy stays the same."
        ),
        caveat="Carbon only. Mind where the data may go, and what moving them takes.",
        snippet="# choose the region when you create the machine",
        saving=(min(0.3, 0.7 * share), share, share),
        of="carbon",
        ease=0.5,
    )

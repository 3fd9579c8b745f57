"""Grams per kWh of generation by fuel, for services that tell only the mix."""

from __future__ import annotations

from collections.abc import Mapping

# IPCC AR5 WG3 Annex III (2014), table A.III.2, medians over the life cycle; waste and unknown
# fuels 700, and lignite, peat and coal gases as coal: assumed. By ENTSO-E's PsrType.
LIFECYCLE: Mapping[str, float] = {
    "B01": 230,  # biomass
    "B02": 820,  # lignite
    "B03": 820,  # coal-derived gas
    "B04": 490,  # gas
    "B05": 820,  # hard coal
    "B06": 650,  # oil
    "B07": 820,  # oil shale
    "B08": 820,  # peat
    "B09": 38,  # geothermal
    "B10": 24,  # pumped storage: what it gives back
    "B11": 24,  # run of river
    "B12": 24,  # reservoir
    "B13": 17,  # marine
    "B14": 12,  # nuclear
    "B15": 38,  # other renewable
    "B16": 48,  # solar
    "B17": 700,  # waste
    "B18": 12,  # wind offshore
    "B19": 11,  # wind onshore
    "B20": 700,  # other
}

# Stack averages of US power stations (EIA, rounded, 2023); the rest emits nothing directly.
DIRECT: Mapping[str, float] = {"COL": 1000, "NG": 410, "OIL": 950}


def mean(mix: Mapping[str, float], factors: Mapping[str, float]) -> float | None:
    """The mean of a mix (any unit of power); None where nothing is generated.

    Storage that charges counts as nothing; a fuel without a factor as emitting nothing.
    """
    total = sum(amount for amount in mix.values() if amount > 0)
    if total <= 0:
        return None
    return sum(a * factors.get(fuel, 0.0) for fuel, a in mix.items() if a > 0) / total

"""How each comparator of the table is put into words, and where it belongs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from green_notebook.equivalences._amounts import (
    EARTH_M,
    METRIC,
    MOON_M,
    TIME,
    US_CUSTOMARY,
    VOLUME,
    Ladder,
    climbed,
    counted,
    shown,
)

MILE_M = 1609.344
YEAR_S = 365 * 86400.0
GALLON_L = 3.785411784  # US liquid gallon, by definition


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words for an amount.

    ``unit`` and ``per`` turn the table's unit into the base unit of the words (a km is 1000 m).
    ``group`` lets one of a kind be chosen at a time; ``best`` is the base amount that is most
    easily grasped, ``where`` the countries ("EU" for the Union) it is meant for, empty: all.
    """

    group: str
    unit: str
    per: float
    best: float
    words: Callable[[float], str]
    where: frozenset[str] = frozenset()
    chosen: bool = True


def _far(ladder: Ladder, way: str) -> Callable[[float], str]:
    def words(metres: float) -> str:
        text = way.format(climbed(metres, ladder))
        if metres >= 2 * MOON_M:
            return f"{text} ({shown(metres / MOON_M)} times the way to the Moon)"
        if metres >= EARTH_M:
            return f"{text} ({shown(metres / EARTH_M)} times round the Earth)"
        return text

    return words


def _home(whose: str, where: str = "") -> Callable[[float], str]:
    def words(seconds: float) -> str:
        if seconds >= 2 * YEAR_S:
            count = shown(seconds / YEAR_S)
            return f"a year's electricity of {count} average {whose}homes{where}"
        return f"{climbed(seconds, TIME)} of an average {whose}home's electricity{where}"

    return words


def _time(way: str) -> Callable[[float], str]:
    return lambda seconds: way.format(climbed(seconds, TIME))


def _volume(way: str) -> Callable[[float], str]:
    return lambda litres: way.format(climbed(litres, VOLUME))


def _count(one: str, many: str, way: str = "{}") -> Callable[[float], str]:
    return lambda amount: way.format(counted(amount, one, many))


_US = frozenset({"US"})
_UK = frozenset({"GB"})
_EU = frozenset({"EU"})
_INDIA = frozenset({"IN"})

_US_CAR = "driving {} in an average US petrol car"

PHRASES: Mapping[str, Phrase] = MappingProxyType(
    {
        "us_car_mile": Phrase("car", "m", MILE_M, 1000, _far(US_CUSTOMARY, _US_CAR), _US),
        "us_car_km": Phrase("car", "m", 1000, 1000, _far(METRIC, _US_CAR)),
        "us_car_mile_typical": Phrase(
            "car",
            "m",
            MILE_M,
            1000,
            _far(US_CUSTOMARY, "driving {} in a typical US car (EPA, 2023)"),
            where=_US,
            chosen=False,
        ),
        "eu_fleet_car_km": Phrase(
            "car", "m", 1000, 1000, _far(METRIC, "driving {} in an average European car"), _EU
        ),
        "eu_new_car_km": Phrase(
            "car",
            "m",
            1000,
            1000,
            _far(METRIC, "driving {} in an average new EU car"),
            chosen=False,
        ),
        "uk_car_km": Phrase(
            "car", "m", 1000, 1000, _far(METRIC, "driving {} in an average UK petrol car"), _UK
        ),
        "gasoline_gallon": Phrase("fuel", "L", GALLON_L, 5, _volume("burning {} of petrol")),
        "ev_km_energy": Phrase(
            "electric car", "m", 1000, 1000, _far(METRIC, "driving {} in an electric car")
        ),
        "ev_mile_energy": Phrase(
            "electric car",
            "m",
            MILE_M,
            1000,
            _far(US_CUSTOMARY, "driving {} in an electric car"),
            _US,
        ),
        "ev_full_charge": Phrase(
            "electric car",
            "1",
            1,
            3,
            _count("full charge", "full charges", "{} of an electric car"),
        ),
        "us_home_year": Phrase("home", "s", YEAR_S, 3600, _home("US "), _US),
        "us_home_day": Phrase("home", "s", 86400, 3600, _home("US "), where=_US, chosen=False),
        "us_home_hour": Phrase("home", "s", 3600, 3600, _home("US "), where=_US, chosen=False),
        "eu_home_year": Phrase("home", "s", YEAR_S, 3600, _home("EU "), _EU),
        "eu_home_hour": Phrase("home", "s", 3600, 3600, _home("EU "), where=_EU, chosen=False),
        "uk_home_year": Phrase("home", "s", YEAR_S, 3600, _home("British "), _UK),
        "india_home_year": Phrase("home", "s", YEAR_S, 3600, _home("Indian "), _INDIA),
        "world_home_year": Phrase("home", "s", YEAR_S, 3600, _home("", " (world)")),
        "phone_charge_energy": Phrase(
            "phone", "1", 1, 3, _count("full charge", "full charges", "{} of a smartphone")
        ),
        "phone_charge_co2": Phrase(
            "phone",
            "1",
            1,
            3,
            _count("charge", "charges", "{} of a smartphone on US electricity (EPA)"),
            chosen=False,
        ),
        "led_hour": Phrase("light", "s", 3600, 7200, _time("an LED bulb lit for {}")),
        "kettle_litre": Phrase("kettle", "L", 1, 1, _volume("boiling {} of water in a kettle")),
        "video_hour_energy": Phrase("video", "s", 3600, 3600, _time("{} of streaming video")),
        "video_hour_iea": Phrase(
            "video", "s", 3600, 3600, _time("{} of streaming video (IEA)"), chosen=False
        ),
        "google_search": Phrase(
            "search",
            "1",
            1,
            5,
            _count("web search", "web searches", "{} (Google, 2009)"),
            chosen=False,
        ),
        "gemini_prompt": Phrase(
            "prompt", "1", 1, 5, _count("text prompt", "text prompts", "{} to an AI assistant")
        ),
        "flight_lhr_jfk": Phrase(
            "flight", "1", 1, 2, _count("seat", "seats", "{} in a flight London to New York")
        ),
        "flight_nyc_sfo": Phrase(
            "flight",
            "1",
            1,
            2,
            _count("seat", "seats", "{} in a flight New York to San Francisco"),
            _US,
        ),
        "train_km": Phrase("train", "m", 1000, 5000, _far(METRIC, "travelling {} by train (UK)")),
        "tree_decade": Phrase(
            "tree", "1", 1, 4, _count("tree takes up", "trees take up", "what {} in ten years")
        ),
        "tree_year": Phrase(
            "tree", "s", YEAR_S, 86400 * 30, _time("what a young tree takes up in {}")
        ),
        "tree_month": Phrase(
            "tree",
            "s",
            YEAR_S / 12,
            86400 * 30,
            _time("what a grown tree takes up in {}"),
            chosen=False,
        ),
        "beef_burger_beefherd": Phrase(
            "burger", "1", 1, 2, _count("beef burger", "beef burgers", "{} (beef herd)")
        ),
        "beef_burger_dairyherd": Phrase(
            "burger", "1", 1, 2, _count("beef burger", "beef burgers", "{} (dairy herd)"), _EU | _UK
        ),
        "coffee_espresso": Phrase("coffee", "1", 1, 2, _count("espresso", "espressos")),
        "laptop_hour": Phrase("laptop", "s", 3600, 3600, _time("{} of a laptop in use")),
        "microwave_min": Phrase("microwave", "s", 60, 60, _time("{} of a microwave oven")),
        "fridge_day": Phrase("fridge", "s", 86400, 86400, _time("{} of a refrigerator")),
        "ac_hour": Phrase("cooling", "s", 3600, 3600, _time("{} of a room's air conditioner")),
        "laundry": Phrase("laundry", "1", 1, 2, _count("wash", "washes", "{} of laundry at 40 °C")),
        "gpt3_training_energy": Phrase(
            "training",
            "1",
            1,
            0.5,
            _count("training of GPT-3", "trainings of GPT-3", "the electricity of {}"),
        ),
        "gpt3_training_co2": Phrase(
            "training", "1", 1, 0.5, _count("training of GPT-3", "trainings of GPT-3")
        ),
        "bert_training_co2": Phrase(
            "training", "1", 1, 0.5, _count("training of BERT", "trainings of BERT")
        ),
        "bert_training_energy": Phrase(
            "training",
            "1",
            1,
            0.5,
            _count("training of BERT", "trainings of BERT", "the electricity of {}"),
        ),
        "bloom_training_energy": Phrase(
            "training",
            "1",
            1,
            0.5,
            _count("training of BLOOM", "trainings of BLOOM", "the electricity of {}"),
        ),
        "water_bottle": Phrase(
            "bottle", "1", 1, 3, _count("half-litre bottle", "half-litre bottles", "{} of water")
        ),
        "toilet_flush": Phrase("flush", "1", 1, 3, _count("toilet flush", "toilet flushes")),
        "shower": Phrase("shower", "1", 1, 2, _count("shower", "showers")),
        "world_grid_kwh": Phrase(
            "grid", "1", 1, 5, _count("kWh", "kWh", "{} of the world's average electricity")
        ),
    }
)

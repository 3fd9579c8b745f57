"""Each service's protocol, as recorded, against a local server: right values, wrong zones, nonsense."""

import json
from datetime import datetime, timedelta, timezone

import pytest

from green_notebook.errors import GreenNotebookError, Unavailable
from green_notebook.grids._live import LiveGrid
from green_notebook.grids.eia import PATH as EIA_PATH
from green_notebook.grids.eia import Eia
from green_notebook.grids.electricity_maps import ElectricityMaps
from green_notebook.grids.energi_data_service import EnergiDataService
from green_notebook.grids.energy_charts import EnergyCharts
from green_notebook.grids.entsoe import Entsoe
from green_notebook.grids.neso import Neso
from green_notebook.grids.rte import PATH as RTE_PATH
from green_notebook.grids.rte import Rte
from green_notebook.grids.watttime import WattTime

UTC = timezone.utc
# The service's hours are the real ones: its Date header tells the clock.
HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
END = HOUR + timedelta(hours=2)


def iso(at):
    return at.strftime("%Y-%m-%dT%H:%MZ")


def fetched(provider, zone, start=HOUR - timedelta(hours=3), end=END):
    return provider.fetch(provider.key(zone), start, end)


# NESO


def neso_row(at, actual, forecast):
    return {
        "from": iso(at),
        "to": iso(at + timedelta(minutes=30)),
        "intensity": {"forecast": forecast, "actual": actual, "index": "moderate"},
    }


def test_neso_national(service, client):
    """What was measured comes before the forecast; slots to come have only that."""
    rows = [neso_row(HOUR, 263, 266), neso_row(HOUR + timedelta(minutes=30), None, 250)]
    service.say("/intensity/", json.dumps({"data": rows}))
    points = fetched(Neso(client=client()), "GB", HOUR)
    assert [(one.g, one.forecast) for one in points] == [(263, False), (250, True)]
    assert points[0].end - points[0].start == timedelta(minutes=30)
    assert service.asked[0].path == f"/intensity/{iso(HOUR)}/fw48h"


@pytest.mark.parametrize("wrap", [lambda one: one, lambda one: [one]])
def test_neso_region(service, client, wrap):
    """A region's data comes as an object or in a list of one; it has forecasts only."""
    row = neso_row(HOUR, None, 97)
    del row["intensity"]["actual"]
    region = {"regionid": 13, "shortname": "London", "data": [row]}
    service.say("/regional/", json.dumps({"data": wrap(region)}))
    points = fetched(Neso("London", client()), "GB", HOUR)
    assert [(one.g, one.forecast) for one in points] == [(97, True)]
    assert service.asked[0].path.endswith("/fw48h/regionid/13")


def test_neso_wrong_region(service, client):
    """Another region's data is refused."""
    service.say("/regional/", json.dumps({"data": {"regionid": 3, "data": []}}))
    with pytest.raises(Unavailable, match="another region"):
        fetched(Neso("13", client()), "GB")


# Energy-Charts


def test_energy_charts(service, client):
    """Parallel lists in Unix time: measured where there is one, else the forecast, gaps left out."""
    body = {
        "unix_seconds": [int((HOUR + timedelta(minutes=15 * n)).timestamp()) for n in range(4)],
        "co2eq": [491.5, None, None, None],
        "co2eq_forecast": [480.0, 505.0, None, 400.0],
        "deprecated": False,
    }
    service.say("/co2eq", json.dumps(body))
    points = fetched(EnergyCharts(client()), "DE")
    assert [(one.g, one.forecast) for one in points] == [
        (491.5, False),
        (505.0, True),
        (400.0, True),
    ]
    assert service.asked[0].params["country"] == "de"


def test_energy_charts_over_a_clock_change(service, client):
    """The day of 25 hours has 25 hours: stamps are Unix time."""
    first = datetime(2026, 10, 24, 22, tzinfo=UTC)  # midnight of 25 October in Berlin
    times = [first + timedelta(hours=n) for n in range(25)]
    body = {
        "unix_seconds": [int(at.timestamp()) for at in times],
        "co2eq": list(range(100, 125)),
        "co2eq_forecast": [None] * 25,
    }
    service.say("/co2eq", json.dumps(body))
    points = fetched(EnergyCharts(client()), "DE", first, first + timedelta(hours=25))
    assert len(points) == 25
    assert points[-1].end - points[0].start == timedelta(hours=25)


@pytest.mark.parametrize(
    "body",
    [
        {"unix_seconds": [1, 2], "co2eq": [1.0]},
        {"unix_seconds": None, "co2eq": None},
        {"detail": "no content"},
        [],
        "x",
        None,
    ],
)
def test_energy_charts_nonsense(service, client, body):
    """Lists that do not fit, or none, end in the annual value with a note."""
    service.say("/co2eq", json.dumps(body))
    grid = LiveGrid(EnergyCharts(client()), submit=lambda job, _: job())
    assert grid.intensity("DE", HOUR, 60).year == 2025
    assert grid.problem


# RTE


def test_rte(service, client):
    """Rows newest first, with offsets, some without CO2."""
    rows = [
        {"date_heure": (HOUR + timedelta(minutes=15)).isoformat(), "taux_co2": None},
        {"date_heure": HOUR.isoformat(), "taux_co2": 32, "nucleaire": 42000},
        {"date_heure": (HOUR - timedelta(minutes=15)).isoformat(), "taux_co2": 30},
    ]
    service.say(RTE_PATH, json.dumps({"total_count": 3, "results": rows}))
    points = fetched(Rte(client()), "FR")
    assert [one.g for one in points] == [30, 32]
    assert "taux_co2 is not null" in service.asked[0].params["where"]


def test_rte_clocks_back(service, client):
    """Both hours called 02:00 are kept."""
    rows = [
        {"date_heure": "2026-10-25T02:45:00+02:00", "taux_co2": 20},
        {"date_heure": "2026-10-25T02:00:00+01:00", "taux_co2": 40},
    ]
    service.say(RTE_PATH, json.dumps({"results": rows}))
    points = fetched(Rte(client()), "FR")
    assert points[1].start - points[0].start == timedelta(minutes=15)


# Energi Data Service


def eds(service, area="DK1", seen=(), ahead=()):
    def rows(values):
        return json.dumps(
            {
                "records": [
                    {
                        "Minutes5UTC": at.strftime("%Y-%m-%dT%H:%M:%S"),
                        "PriceArea": where,
                        "CO2Emission": g,
                    }
                    for at, where, g in values
                ]
            }
        )

    service.say("/dataset/CO2Emis", rows(seen))
    service.say("/dataset/CO2EmisProg", rows(ahead))


def test_eds_area(service, client):
    """What was seen replaces the forecast of the same five minutes."""
    five = timedelta(minutes=5)
    eds(
        service,
        seen=[(HOUR, "DK1", 123)],
        ahead=[(HOUR, "DK1", 130), (HOUR + five, "DK1", 120)],
    )
    points = fetched(EnergiDataService("DK1", client()), "DK")
    assert [(one.g, one.forecast) for one in points] == [(123, False), (120, True)]
    assert json.loads(service.asked[0].params["filter"]) == {"PriceArea": ["DK1"]}


def test_eds_country(service, client):
    """Without an area the two are averaged."""
    eds(service, seen=[(HOUR, "DK1", 100), (HOUR, "DK2", 140)])
    assert fetched(EnergiDataService("", client()), "DK")[0].g == 120


def test_eds_wrong_area(service, client):
    """Another area's records are refused."""
    eds(service, seen=[(HOUR, "DK2", 100)])
    with pytest.raises(Unavailable, match="another area"):
        fetched(EnergiDataService("DK1", client()), "DK")


# Electricity Maps


@pytest.fixture
def em(service, client, monkeypatch):
    monkeypatch.setenv("GREEN_NOTEBOOK_ELECTRICITY_MAPS_KEY", "k3y")

    def row(at, g):
        return {
            "carbonIntensity": g,
            "datetime": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "isEstimated": True,
            "emissionFactorType": "lifecycle",
        }

    def say(zone="DE", forecast=True, history=True):
        before = [row(HOUR - timedelta(hours=n), 300 + n) for n in (1, 2)] if history else []
        base = "/carbon-intensity/"
        service.say(base + "history", json.dumps({"zone": zone, "history": before}))
        service.say(base + "latest", json.dumps({"zone": zone, **row(HOUR, 302)}))
        ahead = [row(HOUR + timedelta(hours=n), 200) for n in (1, 2, 3)]
        body = json.dumps({"zone": zone, "forecast": ahead})
        service.say(base + "forecast", body if forecast else "{}", 200 if forecast else 403)
        return ElectricityMaps(client=client())

    return say


def test_electricity_maps(em, service):
    """History, now and forecast, with the key in its header."""
    points = fetched(em(), "DE", end=HOUR + timedelta(hours=4))
    assert [one.g for one in points] == [302, 301, 302, 200, 200, 200]
    assert [one.forecast for one in points] == [False] * 3 + [True] * 3
    assert {one.headers.get("auth-token") for one in service.asked} == {"k3y"}


def test_electricity_maps_free_plan(em):
    """A plan without forecasts has the rest."""
    assert len(fetched(em(forecast=False), "DE", end=HOUR + timedelta(hours=4))) == 3


def test_electricity_maps_wrong_zone(em):
    """Another zone's values (the caller's own, by its address) are refused."""
    with pytest.raises(Unavailable, match="another zone"):
        fetched(em(zone="FR"), "DE")


@pytest.mark.parametrize(
    ("zone", "key"),
    [
        ("FR", "FR"),
        ("SE3", "SE-SE3"),
        ("CA-QC", "CA-QC"),
        ("US-CA", "US-CAL-CISO"),
        ("EGRID-ERCT", "US-TEX-ERCO"),
        ("EGRID-RFCW", "US-MIDA-PJM"),
        ("US-NY", "US-NY-NYIS"),
    ],
)
def test_electricity_maps_keys(zone, key):
    """Our zones have that service's keys."""
    assert ElectricityMaps().key(zone) == key


def test_electricity_maps_own_key():
    """Any of its keys can be named; a zone without one says so."""
    assert ElectricityMaps("AU-NSW").key("AU") == "AU-NSW"
    with pytest.raises(GreenNotebookError, match="US-MIDA-PJM"):
        ElectricityMaps().key("US-WY")


def test_no_key(client, monkeypatch):
    """Without a key the line says how to give one; nothing is asked."""
    monkeypatch.delenv("GREEN_NOTEBOOK_ELECTRICITY_MAPS_KEY", raising=False)
    grid = LiveGrid(ElectricityMaps(client=client()), submit=lambda job, _: job())
    assert grid.intensity("DE", HOUR, 1).year == 2025
    assert "GREEN_NOTEBOOK_ELECTRICITY_MAPS_KEY" in grid.problem


# WattTime


@pytest.fixture
def watttime(service, client, monkeypatch):
    monkeypatch.setenv("GREEN_NOTEBOOK_WATTTIME_USER", "u")
    monkeypatch.setenv("GREEN_NOTEBOOK_WATTTIME_PASSWORD", "p")

    def say(region="CAISO_NORTH", units="lbs_co2_per_mwh"):
        meta = {"region": region, "signal_type": "co2_moer", "units": units}
        five = timedelta(minutes=5)

        def body(start):
            rows = [
                {"point_time": (start + n * five).isoformat(), "value": 870.0} for n in range(12)
            ]
            return json.dumps({"data": rows, "meta": meta})

        service.say("/login", json.dumps({"token": "t0ken"}))
        service.say("/v3/historical", body(HOUR - timedelta(hours=1)))
        service.say("/v3/forecast", body(HOUR))
        return WattTime(client=client())

    return say


def test_watttime(watttime, service):
    """Pounds per MWh become grams per kWh, labelled marginal; the password goes to /login alone."""
    provider = watttime()
    points = fetched(provider, "US-CA")
    assert points[0].g == pytest.approx(870 * 0.45359237)
    assert [one.forecast for one in (points[0], points[-1])] == [False, True]
    assert provider.boundary == "marginal"
    login, *rest = service.asked
    assert login.headers["Authorization"].startswith("Basic ")
    assert {one.headers["Authorization"] for one in rest} == {"Bearer t0ken"}


def test_watttime_signs_in_once(watttime, service):
    """A token serves until it ends."""
    provider = watttime()
    fetched(provider, "US-CA")
    fetched(provider, "US-CA")
    assert sum(one.path == "/login" for one in service.asked) == 1


@pytest.mark.parametrize(
    ("told", "said"),
    [({"units": "percentile"}, "percentile"), ({"region": "PJM"}, "another region")],
)
def test_watttime_refuses(watttime, told, said):
    """A percentile is no gram; another region is another region."""
    with pytest.raises(Unavailable, match=said):
        fetched(watttime(**told), "US-CA")


# ENTSO-E


def entsoe_xml(key, *series, domain="inBiddingZone_Domain.mRID"):
    start = HOUR - timedelta(hours=2)
    body = "".join(
        f"""<TimeSeries><{domain} codingScheme="A01">{key}</{domain}>
        <MktPSRType><psrType>{fuel}</psrType></MktPSRType>
        <Period><timeInterval><start>{iso(start)}</start><end>{iso(HOUR)}</end></timeInterval>
        <resolution>PT60M</resolution>"""
        + "".join(
            f"<Point><position>{n}</position><quantity>{q}</quantity></Point>" for n, q in points
        )
        + "</Period></TimeSeries>"
        for fuel, points in series
    )
    return (
        '<?xml version="1.0"?><GL_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-6:'
        f'generationloaddocument:3:0">{body}</GL_MarketDocument>'
    )


@pytest.fixture
def entsoe(service, client, monkeypatch):
    monkeypatch.setenv("GREEN_NOTEBOOK_ENTSOE_TOKEN", "t0ken")
    return Entsoe(client())


def test_entsoe(entsoe, service):
    """Generation by fuel times its factor; a point left out repeats the one before it."""
    key = entsoe.key("DE")
    xml = entsoe_xml(key, ("B04", [(1, 1000), (2, 3000)]), ("B14", [(1, 1000)]))
    pumped = entsoe_xml(key, ("B10", [(1, 9000)]), domain="outBiddingZone_Domain.mRID")
    series = pumped[pumped.index("<TimeSeries>") : pumped.index("</GL_Market")]
    service.say("/api", xml.replace("</GL_Market", series + "</GL_Market"))
    points = fetched(entsoe, "DE")
    assert points[0].g == pytest.approx((490 + 12) / 2)
    assert points[1].g == pytest.approx((3000 * 490 + 1000 * 12) / 4000)
    assert service.asked[0].params["securityToken"] == "t0ken"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<GL_MarketDocument><TimeSeries>", "garbled XML"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><GL_MarketDocument/>', "entities"),
        (
            "<Acknowledgement_Document><text>No matching data found</text></Acknowledgement_Document>",
            "No matching data found",
        ),
        (entsoe_xml("10YFR-RTE------C", ("B04", [(1, 1)])), "another zone"),
    ],
)
def test_entsoe_refuses(entsoe, service, body, said):
    """Truncated, hostile, empty and foreign documents are said, not used."""
    service.say("/api", body)
    with pytest.raises(Unavailable, match=said):
        fetched(entsoe, "DE")


def test_entsoe_zones(entsoe):
    """A bidding zone has its own code; the US has none."""
    assert entsoe.key("SE3") != entsoe.key("SE")
    with pytest.raises(GreenNotebookError, match="does not cover"):
        entsoe.key("US-CA")


# EIA


@pytest.fixture
def eia(service, client, monkeypatch):
    monkeypatch.setenv("GREEN_NOTEBOOK_EIA_KEY", "k3y")

    def say(*rows, respondent="CISO"):
        data = [
            {
                "period": (HOUR - timedelta(hours=ago)).strftime("%Y-%m-%dT%H"),
                "respondent": respondent,
                "fueltype": fuel,
                "value": value,
                "value-units": "megawatthours",
            }
            for ago, fuel, value in rows
        ]
        service.say(EIA_PATH, json.dumps({"response": {"total": len(data), "data": data}}))
        return Eia(client=client())

    return say


def test_eia(eia, service):
    """Hours end at their period; batteries that charge are no generation."""
    provider = eia(
        (0, "NG", "9000"), (0, "SUN", "1000"), (0, "BAT", "-500"), (1, "NG", None), (1, "COL", "5")
    )
    points = fetched(provider, "US-CA")
    assert points[-1].g == pytest.approx(0.9 * 410)
    assert points[-1].end == HOUR
    assert points[0].g == 1000
    assert service.asked[0].params["facets[respondent][]"] == "CISO"
    assert provider.boundary == "direct"


def test_eia_wrong_area(eia):
    """Another authority's rows are refused."""
    with pytest.raises(Unavailable, match="another area"):
        fetched(eia((0, "NG", "1"), respondent="PJM"), "US-CA")


# All


@pytest.mark.parametrize(
    ("provider", "zone"),
    [
        (Neso, "FR"),
        (EnergyCharts, "US"),
        (Rte, "DE"),
        (EnergiDataService, "SE"),
        (ElectricityMaps, "WORLD"),
        (WattTime, "FR"),
        (Entsoe, "JP"),
        (Eia, "FR"),
    ],
)
def test_uncovered_zones(provider, zone):
    """A zone that a service does not have is one line that says which it has."""
    with pytest.raises(GreenNotebookError, match="it covers") as caught:
        provider().key(zone)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "body", ["{", "null", "[]", '{"data": 7}', '{"data": [{}]}', "<html>", "[[[]]]"]
)
@pytest.mark.parametrize(
    ("provider", "zone", "year"),
    [
        (Neso, "GB", 2025),
        (EnergyCharts, "DE", 2025),
        (Rte, "FR", 2025),
        (EnergiDataService, "DK", 2025),
        (ElectricityMaps, "DE", 2025),
        (WattTime, "US-CA", 2023),
        (Entsoe, "DE", 2025),
        (Eia, "US-CA", 2023),
    ],
)
def test_nonsense_never_hurts(provider, zone, year, body, service, client, monkeypatch):
    """Whatever a service answers, a cell gets the annual value and one line why."""
    for name in (
        "ELECTRICITY_MAPS_KEY",
        "WATTTIME_USER",
        "WATTTIME_PASSWORD",
        "ENTSOE_TOKEN",
        "EIA_KEY",
    ):
        monkeypatch.setenv(f"GREEN_NOTEBOOK_{name}", "k3y")
    service.say("/", body)
    grid = LiveGrid(provider(client=client()), submit=lambda job, _: job())
    assert grid.intensity(zone, HOUR, 60).year == year
    assert "annual value" in grid.problem
    assert "\n" not in grid.problem
    assert "k3y" not in grid.problem

"""``%carbon when`` and ``%carbon whatif``."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from green_notebook.actions import whatif, when
from green_notebook.errors import GreenNotebookError, Unavailable
from green_notebook.grids import _live
from green_notebook.grids._http import Client
from green_notebook.grids._live import LiveGrid
from green_notebook.grids._points import Point
from green_notebook.model import Component, Energy, Quantity

NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)  # 13:00 in Berlin


class Forecast:
    """A service with a forecast for everywhere."""

    name = "energy-charts"
    source = "a test"
    boundary = "lifecycle"

    def __init__(self, values):
        self.client = Client("test", "http://127.0.0.1:9")
        self.values = values

    def key(self, zone):
        return zone

    def fetch(self, key, start, end):
        if not self.values:
            raise Unavailable("energy-charts did not answer in time")
        hour = timedelta(hours=1)
        return [
            Point(NOW + n * hour, NOW + (n + 1) * hour, g, True) for n, g in enumerate(self.values)
        ]


@pytest.fixture
def served(session):
    """A session whose grid is a service with these hours to come."""

    def make(*values, reports=()):
        _live._made["energy-charts"] = LiveGrid(Forecast(values))
        kept = session(list(reports))
        kept.settings.grid = "energy-charts"
        kept.settings.pue = 1.0
        return kept

    yield make
    _live._made.clear()


LINE = ["3h", "--power", "250W", "--before", "tomorrow", "9:00", "--zone", "DE"]


def test_greenest_window(served):
    """The best window, in the clock's time, with its saving and interval."""
    shown = when.run(served(*[400] * 8, *[100] * 3, *[300] * 12), LINE, NOW)
    assert shown.best[0].start == NOW + timedelta(hours=8)
    text = str(shown)
    assert "Sat 21 Nov 21:00" in text
    assert "75 % less than now" in text
    assert "saves about 225 g CO2e" in text  # 0.75 kWh x 300 g/kWh
    assert "lifecycle" in text


def test_now_is_best(served):
    """Where waiting does not help, it says so."""
    assert str(when.run(served(*[100] * 3, *[400] * 20), LINE, NOW)).startswith("now:")


def test_within_the_error(served):
    """A saving smaller than the forecast's error is named so."""
    shown = when.run(served(*[110] * 4, *[100] * 20), LINE, NOW)
    assert "within the forecast's error" in str(shown)


def test_power_of_the_last_cell(served, report):
    """Without --power the last cell's mean power is taken: 3.6 MJ in an hour are 1 kW."""
    kept = served(*[400] * 4, *[100] * 19, reports=[report()])
    assert "saves about 300 g" in str(when.run(kept, ["1h", "--zone", "DE"], NOW))
    kept.reports.clear()
    assert "saves" not in str(when.run(kept, ["1h", "--zone", "DE"], NOW))


def test_only_from_a_forecast(session):
    """A yearly mean has no hours: it says which service has them."""
    with pytest.raises(GreenNotebookError, match="energy-charts"):
        when.run(session(), LINE, NOW)


@pytest.mark.parametrize(
    ("values", "argv", "said"),
    [
        ([], LINE, "did not answer"),
        ([100], LINE, "too short"),
        ([100] * 30, ["3h", "--before", "in", "2h", "--zone", "DE"], "do not end before"),
        ([100] * 30, ["3x"], "duration"),
        ([100] * 30, [], "required"),
        ([100] * 30, ["3h", "--befor", "9:00"], "did you mean --before"),
        ([100] * 30, ["3h", "--power", "3J"], "power"),
        ([100] * 30, ["3h", "--zone", "Frnace"], "did you mean FR"),
    ],
)
def test_one_clear_line(served, values, argv, said):
    """Whatever is wrong is one line."""
    with pytest.raises(GreenNotebookError, match=said) as caught:
        when.run(served(*values), argv, NOW)
    assert "\n" not in str(caught.value)


def test_chart_of_a_forecast(served):
    """The forecast is a plotly figure with the window marked."""
    figure = when.run(served(*[400] * 8, *[100] * 12), LINE, NOW).figure()
    assert len(figure.layout.shapes) == 1
    assert "when" in str(when.run(served(*[400] * 20), [*LINE, "--chart"], NOW).name)


# What if


def test_zones(session, report):
    """The same cell in other zones, against here, with notes."""
    shown = whatif.run(session([report(zone="DE")]), ["SE", "PL,US-CA"])
    text = str(shown)
    assert "here: Germany" in text
    assert "-89 %" in text  # 35.26 / 329.65
    assert "+79 %" in text  # 588.6 / 329.65
    assert "not comparable" in text
    assert "<table>" in shown._repr_html_()


def test_session(session, report):
    """The session's sum counts nested cells once and leaves other zones out, said."""
    reports = [report(name="a", zone="SE"), report(name="b"), report(name="c", parent="b")]
    shown = whatif.run(session(reports), ["--session", "SE"])
    assert "1 cells of other zones" in str(shown)
    assert shown.scenarios[0].energy.value == pytest.approx(3.6e6)


def gpu_report(report):
    made = report()
    part = Quantity.exactly(3e6, "J")
    rest = Quantity.exactly(0.6e6, "J")
    components = (Component("gpu:0", "nvml:0", part, part), Component("cpu:0", "rapl", rest, rest))
    return replace(made, energy=Energy(made.energy.kernel, made.energy.machine, components))


def test_hardware(session, report):
    """Other GPUs by their tables, the assumption said."""
    shown = whatif.run(session([gpu_report(report)]), ["--hardware", "H100,L4", "--from", "T4"])
    assert len(shown.scenarios) == 3
    assert "factor of 2" in str(shown)


def test_hardware_needs_to_know_the_gpu(session, report):
    """Without a GPU, or its name, the line says what to give."""
    with pytest.raises(GreenNotebookError, match="--power"):
        whatif.run(session([report()]), ["--hardware", "H100"])
    with pytest.raises(GreenNotebookError, match="--from"):
        whatif.run(session([gpu_report(report)]), ["--hardware", "H100"])
    with pytest.raises(GreenNotebookError, match="did you mean"):
        whatif.run(session([gpu_report(report)]), ["--hardware", "H10O", "--from", "T4"])


def test_own_power(session, report):
    """A machine of one's own by its power and speed."""
    shown = whatif.run(session([report()]), ["--power", "30W", "--speed", "0.5"])
    assert shown.scenarios[1].energy.value == pytest.approx(30 * 7200)
    with pytest.raises(GreenNotebookError, match="speed"):
        whatif.run(session([report()]), ["--power", "30W", "--speed", "fast"])


def test_hours(served, report):
    """The coming hours, where a forecast exists; else the line says how to get one."""
    kept = served(*[400] * 8, *[100] * 16, reports=[report(zone="DE")])
    shown = whatif.run(kept, ["--hours"], NOW)
    assert "now, by the forecast" in str(shown)
    assert "-75 %" in str(shown)
    now = shown.scenarios[1]
    spent = report().energy.kernel
    assert now.co2e.high / now.co2e.value >= spent.high / spent.value
    kept.settings.grid = "annual"
    with pytest.raises(GreenNotebookError, match="forecast"):
        whatif.run(kept, ["--hours"], NOW)


def test_chart(session, report):
    """All cases are one figure with intervals."""
    figure = whatif.run(session([report()]), []).figure()
    assert len(figure.data[0].y) >= 5
    assert whatif.run(session([report()]), ["--chart"]).name == "whatif"


@pytest.mark.parametrize(
    ("argv", "said"), [(["--hour"], "did you mean --hours"), (["Swedn"], "did you mean SE")]
)
def test_wrong_words(session, report, argv, said):
    """A wrong option or zone is one line."""
    with pytest.raises(GreenNotebookError, match=said):
        whatif.run(session([report()]), argv)


def test_nothing_measured(session):
    """Without a report there is no case."""
    with pytest.raises(GreenNotebookError, match="%%carbon"):
        whatif.run(session(), [])

"""What if: shared errors cancel, boundaries do not mix, hardware is honest."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from green_notebook.account import pue_of
from green_notebook.errors import GreenNotebookError
from green_notebook.grids._points import Point
from green_notebook.model import Basis, Place, Quantity
from green_notebook.scenarios import Case, at_power, chip, elsewhere, on_chip, provider_for
from green_notebook.windows import apart, saving, windows

ONE = Quantity.exactly(1.0, "1")
AT = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)


def case(zone="FR", joules=3.6e6, kind="laptop", provider=None, region=None):
    place = Place(zone, "option", "high", zone, kind, provider, region)
    energy = Quantity.within(joules, "J", Basis.MEASURED, systematic=0.3 * joules)
    return Case(energy, place, pue_of(place), AT, 3600.0)


def test_other_zone():
    """1 kWh in Sweden and in France: 35.26 and 41.44 g (Ember 2026)."""
    (sweden,) = elsewhere(case(), ["SE"])
    assert sweden.co2e.value == pytest.approx(35.26)
    assert sweden.ratio.value == pytest.approx(35.26 / 41.44)


def test_shared_errors_cancel():
    """The ratio does not know the energy's 30 %."""
    (poland,) = elsewhere(case("DE"), ["PL"])
    assert poland.ratio.high / poland.ratio.value < 1.25
    assert poland.co2e.high / poland.co2e.value > 1.30


def test_the_same_zone_is_exactly_as_much():
    """Here against here is 1, without any error."""
    (here,) = elsewhere(case(), ["France"])
    assert here.ratio.low == here.ratio.value == here.ratio.high == 1.0


def test_boundaries_do_not_mix():
    """Direct and lifecycle grams stand beside each other without a ratio, and say why."""
    (california,) = elsewhere(case(), ["US-CA"])
    assert california.ratio is None
    assert "not comparable" in california.why


def test_region_brings_its_pue():
    """A cloud region has its own PUE."""
    (singapore,) = elsewhere(case(), ["ap-southeast-1"])
    assert singapore.co2e.value == pytest.approx(497.09 * 1.32)
    assert singapore.kind == "region"


def test_suggestions_are_comparable():
    """Asked for nothing, only cases of one boundary come, and the same provider's clean regions."""
    for zone in ("FR", "US-TX", "WORLD"):
        assert all(one.ratio is not None for one in elsewhere(case(zone)))
    found = elsewhere(case("EGRID-SRVC", kind="cloud", provider="aws", region="us-east-1"))
    assert any(one.kind == "region" for one in found)
    assert all(one.ratio is not None for one in found)


def test_unknown_zone():
    """An unknown zone names the closest."""
    with pytest.raises(GreenNotebookError, match="did you mean"):
        elsewhere(case(), ["Swedn"])


@given(st.floats(0, 1e12), st.sampled_from(["SE", "PL", "us-west-2", "WORLD"]))
def test_never_negative(joules, zone):
    """No case has a negative interval."""
    (found,) = elsewhere(case(joules=joules), [zone])
    assert 0 <= found.co2e.low <= found.co2e.value <= found.co2e.high


def test_on_another_chip():
    """T4 to A100 by the table: 4.8 times the throughput at 5.7 times the power, and a factor of 2."""
    found = on_chip(case(), Quantity.exactly(3.6e6, "J"), chip("T4"), chip("A100-SXM4-40GB"))
    assert found.ratio.value == pytest.approx((400 / 70) / (312 / 65))
    assert (found.ratio.low, found.ratio.high) == pytest.approx(
        (found.ratio.value / 2, found.ratio.value * 2)
    )
    assert found.duration_s == pytest.approx(3600 * 65 / 312)
    assert found.energy.basis is Basis.ASSUMED


def test_the_rest_of_the_machine_shortens():
    """What is not the GPU works as long as the GPU does."""
    found = on_chip(case(), Quantity.exactly(1.6e6, "J"), chip("T4"), chip("T4"))
    assert found.energy.value == pytest.approx(3.6e6)


@pytest.mark.parametrize("name", ["a100", "NVIDIA A100-SXM4-40GB", "Tesla T4", "rtx 4090", "H100"])
def test_chips_by_name(name):
    """GPUs are found by NVML's name and by what people say."""
    assert chip(name).max_w > 0


def test_unknown_chip():
    """An unknown GPU names the closest."""
    with pytest.raises(GreenNotebookError, match="A100"):
        chip("A10O")


def test_own_machine():
    """A machine of 30 W at half the speed: 30 W for two hours."""
    found = at_power(case(), 30, 0.5)
    assert found.energy.value == pytest.approx(30 * 7200)


@pytest.mark.parametrize(
    ("zone", "name"),
    [("GB", "neso"), ("DK", "energi-data-service"), ("DE", "energy-charts"), ("US-CA", None)],
)
def test_a_service_is_proposed(zone, name):
    """For a zone, a service with a forecast and without a key."""
    assert provider_for(zone) == name


# Windows


def forecast(*values, step=60):
    length = timedelta(minutes=step)
    return [Point(AT + n * length, AT + (n + 1) * length, g, True) for n, g in enumerate(values)]


def test_greenest_window():
    """Two hours among 300, 100, 200, 400: the second and third."""
    best = windows(forecast(300, 100, 200, 400), 7200, AT, AT + timedelta(hours=4))[0]
    assert best.start == AT + timedelta(hours=1)
    assert best.g == 150


def test_a_window_may_begin_within_an_hour():
    """A window of 90 minutes can end with a point, not only begin with one."""
    best = windows(forecast(300, 100, 400), 5400, AT, AT + timedelta(hours=3))[0]
    assert best.end == AT + timedelta(hours=2)
    assert best.start == AT + timedelta(minutes=30)


def test_deadline():
    """Nothing ends after its deadline, nothing begins before now."""
    for one in windows(forecast(5, 4, 3, 2, 1), 3600, AT, AT + timedelta(hours=3)):
        assert one.start >= AT
        assert one.end <= AT + timedelta(hours=3)


def test_gaps_are_not_invented():
    """A window over a gap of the forecast is no window."""
    points = forecast(300, 100, 200)
    del points[1]
    assert windows(points, 7200, AT, AT + timedelta(hours=3)) == []


@given(st.lists(st.floats(1, 900), min_size=3, max_size=40), st.integers(1, 3))
def test_the_best_is_the_best(values, hours):
    """No window that begins with a point is greener than the best."""
    ranked = windows(forecast(*values), hours * 3600, AT, AT + timedelta(hours=len(values)))
    means = [sum(values[n : n + hours]) / hours for n in range(len(values) - hours + 1)]
    assert ranked[0].g == pytest.approx(min(means), rel=1e-6) or ranked[0].g < min(means)
    chosen = apart(ranked, 3)
    assert all(a.end <= b.start or b.end <= a.start for a in chosen for b in chosen if a is not b)


def test_saving():
    """1 kWh at 100 instead of 400 g/kWh saves 300 g, within the forecast's own error."""
    ranked = windows(forecast(400, 100), 3600, AT, AT + timedelta(hours=2))
    now, best = ranked[-1], ranked[0]
    found = saving(now, best, 3.6e6, ONE)
    assert found.g == pytest.approx(300)
    assert found.low == pytest.approx(300 - 0.17 * (400**2 + 100**2) ** 0.5)
    assert found.certain
    later, earlier = windows(forecast(105, 100), 3600, AT, AT + timedelta(hours=2))[:2]
    assert not saving(earlier, later, 3.6e6, ONE).certain
    wide = saving(now, best, 3.6e6, Quantity(1.5, 1.0, 2.0, "1", Basis.ASSUMED))
    assert (wide.g, wide.low, wide.high) == pytest.approx((450, found.low, 2 * found.high))


def test_now_against_now_is_nothing():
    """Starting now saves exactly nothing against starting now."""
    (only,) = windows(forecast(400), 3600, AT, AT + timedelta(hours=1))
    found = saving(only, only, 3.6e6, ONE)
    assert (found.g, found.low, found.high) == (0, 0, 0)

"""A battery's discharge is the whole machine's power; anything else is a gap."""

from __future__ import annotations

import shutil

import pytest

from green_notebook.errors import Unavailable
from green_notebook.host import Host
from green_notebook.sensors import battery
from green_notebook.testing import fake_host

FOLDER = "/sys/class/power_supply/BAT0"
ONE = {
    f"{FOLDER}/type": "Battery",
    f"{FOLDER}/status": "Discharging",
    f"{FOLDER}/power_now": "7350000",
}


def test_the_battery_that_feeds(machine):
    """Of two batteries the one that discharges counts, and a mouse's does not."""
    (sensor,) = battery.discover(machine("thinkpad-on-battery"), {})
    assert sensor.read() == pytest.approx(11.52 * 0.812)
    assert sensor.spec.component == "node"
    assert sensor.spec.gain_error[1] >= 0.3
    assert "screen" in sensor.spec.label
    assert not sensor.spec.tried_on_hardware
    sensor.close()


def test_power_is_told(tmp_path):
    """Where the battery tells its power that is taken, whatever its sign."""
    (sensor,) = battery.discover(fake_host(tmp_path, ONE), {})
    assert sensor.read() == pytest.approx(7.35)
    fake_host(tmp_path, {f"{FOLDER}/power_now": "-8000000"})
    assert sensor.read() == pytest.approx(8.0)


@pytest.mark.parametrize("status", ["Charging", "Full", "Not charging", "Unknown", ""])
def test_plugged_in_later(machine, tmp_path, status):
    """Once the plug is in, each reading is a gap: never a zero, never the charging power."""
    (sensor,) = battery.discover(fake_host(tmp_path, ONE), {})
    fake_host(tmp_path, {f"{FOLDER}/status": status})
    with pytest.raises(OSError, match=r"BAT0 is|no battery is discharging"):
        sensor.read()


def test_one_charges_while_the_other_gives(machine, tmp_path):
    """A battery that charges beside one that gives leaves the whole unknown."""
    shutil.copytree(machine("thinkpad-on-battery").root, tmp_path, dirs_exist_ok=True)
    (sensor,) = battery.discover(Host(tmp_path, {}), {})
    (tmp_path / "sys/class/power_supply/BAT0/status").write_text("Charging")
    with pytest.raises(OSError, match="BAT0 is charging"):
        sensor.read()


@pytest.mark.parametrize(
    ("change", "reason", "cure"),
    [
        ({"status": "Charging"}, "only a discharging battery", "pull the plug"),
        ({"power_now": "0"}, "tells no power yet", "wait half a minute"),
        ({"power_now": "some"}, "tells neither power_now nor current_now", "metering plug"),
        ({"power_now": ""}, "tells neither power_now nor current_now", "metering plug"),
    ],
)
def test_unavailable(tmp_path, change, reason, cure):
    """A battery that tells no discharge is unavailable, with what helps in its case."""
    files = ONE | {f"{FOLDER}/{name}": text for name, text in change.items()}
    with pytest.raises(Unavailable, match=reason) as caught:
        battery.discover(fake_host(tmp_path, files), {})
    assert cure in caught.value.cure


@pytest.mark.parametrize("change", [{"scope": "Device"}, {"type": "Mains"}, {"present": "0"}])
def test_no_battery(tmp_path, change):
    """A mouse's battery, a mains adapter and an empty bay do not feed the machine."""
    files = ONE | {f"{FOLDER}/{name}": text for name, text in change.items()}
    with pytest.raises(Unavailable, match="no battery"):
        battery.discover(fake_host(tmp_path, files), {})

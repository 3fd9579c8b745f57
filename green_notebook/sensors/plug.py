"""A metering plug that the machine hangs on: Shelly (Gen2 and newer) and Tasmota.

Asked only where the setting ``plug`` names one: ``shelly://192.0.2.7`` or ``tasmota://192.0.2.8``.
Shelly's RPC (Gen2 API documentation): ``Switch.GetStatus`` or, for meters without a switch,
``PM1.GetStatus``, with ``apower`` in watts and ``aenergy.total`` in watt-hours, to a thousandth.
Where that moves between any two questions it is the counter; else the power's samples count, since
nobody states over what time ``apower`` is a mean. Tasmota's HTTP interface (its documentation,
"Commands"): ``Status 8`` with ``StatusSNS.ENERGY.Power``. Its ``Total`` moves by a watt-hour, which
is a minute at 60 W, so its power's samples count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

from green_notebook.errors import Unavailable
from green_notebook.host import Host
from green_notebook.model import SensorSpec
from green_notebook.sensors import Model, Sensor
from green_notebook.sensors._http import Device, NotFound, number, placed, shown
from green_notebook.sensors._polled import Ask, PolledSensor

NAME = "Metering plug"
SLOW = True

CURE = "set plug to shelly://ADDRESS or tasmota://ADDRESS, as in GREEN_NOTEBOOK_PLUG"
CURE_LOGIN = "set GREEN_NOTEBOOK_PLUG_USER and GREEN_NOTEBOOK_PLUG_PASSWORD"
# Shelly states 1 %; chips in Tasmota's plugs need a calibration, and without one are a few per
# cent off (Tasmota's documentation, "Power Monitoring Calibration"). Rounded up, both ways.
_GAIN = {"shelly": (0.02, 0.02), "tasmota": (0.05, 0.05)}
_MAX_W = 4000.0  # 16 A at 230 V, rounded up
# Devices refresh their power about once a second.
_REFRESH_S = 1.0
_WH_J = 3600.0
# ``aenergy.total`` has three decimals.
_RESOLUTION_J = 0.001 * _WH_J
# The setting's plug may come to the network later, or answer again.
RETRY_S = 30.0


def discover(host: Host, options: Mapping[str, Any]) -> list[Sensor | Model]:
    """The plug of the setting; raises Unavailable where none is named or it does not answer."""
    text = str(options.get("plug") or "")
    if not text:
        raise Unavailable("no metering plug is named", CURE)
    address = urlsplit(text)
    if address.scheme not in _GAIN or not address.hostname:
        raise Unavailable(f"{shown(text)} is not the address of a plug", CURE)
    place = placed(address)
    channel = next(iter(parse_qs(address.query).get("id", [])), "0")
    if not channel.isdigit():
        raise Unavailable(
            f"{shown(text)} names no socket: id is a number", "leave ?id away, or ?id=0"
        )
    device, ask = _opened(address, host, channel)
    try:
        return [PolledSensor(ask, _spec(address, host), device.close, _RESOLUTION_J)]
    except Unavailable as error:
        cure = CURE_LOGIN if "password" in error.reason else f"is {place} the plug?"
        raise Unavailable(f"the plug at {place}: {error.reason}", error.cure or cure) from None


def _opened(address: SplitResult, host: Host, channel: str) -> tuple[Device, Ask]:
    user = host.environ.get("GREEN_NOTEBOOK_PLUG_USER") or "admin"
    password = host.environ.get("GREEN_NOTEBOOK_PLUG_PASSWORD") or ""
    base = f"http://{address.netloc.rpartition('@')[2]}"
    if address.scheme == "tasmota":
        device = Device(base)
        given = {"user": user, "password": password} if password else {}
        return device, lambda: _tasmota(device, given, channel)
    import httpx

    device = Device(base, httpx.DigestAuth(user, password) if password else None)
    return device, lambda: _shelly(device, channel)


def _shelly(device: Device, channel: str) -> tuple[float, float | None]:
    """``apower`` (W) and ``aenergy.total`` (in J) of a switch, else of a meter alone."""
    try:
        answer = device.get("/rpc/Switch.GetStatus", {"id": channel})
    except NotFound:
        try:
            answer = device.get("/rpc/PM1.GetStatus", {"id": channel})
        except NotFound:
            raise Unavailable(f"it is no Shelly of Gen2 or newer with a socket {channel}") from None
    watts = number(answer, "apower")
    if watts is None:
        raise Unavailable("it is a Shelly that does not measure power")
    counted = number(answer, "aenergy", "total")
    return watts, None if counted is None else counted * _WH_J


def _tasmota(device: Device, given: Mapping[str, str], channel: str) -> float:
    """``Power`` (W); plugs of several sockets tell a list."""
    answer = device.get("/cm", {**given, "cmnd": "Status 8"})
    if "WARNING" in answer:  # its way of asking for a password
        raise Unavailable("it refuses the user or the password")
    energy = ("StatusSNS", "ENERGY", "Power")
    watts = number(answer, *energy)
    if watts is None and channel.isdigit():
        watts = number(answer, *energy, int(channel))
    if watts is None:
        raise Unavailable("it is a Tasmota device that does not measure power")
    return watts


def _spec(address: SplitResult, host: Host) -> SensorSpec:
    guest = ", of the host and all its guests" if host.hypervisor else ""
    return SensorSpec(
        id=f"plug:{address.scheme}",
        component="node",
        kind="power",
        gain_error=_GAIN[address.scheme],
        step_s=_REFRESH_S,
        max_power_w=_MAX_W,
        covers=("node",),
        label=f"{address.scheme.capitalize()} plug: all that hangs on it{guest}",
    )

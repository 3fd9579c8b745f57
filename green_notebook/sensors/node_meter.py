"""The node's own meter, by its management controller: Redfish, or IPMI's DCMI.

Asked only where the setting ``node_meter`` names one. ``redfish://HOST`` (DMTF DSP0266, always
https; user and password from the environment) reads a chassis' ``Power`` (PowerControl, its
PowerConsumedWatts) or ``EnvironmentMetrics`` (PowerWatts); ``ipmi://`` asks the machine's own
controller through /dev/ipmi0 (DCMI 1.5, "Get Power Reading"). A controller's certificate is mostly
its own: ``redfish://HOST?verify=no`` takes it as it is.

Neither standard says over what time the present power is a mean, nor how often it is refreshed:
controllers do so every second to every few seconds. So their answers count as samples. Redfish's
``EnergykWh`` moves too rarely for a cell.
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
from green_notebook.sensors._ipmi import Ipmi
from green_notebook.sensors._polled import PolledSensor

NAME = "Node meter"
SLOW = True

CURE = "set node_meter to redfish://HOST or ipmi://, as in GREEN_NOTEBOOK_NODE_METER"
CURE_LOGIN = "set GREEN_NOTEBOOK_REDFISH_USER and GREEN_NOTEBOOK_REDFISH_PASSWORD"
CURE_TRUST = "add ?verify=no where the controller's certificate is its own"
# Makers state 1 to 5 % for the meters in power supplies; the larger, both ways.
_GAIN = (0.05, 0.05)
_MAX_W = 30_000.0
_CHASSIS = "/redfish/v1/Chassis"
# How often controllers refresh the present power: 1 to some 5 s (our assumption, 2026).
_REFRESH_S = 3.0
# It may be switched on later, or answer again.
RETRY_S = 60.0


def discover(host: Host, options: Mapping[str, Any]) -> list[Sensor | Model]:
    """The meter of the setting; raises Unavailable where none is named or it does not answer."""
    text = str(options.get("node_meter") or "")
    if not text:
        raise Unavailable("no node meter is named", CURE)
    address = urlsplit(text)
    if address.scheme == "ipmi":
        return [_ipmi(host, address)]
    if address.scheme == "redfish" and address.hostname:
        return [_redfish(host, address)]
    raise Unavailable(f"{shown(text)} is not the address of a node's meter", CURE)


def _ipmi(host: Host, address: SplitResult) -> Sensor:
    path = host.path(address.path if address.path.startswith("/dev/") else "/dev/ipmi0")
    try:
        controller = Ipmi(path)
    except FileNotFoundError:
        raise Unavailable(
            "the kernel offers no management controller", "sudo modprobe ipmi_si ipmi_devintf"
        ) from None
    except PermissionError:
        raise Unavailable(
            "only root may ask the management controller", f"sudo chmod a+rw /dev/{path.name}"
        ) from None
    spec = _spec("ipmi", "DCMI power reading", host)
    return PolledSensor(controller.power_w, spec, controller.close)


def _redfish(host: Host, address: SplitResult) -> Sensor:
    query = parse_qs(address.query)
    user = host.environ.get("GREEN_NOTEBOOK_REDFISH_USER") or ""
    password = host.environ.get("GREEN_NOTEBOOK_REDFISH_PASSWORD") or ""
    if not user or not password:
        raise Unavailable("Redfish wants a user and a password", CURE_LOGIN)
    base = f"https://{address.netloc.rpartition('@')[2]}"
    device = Device(base, (user, password), verify=query.get("verify") != ["no"])
    chassis = Chassis(device, next(iter(query.get("chassis", [])), None))
    place = placed(address)
    spec = _spec("redfish", f"Redfish of {place}", host)
    try:
        return PolledSensor(chassis.power_w, spec, device.close)
    except Unavailable as error:
        cure = error.cure or _cure(error.reason, place)
        raise Unavailable(f"Redfish of {place}: {error.reason}", cure) from None


def _cure(reason: str, place: str) -> str:
    if "password" in reason:
        return CURE_LOGIN
    return CURE_TRUST if "certificate" in reason else f"is {place} the controller?"


class Chassis:
    """The chassis whose power is read; found at the first reading."""

    def __init__(self, device: Device, wanted: str | None) -> None:
        self._device = device
        self._wanted = wanted
        self._path = ""

    def power_w(self) -> float:
        """Its power now (W); raises Unavailable."""
        if not self._path:
            self._path = self._found()
        watts = self._watts(self._path)
        if watts is None:
            raise Unavailable("its chassis tells no power any more")
        return watts

    def _found(self) -> str:
        listed = self._device.get(_CHASSIS).get("Members")
        members = [one["@odata.id"] for one in listed or [] if isinstance(one, dict)]
        if self._wanted is not None:
            members = self._named(members)
        paths = [
            path for one in members for path in self._links(one) if self._watts(path) is not None
        ]
        # A chassis may tell its power in both ways: that is one.
        telling = dict.fromkeys(path.split("/Chassis/")[-1].split("/")[0] for path in paths)
        if not paths:
            raise Unavailable("none of its chassis tells a power")
        if len(telling) > 1:
            named = ", ".join(telling)
            cure = f"name this machine's: ?chassis={next(iter(telling))}"
            raise Unavailable(f"several chassis tell a power: {named}", cure)
        return paths[0]

    def _named(self, members: list[str]) -> list[str]:
        """The chassis that was asked for; raises Unavailable with those that there are."""
        named = {one.rstrip("/").rpartition("/")[2]: one for one in members}
        if self._wanted in named:
            return [named[self._wanted]]
        there = ", ".join(named) or "none"
        cure = f"name one of them: ?chassis={next(iter(named))}" if named else "leave ?chassis away"
        raise Unavailable(f"it has no chassis {self._wanted}; there are {there}", cure)

    def _links(self, member: str) -> list[str]:
        told = self._device.get(member)
        links = (told.get(name) for name in ("Power", "EnvironmentMetrics"))
        return [str(one["@odata.id"]) for one in links if isinstance(one, dict)]

    def _watts(self, path: str) -> float | None:
        try:
            told = self._device.get(path)
        except NotFound:
            return None
        watts = number(told, "PowerControl", 0, "PowerConsumedWatts")
        return number(told, "PowerWatts", "Reading") if watts is None else watts


def _spec(kind: str, label: str, host: Host) -> SensorSpec:
    guest = ", of the host and all its guests" if host.hypervisor else ""
    return SensorSpec(
        id=f"node-meter:{kind}",
        component="node",
        kind="power",
        gain_error=_GAIN,
        step_s=_REFRESH_S,
        max_power_w=_MAX_W,
        covers=("node",),
        label=label + guest,
    )

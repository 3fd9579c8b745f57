"""The node's own meter: Redfish against a local https server, IPMI at the kernel's calls.

The resources have the shapes of DMTF's schemas (Chassis, Power, EnvironmentMetrics); the IPMI answer
is composed byte by byte from the DCMI specification 1.5. No controller stands behind these tests.
"""

from __future__ import annotations

import base64
import ctypes
import shutil
import struct
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_meters import Answer, served

from green_notebook.errors import Unavailable
from green_notebook.host import Host
from green_notebook.sensors import _ipmi, node_meter
from green_notebook.testing import fake_host

ENVIRON = {"GREEN_NOTEBOOK_REDFISH_USER": "reader", "GREEN_NOTEBOOK_REDFISH_PASSWORD": "let-me"}
LOGIN = "Basic " + base64.b64encode(b"reader:let-me").decode()
ROOT = "/redfish/v1/Chassis"


def chassis(name, **links):
    return {"Id": name, **{key: {"@odata.id": path} for key, path in links.items()}}


TREE = {
    ROOT: {"Members": [{"@odata.id": f"{ROOT}/1"}]},
    f"{ROOT}/1": chassis("1", Power=f"{ROOT}/1/Power", Thermal=f"{ROOT}/1/Thermal"),
    f"{ROOT}/1/Power": {
        "PowerControl": [
            {
                "PowerConsumedWatts": 590,
                "PowerCapacityWatts": 1600,
                "PowerMetrics": {"AverageConsumedWatts": 587, "IntervalInMin": 20},
            }
        ]
    },
}
NEWER = {
    ROOT: {"Members": [{"@odata.id": f"{ROOT}/Self"}]},
    f"{ROOT}/Self": chassis("Self", EnvironmentMetrics=f"{ROOT}/Self/EnvironmentMetrics"),
    f"{ROOT}/Self/EnvironmentMetrics": {
        "PowerWatts": {"Reading": 374.5},
        "EnergykWh": {"Reading": 325675},
    },
}
TWO = {
    ROOT: {"Members": [{"@odata.id": f"{ROOT}/Blade1"}, {"@odata.id": f"{ROOT}/Enclosure"}]},
    f"{ROOT}/Blade1": chassis("Blade1", Power=f"{ROOT}/Blade1/Power"),
    f"{ROOT}/Blade1/Power": {"PowerControl": [{"PowerConsumedWatts": 211}]},
    f"{ROOT}/Enclosure": chassis("Enclosure", Power=f"{ROOT}/Enclosure/Power"),
    f"{ROOT}/Enclosure/Power": {"PowerControl": [{"PowerConsumedWatts": 2400}]},
}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A controller's own certificate."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate")
    path = tmp_path_factory.mktemp("certificate") / "own.pem"
    made = f"req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=bmc -keyout {path} -out {path}.crt"
    subprocess.run(["openssl", *made.split()], check=True, capture_output=True)
    path.write_text(path.read_text() + path.with_suffix(".pem.crt").read_text())
    return path


@pytest.fixture
def redfish(certificate):
    """A sensor on a tree of resources; closed after the test, twice."""
    kept = []

    def find(tree, query="?verify=no", environ=ENVIRON, status=200):
        def answer(path, _query, headers):
            if headers.get("Authorization") != LOGIN:
                return Answer({}, 401)
            return Answer(tree.get(path, {}), status if path in tree else 404)

        with served(answer, certificate) as address:
            options = {"node_meter": f"redfish://{address}{query}"}
            (sensor,) = node_meter.discover(Host(environ=environ), options)
            kept.append(sensor)
            return sensor, sensor.read()

    yield find
    for one in [*kept, *kept]:
        one.close()


@pytest.mark.parametrize(
    ("tree", "query", "watts"),
    [
        (TREE, "?verify=no", 590),
        (NEWER, "?verify=no", 374.5),
        (TWO, "?verify=no&chassis=Blade1", 211),
    ],
)
def test_redfish(redfish, tree, query, watts):
    """The chassis' power is the whole machine's, in the older and the newer resources."""
    sensor, told = redfish(tree, query)
    assert told == watts
    assert sensor.spec.component == "node"
    assert sensor.spec.covers == ("node",)
    assert not sensor.spec.tried_on_hardware


@pytest.mark.parametrize(
    ("arguments", "reason", "cure"),
    [
        ({"tree": TWO}, "several chassis tell a power: Blade1, Enclosure", "?chassis=Blade1"),
        ({"tree": TREE, "query": ""}, "its certificate is not trusted", "?verify=no"),
        (
            {"tree": TREE, "query": "?verify=no&chassis=9"},
            "it has no chassis 9; there are 1",
            "?chassis=1",
        ),
        ({"tree": TREE, "status": 500}, r"an error \(500\)", ""),
        ({"tree": {ROOT: {"Members": []}}}, "none of its chassis", ""),
        (
            {"tree": TREE, "environ": ENVIRON | {"GREEN_NOTEBOOK_REDFISH_PASSWORD": "guess"}},
            "refuses the user or the password",
            "GREEN_NOTEBOOK_REDFISH_PASSWORD",
        ),
        ({"tree": TREE, "environ": {}}, "wants a user", "GREEN_NOTEBOOK_REDFISH_USER"),
    ],
)
def test_redfish_faults(redfish, arguments, reason, cure):
    """Whatever is wrong is said in one line with its cure, and never shows the password."""
    with pytest.raises(Unavailable, match=reason) as caught:
        redfish(**arguments)
    assert cure in caught.value.cure
    assert "guess" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["https://bmc", "redfish://", "bmc"])
def test_addresses(text, tmp_path):
    """What is no meter's address is said with the forms that are."""
    with pytest.raises(Unavailable, match="is not the address") as caught:
        node_meter.discover(fake_host(tmp_path), {"node_meter": text})
    assert "redfish://" in caught.value.cure


def test_not_named(tmp_path):
    """Nobody is asked unless the setting names a meter."""
    with pytest.raises(Unavailable, match="no node meter is named"):
        node_meter.discover(fake_host(tmp_path), {})


def test_no_controller(tmp_path):
    """Without the kernel's device the cure is its module."""
    with pytest.raises(Unavailable, match="no management controller") as caught:
        node_meter.discover(fake_host(tmp_path), {"node_meter": "ipmi://"})
    assert "ipmi_devintf" in caught.value.cure


# IPMI


def dcmi(watts, *, code=0, active=True):
    """An answer to Get Power Reading: now, least, most, mean, time, period, state."""
    body = struct.pack("<HHHHII", watts, 100, 600, 250, 1_700_000_000, 1000)
    return bytes((code, 0xDC)) + body + bytes((0x40 if active else 0,))


class Kernel:
    """Stands at the ioctl calls: keeps the request, and writes the answer as the kernel does."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.sent = b""
        self.number = 0

    def __call__(self, _file, call, argument):
        if call == _ipmi.SEND:
            message = argument.message
            assert (message.netfn, message.command) == (0x2C, 0x02)
            self.sent = ctypes.string_at(message.data, message.length)
            self.number = argument.number
        else:
            late, answer = self.answers.pop(0)
            assert len(answer) <= argument.message.length
            ctypes.memmove(argument.message.data, answer, len(answer))
            argument.message.length = len(answer)
            argument.number = self.number - late

    def ready(self, _file, _wait_s):
        return bool(self.answers)


@pytest.fixture
def controller(tmp_path):
    device = tmp_path / "ipmi0"
    device.touch()
    kept = []

    def make(*answers):
        kernel = Kernel(*answers)
        kept.append(_ipmi.Ipmi(device, kernel, kernel.ready))
        return kernel, kept[-1]

    yield make
    for one in [*kept, *kept]:
        one.close()


def test_ipmi_exchange(controller):
    """The question is DCMI's, and an answer to an earlier one is not taken for this one's."""
    kernel, meter = controller((1, dcmi(999)), (0, dcmi(231)))
    assert meter.power_w() == 231
    assert kernel.sent == b"\xdc\x01\x00\x00"
    with pytest.raises(Unavailable, match="does not answer"):
        meter.power_w()


@pytest.mark.skipif(ctypes.sizeof(ctypes.c_void_p) != 8, reason="numbers of 64-bit machines")
def test_ipmi_numbers():
    """The calls' numbers are those that the kernel's headers give on 64-bit machines."""
    assert _ipmi.SEND == 0x8028690D
    assert _ipmi.RECEIVE == 0xC030690B


@given(st.integers(0, 0xFFFF))
def test_ipmi_watts(watts):
    """The moment's power is read, not the least, the most or the mean."""
    assert _ipmi.parsed(dcmi(watts)) == watts


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"", "answers nothing"),
        (b"\xc1", "does not know DCMI"),
        (b"\xd4", "does not allow"),
        (b"\xff", "error 0xff"),
        (dcmi(5)[:10], "something else"),
        (b"\x00\xdd" + dcmi(5)[2:], "something else"),
        (dcmi(0, active=False), "switched off"),
    ],
)
def test_ipmi_faults(answer, said):
    """An answer that is no power reading is a gap with its reason, never a zero."""
    with pytest.raises(Unavailable, match=said):
        _ipmi.parsed(answer)

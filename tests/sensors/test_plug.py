"""Metering plugs, against local servers that answer as Shelly's and Tasmota's documentation says."""

from __future__ import annotations

import logging

import pytest
from simulated_meters import Answer, served

from green_notebook.errors import Unavailable
from green_notebook.host import Host
from green_notebook.sensors import plug
from green_notebook.testing import fake_host

SWITCH = {
    "id": 0,
    "source": "init",
    "output": True,
    "apower": 62.4,
    "voltage": 231.6,
    "current": 0.31,
    "aenergy": {"total": 6532.129, "by_minute": [1041.3, 1040.1, 1039.9], "minute_ts": 1626935779},
    "temperature": {"tC": 53.3, "tF": 127.9},
}
ENERGY = {
    "TotalStartTime": "2020-10-21T22:15:00",
    "Total": 3.705,
    "Yesterday": 0.028,
    "Today": 0.026,
    "Power": 47,
    "ApparentPower": 51,
    "ReactivePower": 20,
    "Factor": 0.92,
    "Voltage": 233,
    "Current": 0.219,
}


def tasmota(energy):
    return {"StatusSNS": {"Time": "2022-01-11T21:57:38", "ENERGY": energy}}


def found(url, **environ):
    (sensor,) = plug.discover(Host(environ=environ), {"plug": url})
    return sensor


def read_once(url, **environ):
    """The plug's power, and the sensor closed again, twice."""
    sensor = found(url, **environ)
    try:
        return sensor.read()
    finally:
        sensor.close()
        sensor.close()


def test_shelly():
    """A Shelly's active power is the whole machine's."""
    asked = []

    def answer(path, query, _headers):
        asked.append((path, query))
        return Answer(SWITCH)

    with served(answer) as address:
        sensor = found(f"shelly://{address}?id=1")
        assert sensor.read() == 62.4
        sensor.close()
    assert asked[0] == ("/rpc/Switch.GetStatus", {"id": ["1"]})
    assert sensor.spec.component == "node"
    assert sensor.spec.covers == ("node",)
    assert not sensor.spec.tried_on_hardware


def test_shelly_without_a_switch():
    """A meter without a switch is asked by its own name."""

    def answer(path, _query, _headers):
        if path == "/rpc/PM1.GetStatus":
            return Answer({"id": 0, "apower": 8.5, "aenergy": {"total": 1.0}})
        return Answer({"code": 404, "message": "No handler for Switch.GetStatus"}, 404)

    with served(answer) as address:
        assert read_once(f"shelly://{address}") == 8.5


def test_shelly_with_a_password():
    """A protected Shelly is asked by digest, and a missing password is said with the cure."""

    def answer(_path, _query, headers):
        if "Digest" in headers.get("Authorization", ""):
            return Answer(SWITCH)
        challenge = (
            'Digest qop="auth", realm="shellyplus1-a8", nonce="1625038762", algorithm=SHA-256'
        )
        return Answer(b"", 401, WWW_Authenticate=challenge)

    with served(answer) as address:
        assert read_once(f"shelly://{address}", GREEN_NOTEBOOK_PLUG_PASSWORD="let-me") == 62.4
        with pytest.raises(Unavailable, match="refuses the user or the password") as caught:
            found(f"shelly://{address}")
    assert "GREEN_NOTEBOOK_PLUG_PASSWORD" in caught.value.cure


@pytest.mark.parametrize(("power", "channel", "watts"), [(47, "", 47), ([3.5, 61.0], "?id=1", 61)])
def test_tasmota(power, channel, watts):
    """Tasmota's power is read, of one socket or of the one that is named."""
    asked = []

    def answer(path, query, _headers):
        asked.append((path, query))
        return Answer(tasmota(ENERGY | {"Power": power}))

    with served(answer) as address:
        assert read_once(f"tasmota://{address}{channel}") == watts
    assert asked[0] == ("/cm", {"cmnd": ["Status 8"]})


def test_a_wrong_address_shows_no_password():
    """What doctor prints of it leaves user and password out."""
    with pytest.raises(Unavailable, match=r"192\.0\.2\.7") as caught:
        found("http://admin:let-me@192.0.2.7")
    assert "let-me" not in str(caught.value) + caught.value.reason


def test_no_log_hears_of_it(caplog):
    """Who logs everything gets no line a second into a cell, and no password."""
    caplog.set_level(logging.DEBUG)
    with served(lambda *_: Answer(tasmota(ENERGY))) as address:
        assert read_once(f"tasmota://{address}", GREEN_NOTEBOOK_PLUG_PASSWORD="let-me") == 47
    assert caplog.records == []


def test_tasmota_with_a_password():
    """Tasmota takes user and password beside the question, and warns without them."""

    def answer(_path, query, _headers):
        if query.get("password") == ["let-me"] and query.get("user") == ["admin"]:
            return Answer(tasmota(ENERGY))
        return Answer({"WARNING": "Need user=<username>&password=<password>"})

    with served(answer) as address:
        assert read_once(f"tasmota://{address}", GREEN_NOTEBOOK_PLUG_PASSWORD="let-me") == 47
        with pytest.raises(Unavailable, match="refuses") as caught:
            found(f"tasmota://{address}", GREEN_NOTEBOOK_PLUG_PASSWORD="wrong")
    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (Answer(b"<html>hello</html>"), "something else than a JSON object"),
        (Answer([1, 2]), "something else than a JSON object"),
        (Answer({}, 500), r"answers with an error \(500\)"),
        (Answer({}, 302, Location="http://192.0.2.1/"), r"answers with an error \(302\)"),
        (Answer({"id": 0, "output": True}), "does not measure power"),
        (Answer(SWITCH | {"apower": "62"}), "does not measure power"),
        (Answer(SWITCH | {"apower": -5.0}), "tells -5 W"),
        (Answer({}, 404), "no Shelly of Gen2 or newer with a socket 0"),
    ],
)
def test_faults(said, reason):
    """Whatever a plug answers instead of its power, it is said in one line, and no number made."""
    with served(lambda *_: said) as address, pytest.raises(Unavailable, match=reason) as caught:
        found(f"shelly://{address}")
    assert "\n" not in str(caught.value)


def test_nobody_there():
    """An address where nobody answers is unavailable."""
    with served(lambda *_: Answer({})) as address:
        pass
    with pytest.raises(Unavailable, match="cannot be reached"):
        found(f"tasmota://{address}")


@pytest.mark.parametrize("text", ["192.0.2.7", "http://192.0.2.7", "shelly://", "shelly:192.0.2.7"])
def test_addresses(text, tmp_path):
    """What is no plug's address is said with the forms that are."""
    with pytest.raises(Unavailable, match="is not the address of a plug") as caught:
        plug.discover(fake_host(tmp_path), {"plug": text})
    assert "shelly://" in caught.value.cure


@pytest.mark.parametrize("query", ["?id=x", "?id=-1"])
def test_a_socket_is_a_number(query):
    """What is no socket's number is said before anybody is asked."""
    with pytest.raises(Unavailable, match="id is a number"):
        found(f"shelly://192.0.2.7{query}")


def test_the_port_is_said():
    """Of several plugs behind one address the message names the one."""
    with served(lambda *_: Answer({}, 404)) as address, pytest.raises(Unavailable) as caught:
        found(f"shelly://{address}")
    assert address in caught.value.reason
    assert caught.value.cure == f"is {address} the plug?"


def test_a_counter_that_moves_is_read():
    """A Shelly that counts all along is a counter; its answers carry their own instants."""
    counted = iter(range(6532, 10**6))

    def answer(_path, _query, _headers):
        return Answer(SWITCH | {"aenergy": {"total": next(counted) / 1000}})

    with served(answer) as address:
        sensor = found(f"shelly://{address}")
        try:
            answers = sensor.answers(0.0)
            joules = sensor.read()
        finally:
            sensor.close()
    assert sensor.spec.kind == "energy"
    assert sensor.spec.resolution_j == pytest.approx(3.6)
    assert answers[0][0].value == pytest.approx(6.532 * 3600)
    assert [power.value for _, power in answers[:2]] == [62.4, 62.4]
    assert sorted(one.at_s for one, _ in answers) == [one.at_s for one, _ in answers]
    assert joules >= answers[-1][0].value


def test_a_counter_that_stands_is_not():
    """Where the count moves by the minute the power's samples are what there is."""
    with served(lambda *_: Answer(SWITCH)) as address:
        sensor = found(f"shelly://{address}")
        sensor.close()
    assert sensor.spec.kind == "power"
    assert sensor.spec.window_s == 0


def test_not_named(tmp_path):
    """Nobody on the network is asked unless the setting names a plug."""
    with pytest.raises(Unavailable, match="no metering plug is named"):
        plug.discover(fake_host(tmp_path), {"plug": ""})

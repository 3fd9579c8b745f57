"""Windows' energy meters: the structures of emi.h, composed byte by byte from its documentation.

No Windows machine stands behind these tests: `Meter` answers the control codes as a driver does.
"""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from green_notebook.errors import Unavailable
from green_notebook.sensors import _emi, windows_emi
from green_notebook.testing import fake_host

WATT_HOUR = 10**12
NAMES = ("RAPL_Package0_PKG", "RAPL_Package0_PP0", "RAPL_Package0_PP1", "RAPL_Package0_DRAM")


def wide(text, length=None):
    data = (text + "\0").encode("utf-16-le")
    return data if length is None else data.ljust(length, b"\0")


def metadata_v1(name, unit=0):
    title = wide(name)
    return (
        struct.pack("<I", unit)
        + wide("OEM", 32)
        + wide("M", 32)
        + struct.pack("<HH", 1, len(title))
        + title
    )


def metadata_v2(*listed):
    body = wide("OEM", 32) + wide("Model", 32) + struct.pack("<HH", 1, len(listed))
    for unit, name in listed:
        title = wide(name)
        body += struct.pack("<IH", unit, len(title)) + title
    return body


class Meter:
    """A driver: its metadata, and a counter of picowatt-hours for each channel."""

    def __init__(self, metadata, *counts, version=2):
        self.answers = {
            _emi.GET_VERSION: struct.pack("<H", version),
            _emi.GET_METADATA_SIZE: struct.pack("<I", len(metadata)),
            _emi.GET_METADATA: metadata,
        }
        self.counts = list(counts)
        self.closed = 0

    def control(self, code, size):
        if self.closed:
            raise OSError("closed")
        if code == _emi.GET_MEASUREMENT:
            told = b"".join(struct.pack("<QQ", one, 132_000_000) for one in self.counts)
        else:
            told = self.answers[code]
        return told[:size]

    def close(self):
        self.closed += 1


def test_packages_and_memory(tmp_path):
    """The package and the memory beside it count in joules; what is inside the package does not."""
    meter = Meter(
        metadata_v2(*((0, name) for name in NAMES)),
        *(2 * WATT_HOUR, WATT_HOUR, 5, WATT_HOUR // 2),
    )
    package, memory = windows_emi.counters([meter], fake_host(tmp_path))
    assert (package.spec.component, memory.spec.component) == ("cpu:0", "dram:0")
    assert package.read() == pytest.approx(7200.0)
    assert memory.read() == pytest.approx(1800.0)
    assert "core:0" in package.spec.covers
    assert not package.spec.tried_on_hardware
    package.close()
    with pytest.raises(OSError, match="closed"):
        memory.read()


def test_a_channel_at_zero(tmp_path):
    """A counter that has never moved has nothing behind it, and is no sensor."""
    meter = Meter(metadata_v2(*((0, name) for name in NAMES)), WATT_HOUR, 0, 0, 0)
    found = windows_emi.counters([meter], fake_host(tmp_path))
    assert [one.spec.component for one in found] == ["cpu:0"]


def test_the_first_version(tmp_path):
    """A device of version 1 has one channel, named in its metadata."""
    meter = Meter(metadata_v1("RAPL_Package1_PKG"), WATT_HOUR, version=1)
    (sensor,) = windows_emi.counters([meter], fake_host(tmp_path))
    assert sensor.spec.component == "cpu:1"
    assert sensor.read() == pytest.approx(3600.0)


def test_units_that_are_not_known():
    """A channel in a unit of a later Windows is left out, and the ones after it keep their place."""
    listed = _emi.parsed_v2(metadata_v2((7, "odd"), (0, "RAPL_Package0_PKG")))
    assert listed == (_emi.Channel(1, "RAPL_Package0_PKG"),)
    assert _emi.parsed_v1(metadata_v1("odd", unit=7)) == ()


@pytest.mark.parametrize(
    ("meter", "said"),
    [
        (Meter(metadata_v2((0, "PSU_USB"), (0, "SYS")), 5, 5), r"there are PSU_USB, SYS"),
        (Meter(metadata_v2((0, "RAPL_Package0_PKG"))[:80], 5), "no energy meters"),
        (Meter(b"", 5, version=3), "no energy meters"),
        (Meter(metadata_v2((0, "RAPL_Package0_PKG"))), "there are RAPL_Package0_PKG"),
    ],
)
def test_devices_that_do_not_count(tmp_path, meter, said):
    """What counts no processor, or cannot be understood, is closed, and its names are said."""
    with pytest.raises(Unavailable, match=said):
        windows_emi.counters([meter], fake_host(tmp_path))
    assert meter.closed == 1


@given(st.binary(max_size=200))
def test_any_metadata(data):
    """Garbled metadata is refused or read, and never anything else."""
    for parse in (_emi.parsed_v1, _emi.parsed_v2):
        try:
            listed = parse(data)
        except ValueError:
            continue
        assert all(isinstance(one.name, str) for one in listed)


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=8))
def test_any_count(counts):
    """Each channel's counter is its own, in joules."""
    data = b"".join(struct.pack("<QQ", one, 0) for one in counts)
    assert [_emi.joules(data, place) for place in range(len(counts))] == pytest.approx(
        [one * 3.6e-9 for one in counts]
    )
    with pytest.raises(ValueError, match="cut short"):
        _emi.joules(data, len(counts))


def test_numbers():
    """The control codes are those of emi.h."""
    assert (_emi.GET_VERSION, _emi.GET_MEASUREMENT) == (0x224000, 0x22400C)


def test_elsewhere(tmp_path):
    """Other systems are told so at once."""
    with pytest.raises(Unavailable, match="is not Windows"):
        windows_emi.discover(fake_host(tmp_path), {})

"""What only a network knows: asked only where it was switched on, in the background, briefly."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from green_notebook.host import Host
from green_notebook.place import _network, knowledge, learn, locate
from green_notebook.settings import GreenNotebook

EC2 = {"sys_vendor": "Amazon EC2"}
GCE = {"sys_vendor": "Google", "product_name": "Google Compute Engine"}
AZURE = {"chassis_asset_tag": "7783-7084-3265-9085-8269-3286-77"}


@pytest.fixture
def machine(tmp_path):
    """A machine with these DMI files."""

    def make(dmi, environ=None):
        folder = tmp_path / "sys/class/dmi/id"
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in dmi.items():
            (folder / name).write_text(text)
        return Host(tmp_path, environ or {})

    _network.forget()
    yield make
    _network.forget()


@pytest.fixture
def server():
    """A metadata service of each cloud; ``server.hang`` makes it silent."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            server.asked.append(f"{self.command} {self.path}")
            if server.hang is not None:
                server.hang.wait(60)
            good = {
                "PUT /latest/api/token": ("X-aws-ec2-metadata-token-ttl-seconds", "60", "t0ken"),
                "GET /latest/meta-data/placement/region": (
                    "X-aws-ec2-metadata-token",
                    "t0ken",
                    server.says or "eu-west-3",
                ),
                "GET /computeMetadata/v1/instance/zone": (
                    "Metadata-Flavor",
                    "Google",
                    server.says or "projects/1/zones/europe-west4-b",
                ),
                "GET /metadata/instance/compute/location": ("Metadata", "true", "eastus"),
                "GET /country": ("Accept", "*/*", server.says or "FR"),
            }
            header, value, text = good[f"{self.command} {self.path.partition('?')[0]}"]
            ok = self.headers.get(header) == value
            self.send_response(200 if ok else 401)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_PUT = answer  # noqa: N815 - the names that http.server calls

        def log_message(self, *_):
            pass

    class Silent(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_):
            pass

    server = Silent(("127.0.0.1", 0), Handler)
    server.asked, server.hang, server.says = [], None, None
    server.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    yield server
    if server.hang is not None:
        server.hang.set()
    server.shutdown()
    server.server_close()
    thread.join(5)


def settings(**traits):
    return GreenNotebook({}, **traits)


def at_once(job, _key):
    job()


@pytest.mark.parametrize(
    ("dmi", "zone", "region"),
    [
        (EC2, "FR", "eu-west-3"),
        (GCE, "NL", "europe-west4"),
        (AZURE, "EGRID-SRVC", "eastus"),
    ],
)
def test_region_by_metadata(machine, server, dmi, zone, region, monkeypatch):
    """With ``detect_cloud`` each cloud's metadata service tells the region, by its own protocol."""
    monkeypatch.setattr(_network, "METADATA_S", 10.0)  # a busy machine's loopback is slower
    host, wanted = machine(dmi), settings(detect_cloud=True)
    before = knowledge()
    learn(wanted, host, at_once, metadata_url=server.url)
    place = locate(wanted, host)
    assert (place.zone, place.region, place.confidence) == (zone, region, "high")
    assert "metadata" in place.how
    assert knowledge() > before


def test_off_until_switched_on(machine, server):
    """Without the setting nothing is asked, and what is known is not used."""
    host = machine(EC2)
    learn(settings(), host, at_once, metadata_url=server.url, ip_url=server.url)
    assert server.asked == []
    assert locate(settings(), host).zone == "WORLD"


@pytest.mark.parametrize(
    ("dmi", "environ"),
    [
        ({"sys_vendor": "LENOVO"}, {}),
        ({"sys_vendor": "LENOVO"}, {"AZUREML_RUN_ID": "x"}),
        (EC2, {"AWS_REGION": "eu-west-1"}),
    ],
)
def test_only_where_the_firmware_agrees(machine, server, dmi, environ):
    """A machine that is no such cloud's, or whose region is known, asks nobody."""
    learn(settings(detect_cloud=True), machine(dmi, environ), at_once, metadata_url=server.url)
    assert server.asked == []


def test_a_zone_that_was_set_needs_no_network(machine, server):
    """A person who said where they are is believed."""
    wanted = settings(detect_cloud=True, locate_by_ip=True, zone="SE")
    learn(wanted, machine(EC2), at_once, metadata_url=server.url, ip_url=server.url)
    assert server.asked == []


def test_gives_up_in_time(machine, server):
    """A silent metadata service costs 200 ms of the background, and leaves the zone unknown."""
    server.hang = threading.Event()
    host, wanted = machine(EC2), settings(detect_cloud=True)
    learn(wanted, host, lambda job, _: None)  # httpx is imported by whoever asks first
    import httpx  # noqa: F401

    took = []
    for _ in range(3):  # of which the machine may hold up one
        _network.forget()
        started = time.perf_counter()
        learn(wanted, host, at_once, metadata_url=server.url)
        took.append(time.perf_counter() - started)
    assert min(took) < 1.0
    assert locate(wanted, host).zone == "WORLD"


def test_asked_once(machine, server):
    """Each question is asked once a process, also where nobody answers."""
    host, wanted = machine(EC2), settings(detect_cloud=True)
    for _ in range(3):
        learn(wanted, host, at_once, metadata_url="http://127.0.0.1:9")
    learn(wanted, host, at_once, metadata_url=server.url)
    assert server.asked == []


@pytest.mark.parametrize("nonsense", ["<html>", "x" * 500, "nowhere-1"])
def test_nonsense(machine, server, nonsense):
    """A region that no table knows leaves the zone unknown."""
    server.says = nonsense
    host, wanted = machine(EC2), settings(detect_cloud=True)
    learn(wanted, host, at_once, metadata_url=server.url)
    assert locate(wanted, host).zone == "WORLD"


def test_country_by_ip(machine, server):
    """With ``locate_by_ip`` the country of the address counts, medium; above the time zone."""
    host, wanted = machine({}, {"TZ": "Asia/Tokyo"}), settings(locate_by_ip=True)
    assert locate(wanted, host).zone == "JP"
    learn(wanted, host, at_once, ip_url=server.url)
    place = locate(wanted, host)
    assert (place.zone, place.confidence) == ("FR", "medium")
    assert "IP address" in place.how
    assert locate(settings(), host).zone == "JP"


@pytest.mark.parametrize("nonsense", ["<html>", "Frankreich", "QQ"])
def test_no_country(machine, server, nonsense):
    """An answer that is no country changes nothing."""
    server.says = nonsense
    host, wanted = machine({}, {"TZ": "Asia/Tokyo"}), settings(locate_by_ip=True)
    learn(wanted, host, at_once, ip_url=server.url)
    assert locate(wanted, host).zone == "JP"

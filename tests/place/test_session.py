"""Place, grid and comparisons in a real session: settings reach the report, nothing breaks a cell."""

import json
import threading
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from green_notebook.errors import GreenNotebookError
from green_notebook.grids import _live
from green_notebook.grids._http import Client
from green_notebook.grids._live import LiveGrid
from green_notebook.host import Host
from green_notebook.session import Session
from green_notebook.settings import GreenNotebook
from green_notebook.testing import FakeClock, FakeModel, fake_session


@pytest.fixture
def session(tmp_path):
    """A session on a machine without files: settings by name."""
    made = []

    def make(**traits):
        traits.setdefault("zone", "DE")
        made.append(Session(GreenNotebook({}, **traits), host=Host(tmp_path, {})))
        return made[-1]

    yield make
    for one in made:
        one.close()


def report(session, **options):
    return session.end(session.begin("x", **options))


def test_zone_and_overheads(session):
    """The zone's mean, manufacture and water stand in the report, each of which can be off."""
    whole = report(session())
    assert whole.intensity.quantity.value == pytest.approx(329.65)
    assert whole.footprint.embodied is not None
    assert whole.footprint.water is not None
    bare = report(session(embodied=False, water=False))
    assert (bare.footprint.embodied, bare.footprint.water) == (None, None)


def test_a_region_as_an_option(session):
    """``--zone us-east-1`` gives the region's PUE, too."""
    found = report(session(), zone="ap-southeast-1")
    assert (found.place.zone, found.pue.value) == ("SG", 1.32)


def test_wrong_zone_before_anything_began(session):
    """An unknown zone is said before the cell runs."""
    with pytest.raises(GreenNotebookError, match="did you mean FR"):
        session().begin("x", zone="Frnace")


def test_wrong_grid_and_wrong_file_are_notes(session, tmp_path):
    """A wrong grid or file of comparisons never breaks a report."""
    path = tmp_path / "own.toml"
    path.write_text("[[comparison")
    notes = {
        one.code: one.text for one in report(session(grid="anual", comparisons=str(path))).notes
    }
    assert "did you mean annual" in notes["grid-fallback"]
    assert "not TOML" in notes["comparisons"]


def test_own_comparison_is_shown(session, tmp_path):
    """A teacher's own comparison comes third, and changes with its file."""
    path = tmp_path / "own.toml"
    path.write_text('[[comparison]]\ntext = "{n} school bells"\nenergy_kwh = 0.5\n')
    made = session(comparisons=str(path))
    assert "school bells" in report(made).equivalences[2].text
    path.write_text("")
    assert {one.code for one in report(made).notes} >= {"comparisons"}


@pytest.fixture
def energy_charts(monkeypatch):
    """The service on the loopback, with 500 g/kWh for every hour."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            now = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)
            hours = [int((now + timedelta(hours=n)).timestamp()) for n in range(-24, 24)]
            data = {"unix_seconds": hours, "co2eq": [500.0] * 48, "co2eq_forecast": [None] * 48}
            body = json.dumps(data).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    monkeypatch.setenv("GREEN_NOTEBOOK_GRID_URL", f"http://127.0.0.1:{server.server_address[1]}")
    _live._made.clear()
    yield
    _live._made.clear()
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_live_service(session, energy_charts, tmp_path, monkeypatch):
    """The first cell has the yearly mean and the reason; once the service answered, the live value."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = session(grid="energy-charts")
    first = report(made)
    assert first.intensity.year == 2025
    assert {one.code for one in first.notes} >= {"grid-fallback"}
    assert made.assembler.worker.flush(30)
    second = report(made)
    assert second.intensity.quantity.value == pytest.approx(500), second.notes
    assert second.intensity.at is not None
    assert "grid-fallback" not in {one.code for one in second.notes}
    assert type(second).from_json(second.to_json()) == second


def test_no_thread_without_a_live_service(session):
    """Nothing that was not asked for starts a thread of the worker."""
    made = session()
    report(made)
    assert not made.assembler.worker.running


class Counting:
    """A service without values that counts how often it is looked at."""

    name, source, boundary = "energy-charts", "a test", "lifecycle"

    def __init__(self):
        self.client = Client("test", "http://127.0.0.1:9")
        self.looks = 0

    def key(self, zone):
        self.looks += 1
        return zone

    def fetch(self, key, start, end):
        return []


def test_a_long_cell_learns_its_hours(tmp_path):
    """While a long cell runs, its grid is looked at anew every ten minutes, view or not."""
    clock, service = FakeClock(), Counting()
    _live._made["energy-charts"] = LiveGrid(service)
    made = fake_session(tmp_path, FakeModel(), clock=clock, grid="energy-charts", zone="DE")
    span = made.begin("long", thread=False)
    for _ in range(61):
        clock.advance(60.0)
        made.sampler.tick()
    assert service.looks == 6
    made.end(span)
    made.close()
    _live._made.clear()

"""Asking politely: every fault of a service, its limits, the cache, and keys that never show."""

import json
import logging
import time
from email.utils import formatdate

import pytest

from green_notebook.errors import Unavailable
from green_notebook.grids._cache import Answer, Cache
from green_notebook.grids._keys import Secret, secret


def test_asks_once_while_it_holds(service, client):
    """An answer is kept on disk for its time, also for another process."""
    service.say("/x", '{"a": 1}')
    assert client().json("/x", {"q": "1"}) == {"a": 1}
    assert client().json("/x", {"q": "1"}) == {"a": 1}
    assert len(service.asked) == 1
    client().json("/x", {"q": "2"})
    assert len(service.asked) == 2


def test_etag(service, client):
    """After its time an answer is asked for by ETag, and 304 renews it."""
    clock = [time.time()]

    def reply(asked):
        if asked.headers.get("If-None-Match") == '"v1"':
            return 304, {}, ""
        return 200, {"ETag": '"v1"'}, '{"a": 1}'

    service.replies["/x"] = reply
    one = client(now=lambda: clock[0])
    assert one.json("/x", ttl_s=60) == {"a": 1}
    clock[0] += 61
    assert one.json("/x", ttl_s=60) == {"a": 1}
    assert service.asked[1].headers["If-None-Match"] == '"v1"'
    clock[0] += 30
    one.json("/x", ttl_s=60)
    assert len(service.asked) == 2


def test_max_age(service, client):
    """A longer Cache-Control is respected."""
    clock = [time.time()]
    service.say("/x", "{}", Cache_Control="public, max-age=3600")
    one = client(now=lambda: clock[0])
    one.json("/x", ttl_s=60)
    clock[0] += 3000
    one.json("/x", ttl_s=60)
    assert len(service.asked) == 1


def test_500_is_tried_again_with_growing_waits(service, client, slept):
    """An error of the server is tried three times, each wait longer; then it rests."""
    service.say("/x", "oops", 500)
    one = client()
    with pytest.raises(Unavailable, match="status 500"):
        one.json("/x")
    assert len(service.asked) == 3
    assert 0.3 < slept[0] < slept[1] < 2
    with pytest.raises(Unavailable, match="left alone"):
        one.json("/x")
    assert len(service.asked) == 3


def test_500_that_recovers(service, client):
    """A passing error leaves no trace."""
    answers = iter([(500, {}, ""), (200, {}, '{"a": 2}')])
    service.replies["/x"] = lambda _: next(answers)
    assert client().json("/x") == {"a": 2}


@pytest.mark.parametrize("header", ["2", None])
def test_429_waits_as_told(service, client, slept, header):
    """Retry-After in seconds is waited for; without one the back-off is taken."""
    answers = iter([(429, {"Retry-After": header} if header else {}, ""), (200, {}, "{}")])
    service.replies["/x"] = lambda _: next(answers)
    client().json("/x")
    assert slept == [2.0] if header else 0.3 < slept[0] < 1


def test_429_with_a_date_by_the_services_clock(service, client, slept):
    """A Retry-After date counts from the service's own Date, whatever our clock says."""
    far = time.time() + 86400
    told = {"Retry-After": formatdate(far + 5, usegmt=True), "Date": formatdate(far, usegmt=True)}
    answers = iter([(429, told, ""), (200, {}, "{}")])
    service.replies["/x"] = lambda _: next(answers)
    client().json("/x")
    assert slept == [pytest.approx(5.0)]


def test_429_for_long_is_not_waited_for(service, client, slept):
    """An hour's Retry-After is kept without waiting, and without asking again."""
    clock = [time.time()]
    service.say("/x", "", 429, Retry_After="3600")
    one = client(now=lambda: clock[0])
    with pytest.raises(Unavailable, match="too often"):
        one.json("/x")
    assert slept == []
    clock[0] += 3000
    with pytest.raises(Unavailable, match="left alone"):
        one.json("/x")
    assert len(service.asked) == 1
    clock[0] += 700
    with pytest.raises(Unavailable, match="too often"):
        one.json("/x")
    assert len(service.asked) == 2


def test_timeout(service, client):
    """A service that does not answer is given up in time."""
    service.say("/x", "hang")
    with pytest.raises(Unavailable, match="in time"):
        client(read_s=0.05).json("/x")


def test_no_server(client, service):
    """A service that is not there is unavailable, not an exception of a library."""
    one = client()
    one.base_url = "http://127.0.0.1:9"
    with pytest.raises(Unavailable, match="cannot be reached"):
        one.json("/x")


@pytest.mark.parametrize("body", ['{"a": [1, 2', "", "<html>", "\x00"])
def test_garbled_json(service, client, body):
    """Truncated JSON is unavailable, and not kept."""
    service.say("/x", body)
    one = client()
    for _ in range(2):
        with pytest.raises(Unavailable, match="garbled JSON"):
            one.json("/x")
    assert len(service.asked) == 2


def test_truncated_body(service, client):
    """A connection that breaks off in the middle is a failure."""
    service.say("/x", '{"a": 1}', Content_Length="500")
    with pytest.raises(Unavailable, match="cannot be reached"):
        client(read_s=0.5).json("/x")


def test_too_large(service, client):
    """An answer without end is cut."""
    service.say("/x", "x" * 6_000_000)
    with pytest.raises(Unavailable, match="cannot be reached"):
        client().json("/x")


@pytest.mark.parametrize(
    ("status", "said"), [(401, "refused the key"), (404, "zone"), (400, "request")]
)
def test_refusals_are_not_repeated(service, client, status, said):
    """A wrong key or zone is asked once."""
    service.say("/x", "{}", status)
    with pytest.raises(Unavailable, match=said):
        client().json("/x")
    assert len(service.asked) == 1


def test_redirects_are_not_followed(service, client):
    """A redirection could carry a key elsewhere."""
    service.say("/x", "", 302, Location="/y")
    service.say("/y", "{}")
    with pytest.raises(Unavailable, match="302"):
        client().json("/x")


def test_an_old_answer_is_better_than_none(service, client):
    """Where the service fails, what was kept is used: its points tell their time."""
    clock = [time.time()]
    service.say("/x", '{"a": 1}')
    one = client(now=lambda: clock[0])
    one.json("/x", ttl_s=60)
    service.say("/x", "", 500)
    clock[0] += 100
    assert one.json("/x", ttl_s=60) == {"a": 1}


@pytest.mark.parametrize("skew_s", [-7200, 0, 3700])
def test_clock_skew(service, client, skew_s):
    """How far this machine's clock is off is learnt from the Date header."""
    service.say("/x", "{}", Date=formatdate(time.time() + skew_s, usegmt=True))
    one = client()
    one.json("/x")
    assert one.skew_s == pytest.approx(skew_s, abs=5)


def test_rate_limit(service, client, slept):
    """Two requests keep the service's pause between them."""
    service.say("/x", "{}")
    one = client(pause_s=3.0)
    one.json("/x", ttl_s=0)
    one.json("/x", ttl_s=0)
    assert len(slept) == 1
    assert 2 < slept[0] <= 3


def test_keys_show_nowhere(service, client, caplog, tmp_path):
    """A key is sent, but stands in no log, no file, no error and no repr."""
    caplog.set_level(logging.DEBUG)
    key = "k3y-never-seen"
    service.say("/x", "{}")
    service.say("/bad", "{}", 403)
    one = client()
    one.json("/x", {"zone": "FR"}, secret={"api_key": key}, headers={"auth-token": key})
    assert service.asked[0].params["api_key"] == key
    assert service.asked[0].headers["auth-token"] == key
    with pytest.raises(Unavailable) as caught:
        one.json("/bad", secret={"api_key": key})
    kept = "".join(path.read_text() for path in (tmp_path / "cache").iterdir())
    everything = caplog.text + kept + str(caught.value) + repr(caught.value) + repr(Secret(key))
    assert key not in everything
    assert "127.0.0.1" in caught.value.cure


def test_other_peoples_httpx_logs_remain(service, client, caplog):
    """Only our own requests are hushed."""
    import httpx

    service.say("/x", "{}")
    client().json("/x")
    caplog.set_level(logging.INFO)
    httpx.get(f"{service.url}/x")
    assert "HTTP Request" in caplog.text


def test_key_from_the_environment():
    """A key comes from its variable; without one the cure is said."""
    assert secret("eia-key", {"GREEN_NOTEBOOK_EIA_KEY": " abc "}).reveal() == "abc"
    with pytest.raises(Unavailable, match="GREEN_NOTEBOOK_EIA_KEY"):
        secret("eia-key", {})
    with pytest.raises(Unavailable, match="characters"):
        secret("eia-key", {"GREEN_NOTEBOOK_EIA_KEY": "a\nb"})


def test_mirror(service, monkeypatch):
    """An institution's mirror can stand for the service."""
    from green_notebook.grids._http import Client

    monkeypatch.setenv("GREEN_NOTEBOOK_GRID_URL", "http://mirror.example")
    assert Client("x", "https://api.example").base_url == "http://mirror.example"


def test_cache_survives_garbage(tmp_path):
    """A garbled, foreign or missing file is no answer; the cache is bounded."""
    cache = Cache(tmp_path)
    assert cache.get("a") is None
    cache.put("a", Answer("{}", 1.0, None))
    assert cache.get("a").body == "{}"
    next(tmp_path.iterdir()).write_text("{")
    assert cache.get("a") is None
    for number in range(210):
        cache.put(str(number), Answer("{}", 1.0))
    assert len(list(tmp_path.iterdir())) <= 200


def test_cache_without_a_disk(tmp_path):
    """A cache that cannot write keeps nothing and says nothing."""
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file" / "below")
    cache.put("a", Answer(json.dumps({}), 1.0))
    assert cache.get("a") is None

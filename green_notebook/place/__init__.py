"""Where am I, and how sure: an option, a setting, the cloud's own files, the time zone, else unknown.

Nothing here asks a network by itself: `learn` asks a cloud's metadata service or an IP geolocation
service in the background, where that is switched on.
"""

from __future__ import annotations

from dataclasses import replace

from green_notebook.errors import GreenNotebookError
from green_notebook.grids import WORLD, Zone, resolve, zones
from green_notebook.host import Host
from green_notebook.model import Note, Place
from green_notebook.place import _network
from green_notebook.place._files import cloud, countries, kind, region_by_files, time_zone
from green_notebook.place._network import knowledge, learn
from green_notebook.settings import GreenNotebook

__all__ = ["CURE", "knowledge", "learn", "locate", "note", "time_zone"]

CURE = '%config GreenNotebook.zone = "FR"'


def locate(settings: GreenNotebook, host: Host, zone: str | None = None) -> Place:
    """The place, by the strongest evidence there is.

    ``zone`` is the option of one cell. Raises GreenNotebookError for a zone that nobody knows.
    """
    surroundings = _surroundings(settings, host)
    for text, how in ((zone, "option"), (settings.zone, "setting")):
        if text and text.strip():
            return _said(resolve(text), how, surroundings)
    if surroundings.region is not None:
        found = _region_zone(f"{surroundings.provider}:{surroundings.region}")
        if found is not None:
            how = f"{surroundings.how}, region {surroundings.region}"
            return replace(_at(surroundings, found), how=how, confidence="high")
    if settings.locate_by_ip:
        found = _region_zone(_network.country() or "")
        if found is not None:
            confidence = "medium" if surroundings.provider is None else "low"
            how = f"IP address (by {_network.IP_SERVICE})"
            return replace(_at(surroundings, found), how=how, confidence=confidence)
    return _by_time_zone(surroundings, host)


def note(place: Place) -> Note | None:
    """What to tell the reader once: the zone is unknown or assumed, and the line that sets it."""
    if place.how in ("option", "setting") or place.confidence == "high":
        return None
    if place.zone == WORLD:
        text = f"zone unknown, so the world's mean grid; {CURE} sets it"
    else:
        text = (
            f"the zone {place.zone} ({place.name}) is assumed from the {place.how}; {CURE} sets it"
        )
    return Note("zone-unknown" if place.zone == WORLD else "zone-assumed", text)


def _said(zone: Zone, how: str, surroundings: Place) -> Place:
    place = replace(_at(surroundings, zone), how=how, confidence="high")
    if zone.region is None:
        # A zone that was said tells nothing of the region, but the machine is where it is.
        return replace(place, region=None) if zone.code != surroundings.zone else place
    provider, _, region = zone.region.partition(":")
    return replace(place, provider=provider, region=region, kind="cloud")


def _at(place: Place, zone: Zone) -> Place:
    return replace(place, zone=zone.code, name=zone.name)


def _region_zone(key: str) -> Zone | None:
    try:
        return resolve(key)
    except GreenNotebookError:
        return None


def _by_time_zone(surroundings: Place, host: Host) -> Place:
    name = time_zone(host)
    country = countries().get(name or "")
    if country is None:
        how = surroundings.how if surroundings.provider else "unknown"
        return replace(surroundings, zone=WORLD, name=zones()[WORLD].name, how=how)
    found = _region_zone(country)
    if found is None:  # an island without a row of its own
        return replace(surroundings, zone=WORLD, name=zones()[WORLD].name, how="unknown")
    # A person's own machine shows its owner's time; a server often somebody else's.
    confidence = "medium" if surroundings.kind in ("laptop", "desktop") else "low"
    return replace(
        _at(surroundings, found), how=f"time zone {name}", confidence=confidence, region=None
    )


def _surroundings(settings: GreenNotebook, host: Host) -> Place:
    """What kind of machine this is, and whose, before its zone is known."""
    provider, how = cloud(host)
    region = region_by_files(host, provider) if provider else None
    if provider and region is None and settings.detect_cloud:
        region = _network.region(provider)
        how = f"{how} and metadata service" if region else how
    sort = "cloud" if provider else kind(host)
    return Place(WORLD, how, "low", zones()[WORLD].name, sort, provider, region)

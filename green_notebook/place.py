"""Where am I, and how sure: an option, a setting, the cloud's own files, the time zone, else unknown.

Nothing here asks a network; `clouds.py` asks a cloud's metadata service, where that is switched on.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from green_notebook.data import records
from green_notebook.errors import GreenNotebookError
from green_notebook.grids import WORLD, Zone, resolve, zones
from green_notebook.host import Host
from green_notebook.model import Note, Place
from green_notebook.settings import GreenNotebook

CURE = '%config GreenNotebook.zone = "FR"'

# How people's clocks are set where nobody says where they are.
_NOWHERE = {"utc", "gmt", "etc", "zulu", "universal", "uct", "greenwich", "factory", "localtime"}
# SMBIOS chassis types (DMTF DSP0134, table 17).
_LAPTOP_CHASSIS = {"8", "9", "10", "11", "12", "14", "30", "31", "32"}
_DESKTOP_CHASSIS = {"3", "4", "5", "6", "7", "13", "15", "16", "24", "35", "36"}
_SERVER_CHASSIS = {"17", "22", "23", "25", "27", "28", "29"}


def locate(settings: GreenNotebook, host: Host, zone: str | None = None) -> Place:
    """The place, by the strongest evidence there is.

    ``zone`` is the option of one cell. Raises GreenNotebookError for a zone that nobody knows.
    """
    surroundings = _surroundings(host)
    for text, how in ((zone, "option"), (settings.zone, "setting")):
        if text and text.strip():
            return _said(resolve(text), how, surroundings)
    if surroundings.region is not None:
        found = _region_zone(f"{surroundings.provider}:{surroundings.region}")
        if found is not None:
            how = f"{surroundings.how}, region {surroundings.region}"
            return replace(_at(surroundings, found), how=how, confidence="high")
    return _by_time_zone(surroundings, host)


def note(place: Place) -> Note | None:
    """What to tell the reader once: the zone is unknown or assumed, and the line that sets it."""
    if place.how in ("option", "setting") or place.confidence == "high":
        return None
    if place.zone == WORLD:
        text = f"the zone is unknown: the world's average grid is used; {CURE} sets it"
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
    country = _countries().get(name or "")
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


def time_zone(host: Host) -> str | None:
    """The operating system's IANA time zone, None where it is UTC or cannot be known."""
    name = host.environ.get("TZ", "").lstrip(":") or _zone_file(host)
    name = name.partition("zoneinfo/")[2] or name
    if not name or name.lower().split("/")[0] in _NOWHERE:
        return None
    return name


def _zone_file(host: Host) -> str:
    try:
        link = os.readlink(host.path("/etc/localtime"))
    except OSError:
        return host.read("/etc/timezone") or ""
    return link.partition("zoneinfo/")[2]


@cache
def _countries() -> dict[str, str]:
    """The country of each time zone."""
    return {
        name: row["country"] for row in records("timezones") for name in row["timezones"].split()
    }


def _surroundings(host: Host) -> Place:
    """What kind of machine this is, and whose, before its zone is known."""
    provider, how = cloud(host)
    kind = "cloud" if provider else _kind(host)
    region = region_by_files(host, provider) if provider else None
    return Place(WORLD, how, "low", zones()[WORLD].name, kind, provider, region)


def _kind(host: Host) -> str:
    environ = host.environ
    if "JUPYTERHUB_USER" in environ or "KUBERNETES_SERVICE_HOST" in environ:
        return "datacentre"
    release = host.read("/proc/sys/kernel/osrelease") or ""
    if "microsoft" in release.lower():  # WSL: a person's own Windows machine
        return "desktop"
    if host.hypervisor is not None:
        return "desktop" if host.hypervisor == "virtualbox" else "datacentre"
    chassis = host.read("/sys/class/dmi/id/chassis_type") or ""
    if host.battery or chassis in _LAPTOP_CHASSIS or _own_battery(host):
        return "laptop"
    if chassis in _DESKTOP_CHASSIS or host.system in ("Darwin", "Windows"):
        return "desktop"
    return "datacentre" if chassis in _SERVER_CHASSIS else "unknown"


def _own_battery(host: Host) -> bool:
    if host.system == "Linux":
        return False
    import psutil  # where there is no /sys

    return getattr(psutil, "sensors_battery", lambda: None)() is not None


def cloud(host: Host) -> tuple[str | None, str]:
    """The provider ("aws", "gcp", "azure", "ovh") and by what it was recognised; None elsewhere."""
    hosted = _hosted(host.environ, host)
    if hosted is not None:
        return hosted
    vendor = (host.read("/sys/class/dmi/id/sys_vendor") or "").lower()
    product = (host.read("/sys/class/dmi/id/product_name") or "").lower()
    tag = host.read("/sys/class/dmi/id/chassis_asset_tag") or ""
    if "amazon ec2" in vendor or "amazon ec2" in product:
        return "aws", "Amazon EC2's firmware"
    if "google" in vendor and "google" in product:
        return "gcp", "Google Cloud's firmware"
    # Hyper-V at home has the same vendor; the asset tag is Azure's own.
    if tag == "7783-7084-3265-9085-8269-3286-77":
        return "azure", "Azure's firmware"
    if "ovh" in vendor or "ovh" in product:
        return "ovh", "OVHcloud's firmware"
    known = {"aws": "aws", "gce": "gcp", "azure": "azure", "ovhcloud": "ovh"}
    name = known.get(host.read("/run/cloud-init/cloud-id") or "")
    return (name, "cloud-init") if name else (None, "unknown")


def _hosted(environ: Mapping[str, str], host: Host) -> tuple[str, str] | None:
    """Notebook services that tell by their environment whose machines they run on."""
    if host.colab:
        return "gcp", "Google Colab"
    if "KAGGLE_KERNEL_RUN_TYPE" in environ:
        return "gcp", "Kaggle"
    if host.path("/opt/ml/metadata/resource-metadata.json").exists():
        return "aws", "SageMaker"
    if "AZUREML_RUN_ID" in environ or "AZUREML_ARM_WORKSPACE_NAME" in environ:
        return "azure", "Azure ML"
    return None


def region_by_files(host: Host, provider: str) -> str | None:
    """The cloud region as files and variables of the machine tell it.

    ``AWS_REGION`` counts only on a machine of that cloud: elsewhere it is where a person's
    commands go to, not where the person is.
    """
    if provider == "aws":
        metadata = host.read("/opt/ml/metadata/resource-metadata.json") or ""
        arn = re.search(r"arn:aws[\w-]*:sagemaker:([a-z0-9-]+):", metadata)
        if arn:
            return arn.group(1)
    told = _cloud_init(host)
    if told:
        return region_name(provider, told)
    names = {
        "aws": ("AWS_REGION", "AWS_DEFAULT_REGION"),
        "gcp": ("GOOGLE_CLOUD_REGION", "CLOUD_ML_REGION"),
        "azure": ("REGION_NAME", "AZUREML_REGION"),
        "ovh": ("OS_REGION_NAME",),
    }
    for name in names.get(provider, ()):
        if host.environ.get(name):
            return region_name(provider, host.environ[name])
    return None


def _cloud_init(host: Host) -> str | None:
    """The region that cloud-init wrote down at boot."""
    try:
        told = json.loads(host.read("/run/cloud-init/instance-data.json") or "{}").get("v1", {})
        region = told.get("region") or told.get("availability_zone")
    except (ValueError, AttributeError):
        return None
    return region if isinstance(region, str) else None


_OVH = {
    "GRA": "fr-gravelines",
    "RBX": "fr-roubaix",
    "SBG": "fr-strasbourg",
    "PAR": "fr-paris",
    "EU-WEST-PAR": "fr-paris",
    "BHS": "ca-beauharnois",
    "CA-EAST-TOR": "ca-toronto",
    "DE": "de-frankfurt",
    "UK": "gb-london",
    "WAW": "pl-warsaw",
    "SGP": "sg-singapore",
    "SYD": "au-sydney",
    "YNM": "in-mumbai",
    "AP-SOUTH-MUM": "in-mumbai",
    "US-EAST-VA": "us-vint_hill",
    "US-WEST-OR": "us-hillsboro",
}


def region_name(provider: str, text: str) -> str:
    """The region in the table's spelling: "us-east-1a" is us-east-1, "GRA11" fr-gravelines."""
    text = text.strip()
    if provider == "aws":
        return re.sub(r"(\d)[a-z]$", r"\1", text)
    if provider == "gcp":  # also "projects/1/zones/us-central1-a"
        return re.sub(r"-[a-z]$", "", text.rpartition("/")[2])
    if provider == "azure":
        return text.lower().replace(" ", "")
    return _OVH.get(re.sub(r"[-\d]*$", "", text.upper()), text)

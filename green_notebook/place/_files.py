"""What the machine's own files and variables tell: its kind, its cloud and region, its time zone."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from functools import cache

from green_notebook.data import records
from green_notebook.host import Host

# How people's clocks are set where nobody says where they are.
_NOWHERE = {"utc", "gmt", "etc", "zulu", "universal", "uct", "greenwich", "factory", "localtime"}
# SMBIOS chassis types (DMTF DSP0134, table 17).
_LAPTOP_CHASSIS = {"8", "9", "10", "11", "12", "14", "30", "31", "32"}
_DESKTOP_CHASSIS = {"3", "4", "5", "6", "7", "13", "15", "16", "24", "35", "36"}
_SERVER_CHASSIS = {"17", "22", "23", "25", "27", "28", "29"}


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
def countries() -> dict[str, str]:
    """The country of each time zone."""
    return {
        name: row["country"] for row in records("timezones") for name in row["timezones"].split()
    }


def kind(host: Host) -> str:
    environ = host.environ
    if "JUPYTERHUB_USER" in environ or "KUBERNETES_SERVICE_HOST" in environ:
        return "datacentre"
    release = (host.read("/proc/sys/kernel/osrelease") or "").lower()
    if "microsoft" in release or "linuxkit" in release:
        return "desktop"  # WSL and Docker Desktop: a person's own machine
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
    found = _hosted(host.environ, host) or firmware(host)
    if found is not None:
        return found
    known = {"aws": "aws", "gce": "gcp", "azure": "azure", "ovhcloud": "ovh"}
    name = known.get(host.read("/run/cloud-init/cloud-id") or "")
    return (name, "cloud-init") if name else (None, "unknown")


def firmware(host: Host) -> tuple[str, str] | None:
    """The provider that the machine's firmware (DMI) names."""
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
    return None


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

"""Where am I: each evidence, its strength, and what is not taken for evidence."""

import json

import pytest

from green_notebook.errors import GreenNotebookError
from green_notebook.host import Host
from green_notebook.place import locate, note, time_zone
from green_notebook.settings import GreenNotebook


@pytest.fixture
def machine(tmp_path):
    """A machine's files and variables; ``localtime`` names its time zone."""

    def make(files=None, environ=None, localtime=None):
        for name, text in (files or {}).items():
            path = tmp_path / name.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        if localtime:
            (tmp_path / "etc").mkdir(exist_ok=True)
            (tmp_path / "etc/localtime").symlink_to(f"/usr/share/zoneinfo/{localtime}")
        return Host(tmp_path, environ or {})

    return make


LAPTOP = {"/sys/class/dmi/id/chassis_type": "10"}
EC2 = {"/sys/class/dmi/id/sys_vendor": "Amazon EC2"}
GCE = {
    "/sys/class/dmi/id/sys_vendor": "Google",
    "/sys/class/dmi/id/product_name": "Google Compute Engine",
}
AZURE = {"/sys/class/dmi/id/chassis_asset_tag": "7783-7084-3265-9085-8269-3286-77"}


def settings(**traits):
    return GreenNotebook({}, **traits)


def test_option_beats_setting(machine):
    """An option is stronger than the setting, the setting than the time zone."""
    host = machine(LAPTOP, localtime="Europe/Paris")
    assert locate(settings(zone="DE"), host, "SE").zone == "SE"
    place = locate(settings(zone="DE"), host)
    assert (place.zone, place.how, place.confidence) == ("DE", "setting", "high")
    assert note(place) is None


def test_time_zone_of_a_laptop(machine):
    """A laptop's time zone gives its country: assumed, medium, and said with the cure."""
    place = locate(settings(), machine(LAPTOP, localtime="Europe/Paris"))
    assert (place.zone, place.kind, place.confidence) == ("FR", "laptop", "medium")
    assert place.how == "time zone Europe/Paris"
    assert "GreenNotebook.zone" in note(place).text


@pytest.mark.parametrize("name", ["UTC", "Etc/UTC", "Etc/GMT+1", "Zulu", "GMT"])
def test_utc_means_unknown(machine, name):
    """A machine in UTC is nowhere: the world's average, low confidence, the cure."""
    place = locate(settings(), machine(LAPTOP, localtime=name))
    assert (place.zone, place.how, place.confidence) == ("WORLD", "unknown", "low")
    assert note(place).code == "zone-unknown"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"TZ": "Asia/Calcutta"}, "Asia/Calcutta"),
        ({"TZ": ":/usr/share/zoneinfo/Europe/Oslo"}, "Europe/Oslo"),
        ({"TZ": "UTC"}, None),
        ({"TZ": "CET-1CEST"}, "CET-1CEST"),
    ],
)
def test_time_zone_variable(machine, environ, expected):
    """TZ is stronger than /etc/localtime."""
    assert time_zone(machine(environ=environ, localtime="Europe/Paris")) == expected


def test_a_rule_without_a_place_is_unknown(machine):
    """A POSIX rule such as CET-1CEST names no country."""
    assert locate(settings(), machine(environ={"TZ": "CET-1CEST"})).zone == "WORLD"


def test_timezone_file(machine):
    """A container without /etc/localtime is known by /etc/timezone."""
    assert locate(settings(), machine({"/etc/timezone": "Asia/Tokyo\n"})).zone == "JP"


@pytest.mark.parametrize(
    ("files", "environ", "provider", "zone"),
    [
        (EC2, {"AWS_REGION": "eu-west-3"}, "aws", "FR"),
        (EC2, {}, "aws", "WORLD"),
        (GCE, {}, "gcp", "WORLD"),
        (AZURE, {"REGION_NAME": "East US"}, "azure", "EGRID-SRVC"),
        ({}, {"COLAB_RELEASE_TAG": "release-colab"}, "gcp", "WORLD"),
        ({}, {"KAGGLE_KERNEL_RUN_TYPE": "Interactive"}, "gcp", "WORLD"),
        ({}, {"AZUREML_RUN_ID": "x"}, "azure", "WORLD"),
        (
            {
                "/opt/ml/metadata/resource-metadata.json": json.dumps(
                    {"ResourceArn": "arn:aws:sagemaker:us-west-2:000000000000:app/d/u/jl/default"}
                )
            },
            {},
            "aws",
            "EGRID-NWPP",
        ),
        (
            GCE
            | {
                "/run/cloud-init/instance-data.json": json.dumps(
                    {"v1": {"region": None, "availability_zone": "europe-west4-b"}}
                )
            },
            {},
            "gcp",
            "NL",
        ),
        (
            {
                "/run/cloud-init/cloud-id": "ovhcloud",
                "/run/cloud-init/instance-data.json": json.dumps({"v1": {"region": "GRA11"}}),
            },
            {},
            "ovh",
            "FR",
        ),
    ],
)
def test_clouds(machine, files, environ, provider, zone):
    """Clouds and notebook services are recognised by files and variables, without a network."""
    place = locate(settings(), machine(files, environ))
    assert (place.provider, place.kind, place.zone) == (provider, "cloud", zone)


def test_command_line_region_is_no_place(machine):
    """AWS_REGION on a laptop says where commands go, not where the laptop is."""
    host = machine(LAPTOP, {"AWS_REGION": "us-east-1"}, "Europe/Paris")
    assert locate(settings(), host).zone == "FR"


def test_a_region_as_the_zone(machine):
    """``--zone us-east-1`` tells zone, provider and kind."""
    place = locate(settings(), machine(LAPTOP), "us-east-1")
    assert (place.zone, place.provider, place.region, place.kind) == (
        "EGRID-SRVC",
        "aws",
        "us-east-1",
        "cloud",
    )


def test_hyper_v_at_home_is_not_azure(machine):
    """Microsoft's hypervisor alone is no cloud."""
    host = machine(
        {
            "/sys/class/dmi/id/sys_vendor": "Microsoft Corporation",
            "/sys/class/dmi/id/product_name": "Virtual Machine",
        }
    )
    assert locate(settings(), host).provider is None


def test_a_hub_on_kubernetes_is_a_data_centre(machine):
    """A hub's pod runs in some data centre, zone unknown."""
    host = machine(environ={"JUPYTERHUB_USER": "a", "KUBERNETES_SERVICE_HOST": "192.0.2.1"})
    place = locate(settings(), host)
    assert (place.kind, place.zone) == ("datacentre", "WORLD")


@pytest.mark.parametrize("broken", ["{", "[]", '{"v1": []}', '{"v1": {"region": 7}}'])
def test_broken_cloud_init_is_no_evidence(machine, broken):
    """A garbled file is passed over."""
    files = EC2 | {"/run/cloud-init/instance-data.json": broken}
    assert locate(settings(), machine(files)).zone == "WORLD"


def test_unknown_zone(machine):
    """An unknown zone is an error with the closest name, not a silent world."""
    with pytest.raises(GreenNotebookError, match="did you mean FR"):
        locate(settings(), machine(), "Frnace")

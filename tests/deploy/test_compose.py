"""The containers run what `giamsat up` runs, with settings that the code knows."""

import base64
import re
import subprocess
from collections.abc import Callable, Sequence
from fnmatch import fnmatch
from pathlib import Path

import pytest
import typer
from pydantic_settings import BaseSettings

from services.alerts.settings import Settings as AlertsSettings
from services.alerts.watchdog.settings import WatchdogSettings
from services.api.settings import Settings as ApiSettings
from services.cli import children, containers
from services.cli.__main__ import app
from services.cli.broker import PLUGIN_NAME, Broker, PlatformPasswords
from services.cli.demo.__main__ import Settings as DemoSettings
from services.cli.layout import Layout
from services.cli.mail_sink import Settings as MailSettings
from services.cli.maintain.__main__ import Settings as MaintainSettings
from services.cli.owner import MigrateSettings
from services.cli.plan import Options, Plan
from services.cli.postgres import SETTINGS as POSTGRES_SETTINGS
from services.cli.postgres import Postgres
from services.cli.supervise import Child
from services.ingest.settings import Settings as IngestSettings
from shared.runtime.settings import SECRETS_DIR
from tests.deploy import compose
from tests.deploy.compose import DEPLOY, ROOT

#: Some are keys: 32 bytes in base64.
A_SECRET = base64.b64encode(bytes(32)).decode()
#: Files that hold lists, as they are made.
JSON: dict[str, object] = {"alerts_sms_gateways": [], "api_sms_callbacks": []}

READS: dict[str, tuple[type[BaseSettings], ...]] = {
    "migrate": (MigrateSettings, containers.ServiceUrls),
    "broker-config": (containers.BrokerSettings,),
    "ingest": (IngestSettings,),
    "alerts": (AlertsSettings, WatchdogSettings),
    "api": (ApiSettings,),
    "maintain": (MigrateSettings, MaintainSettings),
    "demo-seed": (MigrateSettings, containers.ConsoleSettings),
    "demo": (DemoSettings,),
    "mail": (MailSettings,),
}
STEPS = {"migrate", "broker-config", "demo-seed"}
LASTING = READS.keys() - STEPS
PROBED = {
    "ingest": "INGEST_HEALTH_PORT",
    "alerts": "ALERTS_HEALTH_PORT",
    "api": "API_PORT",
    "maintain": "MAINTAIN_HEALTH_PORT",
}
SETTINGS_FILES = ("demo.env", "settings.example")

FILE = compose.read(compose.settings_of(DEPLOY / "demo.env"))
SERVICES: dict[str, compose.Service] = FILE["services"]


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """What `giamsat up` would run."""
    return Plan(
        options=Options(tmp_path),
        layout=Layout(tmp_path),
        postgres=Postgres(tmp_path, 5432, "owner"),
        broker=Broker(tmp_path, "127.0.0.1", 1883),
        broker_passwords=PlatformPasswords("ingest", "registry"),
        admin_password="admin",
        api_port=8080,
        health_ports={"ingest": 9101, "alerts": 9102, "maintain": 9103},
        mail_port=8025,
        environ={},
    )


def child(plan: Plan, name: str) -> Child:
    made: dict[str, Callable[[Plan], Child]] = {
        "ingest": children.ingest,
        "alerts": children.alerts,
        "api": children.api,
        "maintain": children.maintain,
        "mail": lambda plan: children.mail_sink(plan, 8025),
        "demo": lambda plan: children.demo(plan, None),
    }
    return made[name](plan)


@pytest.mark.parametrize("name", sorted(LASTING))
def test_a_container_runs_the_command_of_giamsat_up(name: str, plan: Plan) -> None:
    ours, *arguments = SERVICES[name]["command"]
    assert (ours, arguments) == ("python", list(child(plan, name).command[1:]))


@pytest.mark.parametrize("name", sorted(LASTING))
def test_a_container_is_told_all_that_giamsat_up_tells(name: str, plan: Plan) -> None:
    assert child(plan, name).env.keys() <= SERVICES[name]["environment"].keys()


@pytest.mark.parametrize("name", sorted(STEPS))
def test_a_step_is_a_command_of_giamsat(name: str) -> None:
    program, *arguments = SERVICES[name]["command"]
    assert program == "giamsat"
    parse(arguments)


def parse(arguments: Sequence[str]) -> dict[str, object]:
    """As the command line would; ends in an exception if it would not."""
    command, rest = typer.main.get_command(app), list(arguments)
    while hasattr(command, "commands"):
        command = command.commands[rest.pop(0)]
    return command.make_context("giamsat", rest).params


@pytest.mark.parametrize("name", sorted(READS))
def test_the_code_knows_every_setting_and_lacks_none(name: str) -> None:
    given = given_to(name)
    fields = {setting for kind in READS[name] for setting in settings_of(kind)}
    assert given.keys() - fields == set()
    for kind in READS[name]:
        kind.model_validate({f: given[s] for s, f in settings_of(kind).items() if s in given})


def given_to(name: str) -> dict[str, object]:
    """By environment and by file, under the name of the field."""
    secrets = {one: JSON.get(one, A_SECRET) for one in SERVICES[name].get("secrets", ())}
    environment = SERVICES[name]["environment"].items()
    plain = {key.lower(): value for key, value in environment if key != SECRETS_DIR}
    return {**secrets, **plain}


def settings_of(kind: type[BaseSettings]) -> dict[str, str]:
    """The fields of a settings class, by the name under which each is given."""
    prefix = kind.model_config["env_prefix"].lower()
    return {
        str(field.validation_alias or f"{prefix}{name}"): name
        for name, field in kind.model_fields.items()
    }


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_secrets_come_from_files_only(name: str) -> None:
    service = SERVICES[name]
    secretive = re.compile("(?i)password|database_url|token|secret")
    inline = {
        key
        for key in service.get("environment", ())
        if secretive.search(key) and not key.endswith("_FILE") and key != SECRETS_DIR
    }
    assert inline == set()
    is_told_where = service.get("environment", {}).get(SECRETS_DIR) == "/run/secrets"
    assert is_told_where or not service.get("secrets") or name == "postgres"


def test_the_script_makes_the_secrets_that_are_asked_for_once(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    made = subprocess.run([DEPLOY / "make-secrets", folder], check=True, capture_output=True)
    before = {file.name: file.read_text() for file in folder.iterdir()}
    again = subprocess.run([DEPLOY / "make-secrets", folder], check=False, capture_output=True)
    assert made.returncode == 0
    assert again.returncode == 1
    assert {file.name: file.read_text() for file in folder.iterdir()} == before
    assert FILE["secrets"] == {n: {"file": f"deploy/secrets/{n}"} for n in before}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_every_part_finds_the_other_at_its_port() -> None:
    broker = parse(SERVICES["broker-config"]["command"][1:])
    environment = {k: v for s in SERVICES.values() for k, v in s.get("environment", {}).items()}
    assert {v for k, v in environment.items() if k.endswith("_MQTT_PORT")} == {str(broker["port"])}
    assert environment["ALERTS_SMTP_PORT"] == environment["MAIL_PORT"]
    assert SERVICES["mosquitto"]["ports"] == [f"127.0.0.1:1883:{broker['port']}"]
    assert SERVICES["mosquitto"]["healthcheck"]["test"][-1] == str(broker["port"])
    assert SERVICES["api"]["ports"] == [f"127.0.0.1:8080:{environment['API_PORT']}"]
    for name, port in PROBED.items():
        assert f"127.0.0.1:{environment[port]}/readyz" in SERVICES[name]["healthcheck"]["test"][-1]


def test_the_broker_starts_with_what_was_written_for_it() -> None:
    writing, broker = SERVICES["broker-config"], SERVICES["mosquitto"]
    wanted = parse(writing["command"][1:])
    assert broker["command"][-1] == f"{wanted['out']}/mosquitto.conf"
    assert broker["volumes"] == writing["volumes"] == [f"broker:{wanted['out']}"]
    assert broker["user"] == writing["user"] == "mosquitto"
    assert wanted["plugin"] == Path("/usr/lib") / PLUGIN_NAME


def test_the_database_has_the_settings_of_giamsat_up() -> None:
    flags = (flag.removeprefix("-c").split("=") for flag in SERVICES["postgres"]["command"][1:])
    given = dict(flags)
    assert given == {key: POSTGRES_SETTINGS[key] for key in given}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_container_can_do_no_more_than_it_must(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - STEPS))
def test_what_lasts_is_watched_and_restarted(name: str) -> None:
    assert SERVICES[name]["restart"] == "unless-stopped"
    assert SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_whom_a_container_waits_for_is_there(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        ends = "service_completed_successfully" if other in STEPS else "service_healthy"
        assert how["condition"] == ends
        is_there = "profiles" not in SERVICES[other] or "profiles" in SERVICES[name]
        assert is_there or how["required"] is False


def test_every_image_has_a_version_and_every_volume_a_name() -> None:
    images = {service["image"] for service in SERVICES.values()}
    assert all(re.fullmatch(r"[\w./-]+:\d[\w.-]*", image) for image in images)
    mounted = {v.partition(":")[0] for s in SERVICES.values() for v in s.get("volumes", ())}
    assert mounted == FILE["volumes"].keys()


@pytest.mark.parametrize("file", SETTINGS_FILES)
def test_a_file_of_settings_gives_what_is_asked_for_and_no_more(file: str) -> None:
    given = compose.settings_of(DEPLOY / file)
    compose.read(given)
    assert given.keys() - compose.variables().keys() <= {"COMPOSE_PROFILES"}


def test_the_image_is_built_from_what_is_there_and_reaches_the_builder() -> None:
    recipe = (DEPLOY / "Dockerfile").read_text()
    let_through = [
        line.removeprefix("!")
        for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
        if line.startswith("!")
    ]
    copied = [
        source
        for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", recipe, re.MULTILINE)
        for source in sources.split()
    ]
    assert copied
    for source in copied:
        assert (ROOT / source).exists()
        assert any(fnmatch(source, pattern) for pattern in let_through)

"""Where to simulate: what runs on a data folder, or what the environment names."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

from services.cli import run_file
from services.cli.layout import Layout
from shared.runtime import settings


class OwnersUrl(BaseSettings):
    """The owner's address of the database."""

    model_config = SettingsConfigDict(env_prefix="MIGRATE_", frozen=True)

    database_url: str


class BrokerSettings(BaseSettings):
    """The broker; without an account there, the registry admits us with its own password."""

    model_config = SettingsConfigDict(frozen=True)

    simulate_mqtt_host: str = "127.0.0.1"
    simulate_mqtt_port: int = 1883
    simulate_mqtt_username: str | None = None
    simulate_mqtt_password: str | None = None
    api_mqtt_password: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """One database and one broker."""

    database_url: str
    mqtt_host: str
    mqtt_port: int
    registry_password: str | None = None
    account: tuple[str, str] | None = None


async def found(data: Path | None) -> Place:
    """Of a running `giamsat up`, or without a folder of the environment."""
    if data is None:
        return _of_environment()
    running = await asyncio.to_thread(run_file.read, Layout(data).run_file)
    password = await asyncio.to_thread((Layout(data).secrets / "api_mqtt_password").read_text)
    return Place(
        running.database_url, running.mqtt.host, running.mqtt.port, registry_password=password
    )


async def database_url(data: Path | None) -> str:
    """The same, where no broker is needed."""
    if data is None:
        return settings.load(OwnersUrl).database_url
    return (await asyncio.to_thread(run_file.read, Layout(data).run_file)).database_url


def _of_environment() -> Place:
    owner, given = settings.load(OwnersUrl), settings.load(BrokerSettings)
    account = None
    if given.simulate_mqtt_username is not None:
        account = (given.simulate_mqtt_username, given.simulate_mqtt_password or "")
    elif given.api_mqtt_password is None:
        raise SystemExit(
            "SIMULATE_MQTT_USERNAME and its password, or API_MQTT_PASSWORD, is needed."
        )
    return Place(
        owner.database_url,
        given.simulate_mqtt_host,
        given.simulate_mqtt_port,
        registry_password=None if account else given.api_mqtt_password,
        account=account,
    )

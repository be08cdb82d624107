"""The single steps of a set-up where something else than `giamsat up` runs the processes."""

import asyncio
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

from services.api.sessions.passwords import hashed
from services.cli import broker, first_run, queries
from services.cli.broker import Broker, PlatformPasswords
from services.cli.demo import passwords, seed
from services.cli.layout import Layout
from services.cli.owner import MigrateSettings
from services.cli.secret_files import SecretFiles, generated
from shared.db.session import unit_of_work
from shared.runtime import clock, settings
from shared.runtime.errors import GiamsatError


class ServiceUrls(BaseSettings):
    """The services' addresses; the roles in them get the passwords that stand there."""

    model_config = SettingsConfigDict(frozen=True)

    ingest_database_url: str
    alerts_database_url: str
    api_database_url: str


class BrokerSettings(BaseSettings):
    """The registry to read, and the passwords of our own processes at the broker."""

    model_config = SettingsConfigDict(frozen=True)

    api_database_url: str
    ingest_mqtt_password: str
    api_mqtt_password: str


class ConsoleSettings(BaseSettings):
    """Where people find the console."""

    model_config = SettingsConfigDict(env_prefix="API_", frozen=True)

    console_url: str


class AddressTakenError(GiamsatError):
    """Somebody logs in with this address already."""

    def __init__(self, email: str) -> None:
        super().__init__(f"{email} is on record already; nothing was changed.")


async def migrate() -> None:
    owner, services = settings.load(MigrateSettings), settings.load(ServiceUrls)
    engine = first_run.owners_engine(owner.database_url)
    try:
        await first_run.migrate(engine, services.model_dump().values())
        await first_run.ensure_ladder(engine, now=clock.now())
    finally:
        await engine.dispose()


async def write_broker_files(folder: Path, *, host: str, port: int, plugin: Path | None) -> None:
    """`mosquitto.conf` and `dynamic-security.json`, as the registry has it now."""
    config = settings.load(BrokerSettings)
    target = Broker(await asyncio.to_thread(folder.resolve), host, port)
    broker.prepare(target, plugin=plugin)
    engine = first_run.owners_engine(config.api_database_url)
    passwords = PlatformPasswords(config.ingest_mqtt_password, config.api_mqtt_password)
    try:
        await broker.write_access_file(target, engine, passwords)
    finally:
        await engine.dispose()


async def create_administrator(email: str) -> str:
    """Returns the password: it is shown this once and kept nowhere."""
    engine = first_run.owners_engine(settings.load(MigrateSettings).database_url)
    password = generated()
    try:
        async with unit_of_work(engine) as connection:
            is_new = await queries.add_administrator(
                connection,
                email=email,
                name=first_run.ADMINISTRATOR,
                password_hash=hashed(password),
                now=clock.now(),
            )
    finally:
        await engine.dispose()
    if not is_new:
        raise AddressTakenError(email)
    return password


async def seed_demo(data: Path) -> dict[str, str]:
    """The demo's province, once; returns its people's passwords, which stay in that folder."""
    engine = first_run.owners_engine(settings.load(MigrateSettings).database_url)
    console_url = settings.load(ConsoleSettings).console_url
    words = passwords.kept(SecretFiles(Layout(data).secrets))
    try:
        if await seed.is_needed(engine):
            await seed.seed(engine, words, console_url=console_url, now=clock.now())
    finally:
        await engine.dispose()
    return dict(words.people)

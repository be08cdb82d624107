"""Mosquitto's configuration, and its access file made from the registry."""

import json
import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli import queries
from services.cli.secret_files import write_private
from shared.contracts import dynsec, topics
from shared.db.session import SYSTEM, reading
from shared.runtime import clock
from shared.runtime.errors import GiamsatError

INGEST_USER = "giamsat-ingest"
REGISTRY_USER = "giamsat-registry"
PLUGIN_NAME = "mosquitto_dynamic_security.so"
PLUGIN_PLACES = ("/usr/lib", "/usr/local/lib", "/lib", "/opt/homebrew/lib", "/opt/local/lib")


class MosquittoMissingError(GiamsatError):
    """A part of Mosquitto is not on this machine."""

    def __init__(self, part: str) -> None:
        super().__init__(f"{part} was not found. Please install the package mosquitto.")


@dataclass(frozen=True, slots=True)
class Broker:
    """One Mosquitto: where its files lie and where it listens."""

    folder: Path
    host: str
    port: int

    @property
    def configuration_file(self) -> Path:
        return self.folder / "mosquitto.conf"

    @property
    def access_file(self) -> Path:
        return self.folder / "dynamic-security.json"


@dataclass(frozen=True, slots=True)
class PlatformPasswords:
    """With what our own processes log in at the broker."""

    ingest: str
    registry: str


def configuration(broker: Broker, *, plugin: Path, user: str) -> str:
    """Queues hold days of heartbeats, which are small and few, but no flood without end.

    What is queued survives a restart. Bytes are those of the payloads; the broker needs several
    times that, so their number is limited too.
    """
    return f"""\
# Made by giamsat at every start; changes here are lost.
per_listener_settings false
listener {broker.port} {broker.host}
user {user}
allow_anonymous false
plugin {plugin}
plugin_opt_config_file {broker.access_file}
persistence true
persistence_location {broker.folder}/
autosave_interval 5
persistent_client_expiration 7d
max_queued_bytes 268435456
max_queued_messages 2000000
max_inflight_messages 0
max_keepalive 600
message_size_limit 1048576
log_dest stderr
log_type error
log_type warning
log_type notice
connection_messages false
"""


def prepare(broker: Broker, *, plugin: Path | None = None) -> None:
    """Make the folder and the configuration, for the user the broker runs as."""
    broker.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    user = system_user() or pwd.getpwuid(os.geteuid())
    text = configuration(broker, plugin=plugin or find_plugin(), user=user.pw_name)
    write_private(broker.configuration_file, text)
    for path in (broker.folder, broker.configuration_file):
        os.chown(path, user.pw_uid, user.pw_gid)


async def write_access_file(
    broker: Broker, engine: AsyncEngine, passwords: PlatformPasswords
) -> None:
    """Whom the broker admits, as the registry has it now."""
    # Containers write it with the api's own account, which sees no row in nobody's name.
    async with reading(engine, SYSTEM) as connection:
        devices = await queries.admitted_devices(connection, now=clock.now())
    platform = (
        dynsec.PlatformClient(
            INGEST_USER, dynsec.new_secret(passwords.ingest), topics.INGEST_RIGHTS
        ),
        dynsec.PlatformClient(
            REGISTRY_USER, dynsec.new_secret(passwords.registry), topics.REGISTRY_RIGHTS
        ),
    )
    write_private(broker.access_file, json.dumps(dynsec.document(platform, devices)))
    owner = broker.folder.stat()
    os.chown(broker.access_file, owner.st_uid, owner.st_gid)


async def renew_access_file(
    broker: Broker, engine: AsyncEngine, passwords: PlatformPasswords
) -> None:
    """Write it, and keep no connection for the next restart: its server may have died by then."""
    try:
        await write_access_file(broker, engine, passwords)
    finally:
        await engine.dispose()


def system_user() -> pwd.struct_passwd | None:
    """Started by root, the broker runs as the user its package made, if there is one."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("mosquitto")
    except KeyError:
        return None


def find_binary() -> str:
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise MosquittoMissingError("mosquitto")
    return found


def find_plugin() -> Path:
    """Distributions keep it in the library folder itself, or in one for the architecture."""
    for place in map(Path, PLUGIN_PLACES):
        for pattern in (PLUGIN_NAME, f"*/{PLUGIN_NAME}"):
            if found := next(place.glob(pattern), None):
                return found
    raise MosquittoMissingError(PLUGIN_NAME)

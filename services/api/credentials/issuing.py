"""Makes a device's passwords: told to the broker, shown once, kept only as hashes."""

import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.credentials import queries
from services.api.credentials.queries import Credential, New
from services.api.credentials.schemas import CredentialOut, CredentialsOut, MqttOut
from services.api.problems import ConflictError
from services.api.resources import Resources
from shared.contracts import dynsec, topics
from shared.contracts.topics import Leaf
from shared.domain.credentials import Ending, Term
from shared.domain.places import DeviceKind


@dataclass(frozen=True, slots=True)
class Holder:
    """A device on record, by what its passwords hang on."""

    id: int
    facility: str
    code: str
    kind: DeviceKind


async def first(
    resources: Resources, connection: AsyncConnection, holder: Holder, *, now: datetime
) -> MqttOut:
    """The one a device comes with: the broker takes it from now on."""
    mqtt = _connection_of(resources, holder, number=1)
    rights = topics.device_rights(holder.facility, holder.code)
    await resources.broker.admit(mqtt.username, mqtt.password, rights)
    await _keep(connection, holder, mqtt, 1, Term(now), now=now)
    return mqtt


async def further(
    resources: Resources,
    connection: AsyncConnection,
    holder: Holder,
    term: Term,
    *,
    now: datetime,
) -> CredentialsOut:
    """One more, beside those that hold; the broker takes it when its time has come."""
    must_speak(holder.kind)
    number = await queries.next_number(connection, holder.id)
    mqtt = _connection_of(resources, holder, number=number)
    rights = topics.device_rights(holder.facility, holder.code)
    tell = resources.broker.admit if term.not_before <= now else resources.broker.announce
    await tell(mqtt.username, mqtt.password, rights)
    await _keep(connection, holder, mqtt, number, term, now=now)
    made = await queries.numbered(connection, holder.id, number)
    if made is None:
        raise AssertionError
    return CredentialsOut(credential=shown(made, now=now), mqtt=mqtt)


def must_speak(kind: DeviceKind) -> None:
    """Raises `ConflictError` for what never says anything itself."""
    if kind is DeviceKind.ROUND_POINT:
        raise ConflictError(
            "A round point has no password: whoever comes by checks in there. "
            "Print a label for it: POST …/devices/{device}/label.",
            code="round_point",
        )


async def end(
    resources: Resources,
    connection: AsyncConnection,
    credentials: Sequence[Credential],
    because: Ending,
    *,
    now: datetime,
) -> None:
    """The broker ends their sessions; other names of the device stay."""
    await resources.broker.revoke(one.username for one in credentials)
    await queries.finish(connection, (one.id for one in credentials), because, now=now)


def shown(one: Credential, *, now: datetime) -> CredentialOut:
    term = one.term
    standing = term.standing(now)
    return CredentialOut(
        number=one.number,
        username=one.username,
        standing=standing,
        created_at=one.created_at,
        not_before=term.not_before,
        not_after=term.not_after,
        ended_at=term.revoked_at,
        ended_because=one.ended_because,
    )


async def _keep(
    connection: AsyncConnection,
    holder: Holder,
    mqtt: MqttOut,
    number: int,
    term: Term,
    *,
    now: datetime,
) -> None:
    """So that the broker's file can be made anew."""
    new = New(number, mqtt.username, dynsec.new_secret(mqtt.password), term)
    await queries.add(connection, holder.id, new, now=now)


def _connection_of(resources: Resources, holder: Holder, *, number: int) -> MqttOut:
    leaf = Leaf.HEARTBEATS if holder.kind is DeviceKind.GATEWAY else Leaf.HEARTBEAT
    return MqttOut(
        host=resources.settings.device_mqtt_host,
        port=resources.settings.device_mqtt_port,
        username=topics.username(holder.facility, holder.code, number),
        password=_password(),
        heartbeat_topic=topics.of(holder.facility, holder.code, leaf),
    )


def _password() -> str:
    """192 random bits behind a letter: commands and spreadsheets take a leading sign for theirs."""
    return secrets.choice(string.ascii_letters) + secrets.token_urlsafe(24)

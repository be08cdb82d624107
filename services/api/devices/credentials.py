"""With what a device logs in to the broker: made here, shown once, kept only as a hash."""

import secrets
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.devices import queries
from services.api.devices.schemas import MqttOut
from services.api.resources import Resources
from shared.contracts import dynsec, topics
from shared.contracts.topics import Leaf
from shared.domain.places import DeviceKind


async def admit(
    resources: Resources, facility_code: str, device_code: str, kind: DeviceKind
) -> MqttOut:
    """A new password, which the broker takes from now on in place of any older one."""
    username = topics.username(facility_code, device_code)
    password = secrets.token_urlsafe(24)
    rights = topics.device_rights(facility_code, device_code)
    await resources.broker.admit(username, password, rights)
    leaf = Leaf.HEARTBEATS if kind is DeviceKind.GATEWAY else Leaf.HEARTBEAT
    return MqttOut(
        host=resources.settings.device_mqtt_host,
        port=resources.settings.device_mqtt_port,
        username=username,
        password=password,
        heartbeat_topic=topics.of(facility_code, device_code, leaf),
    )


async def keep(
    connection: AsyncConnection, device_id: int, mqtt: MqttOut, *, now: datetime
) -> None:
    """So that the broker's file can be made anew."""
    secret = dynsec.new_secret(mqtt.password)
    await queries.keep_credential(connection, device_id, mqtt.username, secret, now=now)

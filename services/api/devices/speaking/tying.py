"""Says through which gateway a device speaks from now on; API, console and imports do it here."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.devices import queries as registry
from services.api.devices.queries import Device
from services.api.devices.speaking import queries
from services.api.problems import ConflictError, MissingError
from shared.domain.places import DeviceKind


async def found(connection: AsyncConnection, facility_id: int, code: str) -> int:
    """A gateway in service, of the same facility. Raises what stands against it."""
    there = await registry.one(connection, facility_id, code)
    if there is None or there.retired_at is not None or there.kind is not DeviceKind.GATEWAY:
        raise MissingError("gateway")
    return there.id


async def tie(
    connection: AsyncConnection,
    facility_id: int,
    device: Device,
    gateway: str | None,
    *,
    now: datetime,
) -> None:
    """`gateway`: its code, or nothing if the device speaks by itself. The same again is nothing."""
    if device.kind in {DeviceKind.GATEWAY, DeviceKind.ROUND_POINT}:
        raise ConflictError(
            "A gateway speaks by itself, and a round point not at all.", code="speaks_by_itself"
        )
    gateway_id = await found(connection, facility_id, gateway) if gateway else None
    if await queries.tied_to(connection, device.id) != gateway_id:
        await queries.tie(connection, device.id, gateway_id, now=now)

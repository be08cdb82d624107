"""Finds a device of a facility that the caller was found to see."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.devices import queries
from services.api.devices.queries import Device
from services.api.problems import ConflictError, MissingError


async def device_in(connection: AsyncConnection, facility_id: int, code: str) -> Device:
    """Also if retired."""
    device = await queries.one(connection, facility_id, code)
    if device is None:
        raise MissingError("device")
    return device


async def device_to_change(connection: AsyncConnection, facility_id: int, code: str) -> Device:
    device = await device_in(connection, facility_id, code)
    if device.retired_at is not None:
        raise ConflictError(f"The device {code} is retired.", code="retired")
    return device

"""Finds a zone of a facility that the caller was found to see."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.problems import ConflictError, MissingError
from services.api.zones import queries
from services.api.zones.queries import Zone
from shared.domain.places import DeviceKind, may_hold


async def zone_in(connection: AsyncConnection, facility_id: int, code: str) -> Zone:
    """Also if retired."""
    zone = await queries.one(connection, facility_id, code)
    if zone is None:
        raise MissingError("zone")
    return zone


async def zone_in_service(connection: AsyncConnection, facility_id: int, code: str) -> Zone:
    zone = await zone_in(connection, facility_id, code)
    if zone.retired_at is not None:
        raise ConflictError(f"The zone {zone.code} is retired.", code="retired")
    return zone


async def zone_to_watch(
    connection: AsyncConnection, facility_id: int, code: str, kind: DeviceKind
) -> Zone:
    """One in service that such a device may watch."""
    zone = await zone_in_service(connection, facility_id, code)
    if not may_hold(zone.kind, kind):
        raise ConflictError(
            f"The zone {zone.code} is a {zone.kind}: children are private there, "
            "and no camera may watch it. Use another kind of device.",
            code="privacy_zone",
        )
    return zone

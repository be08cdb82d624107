"""What gateways found that is not on record."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, exists, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.discovered.schemas import DiscoveredOut
from shared.db.tables.placement import discovered_camera
from shared.db.tables.registry import device


async def unregistered(
    connection: AsyncConnection, facility_id: int, *, after: str, limit: int
) -> Sequence[DiscoveredOut]:
    """By endpoint; two gateways that found the same camera tell of it once, the later one."""
    known = device.alias("known")
    is_known = exists().where(
        known.c.facility_id == facility_id,
        known.c.endpoint == discovered_camera.c.endpoint,
        known.c.retired_at.is_(None),
    )
    rows = await connection.execute(
        select(
            discovered_camera.c.endpoint,
            discovered_camera.c.address,
            discovered_camera.c.name,
            discovered_camera.c.hardware,
            device.c.code.label("gateway"),
            discovered_camera.c.seen_at,
        )
        .join_from(discovered_camera, device, device.c.id == discovered_camera.c.gateway_id)
        .where(
            device.c.facility_id == facility_id,
            device.c.retired_at.is_(None),
            discovered_camera.c.endpoint > after,
            ~is_known,
            ~_is_seen_later(facility_id),
        )
        .order_by(discovered_camera.c.endpoint)
        .limit(limit)
    )
    return [DiscoveredOut.model_validate(dict(row)) for row in rows.mappings()]


def _is_seen_later(facility_id: int) -> ColumnElement[bool]:
    """By another gateway of the facility."""
    newer, finder = discovered_camera.alias("newer"), device.alias("finder")
    return exists().where(
        newer.c.endpoint == discovered_camera.c.endpoint,
        newer.c.gateway_id == finder.c.id,
        finder.c.facility_id == facility_id,
        tuple_(newer.c.seen_at, newer.c.gateway_id)
        > tuple_(discovered_camera.c.seen_at, discovered_camera.c.gateway_id),
    )

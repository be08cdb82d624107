"""Where a device stands and stood."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.placements.schemas import PlacementOut
from shared.db.tables.base import INSTANT
from shared.db.tables.placement import device_placement, stay
from shared.db.tables.registry import device, zone
from shared.domain.placements import Placement


async def shown(connection: AsyncConnection, device_id: int) -> Sequence[PlacementOut]:
    """Newest first; the first stay began with the registration."""
    rows = await connection.execute(
        select(
            zone.c.code,
            zone.c.name,
            func.coalesce(stay.c.since, device.c.registered_at).label("since"),
            stay.c.until,
        )
        .join_from(stay, zone, zone.c.id == stay.c.zone_id)
        .join(device, device.c.id == stay.c.device_id)
        .where(stay.c.device_id == device_id)
        .order_by(stay.c.until.desc().nulls_first())
    )
    return [
        PlacementOut(zone=row.code, zone_name=row.name, valid_from=row.since, valid_to=row.until)
        for row in rows
    ]


async def history(connection: AsyncConnection, device_id: int) -> Sequence[Placement]:
    """In order of time."""
    rows = await connection.execute(
        select(stay.c.zone_id, stay.c.since, stay.c.until)
        .where(stay.c.device_id == device_id)
        .order_by(stay.c.until.asc().nulls_last())
    )
    return [Placement(*row) for row in rows]


async def zone_of(connection: AsyncConnection, device_id: int) -> int | None:
    zone_id: int | None = await connection.scalar(
        select(device.c.zone_id).where(device.c.id == device_id)
    )
    return zone_id


async def move(connection: AsyncConnection, device_id: int, zone_id: int, *, now: datetime) -> None:
    """The stay that ends goes on record, unless it took no time. The facility is locked."""
    began_at = func.coalesce(device.c.placed_at, device.c.registered_at)
    ending = select(device.c.id, device.c.zone_id, began_at, literal(now, INSTANT)).where(
        device.c.id == device_id, device.c.zone_id.is_not(None), began_at < now
    )
    columns = ["device_id", "zone_id", "valid_from", "valid_to"]
    await connection.execute(insert(device_placement).from_select(columns, ending))
    await connection.execute(
        update(device).where(device.c.id == device_id).values(zone_id=zone_id, placed_at=now)
    )

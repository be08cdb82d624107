"""Statements about through which gateway a device speaks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, insert, literal, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.devices.speaking.schemas import TieOut
from shared.db.tables.base import INSTANT
from shared.db.tables.placement import device_gateway
from shared.db.tables.registry import device
from shared.domain.places import DeviceKind

_gateway = device.alias("gateway")


@dataclass(frozen=True, slots=True)
class Gateway:
    """One in service, to choose from."""

    code: str
    name: str


async def in_service(connection: AsyncConnection, facility_id: int) -> Sequence[Gateway]:
    """Of a facility, by name."""
    rows = await connection.execute(
        select(device.c.code, device.c.name)
        .where(
            device.c.facility_id == facility_id,
            device.c.kind == DeviceKind.GATEWAY,
            device.c.retired_at.is_(None),
        )
        .order_by(device.c.name, device.c.code)
    )
    return [Gateway(*row) for row in rows]


async def behind(connection: AsyncConnection, gateway_id: int) -> Sequence[Gateway]:
    """What speaks through it now, by name."""
    rows = await connection.execute(
        select(device.c.code, device.c.name)
        .where(device.c.gateway_id == gateway_id, device.c.retired_at.is_(None))
        .order_by(device.c.name, device.c.code)
    )
    return [Gateway(*row) for row in rows]


async def shown(connection: AsyncConnection, device_id: int) -> Sequence[TieOut]:
    """Newest first; the first began with the registration."""
    former = select(
        device_gateway.c.gateway_id, device_gateway.c.valid_from, device_gateway.c.valid_to
    ).where(device_gateway.c.device_id == device_id)
    now = select(device.c.gateway_id, _since(), literal(None, INSTANT)).where(
        device.c.id == device_id
    )
    ties = union_all(former, now).subquery("ties")
    rows = await connection.execute(
        select(_gateway.c.code, _gateway.c.name, ties.c.valid_from, ties.c.valid_to)
        .select_from(ties)
        .outerjoin(_gateway, _gateway.c.id == ties.c.gateway_id)
        .order_by(ties.c.valid_to.desc().nulls_first())
    )
    return [
        TieOut(gateway=row[0], gateway_name=row[1], valid_from=row[2], valid_to=row[3])
        for row in rows
    ]


async def tied_to(connection: AsyncConnection, device_id: int) -> int | None:
    found: int | None = await connection.scalar(
        select(device.c.gateway_id).where(device.c.id == device_id)
    )
    return found


async def tie(
    connection: AsyncConnection, device_id: int, gateway_id: int | None, *, now: datetime
) -> None:
    """What ends goes on record, unless it took no time. The facility is locked."""
    ending = select(device.c.id, device.c.gateway_id, _since(), literal(now, INSTANT)).where(
        device.c.id == device_id, _since() < now
    )
    columns = ["device_id", "gateway_id", "valid_from", "valid_to"]
    await connection.execute(insert(device_gateway).from_select(columns, ending))
    await connection.execute(
        update(device).where(device.c.id == device_id).values(gateway_id=gateway_id)
    )


def _since() -> ColumnElement[datetime]:
    """Since when it speaks as it does."""
    changed_at = (
        select(func.max(device_gateway.c.valid_to))
        .where(device_gateway.c.device_id == device.c.id)
        .scalar_subquery()
    )
    return func.coalesce(changed_at, device.c.registered_at).label("valid_from")

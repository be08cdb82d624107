"""Devices in the registry, and their access to the broker."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.devices.schemas import DeviceIn
from shared.db.tables.registry import device, device_credential
from shared.domain.credentials import Ending
from shared.domain.places import DeviceKind


@dataclass(frozen=True, slots=True)
class Device:
    """A device, as far as changes to it go."""

    id: int
    code: str
    kind: DeviceKind
    retired_at: datetime | None


async def one(connection: AsyncConnection, facility_id: int, code: str) -> Device | None:
    row = (
        await connection.execute(
            select(device.c.id, device.c.code, device.c.kind, device.c.retired_at).where(
                device.c.facility_id == facility_id, device.c.code == code
            )
        )
    ).one_or_none()
    return Device(row.id, row.code, DeviceKind(row.kind), row.retired_at) if row else None


@dataclass(frozen=True, slots=True)
class Ties:
    """What a device is tied to, by number."""

    zone_id: int | None
    profile_id: int | None
    gateway_id: int | None


async def add(
    connection: AsyncConnection,
    facility_id: int,
    given: DeviceIn,
    *,
    ties: Ties,
    now: datetime,
) -> int:
    """Its id. The facility is locked and the code was free."""
    device_id: int = (
        await connection.execute(
            insert(device)
            .values(
                facility_id=facility_id,
                code=given.code,
                name=given.name or given.code,
                kind=given.kind,
                zone_id=ties.zone_id,
                interval_s=given.interval_s,
                tolerance_s=given.tolerance_s,
                profile_id=ties.profile_id,
                gateway_id=ties.gateway_id,
                endpoint=given.endpoint,
                registered_at=now,
            )
            .returning(device.c.id)
        )
    ).scalar_one()
    return device_id


async def change(
    connection: AsyncConnection, device_id: int, changes: Mapping[str, object]
) -> None:
    await connection.execute(update(device).where(device.c.id == device_id).values(dict(changes)))


async def retire(connection: AsyncConnection, device_id: int, *, now: datetime) -> None:
    await connection.execute(
        update(device_credential)
        .where(device_credential.c.device_id == device_id)
        .where(device_credential.c.revoked_at.is_(None))
        .values(revoked_at=now, ended_because=Ending.RETIRED)
    )
    await connection.execute(update(device).where(device.c.id == device_id).values(retired_at=now))

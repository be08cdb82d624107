"""Facilities in the registry."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.facilities.schemas import FacilityIn
from shared.db.tables.registry import (
    device,
    device_credential,
    facility,
    requirement,
    zone,
)
from shared.db.tables.units import facility_location
from shared.domain.schedule import local_day


async def retired_at(connection: AsyncConnection, code: str) -> datetime | None:
    """Whether and when the bearer of a code was retired, wherever it is."""
    when: datetime | None = await connection.scalar(
        select(facility.c.retired_at).where(facility.c.code == code)
    )
    return when


async def add(
    connection: AsyncConnection, given: FacilityIn, *, admin_unit_id: int, now: datetime
) -> int | None:
    """Its id, with where it lies from today on. Nothing if the code is taken."""
    facility_id: int | None = await connection.scalar(
        insert(facility)
        .values(
            **given.model_dump(exclude={"admin_unit"}),
            admin_unit_id=admin_unit_id,
            registered_at=now,
        )
        .on_conflict_do_nothing(index_elements=[facility.c.code])
        .returning(facility.c.id)
    )
    if facility_id is not None:
        today = local_day(now, given.time_zone)
        await _lies(connection, facility_id, admin_unit_id, since=today)
    return facility_id


async def _lies(
    connection: AsyncConnection, facility_id: int, admin_unit_id: int, *, since: date
) -> None:
    await connection.execute(
        insert(facility_location).values(
            facility_id=facility_id, admin_unit_id=admin_unit_id, valid_from=since
        )
    )


async def change(
    connection: AsyncConnection, facility_id: int, changes: Mapping[str, object]
) -> None:
    await connection.execute(
        update(facility).where(facility.c.id == facility_id).values(dict(changes))
    )


async def usernames(connection: AsyncConnection, facility_id: int) -> Sequence[str]:
    """Of the devices that the broker still admits."""
    names = await connection.scalars(
        select(device_credential.c.username)
        .join_from(device_credential, device)
        .where(device.c.facility_id == facility_id, device_credential.c.revoked_at.is_(None))
    )
    return names.all()


async def retire(connection: AsyncConnection, facility_id: int, *, now: datetime) -> None:
    """The facility and all in it: from now on nothing is required there, and nothing admitted."""
    devices = select(device.c.id).where(device.c.facility_id == facility_id)
    zones = select(zone.c.id).where(zone.c.facility_id == facility_id)
    await connection.execute(
        update(device_credential)
        .where(device_credential.c.device_id.in_(devices))
        .where(device_credential.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    await connection.execute(
        update(requirement)
        .where(
            requirement.c.zone_id.in_(zones),
            or_(requirement.c.valid_to.is_(None), requirement.c.valid_to > now),
        )
        .values(valid_to=func.greatest(requirement.c.valid_from, now))
    )
    for table in (device, zone):
        await connection.execute(
            update(table)
            .where(table.c.facility_id == facility_id, table.c.retired_at.is_(None))
            .values(retired_at=now)
        )
    await connection.execute(
        update(facility)
        .where(facility.c.id == facility_id, facility.c.retired_at.is_(None))
        .values(retired_at=now)
    )

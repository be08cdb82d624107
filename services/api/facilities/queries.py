"""Facilities in the registry."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import within
from services.api.facilities.schemas import FacilityIn, FacilityOut
from shared.db.tables.registry import (
    admin_unit,
    device,
    device_credential,
    facility,
    requirement,
    zone,
)
from shared.domain.access import Scope

_SHOWN = (
    facility.c.code,
    facility.c.name,
    facility.c.ownership,
    admin_unit.c.code.label("admin_unit"),
    facility.c.children,
    facility.c.time_zone,
    facility.c.requires_signature,
    facility.c.registered_at,
    facility.c.retired_at,
)


async def in_scope(
    connection: AsyncConnection, scope: Scope, *, after: str, limit: int
) -> Sequence[FacilityOut]:
    """Those in service, by code."""
    return await _listed(connection, scope, facility.c.retired_at.is_(None), after, limit)


async def in_scope_with_retired(
    connection: AsyncConnection, scope: Scope, *, after: str, limit: int
) -> Sequence[FacilityOut]:
    return await _listed(connection, scope, true(), after, limit)


async def _listed(
    connection: AsyncConnection, scope: Scope, which: ColumnElement[bool], after: str, limit: int
) -> Sequence[FacilityOut]:
    rows = await connection.execute(
        select(*_SHOWN)
        .join_from(facility, admin_unit)
        .where(within(scope), which, facility.c.code > after)
        .order_by(facility.c.code)
        .limit(limit)
    )
    return [FacilityOut.model_validate(dict(row)) for row in rows.mappings()]


async def one(connection: AsyncConnection, code: str, scope: Scope) -> FacilityOut | None:
    rows = await connection.execute(
        select(*_SHOWN)
        .join_from(facility, admin_unit)
        .where(within(scope), facility.c.code == code)
    )
    row = rows.mappings().one_or_none()
    return FacilityOut.model_validate(dict(row)) if row else None


async def retired_at(connection: AsyncConnection, code: str) -> datetime | None:
    """Whether and when the bearer of a code was retired, wherever it is."""
    when: datetime | None = await connection.scalar(
        select(facility.c.retired_at).where(facility.c.code == code)
    )
    return when


async def add(
    connection: AsyncConnection, given: FacilityIn, *, admin_unit_id: int, now: datetime
) -> bool:
    """False if the code is taken."""
    added = await connection.scalar(
        insert(facility)
        .values(
            code=given.code,
            name=given.name,
            ownership=given.ownership,
            admin_unit_id=admin_unit_id,
            children=given.children,
            time_zone=given.time_zone,
            requires_signature=given.requires_signature,
            registered_at=now,
        )
        .on_conflict_do_nothing(index_elements=[facility.c.code])
        .returning(facility.c.id)
    )
    return added is not None


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
        .where(requirement.c.zone_id.in_(zones), requirement.c.valid_to.is_(None))
        .values(valid_to=now)
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

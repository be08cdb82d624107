"""Zones in the registry, and their dated requirements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, exists, select, true, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.zones.requirements import queries as requirements
from services.api.zones.requirements.queries import Change
from services.api.zones.schemas import ZoneIn, ZoneOut
from services.api.zones.warning import Watcher
from shared.db.tables.placement import device_profile
from shared.db.tables.registry import device, zone
from shared.domain.places import PRIVACY_ZONES, DeviceKind, ZoneKind
from shared.domain.profiles import Listening, Rhythm


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone, as far as changes to it go."""

    id: int
    code: str
    kind: ZoneKind
    retired_at: datetime | None


async def of_facility(
    connection: AsyncConnection, facility_id: int, *, after: str, limit: int, now: datetime
) -> Sequence[ZoneOut]:
    """Those in use, by code."""
    return await _listed(
        connection,
        _shown(now).where(
            zone.c.facility_id == facility_id, zone.c.retired_at.is_(None), zone.c.code > after
        ),
        limit,
    )


async def of_facility_with_retired(
    connection: AsyncConnection, facility_id: int, *, after: str, limit: int, now: datetime
) -> Sequence[ZoneOut]:
    return await _listed(
        connection,
        _shown(now).where(zone.c.facility_id == facility_id, zone.c.code > after),
        limit,
    )


async def shown(
    connection: AsyncConnection, facility_id: int, code: str, *, now: datetime
) -> ZoneOut | None:
    rows = await _listed(
        connection, _shown(now).where(zone.c.facility_id == facility_id, zone.c.code == code), 1
    )
    return rows[0] if rows else None


async def _listed(
    connection: AsyncConnection, statement: Select[Any], limit: int
) -> Sequence[ZoneOut]:
    rows = await connection.execute(statement.order_by(zone.c.code).limit(limit))
    return [_zone_out(row) for row in rows.mappings()]


def _shown(now: datetime) -> Select[Any]:
    """Each zone beside what it requires now."""
    in_force = requirements.in_force_at(now)
    own = (zone.c.code, zone.c.name, zone.c.kind, zone.c.registered_at, zone.c.retired_at)
    return select(*own, *(column for column in in_force.c if column.name != "id")).select_from(
        zone.join(in_force, onclause=true())
    )


def _zone_out(row: RowMapping) -> ZoneOut:
    kind = ZoneKind(row["kind"])
    return ZoneOut(
        code=row["code"],
        name=row["name"],
        kind=kind,
        is_private=kind in PRIVACY_ZONES,
        requirement=requirements.requirement_out(row),
        registered_at=row["registered_at"],
        retired_at=row["retired_at"],
    )


async def one(connection: AsyncConnection, facility_id: int, code: str) -> Zone | None:
    row = (
        await connection.execute(
            select(zone.c.id, zone.c.code, zone.c.kind, zone.c.retired_at).where(
                zone.c.facility_id == facility_id, zone.c.code == code
            )
        )
    ).one_or_none()
    return Zone(row.id, row.code, ZoneKind(row.kind), row.retired_at) if row else None


async def add(
    connection: AsyncConnection,
    facility_id: int,
    given: ZoneIn,
    *,
    now: datetime,
    by: int | None = None,
) -> bool:
    """With its first requirement, in force from now on. False if the code is taken."""
    zone_id = await connection.scalar(
        upsert(zone)
        .values(
            facility_id=facility_id,
            code=given.code,
            name=given.name or given.code,
            kind=given.kind,
            registered_at=now,
        )
        .on_conflict_do_nothing(index_elements=[zone.c.facility_id, zone.c.code])
        .returning(zone.c.id)
    )
    if zone_id is None:
        return False
    await requirements.begin(connection, zone_id, given.requirement, Change(now, set_by=by))
    return True


async def change(connection: AsyncConnection, zone_id: int, changes: Mapping[str, object]) -> None:
    """Also with no changes of its own, so that the zone takes a new number in the registry."""
    await connection.execute(
        update(zone).where(zone.c.id == zone_id).values({"code": zone.c.code, **changes})
    )


async def retire(connection: AsyncConnection, zone_id: int, *, now: datetime) -> None:
    await requirements.end(connection, zone_id, at=now)
    await connection.execute(update(zone).where(zone.c.id == zone_id).values(retired_at=now))


async def watchers(connection: AsyncConnection, zone_id: int) -> Sequence[Watcher]:
    """Its devices in service, by code."""
    rows = await connection.execute(
        select(
            device.c.code,
            device.c.kind,
            device.c.interval_s,
            device.c.tolerance_s,
            device_profile.c.listening,
        )
        .outerjoin(device_profile, device_profile.c.id == device.c.profile_id)
        .where(*_devices_in(zone_id))
        .order_by(device.c.code)
    )
    return [
        Watcher(code, kind, Rhythm(interval_s, tolerance_s, Listening(how or Listening.ACTIVE)))
        for code, kind, interval_s, tolerance_s, how in rows
    ]


async def has_devices(connection: AsyncConnection, zone_id: int) -> bool:
    return bool(await connection.scalar(select(exists().where(*_devices_in(zone_id)))))


async def has_cameras(connection: AsyncConnection, zone_id: int) -> bool:
    cameras = exists().where(*_devices_in(zone_id), device.c.kind == DeviceKind.CAMERA)
    return bool(await connection.scalar(select(cameras)))


async def has_cameras_without_end(connection: AsyncConnection, zone_id: int) -> bool:
    """Allowed to record, and nothing says until when."""
    cameras = exists().where(
        *_devices_in(zone_id), device.c.approved_at.is_not(None), device.c.approved_until.is_(None)
    )
    return bool(await connection.scalar(select(cameras)))


def _devices_in(zone_id: int) -> tuple[Any, Any]:
    return device.c.zone_id == zone_id, device.c.retired_at.is_(None)

"""What the demo writes into the registry, once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Executable, exists, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cli.demo.province import (
    INTERVAL_S,
    LAY_THERE_SINCE,
    MAX_GAP_S,
    MERGED_ON,
    TIME_ZONE,
    Device,
    Facility,
    Person,
    Zone,
)
from shared.contracts import dynsec
from shared.db.tables.people import role_assignment, user_account
from shared.db.tables.registry import (
    admin_unit,
    device,
    device_credential,
    facility,
    requirement,
    zone,
)
from shared.db.tables.units import authority, facility_location
from shared.domain.jurisdiction import Stay
from shared.domain.places import DeviceKind
from shared.domain.schedule import local_day


async def is_seeded(connection: AsyncConnection, *, facility_code: str) -> bool:
    return bool(await connection.scalar(select(exists().where(facility.c.code == facility_code))))


async def units(connection: AsyncConnection) -> dict[str, int]:
    """By code; of a code that was given twice the newest."""
    rows = await connection.execute(
        select(admin_unit.c.code, admin_unit.c.id).order_by(admin_unit.c.valid_from)
    )
    return {row.code: row.id for row in rows}


async def communes(connection: AsyncConnection) -> list[str]:
    """Those that hold."""
    rows = await connection.scalars(
        select(admin_unit.c.code).where(
            admin_unit.c.level == "commune", admin_unit.c.valid_to.is_(None)
        )
    )
    return list(rows)


async def add_past(
    connection: AsyncConnection,
    facility_id: int,
    *,
    unit_id: int,
    before_id: int | None,
    registered_at: datetime,
) -> None:
    """Where it lay before the merger, if that is told, and where it lies since."""
    stays = [Stay(unit_id, local_day(registered_at, TIME_ZONE))]
    if before_id is not None:
        stays = [Stay(before_id, LAY_THERE_SINCE, MERGED_ON), Stay(unit_id, MERGED_ON)]
    for stay in stays:
        await connection.execute(
            insert(facility_location).values(
                facility_id=facility_id,
                admin_unit_id=stay.unit_id,
                valid_from=stay.valid_from,
                valid_to=stay.valid_to,
            )
        )


async def add_facility(
    connection: AsyncConnection, place: Facility, *, unit_id: int, registered_at: datetime
) -> int:
    return await _added(
        connection,
        insert(facility)
        .values(
            code=place.code,
            name=place.name,
            ownership=place.ownership,
            admin_unit_id=unit_id,
            time_zone=TIME_ZONE,
            children=place.children,
            registered_at=registered_at,
        )
        .returning(facility.c.id),
    )


async def add_zone(
    connection: AsyncConnection, room: Zone, *, facility_id: int, registered_at: datetime
) -> int:
    """With its requirement, which binds from then on."""
    zone_id = await _added(
        connection,
        insert(zone)
        .values(
            facility_id=facility_id,
            code=room.code,
            name=room.name,
            kind=room.kind,
            registered_at=registered_at,
        )
        .returning(zone.c.id),
    )
    await connection.execute(
        insert(requirement).values(
            zone_id=zone_id,
            min_devices=room.min_devices,
            max_gap_s=MAX_GAP_S,
            valid_from=registered_at,
        )
    )
    return zone_id


@dataclass(frozen=True, slots=True)
class Place:
    """Where a device is: a facility, and in it a room, or none for a gateway."""

    facility_id: int
    zone_id: int | None


async def add_device(
    connection: AsyncConnection, thing: Device, place: Place, *, registered_at: datetime
) -> int:
    return await _added(
        connection,
        insert(device)
        .values(
            facility_id=place.facility_id,
            code=thing.code,
            name=thing.name,
            kind=thing.kind,
            zone_id=place.zone_id,
            interval_s=INTERVAL_S,
            registered_at=registered_at,
            approved_at=registered_at if thing.kind is DeviceKind.CAMERA else None,
        )
        .returning(device.c.id),
    )


_APPROVE = text(
    """
    INSERT INTO camera_approval (device_id, zone_id, purpose, justification, alternatives,
                                 requested_by, requested_at, review_on,
                                 decided_by, decided_at, is_granted)
    SELECT d.id, d.zone_id, :purpose, :justification, :alternatives, :manager, :now,
           CASE WHEN d.code = :overdue THEN CAST(:soon AS date) ELSE CAST(:later AS date) END,
           :officer, :now, true
    FROM device d WHERE d.facility_id = :facility AND d.kind = 'camera'
    """
)


async def approve_cameras(connection: AsyncConnection, values: Mapping[str, object]) -> None:
    """All cameras of a facility, asked for by its manager and allowed by the officer."""
    await connection.execute(_APPROVE, values)


async def admit(
    connection: AsyncConnection, device_id: int, *, username: str, password: str, now: datetime
) -> None:
    """Let a device log in to the broker."""
    secret = dynsec.new_secret(password)
    await connection.execute(
        insert(device_credential).values(
            device_id=device_id,
            username=username,
            salt=secret.salt,
            password_hash=secret.password_hash,
            iterations=secret.iterations,
            created_at=now,
        )
    )


@dataclass(frozen=True, slots=True)
class RolePlace:
    """Where a role is held."""

    facility_id: int | None = None
    unit_id: int | None = None
    authority: str | None = None


async def add_person(
    connection: AsyncConnection,
    person: Person,
    place: RolePlace,
    *,
    password_hash: str | None,
    now: datetime,
) -> int:
    """With their role, from now on."""
    user_id = await _added(
        connection,
        insert(user_account)
        .values(
            email=person.email,
            name=person.name,
            language="vi",
            password_hash=password_hash,
            created_at=now,
        )
        .returning(user_account.c.id),
    )
    await connection.execute(
        insert(role_assignment).values(
            user_id=user_id,
            role=person.role,
            admin_unit_id=place.unit_id,
            facility_id=place.facility_id,
            authority_id=select(authority.c.id)
            .where(authority.c.code == place.authority)
            .scalar_subquery(),
            valid_from=now,
        )
    )
    return user_id


async def acknowledge(
    connection: AsyncConnection, *, facility_id: int, user_id: int, note: str, now: datetime
) -> None:
    """Somebody takes on the open incident of a facility."""
    await connection.execute(
        text(
            """
            INSERT INTO acknowledgement (incident_id, user_id, note, acknowledged_at)
            SELECT id, :user_id, :note, :now FROM incident
            WHERE facility_id = :facility_id AND state = 'open'
            """
        ),
        {"facility_id": facility_id, "user_id": user_id, "note": note, "now": now},
    )


async def call_all_messages_sent(connection: AsyncConnection, *, took: timedelta) -> None:
    """History's messages arrived when they were due; nobody is to get them now."""
    await connection.execute(
        text(
            """
            WITH sent AS (
                UPDATE notification SET state = 'sent', attempts = 1, sent_at = due_at + :took
                WHERE state = 'pending' RETURNING id, due_at, sent_at
            )
            INSERT INTO delivery_attempt (notification_id, started_at, ended_at, outcome)
            SELECT id, due_at, sent_at, 'accepted' FROM sent
            """
        ),
        {"took": took},
    )


async def _added(connection: AsyncConnection, statement: Executable) -> int:
    number: int = (await connection.execute(statement)).scalar_one()
    return number

"""What is on record of the things that rows speak of."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import within
from shared.db.tables.facilities import document, facility_fact
from shared.db.tables.imports import import_job, import_row
from shared.db.tables.people import role_assignment
from shared.db.tables.registry import admin_unit, device, facility, requirement, zone
from shared.domain.access import Scope
from shared.domain.bulk import Kind, RowState, Verdict
from shared.domain.places import DeviceKind, device_kind

_gateway = device.alias("gateway")


@dataclass(frozen=True, slots=True)
class There:
    """Something on record: its values by column, and the number of its last change."""

    id: int
    facility_id: int
    admin_unit_id: int
    values: Mapping[str, Any]
    version: int
    retired_at: datetime | None


async def facilities(
    connection: AsyncConnection, codes: Sequence[str], scope: Scope
) -> Mapping[str, There]:
    """By code, also those retired."""
    columns = (
        facility.c.code, facility.c.name, facility.c.ownership, facility.c.type,
        facility.c.cares_for_children, facility.c.address, facility.c.capacity,
        facility.c.children, facility.c.latitude, facility.c.longitude,
        admin_unit.c.code.label("admin_unit"),
    )  # fmt: skip
    rows = await connection.execute(
        select(
            facility.c.id, facility.c.admin_unit_id, facility.c.version, facility.c.retired_at,
            *columns,
        )
        .join_from(facility, admin_unit, admin_unit.c.id == facility.c.admin_unit_id)
        .where(facility.c.code.in_(codes), within(scope))
    )  # fmt: skip
    return {
        row["code"]: There(
            row["id"], row["id"], row["admin_unit_id"],
            {column.name: row[column.name] for column in columns},
            row["version"], row["retired_at"],
        )
        for row in rows.mappings()
    }  # fmt: skip


async def zones(
    connection: AsyncConnection, facility_ids: Sequence[int]
) -> Mapping[tuple[int, str], There]:
    """By facility and code, with the requirement in force."""
    newest = (
        select(requirement.c.min_devices, requirement.c.max_gap_s)
        .where(requirement.c.zone_id == zone.c.id)
        .order_by(
            # What was taken back before it began never bound.
            or_(
                requirement.c.valid_to.is_(None), requirement.c.valid_to > requirement.c.valid_from
            ).desc(),
            requirement.c.valid_from.desc(),
            requirement.c.id.desc(),
        )
        .limit(1)
        .lateral("newest")
    )
    rows = await connection.execute(
        select(
            zone.c.id, zone.c.facility_id, zone.c.code, zone.c.name, zone.c.kind,
            zone.c.version, zone.c.retired_at, newest.c.min_devices, newest.c.max_gap_s,
        )
        .select_from(zone.join(newest, zone.c.id == zone.c.id))
        .where(zone.c.facility_id.in_(facility_ids))
    )  # fmt: skip
    return {
        (row["facility_id"], row["code"]): There(
            row["id"], row["facility_id"], 0,
            {name: row[name] for name in ("name", "kind", "min_devices", "max_gap_s")},
            row["version"], row["retired_at"],
        )
        for row in rows.mappings()
    }  # fmt: skip


async def devices(
    connection: AsyncConnection, facility_ids: Sequence[int]
) -> Mapping[tuple[int, str], There]:
    """By facility and code."""
    rows = await connection.execute(
        select(
            device.c.id, device.c.facility_id, device.c.code, device.c.name, device.c.kind,
            device.c.interval_s, device.c.version, device.c.retired_at,
            zone.c.code.label("zone"), func.coalesce(_gateway.c.code, "").label("gateway"),
        )
        .select_from(device)
        .outerjoin(zone, zone.c.id == device.c.zone_id)
        .outerjoin(_gateway, _gateway.c.id == device.c.gateway_id)
        .where(device.c.facility_id.in_(facility_ids))
    )  # fmt: skip
    return {
        (row["facility_id"], row["code"]): There(
            row["id"], row["facility_id"], 0,
            {name: row[name] for name in ("name", "kind", "zone", "gateway", "interval_s")},
            row["version"], row["retired_at"],
        )
        for row in rows.mappings()
    }  # fmt: skip


async def promised(
    connection: AsyncConnection, job_id: int, keys: Collection[str], *, before: int
) -> frozenset[str]:
    """Which of these a sheet brings as gateways, on lines that stand before one."""
    found = await connection.execute(
        select(import_row.c.key, import_row.c.given["kind"].astext).where(
            import_row.c.job_id == job_id,
            import_row.c.key.in_(keys),
            import_row.c.n < before,
            import_row.c.state.in_([RowState.SOUND, RowState.DONE]),
        )
    )
    return frozenset(key for key, kind in found if device_kind(kind or "") == DeviceKind.GATEWAY)


async def cameras_in(connection: AsyncConnection, zone_ids: Sequence[int]) -> frozenset[int]:
    """Which of these zones a camera watches."""
    found = await connection.scalars(
        select(device.c.zone_id).where(
            device.c.zone_id.in_(zone_ids),
            device.c.kind == "camera",
            device.c.retired_at.is_(None),
        )
    )
    return frozenset(one for one in found if one is not None)


async def units(connection: AsyncConnection, *, today: date) -> Mapping[str, Sequence[int]]:
    """The units of a day, by code and by name; a name may be that of several."""
    rows = await connection.execute(
        select(admin_unit.c.id, admin_unit.c.code, admin_unit.c.name).where(
            admin_unit.c.valid_from <= today,
            or_(admin_unit.c.valid_to.is_(None), admin_unit.c.valid_to > today),
        )
    )
    found: dict[str, list[int]] = {}
    for unit_id, code, name in rows:
        for word in {code, name.casefold()}:
            found.setdefault(word, []).append(unit_id)
    return found


async def code_of_unit(connection: AsyncConnection, unit_id: int) -> str:
    found = await connection.scalar(select(admin_unit.c.code).where(admin_unit.c.id == unit_id))
    return str(found)


async def version(connection: AsyncConnection, kind: Kind, row_id: int) -> int:
    table = {Kind.FACILITIES: facility, Kind.ZONES: zone, Kind.DEVICES: device}[kind]
    found = await connection.scalar(select(table.c.version).where(table.c.id == row_id))
    return int(found or 0)


async def is_bare(connection: AsyncConnection, facility_id: int) -> bool:
    """Whether nothing hangs on a facility: it could as well never have been."""
    tables = (zone, device, facility_fact, document, role_assignment)
    hangs = [exists().where(one.c.facility_id == facility_id) for one in tables]
    return not await connection.scalar(select(or_(*hangs)))


async def was_undone(
    connection: AsyncConnection, kind: Kind, keys: Sequence[str]
) -> frozenset[str]:
    """What an import made and took back: nobody ever worked with it, so it may come again."""
    found = await connection.scalars(
        select(import_row.c.key)
        .join_from(import_row, import_job, import_job.c.id == import_row.c.job_id)
        .where(
            import_row.c.key.in_(keys),
            import_job.c.kind == kind,
            import_row.c.state == RowState.UNDONE,
            import_row.c.verdict == Verdict.CREATE,
        )
    )
    return frozenset(found)


async def revive(
    connection: AsyncConnection, facility_id: int, values: Mapping[str, Any], *, now: datetime
) -> None:
    await connection.execute(
        update(facility)
        .where(facility.c.id == facility_id)
        .values(**values, registered_at=now, retired_at=None)
    )


async def count_devices(connection: AsyncConnection, zone_id: int) -> int:
    """Ever."""
    found = await connection.scalar(
        select(func.count()).select_from(device).where(device.c.zone_id == zone_id)
    )
    return int(found or 0)

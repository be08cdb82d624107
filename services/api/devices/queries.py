"""Devices in the registry, what they said last, and their access to the broker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.devices.presence import state_now
from services.api.devices.schemas import DeviceIn, DeviceOut, LatestOut
from shared.contracts.dynsec import Secret
from shared.contracts.heartbeat import READINGS
from shared.db.tables.coverage import device_latest, ingest_worker
from shared.db.tables.registry import device, device_credential, zone
from shared.domain.places import DeviceKind
from shared.domain.states import SecondState, WatchState


@dataclass(frozen=True, slots=True)
class Device:
    """A device, as far as changes to it go."""

    id: int
    code: str
    kind: DeviceKind
    retired_at: datetime | None


async def of_facility(
    connection: AsyncConnection, facility_id: int, *, after: str, limit: int, now: datetime
) -> Sequence[DeviceOut]:
    """Those in service, by code."""
    which = _shown().where(
        device.c.facility_id == facility_id, device.c.retired_at.is_(None), device.c.code > after
    )
    return await _listed(connection, which, limit, now)


async def of_facility_with_retired(
    connection: AsyncConnection, facility_id: int, *, after: str, limit: int, now: datetime
) -> Sequence[DeviceOut]:
    which = _shown().where(device.c.facility_id == facility_id, device.c.code > after)
    return await _listed(connection, which, limit, now)


async def shown(
    connection: AsyncConnection, facility_id: int, code: str, *, now: datetime
) -> DeviceOut | None:
    which = _shown().where(device.c.facility_id == facility_id, device.c.code == code)
    rows = await _listed(connection, which, 1, now)
    return rows[0] if rows else None


async def _listed(
    connection: AsyncConnection, statement: Select[Any], limit: int, now: datetime
) -> Sequence[DeviceOut]:
    rows = await connection.execute(statement.order_by(device.c.code).limit(limit))
    return [_device_out(row, now) for row in rows.mappings()]


def _shown() -> Select[Any]:
    seen_until = select(func.min(ingest_worker.c.seen_until)).scalar_subquery()
    return (
        select(
            device.c.code,
            device.c.name,
            device.c.kind,
            zone.c.code.label("zone"),
            device.c.interval_s,
            device.c.registered_at,
            device.c.retired_at,
            device_latest.c.at,
            device_latest.c.received_at,
            device_latest.c.state,
            device_latest.c.readings,
            seen_until.label("seen_until"),
        )
        .select_from(device)
        .outerjoin(zone, zone.c.id == device.c.zone_id)
        .outerjoin(device_latest, device_latest.c.device_id == device.c.id)
    )


def _device_out(row: RowMapping, now: datetime) -> DeviceOut:
    latest = _latest_out(row) if row["at"] is not None else None
    state = SecondState.UNKNOWN
    # A gateway that only speaks for others is not silent.
    is_expected = latest is not None or row["kind"] != DeviceKind.GATEWAY
    if row["retired_at"] is None and is_expected:
        state = state_now(
            last=(latest.at, latest.state) if latest else None,
            since=row["registered_at"],
            interval_s=row["interval_s"],
            seen_until=row["seen_until"],
            now=now,
        )
    return DeviceOut(
        code=row["code"],
        name=row["name"],
        kind=DeviceKind(row["kind"]),
        zone=row["zone"],
        interval_s=row["interval_s"],
        registered_at=row["registered_at"],
        retired_at=row["retired_at"],
        state=state,
        latest=latest,
    )


def _latest_out(row: RowMapping) -> LatestOut:
    readings = {name: row["readings"].get(name) for name in READINGS}
    return LatestOut(
        at=row["at"], received_at=row["received_at"], state=WatchState(row["state"]), **readings
    )


async def one(connection: AsyncConnection, facility_id: int, code: str) -> Device | None:
    row = (
        await connection.execute(
            select(device.c.id, device.c.code, device.c.kind, device.c.retired_at).where(
                device.c.facility_id == facility_id, device.c.code == code
            )
        )
    ).one_or_none()
    return Device(row.id, row.code, DeviceKind(row.kind), row.retired_at) if row else None


async def add(
    connection: AsyncConnection,
    facility_id: int,
    given: DeviceIn,
    *,
    zone_id: int | None,
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
                zone_id=zone_id,
                interval_s=given.interval_s,
                registered_at=now,
            )
            .returning(device.c.id)
        )
    ).scalar_one()
    return device_id


async def keep_credential(
    connection: AsyncConnection, device_id: int, username: str, secret: Secret, *, now: datetime
) -> None:
    """The first one of a device, or a new one in place of the old."""
    fresh: dict[str, Any] = {
        "salt": secret.salt,
        "password_hash": secret.password_hash,
        "iterations": secret.iterations,
        "created_at": now,
        "revoked_at": None,
    }
    await connection.execute(
        insert(device_credential)
        .values(device_id=device_id, username=username, **fresh)
        .on_conflict_do_update(index_elements=[device_credential.c.device_id], set_=fresh)
    )


async def change(
    connection: AsyncConnection, device_id: int, changes: Mapping[str, object]
) -> None:
    await connection.execute(update(device).where(device.c.id == device_id).values(dict(changes)))


async def retire(connection: AsyncConnection, device_id: int, *, now: datetime) -> None:
    await connection.execute(
        update(device_credential)
        .where(device_credential.c.device_id == device_id)
        .where(device_credential.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    await connection.execute(update(device).where(device.c.id == device_id).values(retired_at=now))
